"""Rates that follow the clock on the wall: by time, weekday and month.

Times are those of the tariff's zone. A window is half-open; one that ends at or
before its start goes on into the next day, and belongs to the day it begins on. On
the day that clocks go forward a time that does not exist is passed over, on the day
they go back a time that comes twice counts twice.

A public holiday is a day of its own kind: of the windows on some days of the week only
those that are on holidays apply. A window on all seven days is on holidays, too.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

DAY = timedelta(days=1)
SECOND = timedelta(seconds=1)
EVERY_DAY = frozenset(range(7))
HOLIDAY = 7
"""Stands among the days of the week for public holidays."""
NO_HOLIDAYS: frozenset[date] = frozenset()
EVERY_MONTH = frozenset(range(1, 13))
MIDNIGHT = time(0)

type Prices = tuple[float, float]
"""Import and export price per kWh."""


@dataclass(frozen=True, slots=True)
class Window:
    """From `start` to `end` on some days (Monday is 0, a holiday 7) of some months."""

    start: time
    end: time
    weekdays: frozenset[int] = EVERY_DAY
    months: frozenset[int] = EVERY_MONTH

    def covers(self, local: datetime, holidays: frozenset[date] = NO_HOLIDAYS) -> bool:
        """Whether a moment, on the clock on the wall, lies in the window."""
        clock, today = local.time(), local.date()
        if self.start < self.end:
            return self.start <= clock < self.end and self._begins_on(today, holidays)
        if clock >= self.start:
            return self._begins_on(today, holidays)
        return clock < self.end and self._begins_on(today - DAY, holidays)

    def _begins_on(self, day: date, holidays: frozenset[date]) -> bool:
        if day.month not in self.months:
            return False
        if day in holidays:
            return HOLIDAY in self.weekdays or self.weekdays >= EVERY_DAY
        return day.weekday() in self.weekdays


@dataclass(frozen=True, slots=True)
class Rate:
    """A price per kWh while a window lasts."""

    price_per_kwh: float
    window: Window


@dataclass(frozen=True, slots=True)
class Rates:
    """Rates of one direction; of those that apply at once, the last one counts."""

    otherwise_per_kwh: float
    rates: tuple[Rate, ...] = ()

    def at(self, local: datetime, holidays: frozenset[date] = NO_HOLIDAYS) -> float:
        """Return the price per kWh at a moment on the clock on the wall."""
        for rate in reversed(self.rates):
            if rate.window.covers(local, holidays):
                return rate.price_per_kwh
        return self.otherwise_per_kwh

    def times(self) -> Iterable[time]:
        """Yield the times of day at which the price may change."""
        for rate in self.rates:
            yield rate.window.start
            yield rate.window.end


def spans(  # noqa: PLR0913, PLR0917 - two tariffs, where and when
    bought: Rates,
    sold: Rates,
    zone: ZoneInfo,
    start: datetime,
    end: datetime,
    holidays: frozenset[date] = NO_HOLIDAYS,
) -> Iterator[tuple[datetime, datetime, Prices]]:
    """Yield the intervals of constant prices from `start` to `end` (UTC), gapless."""

    def at(when: datetime) -> Prices:
        local = when.astimezone(zone)
        return bought.at(local, holidays), sold.at(local, holidays)

    times = frozenset((MIDNIGHT, *bought.times(), *sold.times()))
    since, prices = start, at(start)
    for moment in _moments(times, zone, start, end):
        changed = at(moment)
        if changed != prices:
            yield since, moment, prices
            since, prices = moment, changed
    yield since, end, prices


def _moments(
    times: frozenset[time], zone: ZoneInfo, start: datetime, end: datetime
) -> list[datetime]:
    """Return all moments between `start` and `end` at which prices may change."""
    first, last = start.astimezone(zone).date(), end.astimezone(zone).date()
    days = [first + DAY * ahead for ahead in range((last - first).days + 2)]
    found: set[datetime] = set()
    for day, following in pairwise(days):
        begin, over = _utc(day, MIDNIGHT, zone), _utc(following, MIDNIGHT, zone)
        found.update(_utc(day, each, zone) for each in times)
        if over - begin != DAY:
            # A time that comes twice, and the change itself.
            found.update(_utc(day, each, zone, fold=1) for each in times)
            found.add(_change(begin, over, zone))
    return sorted(moment for moment in found if start < moment < end)


def _utc(day: date, clock: time, zone: ZoneInfo, *, fold: int = 0) -> datetime:
    local = datetime.combine(day, clock, tzinfo=zone).replace(fold=fold)
    return local.astimezone(UTC)


def _change(begin: datetime, end: datetime, zone: ZoneInfo) -> datetime:
    """Return the moment at which the clocks are changed, to the second."""
    before = begin.astimezone(zone).utcoffset()
    while end - begin > SECOND:
        middle = begin + (end - begin) // 2
        if middle.astimezone(zone).utcoffset() == before:
            begin = middle
        else:
            end = middle
    return end.replace(microsecond=0)
