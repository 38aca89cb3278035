"""Solar forecasts from the answers of Home Assistant's energy platforms.

An answer holds Wh under the ISO time at which their period starts. How long
that period is, it does not say: providers publish half hours or hours, and
some an odd key at sunrise and sunset, so it follows from the keys around it.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, tzinfo
from enum import StrEnum
from itertools import pairwise
from math import isfinite

from custom_components.power_sync.model.forecast import Forecast
from custom_components.power_sync.model.series import Series, Span

HOUR = timedelta(hours=1)
LONGEST_PERIOD = timedelta(hours=3)
"""Keys further apart than this leave a gap between them."""
_GAP_FACTOR = 1.5
"""A step this much longer than those around it has lost a key."""


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
    steps = [after - before for before, after in pairwise(starts)]
    usual = _usual(steps)
    spans: list[Span] = []
    for index, start in enumerate(starts):
        following = starts[index + 1] if index + 1 < len(starts) else None
        if following is not None and _is_period(steps, index, usual):
            end = following
        else:
            end = start + _period_before_gap(steps, index, usual)
            if following is not None:
                end = min(end, following)
        spans.append(Span(start, end, wh_at[start] / ((end - start) / HOUR)))
        if following is not None and end < following:
            dark = wh_at[start] == 0 and following - start < timedelta(days=1)
            if dark or _is_next_day(start, following, zone):
                spans.append(Span(end, following, 0.0))
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
    return Forecast(_sum([array for array in arrays if array]), source, made_at)


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


def _usual(steps: Sequence[timedelta]) -> timedelta:
    """Return the most common step, the longest of several; an hour for none."""
    counts = Counter(step for step in steps if step <= LONGEST_PERIOD)
    if not counts:
        return HOUR
    return max(counts, key=lambda step: (counts[step], step))


def _is_period(steps: Sequence[timedelta], index: int, usual: timedelta) -> bool:
    """Whether the step after key `index` is one period, and not a gap."""
    around = [
        step
        for step in (*steps[max(0, index - 1) : index], *steps[index + 1 : index + 2])
        if step <= LONGEST_PERIOD
    ]
    return steps[index] <= min(LONGEST_PERIOD, max([usual, *around]) * _GAP_FACTOR)


def _period_before_gap(
    steps: Sequence[timedelta], index: int, usual: timedelta
) -> timedelta:
    """Return the length of a period whose end no key gives.

    Two steps are looked at, because the one just before may be the odd
    remainder before sunset, over which no energy should be concentrated.
    """
    before = [
        steps[earlier]
        for earlier in range(max(0, index - 2), index)
        if _is_period(steps, earlier, usual)
    ]
    return max(before, default=usual)


def _is_next_day(start: datetime, following: datetime, zone: tzinfo) -> bool:
    """Whether `following` lies on the local day after that of `start`."""
    days = following.astimezone(zone).date() - start.astimezone(zone).date()
    return days == timedelta(days=1)


def _sum(arrays: Sequence[Series]) -> Series:
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
