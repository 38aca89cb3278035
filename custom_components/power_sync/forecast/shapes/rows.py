"""A list of rows with a time and a value in the sensor's unit.

Powers are means over the period that begins at the time (or ends at it, where
that is what it is called), energies those of the period.
"""

from collections.abc import Mapping
from datetime import datetime, timedelta, tzinfo

from custom_components.power_sync.forecast.solar import read_wh_by_period
from custom_components.power_sync.model.series import Series

from .reading import SensorForecast, mean_power, moment, number, step_of

_LISTS = ("forecast", "forecasts", "detailed_forecast", "data")
_STARTS = ("period_start", "start", "start_time", "datetime", "time", "from")
_ENDS = ("period_end", "end", "end_time", "to")
_VALUES = ("value", "pv_estimate", "power", "energy", "estimate", "native_value")
_SPREAD = (("p10", "pv_estimate10"), ("p90", "pv_estimate90"))
_POWER_W = {"W": 1.0, "kW": 1000.0, "MW": 1_000_000.0}
_ENERGY_WH = {"Wh": 1.0, "kWh": 1000.0, "MWh": 1_000_000.0}


def read(
    attributes: Mapping[str, object], unit: str | None, zone: tzinfo
) -> SensorForecast | None:
    """Return the forecast of the first list that holds one in a known unit."""
    if unit not in _POWER_W and unit not in _ENERGY_WH:
        return None
    for name in _LISTS:
        rows = attributes.get(name)
        if not isinstance(rows, list):
            continue
        found = [row for row in rows if isinstance(row, Mapping)]
        values = _values(found, _VALUES, zone)
        if not values:
            continue
        low, high = (_values(found, keys, zone) for keys in _SPREAD)
        spread = low.keys() == high.keys() == values.keys()
        return SensorForecast(
            _series(values, unit, zone),
            step_of(sorted(values)),
            None,
            _series(low, unit, zone) if spread else None,
            _series(high, unit, zone) if spread else None,
        )
    return None


def _values(
    rows: list[Mapping[str, object]], keys: tuple[str, ...], zone: tzinfo
) -> dict[datetime, float]:
    """Return values by the start of their period."""
    by_start: dict[datetime, float] = {}
    by_end: dict[datetime, float] = {}
    for row in rows:
        value = next(
            (v for key in keys if (v := number(row.get(key))) is not None), None
        )
        if value is None:
            continue
        for names, values in ((_STARTS, by_start), (_ENDS, by_end)):
            when = next(
                (at for name in names if (at := moment(row.get(name), zone))), None
            )
            if when is not None:
                values[when] = value
                break
    if by_start:
        return by_start
    step = step_of(sorted(by_end)) if by_end else timedelta()
    return {end - step: value for end, value in by_end.items()}


def _series(values: Mapping[datetime, float], unit: str, zone: tzinfo) -> Series:
    if unit in _POWER_W:
        return mean_power(
            {at: value * _POWER_W[unit] for at, value in values.items()}, zone
        )
    energies = {
        at.isoformat(): value * _ENERGY_WH[unit] for at, value in values.items()
    }
    return read_wh_by_period(energies, zone).mean_w
