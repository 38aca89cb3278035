"""The home's load history, from statistics that Home Assistant already keeps.

The Energy dashboard knows the meters of grid, sun and batteries; what they
leave over is the load of the home. Where no dashboard is set up, the hourly
means of our own load sensor serve.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
import logging
from typing import Literal

from sqlalchemy.exc import SQLAlchemyError

from custom_components.power_sync.forecast.load import LoadHistory, LoadSample
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
    """Statistics of energy into the home, and out of it."""

    into: frozenset[str]
    out: frozenset[str]


async def async_load_history(
    hass: HomeAssistant, days: int = 30, power_statistic_id: str | None = None
) -> LoadHistory | None:
    """Return the hourly load of the last `days`, or None where there is none.

    `power_statistic_id` names the statistics of a home load power sensor, used
    where the Energy dashboard gives no load. Never raises.
    """
    if "recorder" not in hass.config.components:
        _LOGGER.debug("No load history: the recorder is not loaded")
        return None
    start = (
        dt_util.utcnow().replace(minute=0, second=0, microsecond=0) - _HOUR * 24 * days
    )
    try:
        samples = await _async_from_energy(hass, start)
        if not samples and power_statistic_id is not None:
            samples = await _async_from_power(hass, start, power_statistic_id)
    # The recorder's executor refuses work while Home Assistant stops.
    except (HomeAssistantError, SQLAlchemyError, RuntimeError, KeyError) as err:
        _LOGGER.debug("No load history: %s", err)
        return None
    history = LoadHistory.of(samples, _HOUR)
    return history if history.samples else None


async def _async_from_energy(hass: HomeAssistant, start: datetime) -> list[LoadSample]:
    """Return the load that the meters of the Energy dashboard leave over."""
    if "energy" not in hass.config.components:
        return []
    manager = await async_get_manager(hass)
    if manager.data is None:
        return []
    meters = _meters(manager.data["energy_sources"])
    if meters is None:
        return []
    # One hour more, because a change is known for an hour only where the
    # meter's value at its start is.
    rows = await _async_rows(
        hass,
        start - _HOUR,
        meters.into | meters.out,
        {"energy": UnitOfEnergy.KILO_WATT_HOUR},
        "change",
    )
    into = [_hourly_kwh(rows.get(meter, [])) for meter in meters.into]
    out = [_hourly_kwh(rows.get(meter, [])) for meter in meters.out]
    hours = set.intersection(*(set(meter) for meter in (*into, *out)))
    return [
        LoadSample(
            datetime.fromtimestamp(hour, UTC),
            1000 * (sum(m[hour] for m in into) - sum(m[hour] for m in out)),
        )
        for hour in hours
    ]


async def _async_from_power(
    hass: HomeAssistant, start: datetime, statistic_id: str
) -> list[LoadSample]:
    """Return the hourly means of a load power sensor."""
    rows = await _async_rows(
        hass, start, {statistic_id}, {"power": UnitOfPower.WATT}, "mean"
    )
    return [
        LoadSample(datetime.fromtimestamp(row["start"], UTC), mean_w)
        for row in rows.get(statistic_id, [])
        if (mean_w := row.get("mean")) is not None
    ]


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
    metered = False
    for source in sources:
        match source.get("type"):
            case "grid":
                imports = _ids(source, "stat_energy_from", "flow_from")
                metered = metered or bool(imports)
                into |= imports
                out |= _ids(source, "stat_energy_to", "flow_to")
            case "solar":
                into |= _ids(source, "stat_energy_from")
            case "battery":
                into |= _ids(source, "stat_energy_from")
                out |= _ids(source, "stat_energy_to")
    return _Meters(frozenset(into), frozenset(out)) if metered else None


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
