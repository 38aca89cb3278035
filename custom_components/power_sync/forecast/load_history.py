"""What the home used: its mean load, hour by hour or finer."""

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from math import isfinite

HISTORY = timedelta(days=30)
"""Older samples do not count."""
MOST_W = 30_000.0
"""No home draws more for an hour; a meter that jumps says it does. One such hour
would weigh on the forecast for a month."""
_SUNDAY = 6


@dataclass(frozen=True, slots=True)
class LoadSample:
    """Mean home load in W over an interval (hour or 5 minutes) from `start`, UTC."""

    start: datetime
    mean_w: float


@dataclass(frozen=True, slots=True)
class LoadHistory:
    """What the home used. Where nothing is known there is no sample.

    `step` is the length of the samples, which are in time order. `holidays` are
    the public holidays of those days and of the next: a home lives as on a Sunday.
    """

    samples: tuple[LoadSample, ...]
    step: timedelta
    holidays: frozenset[date] = frozenset()

    def weekday(self, day: date) -> int:
        """Return which day of the week a home lives on; Monday is 0."""
        return _SUNDAY if day in self.holidays else day.weekday()

    @classmethod
    def of(cls, samples: Iterable[LoadSample], step: timedelta) -> LoadHistory:
        """Take samples in any order, without those that cannot be a load."""
        usable = (s for s in samples if isfinite(s.mean_w) and 0 <= s.mean_w <= MOST_W)
        return cls(tuple(sorted(usable, key=lambda s: s.start)), step)

    def without(self, parts: Iterable[Mapping[float, float]]) -> LoadHistory:
        """Return it less parts of the load, as far as they were measured.

        Each part is W by the epoch second at which a sample of the same length starts.
        """
        every = list(parts)

        def left_w(sample: LoadSample) -> float:
            at = sample.start.timestamp()
            return max(0.0, sample.mean_w - sum(part.get(at, 0.0) for part in every))

        samples = (LoadSample(s.start, left_w(s)) for s in self.samples)
        return replace(self, samples=tuple(samples))

    def until(self, now: datetime) -> Sequence[LoadSample]:
        """Return the samples that count at a moment: those that ended by then."""
        first = bisect_left(self.samples, now - HISTORY, key=_start)
        last = bisect_right(self.samples, now - self.step, key=_start)
        return self.samples[first:last]


def _start(sample: LoadSample) -> datetime:
    return sample.start
