"""Hourly statistics of meters and sensors, as Home Assistant's recorder has them."""

from collections.abc import Collection, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import Literal

from custom_components.power_sync.model.series import Span
from homeassistant.components.recorder.models import (
    StatisticMeanType,
    StatisticMetaData,
)
from homeassistant.components.recorder.statistics import (
    StatisticsRow,
    get_metadata,
    statistics_during_period,
)
from homeassistant.const import UnitOfEnergy, UnitOfPower
from homeassistant.core import HomeAssistant
from homeassistant.helpers.recorder import get_instance
from homeassistant.util.unit_conversion import EnergyConverter, PowerConverter

HOUR = timedelta(hours=1)
_HOUR_S = 3600.0
QUIET_KWH = 0.25
"""A meter that gained no more than this over missing hours stood still in them.

Solar inverters that sleep leave no statistics at night; without this the home
would have no load at night. The load of the hour after may be off by this.
"""

type Hours = Mapping[float, float]
"""Values by the epoch second at which their hour starts."""


class Kind(StrEnum):
    """What the statistics of a sensor are of."""

    POWER = "power"
    ENERGY = "energy"


async def async_kinds(
    hass: HomeAssistant, statistic_ids: Collection[str]
) -> dict[str, Kind | None]:
    """Return the kind of each that has statistics; None is neither of the kinds."""
    known = await get_instance(hass).async_add_executor_job(
        lambda: get_metadata(hass, statistic_ids=set(statistic_ids))
    )
    return {statistic_id: _kind(meta) for statistic_id, (_, meta) in known.items()}


def _kind(meta: StatisticMetaData) -> Kind | None:
    unit = meta["unit_of_measurement"]
    if unit in PowerConverter.VALID_UNITS:
        by_mean = meta["mean_type"] is StatisticMeanType.ARITHMETIC
        return Kind.POWER if by_mean else None
    if unit in EnergyConverter.VALID_UNITS:
        return Kind.ENERGY if meta["has_sum"] else None
    return None


async def async_hourly_w(
    hass: HomeAssistant, start: datetime, statistic_ids: Collection[str]
) -> dict[str, Hours]:
    """Return the mean W of each hour since `start`, of power and energy sensors."""
    kinds = await async_kinds(hass, statistic_ids)
    powers = {each for each, kind in kinds.items() if kind is Kind.POWER}
    energies = {each for each, kind in kinds.items() if kind is Kind.ENERGY}
    watts: dict[str, Hours] = {each: {} for each in statistic_ids}
    if powers:
        rows = await async_rows(
            hass, start, powers, {"power": UnitOfPower.WATT}, "mean"
        )
        for each, found in rows.items():
            watts[each] = _means(found)
    if energies:
        kwh = await async_hourly_kwh(hass, start, energies, quiet_kwh=0.0)
        for each, hours in kwh.items():
            watts[each] = {at: 1000 * energy for at, energy in hours.items()}
    return watts


async def async_hourly_kwh(
    hass: HomeAssistant,
    start: datetime,
    statistic_ids: Collection[str],
    quiet_kwh: float = QUIET_KWH,
) -> dict[str, Hours]:
    """Return the energy of each hour since `start`, of each meter."""
    # One hour more, because a change is known for an hour only where the
    # meter's value at its start is.
    rows = await async_rows(
        hass,
        start - HOUR,
        statistic_ids,
        {"energy": UnitOfEnergy.KILO_WATT_HOUR},
        "change",
    )
    return {each: _changes(rows.get(each, []), quiet_kwh) for each in statistic_ids}


async def async_rows(
    hass: HomeAssistant,
    start: datetime,
    statistic_ids: Collection[str],
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


def hour_of(epoch_s: float, watts: float) -> Span:
    """Return an hour's mean power as a span."""
    start = datetime.fromtimestamp(epoch_s, UTC)
    return Span(start, start + HOUR, watts)


def _means(rows: Sequence[StatisticsRow]) -> Hours:
    return {row["start"]: mean for row in rows if (mean := row.get("mean")) is not None}


def _changes(rows: Sequence[StatisticsRow], quiet_kwh: float) -> Hours:
    """Return the energy per hour.

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
            if missing == 0 or abs(change) <= quiet_kwh:
                for hour in range(1, missing + 1):
                    kwh[previous + hour * _HOUR_S] = 0.0
                kwh[start] = change
        previous = start
    return kwh
