"""Solar forecasts from the answers of Home Assistant's energy platforms.

An answer holds Wh under the ISO time at which their period starts. How long
that period is, it does not say: `steps.py` tells.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, tzinfo
from enum import StrEnum
from itertools import pairwise
from math import isfinite

from custom_components.power_sync.model.forecast import Forecast
from custom_components.power_sync.model.series import Series, Span

from .steps import HOUR, periods

_J_PER_KWH = 3_600_000


class IgnoredReason(StrEnum):
    """Why a part of an answer was not used."""

    NOT_A_TIME = "not_a_time"
    NOT_A_NUMBER = "not_a_number"
    SAME_TIME_TWICE = "same_time_twice"


@dataclass(frozen=True, slots=True)
class Ignored:
    """A key that was not used, and why."""

    key: str
    reason: IgnoredReason


@dataclass(frozen=True, slots=True)
class ArrayForecast:
    """One answer: mean W, and the keys of it that could not be used."""

    mean_w: Series
    ignored: tuple[Ignored, ...] = ()


def read_wh_by_period(
    wh_by_period: Mapping[str, object], zone: tzinfo
) -> ArrayForecast:
    """Read one answer. Keys without an offset are local times of `zone`.

    Nothing is known before the first key, after the last period, or where a
    key is missing by day. Between the last key of one local day and the first
    of the next it is night, and after a period without sun it still is: there
    the forecast is 0 W. A negative forecast (the standby power of an inverter)
    is 0 W too.
    """
    wh_at, ignored = _parse(wh_by_period, zone)
    starts = sorted(wh_at)
    spans = [
        Span(
            start, end, 0.0 if index is None else wh_at[start] / ((end - start) / HOUR)
        )
        for start, end, index in periods(
            starts, zone, lambda index: wh_at[starts[index]] == 0
        )
    ]
    return ArrayForecast(Series(spans), tuple(ignored))


def starts_from_ends(
    wh_by_period_end: Mapping[str, object], zone: tzinfo
) -> dict[str, float]:
    """Turn an answer that is keyed by the end of its periods.

    Each value moves to the key before it. The last key only ends a period.
    """
    wh_at, _ = _parse(wh_by_period_end, zone)
    return {
        before.isoformat(): wh_at[after] for before, after in pairwise(sorted(wh_at))
    }


def solar_forecast(
    wh_by_period: Sequence[Mapping[str, float]],
    made_at: datetime,
    source: str,
    zone: tzinfo = UTC,
) -> Forecast:
    """Return the mean power in W of one or several arrays together.

    The sum stands where every array is known; an answer without a single
    usable key takes no part. See `read_wh_by_period` for how each is read.
    """
    arrays = [read_wh_by_period(answer, zone).mean_w for answer in wh_by_period]
    return Forecast(total([array for array in arrays if array]), source, made_at)


def _parse(
    wh_by_period: Mapping[str, object], zone: tzinfo
) -> tuple[dict[datetime, float], list[Ignored]]:
    """Return Wh by UTC time, and what was left out."""
    wh_at: dict[datetime, float] = {}
    ignored: list[Ignored] = []
    for key, wh in wh_by_period.items():
        try:
            parsed = datetime.fromisoformat(key)
            if parsed.tzinfo is None:
                parsed = parsed.replace(tzinfo=zone)
            start = parsed.astimezone(UTC)
        except TypeError, ValueError, OverflowError:
            ignored.append(Ignored(str(key), IgnoredReason.NOT_A_TIME))
            continue
        if isinstance(wh, bool) or not isinstance(wh, int | float) or not isfinite(wh):
            ignored.append(Ignored(key, IgnoredReason.NOT_A_NUMBER))
        elif start in wh_at:
            ignored.append(Ignored(key, IgnoredReason.SAME_TIME_TWICE))
        else:
            wh_at[start] = max(0.0, float(wh))
    return wh_at, ignored


def energy_kwh(mean_w: Series, start: datetime, end: datetime) -> float:
    """Return the energy from `start` to `end`, as far as it is known."""
    joules = 0.0
    for span in mean_w.spans:
        known = min(span.end, end) - max(span.start, start)
        joules += span.value * max(0.0, known.total_seconds())
    return joules / _J_PER_KWH


def total(arrays: Sequence[Series]) -> Series:
    """Return the sum over the union of all boundaries."""
    if len(arrays) == 1:
        return arrays[0]
    edges = sorted(
        {
            edge
            for array in arrays
            for span in array.spans
            for edge in (span.start, span.end)
        }
    )
    spans: list[Span] = []
    for start, end in pairwise(edges):
        values = [array.at(start) for array in arrays]
        known = [value for value in values if value is not None]
        if len(known) == len(arrays):
            spans.append(Span(start, end, sum(known)))
    return Series(spans)
