"""What a contract of stated rates says beside them: credits and capped rates.

A credit is paid for each day on which hardly anything is bought within a window. A
capped rate is for so much energy only, a day or in the mean of a calendar month; what
is beyond has the price of the hour without that rate. Windows are on the clock on the
wall, and belong to the day they begin on.
"""

from calendar import monthrange
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import NamedTuple
from zoneinfo import ZoneInfo

from custom_components.power_sync.model.prices import Cap, Credit, PriceCurve

from .windows import Rates, Window, stretches

CONF_CREDIT = "credit"
"""What is credited for a day on which hardly anything is bought in a window."""


@dataclass(frozen=True, slots=True)
class DailyCredit:
    """What is credited for a day on which no more than `most_kwh` is bought."""

    amount: float
    most_kwh: float
    window: Window

    def between(
        self, start: datetime, end: datetime, zone: ZoneInfo
    ) -> Iterator[Credit]:
        """Yield the credits of the days from `start` to `end` (UTC)."""
        window = self.window
        times = (window.start, window.end)
        for begin, until, day in stretches(window.begun_on, times, zone, start, end):
            if day is not None:
                yield Credit(begin, until, self.amount, self.most_kwh)


class _Capped(NamedTuple):
    """What is said of a moment by the capped rate that counts at it."""

    place: int
    day: date
    beyond_per_kwh: float


def caps_between(
    rates: Rates,
    zone: ZoneInfo,
    span: tuple[datetime, datetime],
    holidays: frozenset[date],
    *,
    sold: bool,
) -> Iterator[Cap]:
    """Yield the caps of rates within a span of time (UTC)."""

    def at(local: datetime) -> _Capped | None:
        rate = next(rates.applying(local, holidays), None)
        if rate is None or rate.most_kwh is None:
            return None
        day = rate.window.begun_on(local, holidays) or local.date()
        _, beyond, *_ = rates.prices(local, holidays)
        return _Capped(rates.rates.index(rate), day, beyond)

    if all(rate.most_kwh is None for rate in rates.rates):
        return
    way = "sold" if sold else "bought"
    for begin, until, capped in stretches(at, rates.times(), zone, *span):
        if capped is None:
            continue
        rate, day = rates.rates[capped.place], capped.day
        most_kwh, of = rate.most_kwh or 0.0, f"{day}"
        if rate.pooled:
            most_kwh *= monthrange(day.year, day.month)[1]
            of = f"{day:%Y-%m}"
        pool = f"{way} {capped.place} {of}"
        yield Cap(begin, until, sold, pool, most_kwh, capped.beyond_per_kwh)


def has_credits(settings: Mapping[str, object]) -> bool:
    """Whether prices as they are stored have a credit."""
    return settings.get(CONF_CREDIT) is not None


def credit_ahead(curve: PriceCurve, now: datetime) -> Credit | None:
    """Return the credit of now, or the next one."""
    return next((each for each in curve.credits if now < each.end), None)
