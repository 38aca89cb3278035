"""What a contract charges beside energy: for the highest import, by day, by month.

A demand charge is for the highest mean import of an interval (30 minutes in
Australia) within a window of the day, in each billing period. That begins at midnight
of the billing day, or of the last day of a month that has no such day. Windows are on
the clock on the wall.
"""

from calendar import monthrange
from collections.abc import Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from enum import StrEnum
from math import isfinite

from custom_components.power_sync.model.timegrid import floor_time

from .windows import EVERY_DAY, NO_HOLIDAYS, Window

MINUTE = timedelta(minutes=1)
INTERVALS_MIN = (15, 30, 60)
DEFAULT_INTERVAL_MIN = 30

CONF_RATE_PER_KW = "rate_per_kw"
CONF_RATE_IS = "rate_is"
CONF_START = "start"
CONF_END = "end"
CONF_DAYS = "days"
CONF_INTERVAL_MIN = "interval_min"
CONF_BILLING_DAY = "billing_day"
CONF_MONTHLY_FEE = "monthly_fee"
CONF_HOLIDAYS = "holidays"
"""The calendar of holidays, on which a window on some days of the week is not."""


class RateIs(StrEnum):
    """What the rate of the highest import is for."""

    PER_PERIOD = "per_period"
    PER_DAY = "per_day"


class DemandDays(StrEnum):
    """On which days the window is."""

    ALL = "all"
    WEEKDAYS = "weekdays"
    WEEKENDS = "weekends"

    @property
    def weekdays(self) -> frozenset[int]:
        """The days of the week; Monday is 0."""
        workdays = frozenset(range(5))
        if self is DemandDays.ALL:
            return EVERY_DAY
        return workdays if self is DemandDays.WEEKDAYS else EVERY_DAY - workdays


@dataclass(frozen=True, slots=True, kw_only=True)
class Charges:
    """The charges of a contract beside energy, taxes included.

    `rate_per_kw` is 0 where the highest import costs nothing. `monthly_fee` is paid
    once in a billing period. `holidays` are the public holidays known: a window on some
    days of the week is not on them.
    """

    rate_per_kw: float = 0.0
    rate_is: RateIs = RateIs.PER_PERIOD
    start: time = time(14)
    end: time = time(20)
    days: DemandDays = DemandDays.ALL
    interval: timedelta = DEFAULT_INTERVAL_MIN * MINUTE
    billing_day: int = 1
    monthly_fee: float = 0.0
    holidays: frozenset[date] = NO_HOLIDAYS

    def covers(self, when: datetime, zone: tzinfo) -> bool:
        """Whether what is imported at a moment counts."""
        local = when.astimezone(zone)
        return self.rate_per_kw > 0 and self._window.covers(local, self.holidays)

    @property
    def _window(self) -> Window:
        return Window(self.start, self.end, self.days.weekdays)

    def period(self, when: datetime, zone: tzinfo) -> tuple[datetime, datetime]:
        """Return the billing period of a moment: its start and its end (UTC)."""
        day = when.astimezone(zone).date()
        first = self._billing_date(day)
        if day < first:
            first = self._billing_date(day.replace(day=1) - timedelta(days=1))
        following = self._billing_date(first.replace(day=1) + timedelta(days=31))
        return _midnight(first, zone), _midnight(following, zone)

    def _billing_date(self, within: date) -> date:
        """Return the billing day of a month, in short ones the last day."""
        last = monthrange(within.year, within.month)[1]
        return within.replace(day=min(self.billing_day, last))

    def cost(self, peak_kw: float, days: int) -> float:
        """Return what a highest import costs in a period of so many days."""
        times = days if self.rate_is is RateIs.PER_DAY else 1
        return peak_kw * self.rate_per_kw * times

    def inside(self, start: datetime, zone: tzinfo) -> timedelta:
        """Return how much of the interval that begins at `start` counts."""
        minutes = self.interval // MINUTE
        return MINUTE * sum(
            self.covers(start + MINUTE * minute, zone) for minute in range(minutes)
        )

    def highest_kw(
        self,
        imported_kw: Iterable[tuple[datetime, float]],
        step: timedelta,
        zone: tzinfo,
    ) -> float:
        """Return the highest mean import of an interval; 0 where none counts.

        `imported_kw` has mean powers over `step` by their start. A step counts where
        any of it lies in the window.
        """
        if self.rate_per_kw <= 0:
            return 0.0
        window = self._window
        intervals: dict[datetime, list[float]] = {}
        for start, import_kw in imported_kw:
            if window.touches(start.astimezone(zone), step, self.holidays):
                number = floor_time(start, self.interval)
                intervals.setdefault(number, []).append(max(0.0, import_kw))
        return max((sum(each) / len(each) for each in intervals.values()), default=0.0)


NO_CHARGES = Charges()


def days_between(start: datetime, end: datetime, zone: tzinfo) -> int:
    """Return how many local days lie between two moments."""
    return (end.astimezone(zone).date() - start.astimezone(zone).date()).days


def charges_from(stored: Mapping[str, object]) -> Charges:
    """Return the charges that are stored; what is missing or odd is the default."""
    known = NO_CHARGES
    rate_is, days = known.rate_is, known.days
    with suppress(ValueError):
        rate_is = RateIs(str(stored.get(CONF_RATE_IS)))
    with suppress(ValueError):
        days = DemandDays(str(stored.get(CONF_DAYS)))
    interval = stored.get(CONF_INTERVAL_MIN)
    day = stored.get(CONF_BILLING_DAY)
    return Charges(
        rate_per_kw=_amount(stored.get(CONF_RATE_PER_KW)),
        rate_is=rate_is,
        start=_clock(stored.get(CONF_START), known.start),
        end=_clock(stored.get(CONF_END), known.end),
        days=days,
        interval=MINUTE
        * (
            interval
            if isinstance(interval, int) and interval in INTERVALS_MIN
            else DEFAULT_INTERVAL_MIN
        ),
        billing_day=day if isinstance(day, int) and day in range(1, 32) else 1,
        monthly_fee=_amount(stored.get(CONF_MONTHLY_FEE)),
    )


def _amount(stored: object) -> float:
    """Return money, or 0 where there is none."""
    known = isinstance(stored, int | float) and isfinite(stored)
    return max(0.0, float(stored)) if known else 0.0  # type: ignore[arg-type]  # checked


def _clock(stored: object, otherwise: time) -> time:
    """Return a time of day that is stored as text."""
    with suppress(ValueError):
        return time.fromisoformat(str(stored))
    return otherwise


def _midnight(day: date, zone: tzinfo) -> datetime:
    return datetime.combine(day, time(), zone).astimezone(UTC)
