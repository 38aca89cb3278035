"""Diagnostics: what it takes to replay a problem, without what is private."""

from collections.abc import Iterator, Mapping
from dataclasses import asdict, replace
from typing import Any

from homeassistant.components.diagnostics import REDACTED
from homeassistant.config_entries import ConfigEntry
from homeassistant.const import __version__
from homeassistant.core import HomeAssistant
from homeassistant.helpers import device_registry as dr, entity_registry as er
from homeassistant.helpers.update_coordinator import DataUpdateCoordinator
from homeassistant.loader import async_get_integration
from homeassistant.util import dt as dt_util

from .answers import PlainObject, command_answer, log_answer
from .charger_coordinator import ChargerCoordinator
from .const import DOMAIN
from .control.controlled import Controlled
from .planning import losses_of
from .recording.file import KEY, recording_plain
from .recording.model import Versions
from .recording.take import take
from .redaction import Redactor, coordinate_texts, stored, texts_in
from .site import PowerSyncConfigEntry, Site


async def async_get_config_entry_diagnostics(
    hass: HomeAssistant, entry: PowerSyncConfigEntry
) -> dict[str, Any]:
    """Return the diagnostics of a site.

    What a problem can be replayed from (`scripts/replay`) is the part that holds
    no free text; secrets are cut out of everything else.
    """
    site = entry.runtime_data
    integration = await async_get_integration(hass, DOMAIN)
    version = str(integration.version)
    # Batteries are told apart by numbers: their ids are serial numbers.
    names = {
        serial: f"battery_{number}"
        for number, serial in enumerate(site.controller.batteries, start=1)
    }
    redactor = Redactor(_secrets(hass, entry, site))
    recording = take(
        {names[serial]: each for serial, each in site.controller.batteries.items()},
        site.coordinators.plan.planning,
        site.plan_inputs(),
        dt_util.utcnow(),
        Versions(power_sync=version, home_assistant=__version__),
    )
    recording = replace(recording, trace=site.controller.trace.stretches)
    return {
        "version": version,
        "entry": _entry(entry),
        **redactor.plain_object(
            {**_state(hass, site, names), "mode_losses": await _losses(hass, site)}
        ),
        KEY: recording_plain(recording),
    }


def _entry(entry: ConfigEntry) -> PlainObject:
    """Return what is stored of a site."""
    return {
        "version": f"{entry.version}.{entry.minor_version}",
        "source": entry.source,
        "data": stored(entry.data),
        "options": stored(entry.options),
        "subentries": [
            {"type": subentry.subentry_type, "data": stored(subentry.data)}
            for subentry in entry.subentries.values()
        ],
    }


def _state(
    hass: HomeAssistant, site: Site, names: Mapping[str, str]
) -> dict[object, object]:
    """Return how the site is doing."""
    controller = site.controller
    return {
        "now": dt_util.utcnow(),
        "settings": asdict(site.settings),
        "limits": asdict(controller.limits),
        "coordinators": _coordinators(site, names),
        "batteries": {
            names[serial]: _battery(battery)
            for serial, battery in controller.batteries.items()
        },
        "chargers": [
            _charger(coordinator) for coordinator in site.coordinators.chargers.values()
        ],
        "cars_mistaken": controller.sight.cars.false_alarms,
        "strays": len(controller.strays()),
        "problems": [
            {"key": problem.key, "battery": names.get(problem.battery_id or "")}
            for problem in controller.problems
        ],
        "prices": _prices(site),
        "forecasts": _forecasts(hass, site),
        "plan": _plan(site),
        "command_log": [
            log_answer(entry, names.get(entry.battery_id, "removed"), dt_util.UTC)
            for entry in controller.log.entries
        ],
    }


def _coordinators(site: Site, names: Mapping[str, str]) -> dict[str, object]:
    coordinators = site.coordinators
    every: dict[str, DataUpdateCoordinator[Any]] = {
        "prices": coordinators.prices,
        "forecasts": coordinators.forecasts,
        "plan": coordinators.plan,
    }
    for serial, coordinator in coordinators.batteries.items():
        every[names[serial]] = coordinator
    return {
        name: {
            "last_update_success": coordinator.last_update_success,
            "last_error": str(coordinator.last_exception or ""),
        }
        for name, coordinator in every.items()
    }


def _battery(battery: Controlled) -> dict[str, object]:
    driver, record = battery.executor.driver, battery.executor.record
    reading, force, lease = battery.health.reading, record.force, battery.lease
    return {
        "identity": asdict(replace(driver.identity, serial=REDACTED)),
        "capabilities": asdict(driver.capabilities),
        "reading": None if reading is None else asdict(reading),
        "trouble": battery.health.trouble(dt_util.utcnow()),
        "at_reserve": battery.at_reserve,
        "lease": {
            "master": lease.master,
            "reason": lease.reason,
            "until": lease.until,
            "command": command_answer(lease.command, dt_util.UTC),
        },
        "outcome": battery.outcome,
        "owner_settings": dict(record.owner),
        "our_settings": dict(record.ours),
        "owner_settings_lost": record.lost,
        "force": None if force is None else asdict(force),
    }


def _charger(coordinator: ChargerCoordinator) -> dict[str, object]:
    """Return what is known of a charger."""
    reading = coordinator.data
    return {
        "kind": coordinator.charger.identity.kind,
        "reading": asdict(reading) if reading else None,
        "last_error": str(coordinator.last_exception or ""),
        "update_interval": coordinator.update_interval,
    }


def _prices(site: Site) -> dict[str, object] | None:
    curve = site.coordinators.prices.curve
    if curve is None:
        return None
    return {
        "currency": curve.currency,
        "zone": curve.zone,
        "slots": len(curve.slots),
        "start": curve.slots[0].start if curve.slots else None,
        "firm_until": curve.firm_until,
    }


def _forecasts(hass: HomeAssistant, site: Site) -> dict[str, object]:
    planning = site.coordinators.plan.planning
    forecasts = site.coordinators.forecasts.data
    # Home Assistant leaves `data` at None until there is some.
    solar = forecasts.solar if forecasts else None
    return {
        "solar_sources": [
            source if source in hass.config.components else REDACTED
            for source in _solar_sources(site)
        ],
        "solar_made_at": None if solar is None else solar.made_at,
        "learned_days": None if planning is None else planning.outlook.learned_days,
    }


def _solar_sources(site: Site) -> list[str]:
    """Return where the sun is forecast from; what is no integration may be a name."""
    forecasts = site.coordinators.forecasts.data
    solar = forecasts.solar if forecasts else None
    return [] if solar is None else solar.source.split(", ")


def _plan(site: Site) -> dict[str, object] | None:
    """Return what the last plan comes to; its slots are in the recording."""
    planning = site.coordinators.plan.planning
    if planning is None:
        return None
    plan = planning.plan
    return {
        "made_at": plan.made_at,
        "accepted": plan.accepted,
        "solver": plan.solver,
        "solve_ms": round(plan.solve_ms, 1),
        "cost": plan.cost,
        "baseline_cost": plan.baseline_cost,
        "saving": plan.saving,
        "softened": plan.softened,
        "slots": len(plan.slots),
        "capacity_kwh": planning.capacity_kwh,
    }


async def _losses(hass: HomeAssistant, site: Site) -> dict[str, float] | None:
    """Return what each mode saves over the plan's horizon."""
    planning = site.coordinators.plan.planning
    if planning is None:
        return None
    return await hass.async_add_executor_job(losses_of, planning)


def _secrets(hass: HomeAssistant, entry: ConfigEntry, site: Site) -> Iterator[str]:
    """Yield what may also stand within texts: names, addresses, serial numbers."""
    yield from (entry.title, hass.config.location_name)
    yield from texts_in((entry.data, entry.options))
    for subentry in entry.subentries.values():
        yield subentry.title
        yield subentry.unique_id or ""
        yield from texts_in(subentry.data)
    for serial, device in site.controller.strays().items():
        yield serial
        yield from texts_in(device)
    yield from site.controller.batteries
    for degrees in (hass.config.latitude, hass.config.longitude):
        yield from coordinate_texts(degrees)
    for address in (hass.config.internal_url, hass.config.external_url):
        yield address or ""
    yield from (s for s in _solar_sources(site) if s not in hass.config.components)
    yield from _names(hass, entry)


def _names(hass: HomeAssistant, entry: ConfigEntry) -> Iterator[str]:
    """Yield the names that the user has given to our devices and entities."""
    for device in dr.async_entries_for_config_entry(dr.async_get(hass), entry.entry_id):
        yield device.name_by_user or ""
    for entity in er.async_entries_for_config_entry(er.async_get(hass), entry.entry_id):
        yield entity.name or ""
