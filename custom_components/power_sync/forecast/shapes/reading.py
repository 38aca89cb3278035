"""What a sensor's forecast is read into, and how times and numbers are read."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, tzinfo
from itertools import pairwise
from math import isfinite

from custom_components.power_sync.forecast.steps import periods, usual_step
from custom_components.power_sync.model.series import Series, Span


@dataclass(frozen=True, slots=True)
class SensorForecast:
    """Mean W by time as one sensor has them, and the usual length of a period.

    `provider` is a name where the shape gives one away. p10 and p90 are None
    where there is no spread.
    """

    p50_w: Series
    step: timedelta
    provider: str | None = None
    p10_w: Series | None = None
    p90_w: Series | None = None


def moment(value: object, zone: tzinfo) -> datetime | None:
    """Return a time in UTC, or None; without an offset it is one of `zone`."""
    try:
        when = (
            value if isinstance(value, datetime) else datetime.fromisoformat(str(value))
        )
        return (when if when.tzinfo else when.replace(tzinfo=zone)).astimezone(UTC)
    except ValueError, OverflowError:
        return None


def number(value: object) -> float | None:
    """Return a finite number, below zero as zero; None for anything else."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    return max(0.0, float(value)) if isfinite(value) else None


def step_of(starts: Sequence[datetime]) -> timedelta:
    """Return the usual time between starts that are in order."""
    return usual_step([after - before for before, after in pairwise(starts)])


def mean_power(power_w: Mapping[datetime, float], zone: tzinfo) -> Series:
    """Return a series of mean powers, given by the start of their periods."""
    starts = sorted(power_w)
    return Series(
        Span(start, end, 0.0 if index is None else power_w[start])
        for start, end, index in periods(
            starts, zone, lambda index: power_w[starts[index]] == 0
        )
    )


def between_samples(power_w: Mapping[datetime, float], zone: tzinfo) -> Series:
    """Return the means between powers that hold at a moment each.

    From one moment to the next the power is taken to change evenly.
    """
    starts = sorted(power_w)
    at = {after: before for before, after in pairwise(starts)}
    following = {before: after for after, before in at.items()}
    means = {
        start: (power_w[start] + power_w[following[start]]) / 2 for start in starts[:-1]
    }
    spans = (
        Span(start, end, 0.0 if index is None else means[start])
        for start, end, index in periods(
            starts, zone, lambda index: power_w[starts[index]] == 0
        )
        if index is None or following.get(start) == end
    )
    return Series(spans)
