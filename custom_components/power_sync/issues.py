"""Repair issues: problems that the user can do something about."""

from collections.abc import Iterable, Mapping
from hashlib import sha256

from homeassistant.config_entries import ConfigEntry
from homeassistant.const import CONF_HOST
from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers import issue_registry as ir
from homeassistant.loader import IntegrationNotLoaded, async_get_loaded_integration

from .const import DOMAIN
from .control.problems import Problem, ProblemKey
from .devices.batteries.cloud import CONF_VIA

TROUBLESHOOTING = (
    "https://github.com/power-sync/power-sync/blob/main/docs/troubleshooting.md"
)

LOST = Problem(ProblemKey.OWNER_SETTINGS_LOST)
"""Told once, and kept until the user says that it has been looked into."""

LIBRARY_MISSING = "library_missing"
"""Of Home Assistant as a whole, and of no site."""

FOREIGN_CONTROL_BY = "foreign_control_by"
"""The text where there is somebody to suspect."""

FIXABLE = frozenset(
    {
        ProblemKey.OWNER_SETTINGS_LOST.value,
        ProblemKey.TARIFF_ENDED.value,
        ProblemKey.FOREIGN_CONTROL.value,
        FOREIGN_CONTROL_BY,
        LIBRARY_MISSING,
    }
)
"""Issues that have a flow in `repairs.py`."""

_WARNINGS = frozenset(
    {
        ProblemKey.BATTERIES_FEED,
        ProblemKey.DEVICE_UNREACHABLE,
        ProblemKey.PHASES_UNKNOWN,
        ProblemKey.PRICES_MISSING,
        ProblemKey.SOLAR_FORECAST_MISSING,
    }
)
_PASSING = frozenset(key for key in ProblemKey if key is not LOST.key)
"""Problems whose issues come and go with them."""


def learn_more(key: str) -> str:
    """Return where an issue is explained."""
    return f"{TROUBLESHOOTING}#{key.replace('_', '-')}"


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


def _issues_of(
    hass: HomeAssistant, entry: ConfigEntry, keys: Iterable[ProblemKey]
) -> set[str]:
    """Return the ids of a site's issues of some kinds."""
    starts = tuple(f"{key}_{entry.entry_id}_" for key in keys)
    return {each for each in _issues(hass, entry) if each.startswith(starts)}


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
        if problem.key in _PASSING
    }
    shown = _issues_of(hass, entry, _PASSING)
    for issue_id in shown - present.keys():
        ir.async_delete_issue(hass, DOMAIN, issue_id)
    for issue_id in present.keys() - shown:
        _create(hass, entry, present[issue_id])


@callback
def async_show_lost(hass: HomeAssistant, entry: ConfigEntry) -> None:
    """Say that the saved settings are lost, until the user has looked into it."""
    _create(hass, entry, LOST)


@callback
def async_delete_issues(
    hass: HomeAssistant, entry: ConfigEntry, keys: Iterable[ProblemKey] | None = None
) -> None:
    """Delete the issues of a site that is gone, or those of some kinds."""
    issues = _issues(hass, entry) if keys is None else _issues_of(hass, entry, keys)
    for issue_id in issues:
        ir.async_delete_issue(hass, DOMAIN, issue_id)


def _create(hass: HomeAssistant, entry: ConfigEntry, problem: Problem) -> None:
    lasts = problem.key is LOST.key
    key = problem.key.value
    names = {
        "battery": _name(entry, problem.battery_id),
        "site": entry.title,
        "account": _account(hass, entry, problem.battery_id),
    }
    if problem.key is ProblemKey.FOREIGN_CONTROL:
        suspects = _suspects(hass, entry, problem.battery_id)
        if suspects:
            key, names["suspects"] = FOREIGN_CONTROL_BY, ", ".join(suspects)
    warning = problem.key in _WARNINGS
    ir.async_create_issue(
        hass,
        DOMAIN,
        _issue_id(entry, problem),
        data={
            "entry_id": entry.entry_id,
            "part": _part(entry, problem.battery_id),
        },
        is_fixable=key in FIXABLE,
        is_persistent=lasts,
        learn_more_url=learn_more(problem.key.value),
        severity=ir.IssueSeverity.WARNING if warning else ir.IssueSeverity.ERROR,
        translation_key=key,
        # Home Assistant puts all of an issue that lasts into the diagnostics.
        translation_placeholders=None if lasts else names,
    )


def _data(entry: ConfigEntry, battery_id: str | None) -> Mapping[str, object]:
    for subentry in entry.subentries.values():
        if subentry.unique_id == battery_id:
            return subentry.data
    return {}


def _account(hass: HomeAssistant, entry: ConfigEntry, battery_id: str | None) -> str:
    """Return the name of the integration that signs in for a battery."""
    try:
        via = str(_data(entry, battery_id).get(CONF_VIA))
        return async_get_loaded_integration(hass, via).name
    except IntegrationNotLoaded:
        return async_get_loaded_integration(hass, DOMAIN).name


def _suspects(
    hass: HomeAssistant, entry: ConfigEntry, battery_id: str | None
) -> list[str]:
    """Return the names of other integrations that may control the same device.

    They know its address, or go by the name of its brand.
    """
    data = _data(entry, battery_id)
    host, brand = data.get(CONF_HOST), str(data.get("brand"))
    return sorted(
        other.title
        for other in hass.config_entries.async_entries()
        if other.domain != DOMAIN
        and not other.disabled_by
        and (brand in other.domain or host in other.data.values())
    )


@callback
def async_show_library(hass: HomeAssistant, library: str) -> None:
    """Say that an optional library cannot be installed."""
    ir.async_create_issue(
        hass,
        DOMAIN,
        f"{LIBRARY_MISSING}_{library}",
        data={"library": library},
        is_fixable=True,
        learn_more_url=learn_more(LIBRARY_MISSING),
        severity=ir.IssueSeverity.WARNING,
        translation_key=LIBRARY_MISSING,
        translation_placeholders={"library": library},
    )


@callback
def async_forget_library(hass: HomeAssistant, library: str) -> None:
    """Say no more that a library cannot be installed."""
    ir.async_delete_issue(hass, DOMAIN, f"{LIBRARY_MISSING}_{library}")
