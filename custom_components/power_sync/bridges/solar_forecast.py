"""The solar forecast that Home Assistant's energy platforms give."""

import asyncio
from collections.abc import Mapping, Sequence
import logging

from custom_components.power_sync.const import DOMAIN
from custom_components.power_sync.forecast.solar import (
    read_wh_by_period,
    solar_forecast,
    starts_from_ends,
)
from custom_components.power_sync.model.forecast import Forecast
from homeassistant.components.energy.data import async_get_manager
from homeassistant.components.energy.types import GetSolarForecastType
from homeassistant.components.energy.websocket_api import async_get_energy_platforms
from homeassistant.config_entries import ConfigEntry, ConfigEntryState
from homeassistant.const import MAJOR_VERSION, MINOR_VERSION
from homeassistant.core import HomeAssistant
from homeassistant.util import dt as dt_util
from homeassistant.util.hass_dict import HassKey

_LOGGER = logging.getLogger(__name__)

_TIMEOUT_S = 10.0
_NOTED: HassKey[dict[str, str]] = HassKey("power_sync_solar_forecast_noted")
"""What was last logged of each provider, so that it is logged once."""

_END_LABELLED = (
    {"forecast_solar"} if (MAJOR_VERSION, MINOR_VERSION) < (2026, 11) else set[str]()
)
"""Providers that key energy by the end of its period. Home Assistant's own
moves Forecast.Solar's to the start from 2026.11 on."""


async def async_solar_forecast(
    hass: HomeAssistant, entry_ids: Sequence[str] | None = None
) -> Forecast | None:
    """Return the forecast of all arrays together, or None where there is none.

    `entry_ids` are the providers that the user has chosen for PowerSync; without
    them the Energy dashboard's choice counts. Without either, the loaded
    entries of one integration do: two of them may well forecast the same roof,
    and sun counted twice is a plan that fails. A provider that fails is left
    out. Never raises.
    """
    if "energy" not in hass.config.components:
        _LOGGER.debug("No solar forecast: the Energy integration is not loaded")
        return None
    platforms = await async_get_energy_platforms(hass)
    named = await _async_named(hass) if entry_ids is None else entry_ids
    chosen = _entries(hass, platforms, named)
    entries = chosen if chosen or entry_ids else _all_loaded(hass, platforms)
    answers = await asyncio.gather(
        *(_async_ask(hass, entry, platforms[entry.domain]) for entry in entries)
    )
    zone = dt_util.get_default_time_zone()
    usable = {
        entry.entry_id: (entry.domain, answer)
        for entry, answer in zip(entries, answers, strict=True)
        if answer is not None and read_wh_by_period(answer, zone).mean_w
    }
    if not usable:
        return None
    domains = sorted({domain for domain, _ in usable.values()})
    if not chosen:
        domains = _one_of(hass, domains)
    return solar_forecast(
        [answer for domain, answer in usable.values() if domain in domains],
        dt_util.utcnow(),
        ", ".join(domains),
        zone,
    )


async def async_providers(hass: HomeAssistant) -> list[ConfigEntry]:
    """Return the loaded entries that a user can choose as providers."""
    if "energy" not in hass.config.components:
        return []
    return _all_loaded(hass, await async_get_energy_platforms(hass))


async def _async_named(hass: HomeAssistant) -> list[str]:
    """Return the providers that the Energy dashboard names, each once."""
    manager = await async_get_manager(hass)
    if manager.data is None:
        return []
    named: dict[str, None] = {}
    for source in manager.data["energy_sources"]:
        if source["type"] == "solar":
            named |= dict.fromkeys(source.get("config_entry_solar_forecast") or [])
    return list(named)


def _entries(
    hass: HomeAssistant,
    platforms: Mapping[str, GetSolarForecastType],
    entry_ids: Sequence[str],
) -> list[ConfigEntry]:
    """Return the entries of these ids that there are and that forecast."""
    found = (hass.config_entries.async_get_entry(entry_id) for entry_id in entry_ids)
    return [
        entry for entry in found if entry is not None and _is_provider(entry, platforms)
    ]


def _all_loaded(
    hass: HomeAssistant, platforms: Mapping[str, GetSolarForecastType]
) -> list[ConfigEntry]:
    """Return all loaded entries whose integration forecasts solar."""
    return [
        entry
        for entry in hass.config_entries.async_entries()
        if entry.state is ConfigEntryState.LOADED and _is_provider(entry, platforms)
    ]


def _is_provider(
    entry: ConfigEntry, platforms: Mapping[str, GetSolarForecastType]
) -> bool:
    """Whether an entry forecasts; ours is never its own source."""
    return entry.domain != DOMAIN and entry.domain in platforms


async def _async_ask(
    hass: HomeAssistant, entry: ConfigEntry, ask: GetSolarForecastType
) -> Mapping[str, float] | None:
    """Return the Wh by period start of one provider, or None."""
    if entry.state is not ConfigEntryState.LOADED:
        _note(hass, entry, "not loaded")
        return None
    zone = dt_util.get_default_time_zone()
    try:
        async with asyncio.timeout(_TIMEOUT_S):
            answer = await ask(hass, entry.entry_id)
        if answer is None:
            _note(hass, entry, "no forecast yet")
            return None
        wh_by_period: Mapping[str, float] = answer["wh_hours"]
        if entry.domain in _END_LABELLED:
            wh_by_period = starts_from_ends(wh_by_period, zone)
        ignored = read_wh_by_period(wh_by_period, zone).ignored
    except Exception as err:  # noqa: BLE001 - another integration's code may raise anything
        _note(hass, entry, type(err).__name__)
        return None
    _note(hass, entry, f"{len(ignored)} keys ignored" if ignored else "")
    return wh_by_period


def _note(hass: HomeAssistant, entry: ConfigEntry, what: str) -> None:
    """Log what is wrong with a provider when that changes; "" is nothing."""
    noted = hass.data.setdefault(_NOTED, {})
    if noted.get(entry.entry_id, "") == what:
        return
    noted[entry.entry_id] = what
    _LOGGER.info("Solar forecast of %s: %s", entry.domain, what or "available again")


def _one_of(hass: HomeAssistant, domains: list[str]) -> list[str]:
    """Return the first integration; say once what is left out."""
    names = ", ".join(domains) if len(domains) > 1 else ""
    noted = hass.data.setdefault(_NOTED, {})
    if names and noted.get(DOMAIN) != names:
        _LOGGER.info(
            "Of the solar forecasts of %s, that of %s is used; choose others in"
            " the Energy dashboard",
            names,
            domains[0],
        )
    noted[DOMAIN] = names
    return domains[:1]
