"""Solcast: `detailedForecast` (half hours) or `detailedHourly`, mean kW by start."""

from collections.abc import Mapping
from datetime import datetime, tzinfo

from .reading import SensorForecast, mean_power, moment, number, step_of

_LISTS = ("detailedForecast", "detailedHourly")
_W_PER_KW = 1000.0


def read(
    attributes: Mapping[str, object], unit: str | None, zone: tzinfo
) -> SensorForecast | None:
    """Return the forecast, of half hours where both are there."""
    for name in _LISTS:
        rows = attributes.get(name)
        if isinstance(rows, list) and (powers := _powers(rows, "pv_estimate", zone)):
            low, high = (
                _powers(rows, f"pv_estimate{percent}", zone) for percent in (10, 90)
            )
            # A spread that lacks a slot is none: its sums would not compare.
            spread = low.keys() == high.keys() == powers.keys()
            return SensorForecast(
                mean_power(powers, zone),
                step_of(sorted(powers)),
                "Solcast",
                mean_power(low, zone) if spread else None,
                mean_power(high, zone) if spread else None,
            )
    return None


def _powers(rows: list[object], key: str, zone: tzinfo) -> dict[datetime, float]:
    """Return W by the start of their period, without rows that cannot be read."""
    powers: dict[datetime, float] = {}
    for row in rows:
        if not isinstance(row, Mapping):
            continue
        start, power_kw = moment(row.get("period_start"), zone), number(row.get(key))
        if start is not None and power_kw is not None:
            powers[start] = power_kw * _W_PER_KW
    return powers
