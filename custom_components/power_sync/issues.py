"""Repair issues: problems that the user can do something about."""

from collections.abc import Iterable
from hashlib import sha256

from homeassistant.config_entries import ConfigEntry
from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers import issue_registry as ir

from .const import DOMAIN
from .control.problems import Problem, ProblemKey

LOST = Problem(ProblemKey.OWNER_SETTINGS_LOST)
"""Told once, and kept until the user says that it has been looked into."""

FIXABLE = frozenset({ProblemKey.OWNER_SETTINGS_LOST})
"""Problems that have a flow in `repairs.py`."""

_PASSING = tuple(key.value for key in ProblemKey if key is not LOST.key)
"""Problems whose issues come and go with them."""


def _issue_id(entry: ConfigEntry, problem: Problem) -> str:
    """Return the id of an issue.

    Home Assistant puts the ids into the diagnostics, so a serial number that no
    subentry stands for (that of a battery which has left) is not shown as it is.
    """
    return f"{problem.key}_{entry.entry_id}_{_part(entry, problem.battery_id)}"


def _part(entry: ConfigEntry, battery_id: str | None) -> str:
    if battery_id is None:
        return "site"
    for subentry in entry.subentries.values():
        if subentry.unique_id == battery_id:
            return subentry.subentry_id
    return f"gone_{sha256(f'{entry.entry_id}{battery_id}'.encode()).hexdigest()[:8]}"


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
    shown = {
        issue_id
        for issue_id in _issues(hass, entry)
        if any(issue_id.startswith(f"{key}_{entry.entry_id}_") for key in _PASSING)
    }
    for issue_id in shown - present.keys():
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
    names = {"battery": _name(entry, problem.battery_id), "site": entry.title}
    ir.async_create_issue(
        hass,
        DOMAIN,
        _issue_id(entry, problem),
        data={"entry_id": entry.entry_id},
        is_fixable=problem.key in FIXABLE,
        is_persistent=sticky,
        severity=ir.IssueSeverity.ERROR,
        translation_key=problem.key.value,
        # Home Assistant puts all of an issue that lasts into the diagnostics.
        translation_placeholders=None if sticky else names,
    )
