"""Rates that follow the clock on the wall: by time, weekday and month.

Times are those of the tariff's zone. A window is half-open; one that ends at or
before its start goes on into the next day, and belongs to the day it begins on. On
the day that clocks go forward a time that does not exist is passed over, on the day
they go back a time that comes twice counts twice.

A public holiday is a day of its own kind: of the windows on some days of the week only
those that are on holidays apply. A window on all seven days is on holidays, too.
"""

from collections.abc import Callable, Iterable, Iterator
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
        return self.begun_on(local, holidays) is not None

    def touches(
        self,
        local: datetime,
        length: timedelta,
        holidays: frozenset[date] = NO_HOLIDAYS,
    ) -> bool:
        """Whether any of a time lies in the window; it begins at `local`."""
        if self.covers(local, holidays):
            return True
        begins = datetime.combine(local.date(), self.start, local.tzinfo)
        inside = local < begins < local + length
        return inside and self.covers(begins, holidays)

    def begun_on(
        self, local: datetime, holidays: frozenset[date] = NO_HOLIDAYS
    ) -> date | None:
        """Return the day on which the window of a moment began; None outside."""
        clock, day = local.time(), local.date()
        if self.start < self.end:
            within = self.start <= clock < self.end
        elif clock >= self.start:
            within = True
        else:
            within, day = clock < self.end, day - DAY
        return day if within and self._begins_on(day, holidays) else None

    def _begins_on(self, day: date, holidays: frozenset[date]) -> bool:
        if day.month not in self.months:
            return False
        if day in holidays:
            return HOLIDAY in self.weekdays or self.weekdays >= EVERY_DAY
        return day.weekday() in self.weekdays


@dataclass(frozen=True, slots=True)
class Rate:
    """A price per kWh while a window lasts.

    With `most_kwh` it is for so much energy a day only, or `pooled`, for so much a
    day in the mean of a calendar month.
    """

    price_per_kwh: float
    window: Window
    most_kwh: float | None = None
    pooled: bool = False


@dataclass(frozen=True, slots=True)
class Rates:
    """Rates of one direction; of those that apply at once, the last one counts."""

    otherwise_per_kwh: float
    rates: tuple[Rate, ...] = ()

    def at(self, local: datetime, holidays: frozenset[date] = NO_HOLIDAYS) -> float:
        """Return the price per kWh at a moment on the clock on the wall."""
        return next(self.prices(local, holidays))

    def prices(
        self, local: datetime, holidays: frozenset[date] = NO_HOLIDAYS
    ) -> Iterator[float]:
        """Yield the price at a moment, then those that it would be without it."""
        for rate in self.applying(local, holidays):
            yield rate.price_per_kwh
        yield self.otherwise_per_kwh

    def applying(
        self, local: datetime, holidays: frozenset[date] = NO_HOLIDAYS
    ) -> Iterator[Rate]:
        """Yield the rates whose window a moment is in, the one that counts first."""
        for rate in reversed(self.rates):
            if rate.window.covers(local, holidays):
                yield rate

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

    def at(local: datetime) -> Prices:
        return bought.at(local, holidays), sold.at(local, holidays)

    yield from stretches(at, (*bought.times(), *sold.times()), zone, start, end)


def stretches[Value](
    at: Callable[[datetime], Value],
    times: Iterable[time],
    zone: ZoneInfo,
    start: datetime,
    end: datetime,
) -> Iterator[tuple[datetime, datetime, Value]]:
    """Yield the intervals of equal values from `start` to `end` (UTC), gapless.

    `at` says the value of a moment on the clock on the wall, which may change at
    `times` and at midnight.
    """
    since, value = start, at(start.astimezone(zone))
    for moment in _moments(frozenset((MIDNIGHT, *times)), zone, start, end):
        changed = at(moment.astimezone(zone))
        if changed != value:
            yield since, moment, value
            since, value = moment, changed
    yield since, end, value


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
