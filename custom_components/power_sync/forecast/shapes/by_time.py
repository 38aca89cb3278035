"""Dictionaries by time, as of Open-Meteo and Forecast.Solar.

Energies of periods go before powers: powers hold at a moment each, and what
comes in between is only likely. Open-Meteo (`wh_period`) and Home Assistant's
energy platform (`wh_hours`) key energy by the start of its period; the interface
of Forecast.Solar (`watt_hours_period`) by its end.
"""

from collections.abc import Mapping
from datetime import datetime, tzinfo

from custom_components.power_sync.forecast.solar import (
    read_wh_by_period,
    starts_from_ends,
)

from .reading import SensorForecast, between_samples, moment, number, step_of

_WH_BY_START = {"wh_period": "Open-Meteo", "wh_hours": None}
_WH_BY_END = "watt_hours_period"
_W_AT = "watts"


def read(
    attributes: Mapping[str, object], unit: str | None, zone: tzinfo
) -> SensorForecast | None:
    """Return the forecast of the first dictionary that holds one."""
    for name, provider in _WH_BY_START.items():
        if found := _from_energy(_by_text(attributes.get(name)), provider, zone):
            return found
    ends = _by_text(attributes.get(_WH_BY_END))
    if found := _from_energy(starts_from_ends(ends, zone), "Forecast.Solar", zone):
        return found
    powers: dict[datetime, float] = {}
    for key, value in _by_text(attributes.get(_W_AT)).items():
        at, power_w = moment(key, zone), number(value)
        if at is not None and power_w is not None:
            powers[at] = power_w
    series = between_samples(powers, zone)
    return SensorForecast(series, step_of(sorted(powers))) if series else None


def _by_text(value: object) -> dict[str, object]:
    """Return a dictionary with its times as text; {} for anything else."""
    if not isinstance(value, Mapping):
        return {}
    return {
        key.isoformat() if isinstance(key, datetime) else str(key): entry
        for key, entry in value.items()
    }


def _from_energy(
    wh_by_start: Mapping[str, object], provider: str | None, zone: tzinfo
) -> SensorForecast | None:
    series = read_wh_by_period(wh_by_start, zone).mean_w
    if not series:
        return None
    return SensorForecast(
        series, step_of([span.start for span in series.spans]), provider
    )
