"""The home's load history, from statistics that Home Assistant already keeps.

The Energy dashboard knows the meters of grid, sun and batteries; what they
leave over is the load of the home. Sensors that the user has picked count instead;
where there is neither, our own sensors of load and sun serve.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from enum import StrEnum
import logging
from typing import Final

from sqlalchemy.exc import SQLAlchemyError

from custom_components.power_sync.const import (
    CONF_HISTORY_SOURCE,
    CONF_LOAD_SENSOR,
    CONF_SOLAR_SENSOR,
    DOMAIN,
)
from custom_components.power_sync.forecast.load_history import LoadHistory, LoadSample
from custom_components.power_sync.model.series import Series
from homeassistant.components.energy.data import async_get_manager
from homeassistant.components.sensor import DOMAIN as SENSOR_DOMAIN
from homeassistant.core import HomeAssistant
from homeassistant.exceptions import HomeAssistantError
from homeassistant.helpers import entity_registry as er
from homeassistant.util import dt as dt_util

from .holidays import async_with_holidays
from .hourly import (
    HOUR,
    Hours,
    async_hourly_kwh,
    async_hourly_w,
    async_kinds,
    hour_of,
)

_LOGGER = logging.getLogger(__name__)

# The recorder's executor refuses work while Home Assistant stops.
_UNREADABLE = (HomeAssistantError, SQLAlchemyError, RuntimeError, KeyError)


@dataclass(frozen=True, slots=True)
class _Meters:
    """Statistics of energy into the home (`solar` is part of it), and out of it."""

    into: frozenset[str]
    out: frozenset[str]
    solar: frozenset[str]


@dataclass(frozen=True, slots=True)
class MeasuredHome:
    """What a home used and what its sun gave, hour by hour.

    `solar_w` is None for a home that meters no sun.
    """

    load: LoadHistory
    solar_w: Series | None
    measured_by: str


AUTOMATIC: Final = "automatic"
"""The Energy dashboard, and our own sensors without one."""
ENERGY_DASHBOARD: Final = "energy_dashboard"
SENSORS: Final = "sensors"
OWN_SENSORS: Final = "own_sensors"
SOURCES: Final = (AUTOMATIC, SENSORS)
"""What the options can say. The first is the default."""
OWN_LOAD: Final = "home_load"
OWN_SOLAR: Final = "solar_power"
OWN_CAR: Final = "car_power"


@dataclass(frozen=True, slots=True)
class Picked:
    """The sensors, of power or of energy, that load and sun are learned from.

    `cars` measure what a load that nobody has picked may have of cars.
    """

    load: str | None = None
    solar: str | None = None
    cars: frozenset[str] = frozenset()


NOTHING_PICKED = Picked()


def picked_sensors(options: Mapping[str, object]) -> Picked:
    """Return what a site's options say; nothing is picked without a load."""
    load, solar = options.get(CONF_LOAD_SENSOR), options.get(CONF_SOLAR_SENSOR)
    if options.get(CONF_HISTORY_SOURCE) == AUTOMATIC or not isinstance(load, str):
        return NOTHING_PICKED
    return Picked(load, solar if isinstance(solar, str) else None)


def own_sensors(hass: HomeAssistant, entry_id: str) -> Picked:
    """Return a site's own sensors of load, sun and cars, as they are called now."""
    registry = er.async_get(hass)
    load, solar = (
        registry.async_get_entity_id(SENSOR_DOMAIN, DOMAIN, f"{entry_id}_{key}")
        for key in (OWN_LOAD, OWN_SOLAR)
    )
    cars = frozenset(
        each.entity_id
        for each in er.async_entries_for_config_entry(registry, entry_id)
        if each.domain == SENSOR_DOMAIN and each.translation_key == OWN_CAR
    )
    return Picked(load, solar, cars)


class Unfit(StrEnum):
    """Why a sensor cannot be learned from."""

    NO_STATISTICS = "no_statistics"
    WRONG_UNIT = "wrong_unit"
    TOO_SHORT = "too_short"


LEAST_HOURS: Final = 24
"""With less than a day of statistics a sensor says nothing about a day."""


async def async_unfit(
    hass: HomeAssistant, days: int, sensors: Collection[str]
) -> dict[str, Unfit]:
    """Return those that cannot be learned from, and why. Never raises."""
    if "recorder" not in hass.config.components:
        return dict.fromkeys(sensors, Unfit.NO_STATISTICS)
    try:
        kinds = await async_kinds(hass, sensors)
        watts = await async_hourly_w(hass, _since(days), sensors)
    except _UNREADABLE as err:
        _LOGGER.debug("The statistics cannot be read: %s", err)
        return dict.fromkeys(sensors, Unfit.NO_STATISTICS)
    unfit: dict[str, Unfit] = {}
    for sensor in sensors:
        if sensor not in kinds:
            unfit[sensor] = Unfit.NO_STATISTICS
        elif kinds[sensor] is None:
            unfit[sensor] = Unfit.WRONG_UNIT
        elif len(watts[sensor]) < LEAST_HOURS:
            unfit[sensor] = Unfit.TOO_SHORT
    return unfit


async def async_measured_home(
    hass: HomeAssistant,
    days: int = 30,
    picked: Picked = NOTHING_PICKED,
    own: Picked = NOTHING_PICKED,
) -> MeasuredHome | None:
    """Return load and sun of the last `days`, or None where there is no load.

    The sensors that were picked count, the Energy dashboard without any or where
    they know nothing, and the home's `own` sensors last. The last two have cars in
    the load, so what own chargers have measured is taken out of it. Never raises.
    """
    if "recorder" not in hass.config.components:
        _LOGGER.debug("No load history: the recorder is not loaded")
        return None
    start = _since(days)
    try:
        measured = await _async_from_sensors(hass, start, picked, SENSORS)
        if measured is None:
            measured = await _async_from_energy(
                hass, start
            ) or await _async_from_sensors(hass, start, own, OWN_SENSORS)
            if measured is None:
                return None
            if own.cars:
                cars = await async_hourly_w(hass, start, own.cars)
                load = measured.load.without(cars.values())
                measured = replace(measured, load=load)
        return replace(measured, load=await async_with_holidays(hass, measured.load))
    except _UNREADABLE as err:
        _LOGGER.debug("No load history: %s", err)
        return None


def _since(days: int) -> datetime:
    """Return the start of the hour that many days ago."""
    now = dt_util.utcnow().replace(minute=0, second=0, microsecond=0)
    return now - HOUR * 24 * days


async def _async_from_energy(
    hass: HomeAssistant, start: datetime
) -> MeasuredHome | None:
    """Return the sun, and the load that the dashboard's meters leave over."""
    if "energy" not in hass.config.components:
        return None
    manager = await async_get_manager(hass)
    if manager.data is None:
        return None
    meters = _meters(manager.data["energy_sources"])
    if meters is None:
        return None
    kwh = await async_hourly_kwh(hass, start, meters.into | meters.out)
    hours = set.intersection(*(set(meter) for meter in kwh.values()))
    load = LoadHistory.of(
        (
            LoadSample(
                datetime.fromtimestamp(hour, UTC),
                1000
                * (
                    sum(kwh[meter][hour] for meter in meters.into)
                    - sum(kwh[meter][hour] for meter in meters.out)
                ),
            )
            for hour in hours
        ),
        HOUR,
    )
    sun = None if not meters.solar else _sun(kwh[meter] for meter in meters.solar)
    return MeasuredHome(load, sun, ENERGY_DASHBOARD) if load.samples else None


def _sun(meters: Iterable[Hours]) -> Series:
    """Return the mean W of all arrays, in the hours that all of them know."""
    every = list(meters)
    hours = set.intersection(*(set(meter) for meter in every))
    return Series(
        hour_of(hour, max(0.0, 1000 * sum(meter[hour] for meter in every)))
        for hour in hours
    )


async def _async_from_sensors(
    hass: HomeAssistant, start: datetime, sensors: Picked, measured_by: str
) -> MeasuredHome | None:
    """Return what sensors of power or of energy say, hour by hour."""
    if sensors.load is None:
        return None
    ids = {each for each in (sensors.load, sensors.solar) if each is not None}
    watts = await async_hourly_w(hass, start, ids)
    load = LoadHistory.of(
        (
            LoadSample(datetime.fromtimestamp(at, UTC), mean_w)
            for at, mean_w in watts[sensors.load].items()
        ),
        HOUR,
    )
    sun = None
    # Our own sensor knows nothing where there are no panels; one that was picked
    # and knows nothing is not the same as no sun.
    if sensors.solar is not None and (
        watts[sensors.solar] or measured_by != OWN_SENSORS
    ):
        hours = watts[sensors.solar]
        sun = Series(hour_of(at, max(0.0, mean_w)) for at, mean_w in hours.items())
    return MeasuredHome(load, sun, measured_by) if load.samples else None


def _meters(sources: Sequence[Mapping[str, object]]) -> _Meters | None:
    """Return the meters of the dashboard; None where no grid import is metered.

    Understands a grid of one connection and the older one of lists of flows.
    """
    into: set[str] = set()
    out: set[str] = set()
    solar: set[str] = set()
    metered = False
    for source in sources:
        match source.get("type"):
            case "grid":
                imports = _ids(source, "stat_energy_from", "flow_from")
                metered = metered or bool(imports)
                into |= imports
                out |= _ids(source, "stat_energy_to", "flow_to")
            case "solar":
                solar |= _ids(source, "stat_energy_from")
            case "battery":
                into |= _ids(source, "stat_energy_from")
                out |= _ids(source, "stat_energy_to")
    if not metered:
        return None
    return _Meters(frozenset(into | solar), frozenset(out), frozenset(solar))


def _ids(source: Mapping[str, object], key: str, flows: str | None = None) -> set[str]:
    """Return the statistic ids under `key`, of a source and of its flows."""
    found = [source.get(key)]
    listed = source.get(flows) if flows is not None else None
    if isinstance(listed, list):
        found += [flow.get(key) for flow in listed if isinstance(flow, dict)]
    return {each for each in found if isinstance(each, str) and each}
