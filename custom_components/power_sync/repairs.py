"""Repair issues: problems that the user can do something about."""

from collections.abc import Iterable

from homeassistant.components.repairs import ConfirmRepairFlow, RepairsFlow
from homeassistant.config_entries import ConfigEntry
from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers import issue_registry as ir

from .const import DOMAIN
from .control.problems import Problem, ProblemKey

LOST = Problem(ProblemKey.OWNER_SETTINGS_LOST)
"""Told once, and kept until the user says that it has been looked into."""


def _issue_id(entry: ConfigEntry, problem: Problem) -> str:
    return f"{problem.key}_{entry.entry_id}_{problem.battery_id or 'site'}"


def _issues(hass: HomeAssistant, entry: ConfigEntry) -> list[str]:
    """Return the ids of the issues of a site, whatever its batteries are today."""
    return [
        issue_id
        for domain, issue_id in ir.async_get(hass).issues
        if domain == DOMAIN and f"_{entry.entry_id}_" in issue_id
    ]


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
    present = {
        _issue_id(entry, problem): problem
        for problem in problems
        if problem.key is not LOST.key
    }
    shown = set(_issues(hass, entry))
    for issue_id in shown - present.keys() - {_issue_id(entry, LOST)}:
        ir.async_delete_issue(hass, DOMAIN, issue_id)
    for issue_id in present.keys() - shown:
        _create(hass, entry, present[issue_id])


@callback
def async_show_lost(hass: HomeAssistant, entry: ConfigEntry) -> None:
    """Say that the saved settings are lost, until the user has looked into it."""
    _create(hass, entry, LOST)


@callback
def async_delete_issues(hass: HomeAssistant, entry: ConfigEntry) -> None:
    """Delete the issues of a site that is gone."""
    for issue_id in _issues(hass, entry):
        ir.async_delete_issue(hass, DOMAIN, issue_id)


def _create(hass: HomeAssistant, entry: ConfigEntry, problem: Problem) -> None:
    sticky = problem.key is LOST.key
    ir.async_create_issue(
        hass,
        DOMAIN,
        _issue_id(entry, problem),
        is_fixable=sticky,
        is_persistent=sticky,
        severity=ir.IssueSeverity.ERROR,
        translation_key=problem.key.value,
        translation_placeholders={"battery": _name(entry, problem.battery_id)},
    )


async def async_create_fix_flow(
    hass: HomeAssistant, issue_id: str, data: dict[str, str | int | float | None] | None
) -> RepairsFlow:
    """Return the flow by which the user says that it has been looked into."""
    return ConfirmRepairFlow()
