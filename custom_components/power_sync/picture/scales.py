"""Where a time or a value is in the picture."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, tzinfo
from math import ceil, floor, log10

DAY = timedelta(days=1)
TICK_HOURS = (1, 2, 3, 6, 12)
LEAST_TICK_GAP = 40.0
"""A time of day has room for its label in this."""
STEPS = (1.0, 2.0, 2.5, 5.0, 10.0)
MOST_TICKS = 4
TINY = 1e-9


@dataclass(frozen=True, slots=True)
class TimeScale:
    """Time from left to right, as it goes by: a day of 25 hours is wider."""

    start: datetime
    end: datetime
    left: float
    right: float

    def x(self, when: datetime) -> float:
        """Return the place of a moment, at the edge where it is outside."""
        inside = min(max(when, self.start), self.end)
        share = (inside - self.start) / (self.end - self.start)
        return self.left + share * (self.right - self.left)

    def ticks(self, zone: tzinfo) -> list[datetime]:
        """Return full hours of the local clock with room for a label at each."""
        per_hour = (self.right - self.left) / (
            (self.end - self.start) / timedelta(hours=1)
        )
        hours = next(
            (each for each in TICK_HOURS if each * per_hour >= LEAST_TICK_GAP), 24
        )
        found = set(self._local_hours(zone, hours))
        return sorted(when for when in found if self.start <= when <= self.end)

    def days(self, zone: tzinfo) -> list[datetime]:
        """Return the start of each local day that begins inside."""
        midnights = set(self._local_hours(zone, 24))
        return sorted(when for when in midnights if self.start < when < self.end)

    def _local_hours(self, zone: tzinfo, every: int) -> Iterator[datetime]:
        day = self.start.astimezone(zone).date()
        while day <= self.end.astimezone(zone).date():
            for hour in range(0, 24, every):
                local = datetime(day.year, day.month, day.day, hour, tzinfo=zone)
                yield local.astimezone(UTC)
            day += DAY


@dataclass(frozen=True, slots=True)
class ValueScale:
    """Values from bottom to top, with round numbers to read them by."""

    low: float
    high: float
    ticks: tuple[float, ...]
    top: float
    bottom: float

    @classmethod
    def over(
        cls, values: Iterable[float], top: float, bottom: float, least: float
    ) -> ValueScale:
        """Return a scale from zero over all values, and `least` wide at least."""
        known = [0.0, *values]
        low, high = min(known), max(known)
        high = max(high, low + least)
        step = _round_step((high - low) / MOST_TICKS)
        first, last = floor(low / step + TINY), ceil(high / step - TINY)
        ticks = tuple(step * index for index in range(first, last + 1))
        return cls(ticks[0], ticks[-1], ticks, top, bottom)

    @property
    def digits(self) -> int:
        """How many digits after the decimal mark tell the ticks apart."""
        step = self.ticks[1] - self.ticks[0]
        return next(
            (each for each in (0, 1) if abs(round(step, each) - step) < TINY), 2
        )

    def y(self, value: float) -> float:
        """Return the place of a value."""
        share = (value - self.low) / (self.high - self.low)
        return self.bottom - share * (self.bottom - self.top)


def _round_step(wanted: float) -> float:
    """Return the round number that is `wanted` or a little more."""
    size = 10.0 ** floor(log10(wanted))
    return next(size * each for each in STEPS if size * each >= wanted * (1 - TINY))
