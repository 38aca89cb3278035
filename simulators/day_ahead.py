"""Day-ahead prices of a European area, with recorded prices laid on any date.

They have the form of the auction's: quarters of an hour, a day from midnight to
midnight in Brussels, published at 13:00 the day before.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from .octopus.recorded import HALF_HOUR, agile_price

MARKET: Final = ZoneInfo("Europe/Brussels")
PUBLISHED: Final = time(13)
QUARTER: Final = timedelta(minutes=15)
DAY: Final = timedelta(days=1)
HOUR: Final = timedelta(hours=1)
LEAST_PER_MWH: Final = -500.0
"""The auction takes no lower bid."""
_PER_MWH: Final = 10 / 2.2
"""Agile costs about 2.2 times the auction's price, in pence per kWh."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Quarter:
    """The price of a quarter of an hour, in money per MWh."""

    start: datetime
    end: datetime
    price_per_mwh: float


@dataclass(frozen=True, slots=True)
class DayAhead:
    """The prices of all days; from `cheap_since` on an hour costs next to nothing."""

    cheap_since: datetime | None = None

    def day(self, day: date, now: datetime) -> list[Quarter]:
        """Return the quarters of a day; none before they are published."""
        local = now.astimezone(MARKET)
        known = local.date() + DAY * (local.time() >= PUBLISHED)
        return [] if day > known else list(self._quarters(day))

    def _quarters(self, day: date) -> Iterator[Quarter]:
        """Yield 96 quarters, and 92 or 100 where the clocks are changed."""
        start, end = (
            datetime.combine(each, time(0), tzinfo=MARKET).astimezone(UTC)
            for each in (day, day + DAY)
        )
        while start < end:
            price = self.price_per_mwh(start)
            if price is not None:
                yield Quarter(start=start, end=start + QUARTER, price_per_mwh=price)
            start += QUARTER

    def price_per_mwh(self, start: datetime) -> float | None:
        """Return the price of a quarter; None where it was not recorded."""
        cheap = self.cheap_since
        if cheap is not None and cheap <= start < cheap + HOUR:
            return LEAST_PER_MWH
        recorded = agile_price(
            start - (start - datetime.min.replace(tzinfo=UTC)) % HALF_HOUR
        )
        return None if recorded is None else recorded.import_inc_vat * _PER_MWH
