"""When to ask a provider: often enough to be current, seldom enough to be polite."""

from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from typing import Protocol
from zoneinfo import ZoneInfo

from custom_components.power_sync.model.prices import PriceCurve
from custom_components.power_sync.model.timegrid import HORIZON, floor_time

from .protocols import PriceAuthError, PriceError, UnknownTariffError

HOURLY = timedelta(hours=1)
OVERDUE_EAGER = timedelta(minutes=5)
OVERDUE_PATIENT = timedelta(minutes=15)

RETRY_FIRST = timedelta(seconds=30)
RETRY_MOST = timedelta(minutes=15)
RETRY_UNKNOWN_MOST = timedelta(hours=6)
RETRY_AFTER_MOST = timedelta(days=1)

_DAY = timedelta(days=1)


class Schedule(Protocol):
    """Says when to ask again after a fetch that succeeded."""

    def due_until(self, now: datetime) -> datetime:
        """Return up to when prices should be known by now (UTC)."""

    def next_fetch(self, curve: PriceCurve | None, now: datetime) -> datetime:
        """Return when to fetch next (UTC), given what is known already."""


@dataclass(frozen=True, slots=True)
class Settled:
    """Prices that are known well ahead and seldom change.

    They are asked for `every` so often, and `renew` before those known end:
    hourly from then on, and every 15 minutes once there are none.
    """

    every: timedelta
    renew: timedelta

    def due_until(self, now: datetime) -> datetime:
        """Return up to when prices should be known by now: beyond any plan (UTC)."""
        return floor_time(now, _DAY) + HORIZON + 2 * _DAY

    def next_fetch(self, curve: PriceCurve | None, now: datetime) -> datetime:
        """Return when to fetch next (UTC); at once where nothing is known."""
        known_until = None if curve is None else curve.firm_until
        if known_until is None:
            return now
        if known_until <= now:
            return now + OVERDUE_PATIENT
        wait = max(HOURLY, min(self.every, known_until - self.renew - now))
        return min(now + wait, known_until)


@dataclass(frozen=True, slots=True)
class DailyPublication:
    """Prices that are published once a day for the whole following day.

    Times are of the wall clock in `zone`. Each day at `published`, prices
    become known up to `day_ends` of the next date. While they are late, they
    are asked for eagerly until `eager_until` and patiently after that.
    """

    zone: str
    published: time
    day_ends: time
    eager_until: time

    def due_until(self, now: datetime) -> datetime:
        """Return up to when prices should be known by now (UTC)."""
        zone = ZoneInfo(self.zone)
        local = now.astimezone(zone)
        ahead = timedelta(days=1 if local.time() >= self.published else 0)
        return datetime.combine(
            local.date() + ahead, self.day_ends, tzinfo=zone
        ).astimezone(UTC)

    def next_fetch(self, curve: PriceCurve | None, now: datetime) -> datetime:
        """Return when to fetch next after a fetch that succeeded (UTC).

        At once where nothing is known; every 5 minutes, later every 15, while
        prices are overdue; every hour otherwise. The moment of publication is
        never slept through.
        """
        known_until = None if curve is None else curve.firm_until
        if known_until is None:
            return now
        wait = HOURLY
        if known_until < self.due_until(now):
            clock = now.astimezone(ZoneInfo(self.zone)).time()
            eager = self.published <= clock < self.eager_until
            wait = OVERDUE_EAGER if eager else OVERDUE_PATIENT
        return min(now + wait, self._next_publication(now))

    def _next_publication(self, now: datetime) -> datetime:
        """Return the next moment after `now` at which prices come out (UTC)."""
        zone = ZoneInfo(self.zone)
        local = now.astimezone(zone)
        ahead = timedelta(days=1 if local.time() >= self.published else 0)
        return datetime.combine(
            local.date() + ahead, self.published, tzinfo=zone
        ).astimezone(UTC)


def retry_at(
    error: PriceError, failures: int, now: datetime, most: timedelta = RETRY_MOST
) -> datetime:
    """Return when to try again after the `failures`-th error in a row (UTC).

    The wait doubles from 30 seconds to `most`. A provider that asks for a
    longer one is obeyed, up to a day, beyond which it must be mistaken. A tariff
    that is gone rarely comes back, and credentials are refused until the user enters
    others: for those the wait grows to 6 hours.
    """
    gone = isinstance(error, UnknownTariffError | PriceAuthError)
    longest = RETRY_UNKNOWN_MOST if gone else most
    doubled = RETRY_FIRST * (1 << min(max(failures, 1) - 1, 10))
    asked = min(error.retry_after or timedelta(0), RETRY_AFTER_MOST)
    return now + max(min(doubled, longest), asked)
