"""Repair issues: problems that the user can do something about."""

from collections.abc import Iterable

from homeassistant.components.repairs import ConfirmRepairFlow, RepairsFlow
from homeassistant.config_entries import ConfigEntry
from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers import issue_registry as ir

from .const import DOMAIN
from .control.problems import Problem, ProblemKey

_STICKY = frozenset({ProblemKey.OWNER_SETTINGS_LOST})
"""Kept until the user says that it has been looked into."""


def _issue_id(entry: ConfigEntry, problem: Problem) -> str:
    return f"{problem.key}_{entry.entry_id}_{problem.battery_id or 'site'}"


def _name(entry: ConfigEntry, battery_id: str | None) -> str:
    for subentry in entry.subentries.values():
        if subentry.unique_id == battery_id:
            return subentry.title
    return entry.title


@callback
def async_show_problems(
    hass: HomeAssistant, entry: ConfigEntry, problems: Iterable[Problem]
) -> None:
    """Have one issue for each problem there is, and none for those solved."""
    registry = ir.async_get(hass)
    present = {_issue_id(entry, problem): problem for problem in problems}
    batteries = [
        None,
        *(subentry.unique_id for subentry in entry.subentries.values()),
    ]
    for key in ProblemKey:
        for battery_id in batteries:
            issue_id = _issue_id(entry, Problem(key, battery_id))
            exists = registry.async_get_issue(DOMAIN, issue_id) is not None
            if key not in _STICKY and issue_id not in present and exists:
                ir.async_delete_issue(hass, DOMAIN, issue_id)
    for issue_id, problem in present.items():
        if registry.async_get_issue(DOMAIN, issue_id) is not None:
            continue
        ir.async_create_issue(
            hass,
            DOMAIN,
            issue_id,
            is_fixable=problem.key in _STICKY,
            is_persistent=problem.key in _STICKY,
            severity=ir.IssueSeverity.ERROR,
            translation_key=problem.key.value,
            translation_placeholders={"battery": _name(entry, problem.battery_id)},
        )


async def async_create_fix_flow(
    hass: HomeAssistant, issue_id: str, data: dict[str, str | int | float | None] | None
) -> RepairsFlow:
    """Return the flow by which the user says that it has been looked into."""
    return ConfirmRepairFlow()
