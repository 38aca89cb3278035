"""How long the periods of a forecast are, of which only the starts are given.

Providers publish half hours or hours, and some an odd key at sunrise and sunset,
so the length of a period follows from the keys around it.
"""

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from datetime import datetime, timedelta, tzinfo
from itertools import pairwise

HOUR = timedelta(hours=1)
LONGEST_PERIOD = timedelta(hours=3)
"""Keys further apart than this leave a gap between them."""
_GAP_FACTOR = 1.5
"""A step this much longer than those around it has lost a key."""

type Period = tuple[datetime, datetime, int | None]
"""Start, end, and the index of the key; None is a night, which is dark."""


def periods(
    starts: Sequence[datetime], zone: tzinfo, is_dark: Callable[[int], bool]
) -> Iterator[Period]:
    """Yield the periods that begin at `starts`, and the nights between them.

    Where a key is missing by day nothing is known. Between the last key of one
    local day and the first of the next it is night, and after a period without
    sun (`is_dark` of its index) it still is.
    """
    steps = [after - before for before, after in pairwise(starts)]
    usual = usual_step(steps)
    for index, start in enumerate(starts):
        following = starts[index + 1] if index + 1 < len(starts) else None
        if following is not None and _is_period(steps, index, usual):
            end = following
        else:
            end = start + _period_before_gap(steps, index, usual)
            if following is not None:
                end = min(end, following)
        yield start, end, index
        if following is not None and end < following:
            dark = is_dark(index) and following - start < timedelta(days=1)
            if dark or _is_next_day(start, following, zone):
                yield end, following, None


def usual_step(steps: Sequence[timedelta]) -> timedelta:
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
