"""When the prices of a day become known, and what may delay that."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta

from .recorded import LONDON

PUBLISHED_AT = time(16)
DAY_ENDS = time(23)
_DAY = timedelta(days=1)


def _wall(day: date, clock: time) -> datetime:
    """Return a moment of London's wall clock in UTC."""
    return datetime.combine(day, clock, tzinfo=LONDON).astimezone(UTC)


@dataclass(frozen=True, slots=True)
class Hold:
    """A delay: what is due from `since` on appears at `until`; None = never.

    Publications that are due after `until` are on time.
    """

    since: datetime
    until: datetime | None
    product: str | None
    """The product concerned; None = all."""

    def applies(self, product: str, due: datetime) -> bool:
        """Whether it delays the publication that is due at a moment."""
        return (
            self.product in (None, product)
            and self.since <= due
            and (self.until is None or due < self.until)
        )


def published_until(now: datetime, product: str, holds: list[Hold]) -> datetime:
    """Return up to when a product's prices are known at `now` (UTC).

    The day from 23:00 to 23:00 in London is published at 16:00 before it.
    """
    day = now.astimezone(LONDON).date() + _DAY
    while True:
        due = _wall(day - _DAY, PUBLISHED_AT)
        held = [hold for hold in holds if hold.applies(product, due)]
        known = due <= now and all(
            hold.until is not None and hold.until <= now for hold in held
        )
        if known:
            return _wall(day, DAY_ENDS)
        day -= _DAY
