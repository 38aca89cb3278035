"""The home's load history, from statistics that Home Assistant already keeps.

The Energy dashboard knows the meters of grid, sun and batteries; what they
leave over is the load of the home. Where no dashboard is set up, the hourly
means of our own load sensor serve.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
import logging
from typing import Literal

from sqlalchemy.exc import SQLAlchemyError

from custom_components.power_sync.const import CONF_LOAD_SENSOR, CONF_SOLAR_SENSOR
from custom_components.power_sync.forecast.load import LoadHistory, LoadSample
from custom_components.power_sync.model.series import Series, Span
from homeassistant.components.energy.data import async_get_manager
from homeassistant.components.recorder.statistics import (
    StatisticsRow,
    statistics_during_period,
)
from homeassistant.const import UnitOfEnergy, UnitOfPower
from homeassistant.core import HomeAssistant
from homeassistant.exceptions import HomeAssistantError
from homeassistant.helpers.recorder import get_instance
from homeassistant.util import dt as dt_util

_LOGGER = logging.getLogger(__name__)

_HOUR = timedelta(hours=1)
_HOUR_S = 3600.0
_QUIET_KWH = 0.25
"""A meter that gained no more than this over missing hours stood still in them.

Solar inverters that sleep leave no statistics at night; without this the home
would have no load at night. The load of the hour after may be off by this.
"""


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


ENERGY_DASHBOARD = "energy_dashboard"
SENSORS = "sensors"


@dataclass(frozen=True, slots=True)
class Picked:
    """The statistics of power sensors that the user has picked instead."""

    load: str | None = None
    solar: str | None = None


NOTHING_PICKED = Picked()


def picked_sensors(options: Mapping[str, object]) -> Picked:
    """Return what a site's options say; nothing is picked without a load."""
    load, solar = options.get(CONF_LOAD_SENSOR), options.get(CONF_SOLAR_SENSOR)
    if not isinstance(load, str):
        return NOTHING_PICKED
    return Picked(load, solar if isinstance(solar, str) else None)


async def async_load_history(
    hass: HomeAssistant, days: int = 30, picked: Picked = NOTHING_PICKED
) -> LoadHistory | None:
    """Return the hourly load of the last `days`, or None where there is none.

    Never raises.
    """
    measured = await async_measured_home(hass, days, picked)
    return None if measured is None else measured.load


async def async_measured_home(
    hass: HomeAssistant, days: int, picked: Picked
) -> MeasuredHome | None:
    """Return load and sun of the last `days`, or None where there is no load.

    The sensors that were picked count, and the Energy dashboard without any or
    where they know nothing. Never raises.
    """
    if "recorder" not in hass.config.components:
        _LOGGER.debug("No load history: the recorder is not loaded")
        return None
    start = (
        dt_util.utcnow().replace(minute=0, second=0, microsecond=0) - _HOUR * 24 * days
    )
    try:
        measured = None
        if picked.load is not None:
            measured = await _async_from_power(hass, start, picked.load, picked.solar)
        return measured or await _async_from_energy(hass, start)
    # The recorder's executor refuses work while Home Assistant stops.
    except (HomeAssistantError, SQLAlchemyError, RuntimeError, KeyError) as err:
        _LOGGER.debug("No load history: %s", err)
        return None


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
    # One hour more, because a change is known for an hour only where the
    # meter's value at its start is.
    rows = await _async_rows(
        hass,
        start - _HOUR,
        meters.into | meters.out,
        {"energy": UnitOfEnergy.KILO_WATT_HOUR},
        "change",
    )
    kwh = {
        meter: _hourly_kwh(rows.get(meter, [])) for meter in meters.into | meters.out
    }
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
        _HOUR,
    )
    sun = None if not meters.solar else _sun(kwh[meter] for meter in meters.solar)
    return MeasuredHome(load, sun, ENERGY_DASHBOARD) if load.samples else None


def _sun(meters: Iterable[Mapping[float, float]]) -> Series:
    """Return the mean W of all arrays, in the hours that all of them know."""
    every = list(meters)
    hours = set.intersection(*(set(meter) for meter in every))
    return Series(
        _hour(hour, max(0.0, 1000 * sum(meter[hour] for meter in every)))
        for hour in hours
    )


def _hour(epoch_s: float, watts: float) -> Span:
    start = datetime.fromtimestamp(epoch_s, UTC)
    return Span(start, start + _HOUR, watts)


async def _async_from_power(
    hass: HomeAssistant, start: datetime, load_id: str, solar_id: str | None
) -> MeasuredHome | None:
    """Return the hourly means of power sensors."""
    ids = {load_id} if solar_id is None else {load_id, solar_id}
    rows = await _async_rows(hass, start, ids, {"power": UnitOfPower.WATT}, "mean")

    def means(statistic_id: str) -> Iterator[tuple[float, float]]:
        for row in rows.get(statistic_id, []):
            if (mean_w := row.get("mean")) is not None:
                yield row["start"], mean_w

    load = LoadHistory.of(
        (LoadSample(datetime.fromtimestamp(at, UTC), w) for at, w in means(load_id)),
        _HOUR,
    )
    sun = None
    if solar_id is not None:
        sun = Series(_hour(at, max(0.0, watts)) for at, watts in means(solar_id))
    return MeasuredHome(load, sun, SENSORS) if load.samples else None


async def _async_rows(
    hass: HomeAssistant,
    start: datetime,
    statistic_ids: Iterable[str],
    units: dict[str, str],
    kind: Literal["change", "mean"],
) -> dict[str, list[StatisticsRow]]:
    """Read hourly statistics, in the recorder's own executor."""
    return await get_instance(hass).async_add_executor_job(
        statistics_during_period,
        hass,
        start,
        None,
        set(statistic_ids),
        "hour",
        units,
        {kind},
    )


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


def _hourly_kwh(rows: Sequence[StatisticsRow]) -> dict[float, float]:
    """Return the energy per hour, by the epoch second at which it starts.

    After missing hours a change covers them too, so it is not an hour's: those
    hours are absent, unless the meter stood still.
    """
    kwh: dict[float, float] = {}
    previous: float | None = None
    for row in rows:
        change = row.get("change")
        if change is None:
            continue
        start = row["start"]
        if previous is not None:
            missing = round((start - previous) / _HOUR_S) - 1
            if missing == 0 or abs(change) <= _QUIET_KWH:
                for hour in range(1, missing + 1):
                    kwh[previous + hour * _HOUR_S] = 0.0
                kwh[start] = change
        previous = start
    return kwh
