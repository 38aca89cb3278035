"""The home as a whole, from the readings of its batteries. Pure."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from .model.battery import BatteryReading


@dataclass(frozen=True, slots=True, kw_only=True)
class SiteReading:
    """Powers in W in the common signs; None where not known."""

    soc_pct: float | None = None
    battery_power_w: float | None = None
    solar_power_w: float | None = None
    grid_power_w: float | None = None
    load_power_w: float | None = None


def site_reading(
    readings: Mapping[str, BatteryReading], capacities_kwh: Mapping[str, float | None]
) -> SiteReading:
    """Return the sums over batteries; grid and load from the first that has them.

    Load is worked out from the balance, so that the four figures agree also
    where several inverters see the same meter. The level is weighted by capacity.
    """
    every = list(readings.values())
    solar_w = _sum(reading.solar_power_w for reading in every)
    battery_w = _sum(reading.battery_power_w for reading in every)
    grid_w = _first(reading.grid_power_w for reading in every)
    if solar_w is None or battery_w is None or grid_w is None:
        load_w = _first(reading.load_power_w for reading in every)
    else:
        load_w = max(0.0, solar_w + battery_w + grid_w)
    return SiteReading(
        soc_pct=_level(readings, capacities_kwh),
        battery_power_w=battery_w,
        solar_power_w=solar_w,
        grid_power_w=grid_w,
        load_power_w=load_w,
    )


def _sum(values: Iterable[float | None]) -> float | None:
    known = [value for value in values if value is not None]
    return sum(known) if known else None


def _first(values: Iterable[float | None]) -> float | None:
    return next((value for value in values if value is not None), None)


def _level(
    readings: Mapping[str, BatteryReading], capacities_kwh: Mapping[str, float | None]
) -> float | None:
    weighted = [
        (reading.soc_pct, reading.capacity_kwh or capacities_kwh.get(battery_id) or 1.0)
        for battery_id, reading in readings.items()
        if reading.soc_pct is not None
    ]
    total = sum(weight for _, weight in weighted)
    if not total:
        return None
    return sum(level * weight for level, weight in weighted) / total
