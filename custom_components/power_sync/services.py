"""Actions of PowerSync."""

from collections.abc import Callable, Coroutine, Sequence
from datetime import timedelta
from typing import Any, Final

import probatio

from homeassistant.const import ATTR_CONFIG_ENTRY_ID
from homeassistant.core import (
    HomeAssistant,
    ServiceCall,
    ServiceResponse,
    SupportsResponse,
    callback,
)
from homeassistant.exceptions import HomeAssistantError, ServiceValidationError
from homeassistant.helpers import (
    config_validation as cv,
    device_registry as dr,
    service,
)
from homeassistant.helpers.selector import ConfigEntrySelector
from homeassistant.util import dt as dt_util

from .answers import log_answer, overview_answer, plan_answer, summary_answer
from .bridges.texts import async_texts
from .const import DOMAIN, FORCE_DURATION_MAX_MIN
from .control.log import LOG_LENGTH
from .forcing import (
    Asked,
    Forced,
    async_force,
    async_replan,
    async_restore_normal,
    battery_name,
    hold_mode,
)
from .model.battery import Mode
from .planning import losses_of
from .site import PowerSyncConfigEntry, Site
from .words.overview import overview
from .words.summary import Teller

ATTR_BATTERY: Final = "battery"
ATTR_DURATION: Final = "duration"
ATTR_DURATION_MINUTES: Final = "duration_minutes"
ATTR_INTO_CAR: Final = "into_car"
ATTR_LIMIT: Final = "limit"
ATTR_MODE_LOSSES: Final = "mode_losses"
ATTR_POWER_W: Final = "power_w"
ATTR_SINCE: Final = "since"

SITE_SCHEMA = probatio.Schema(
    {
        probatio.Optional(ATTR_CONFIG_ENTRY_ID): ConfigEntrySelector(
            {"integration": DOMAIN}
        )
    }
)
BATTERY_SCHEMA = SITE_SCHEMA.extend(
    {probatio.Optional(ATTR_BATTERY): probatio.All(probatio.EnsureList(), [cv.string])}
)
LOG_SCHEMA = BATTERY_SCHEMA.extend(
    {
        probatio.Optional(ATTR_SINCE): cv.datetime,
        probatio.Optional(ATTR_LIMIT): probatio.All(
            probatio.Coerce(int), probatio.Range(min=1, max=LOG_LENGTH)
        ),
    }
)
PLAN_SCHEMA = SITE_SCHEMA.extend({probatio.Optional(ATTR_MODE_LOSSES): cv.boolean})
# Durations are checked by hand: their errors are for householders.
FORCE_SCHEMA = BATTERY_SCHEMA.extend(
    {
        probatio.Optional(ATTR_DURATION): object,
        probatio.Optional(ATTR_DURATION_MINUTES): object,
        probatio.Optional(ATTR_POWER_W): probatio.All(
            probatio.Coerce(float), probatio.Range(min=1)
        ),
    }
)

DISCHARGE_SCHEMA = FORCE_SCHEMA.extend({probatio.Optional(ATTR_INTO_CAR): cv.boolean})


@callback
def async_setup_services(hass: HomeAssistant) -> None:
    """Register the actions once, whether or not a site is loaded."""
    for name, handler, schema, answers in (
        ("force_charge", _force(Mode.CHARGE), FORCE_SCHEMA, SupportsResponse.OPTIONAL),
        (
            "force_discharge",
            _force(Mode.DISCHARGE),
            DISCHARGE_SCHEMA,
            SupportsResponse.OPTIONAL,
        ),
        ("hold", _async_hold, FORCE_SCHEMA, SupportsResponse.OPTIONAL),
        ("restore_normal", _async_restore, BATTERY_SCHEMA, SupportsResponse.NONE),
        ("replan", _async_replan, SITE_SCHEMA, SupportsResponse.NONE),
        ("get_plan", _async_get_plan, PLAN_SCHEMA, SupportsResponse.ONLY),
        ("get_command_log", _async_get_log, LOG_SCHEMA, SupportsResponse.ONLY),
    ):
        hass.services.async_register(
            DOMAIN, name, handler, schema=schema, supports_response=answers
        )


def _force(
    mode: Mode,
) -> Callable[[ServiceCall], Coroutine[Any, Any, ServiceResponse]]:
    """Return the action that forces a mode."""

    async def async_handle(call: ServiceCall) -> ServiceResponse:
        return await _async_force(call, mode)

    return async_handle


async def _async_hold(call: ServiceCall) -> ServiceResponse:
    """Keep the charge; with a power, discharge at most that."""
    if ATTR_POWER_W in call.data:
        return await _async_force(call, Mode.LIMIT)
    site = site_of(call)
    return await _async_force(call, hold_mode(site, batteries_of(call, site)))


async def _async_force(call: ServiceCall, mode: Mode) -> ServiceResponse:
    site = site_of(call)
    forced = await async_force(
        site,
        Asked(
            mode=mode,
            duration=duration_of(
                call, timedelta(minutes=site.settings.force_duration_min)
            ),
            power_w=call.data.get(ATTR_POWER_W),
            into_car=call.data.get(ATTR_INTO_CAR, False),
        ),
        batteries_of(call, site),
    )
    return force_answer(call, forced)


def force_answer(call: ServiceCall, forced: Sequence[Forced]) -> ServiceResponse:
    """Return what batteries have been told, where an answer is wanted."""
    if not call.return_response:
        return None
    until = max(each.until for each in forced)
    return {
        "batteries": [
            {
                "serial": each.serial,
                "name": each.name,
                "power_w": each.power_w,
                "outcome": each.outcome.value,
            }
            for each in forced
        ],
        "until": dt_util.as_local(until).isoformat(),
    }


async def _async_restore(call: ServiceCall) -> None:
    site = site_of(call)
    await async_restore_normal(site, batteries_of(call, site))


async def _async_replan(call: ServiceCall) -> None:
    await async_replan(site_of(call))


async def _async_get_plan(call: ServiceCall) -> ServiceResponse:
    site = site_of(call)
    planning = site.coordinators.plan.planning
    if planning is None:
        raise HomeAssistantError(translation_domain=DOMAIN, translation_key="no_plan")
    zone, texts = dt_util.get_default_time_zone(), await async_texts(call.hass)
    plan, now = planning.plan, dt_util.utcnow()
    names = {each: battery_name(site, each) for each in plan.battery_ids}
    told = Teller(plan, now, zone, texts).summary()
    answer = {
        **plan_answer(plan, zone, names),
        "overview": {
            **overview_answer(overview(plan, now), zone),
            "text": " ".join(told.glance),
        },
        "summary": summary_answer(told, zone),
    }
    if call.data.get(ATTR_MODE_LOSSES):
        losses = await call.hass.async_add_executor_job(losses_of, planning)
        answer["mode_losses"] = dict(losses)
    return answer


async def _async_get_log(call: ServiceCall) -> ServiceResponse:
    site, zone = site_of(call), dt_util.get_default_time_zone()
    batteries, since = batteries_of(call, site), call.data.get(ATTR_SINCE)
    entries = [
        entry
        for entry in site.controller.log.entries
        if (batteries is None or entry.battery_id in batteries)
        # A time without an offset is the home's.
        and (since is None or entry.at >= dt_util.as_utc(since))
    ]
    return {
        "entries": [
            log_answer(entry, battery_name(site, entry.battery_id), zone)
            for entry in entries[-call.data.get(ATTR_LIMIT, LOG_LENGTH) :]
        ]
    }


def site_of(call: ServiceCall) -> Site:
    """Return the site that is meant. Raises ServiceValidationError."""
    entry: PowerSyncConfigEntry = service.async_get_config_entry(
        call.hass, DOMAIN, call.data.get(ATTR_CONFIG_ENTRY_ID)
    )
    return entry.runtime_data


def batteries_of(call: ServiceCall, site: Site) -> list[str] | None:
    """Return the serials of the devices named, or None where none is named.

    The home's own device stands for all its batteries.
    """
    if ATTR_BATTERY not in call.data:
        return None
    registry = dr.async_get(call.hass)
    serials: dict[str, None] = {}
    for device_id in call.data[ATTR_BATTERY]:
        device = registry.async_get(device_id)
        ids = {key for domain, key in device.identifiers} if device else set[str]()
        if site.entry.entry_id in ids:
            return None
        found = ids & site.controller.batteries.keys()
        if not found:
            raise ServiceValidationError(
                translation_domain=DOMAIN,
                translation_key="not_a_battery",
                translation_placeholders={"site": site.entry.title},
            )
        serials |= dict.fromkeys(found)
    return list(serials)


def duration_of(call: ServiceCall, default: timedelta) -> timedelta:
    """Return how long is asked for; the default where nothing is."""
    keys = [key for key in (ATTR_DURATION, ATTR_DURATION_MINUTES) if key in call.data]
    if len(keys) > 1:
        raise ServiceValidationError(
            translation_domain=DOMAIN, translation_key="duration_twice"
        )
    if not keys:
        return default
    minutes = _whole(call.data[keys[0]])
    if minutes is None or not 1 <= minutes <= FORCE_DURATION_MAX_MIN:
        raise ServiceValidationError(
            translation_domain=DOMAIN,
            translation_key="duration_invalid",
            translation_placeholders={"most": str(FORCE_DURATION_MAX_MIN)},
        )
    return timedelta(minutes=minutes)


def _whole(value: object) -> int | None:
    """Return a whole number that came as one or as text; else None."""
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        return None
    try:
        number = float(value)
    except ValueError:
        return None
    return int(number) if number.is_integer() else None
