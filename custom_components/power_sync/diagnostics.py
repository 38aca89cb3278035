"""Diagnostics: what it takes to replay a problem, without what is private."""

from collections.abc import Mapping
from dataclasses import asdict
from datetime import datetime
import re
from typing import Any

from homeassistant.components.diagnostics import REDACTED, async_redact_data
from homeassistant.const import CONF_DEVICE, CONF_HOST
from homeassistant.core import HomeAssistant
from homeassistant.helpers.update_coordinator import DataUpdateCoordinator
from homeassistant.loader import async_get_integration
from homeassistant.util import dt as dt_util

from .answers import Plain, PlainObject, command_answer, log_answer, plan_answer
from .const import CONF_PRICES, DOMAIN
from .control.controlled import Controlled
from .prices.octopus import CONF_BASE_URL
from .site import PowerSyncConfigEntry, Site

TO_REDACT = {
    CONF_BASE_URL,
    CONF_DEVICE,
    CONF_HOST,
    "access_token",
    "account",
    "api_key",
    "email",
    "latitude",
    "longitude",
    "mpan",
    "password",
    "refresh_token",
    "serial",
    "serial_number",
    "title",
    "token",
    "unique_id",
    "username",
}


async def async_get_config_entry_diagnostics(
    hass: HomeAssistant, entry: PowerSyncConfigEntry
) -> dict[str, Any]:
    """Return the diagnostics of a site."""
    site = entry.runtime_data
    integration = await async_get_integration(hass, DOMAIN)
    # Batteries are told apart by numbers: their ids are serial numbers.
    names = {
        serial: f"battery_{number}"
        for number, serial in enumerate(site.controller.batteries, start=1)
    }
    found = {
        "version": str(integration.version),
        "now": dt_util.utcnow(),
        "entry": entry.as_dict(),
        "settings": asdict(site.settings),
        "limits": asdict(site.controller.limits),
        "coordinators": _coordinators(site, names),
        "batteries": {
            names[serial]: _battery(site, battery)
            for serial, battery in site.controller.batteries.items()
        },
        "problems": [
            {"key": problem.key, "battery": names.get(problem.battery_id or "")}
            for problem in site.controller.problems
        ],
        "prices": _prices(site),
        "forecasts": _forecasts(site),
        "plan": _plan(site),
        "command_log": [
            log_answer(entry, names.get(entry.battery_id, "removed"), dt_util.UTC)
            for entry in site.controller.log.entries
        ],
    }
    plain = _plain(found, [_whole_words(secret) for secret in _secrets(entry, site)])
    return async_redact_data(plain if isinstance(plain, dict) else {}, TO_REDACT)


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


def _battery(site: Site, battery: Controlled) -> dict[str, object]:
    driver, record = battery.executor.driver, battery.executor.record
    reading, force, lease = battery.health.reading, record.force, battery.lease
    return {
        "identity": asdict(driver.identity),
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


def _forecasts(site: Site) -> dict[str, object]:
    planning = site.coordinators.plan.planning
    forecasts = site.coordinators.forecasts.data
    # Home Assistant leaves `data` at None until there is some.
    solar = forecasts.solar if forecasts else None
    return {
        "solar_source": None if solar is None else solar.source,
        "solar_made_at": None if solar is None else solar.made_at,
        "learned_days": None if planning is None else planning.outlook.learned_days,
    }


def _plan(site: Site) -> PlainObject | None:
    """Return the last plan; its slots hold prices, sun and load as planned with."""
    planning = site.coordinators.plan.planning
    if planning is None:
        return None
    return {
        "capacity_kwh": planning.capacity_kwh,
        **plan_answer(planning.plan, dt_util.UTC),
    }


def _secrets(entry: PowerSyncConfigEntry, site: Site) -> list[str]:
    """Return what may also stand within texts, the longest first."""
    stored = [
        entry.data.get(CONF_PRICES, {}).get(CONF_BASE_URL),
        *(
            value
            for subentry in entry.subentries.values()
            for value in (
                subentry.unique_id,
                subentry.data.get(CONF_HOST),
                subentry.data.get(CONF_DEVICE),
            )
        ),
        *site.controller.batteries,
        *site.controller.strays(),
    ]
    secrets = {secret for secret in stored if isinstance(secret, str) and secret}
    return sorted(secrets, key=len, reverse=True)


def _whole_words(secret: str) -> re.Pattern[str]:
    """Return what finds a secret, but not within a longer word.

    An address such as "solar" would else take half the keys with it.
    """
    before = r"\b" if re.match(r"\w", secret) else ""
    after = r"\b" if re.search(r"\w\Z", secret) else ""
    return re.compile(f"{before}{re.escape(secret)}{after}")


def _plain(value: object, secrets: list[re.Pattern[str]]) -> Plain:
    """Return a value as JSON can hold it, with the secrets cut out of its texts."""
    match value:
        case None | bool() | int() | float():
            return value
        case datetime():
            return value.isoformat()
        case Mapping():
            return {
                str(_plain(key, secrets)): _plain(item, secrets)
                for key, item in value.items()
            }
        case list() | tuple():
            return [_plain(item, secrets) for item in value]
        case set() | frozenset():
            return sorted((_plain(item, secrets) for item in value), key=str)
        case _:
            text = str(value)
            for secret in secrets:
                text = secret.sub(REDACTED, text)
            return text
