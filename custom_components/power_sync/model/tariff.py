"""A day's prices in half hours, as batteries take them that plan themselves."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Final

HALF_HOUR: Final = timedelta(minutes=30)
SLOTS: Final = 48
TRIFLE_PER_KWH: Final = 0.005
"""A price that has moved by no more than half a cent is no news."""
_ROUNDING: Final = 1e-9


@dataclass(frozen=True, slots=True)
class DayTariff:
    """48 half hours of the clock on the wall at the battery, from midnight.

    Prices are per kWh in major units of `currency` (ISO 4217), and may be negative; a
    positive selling price is paid to the customer. `day` is the one on which it was
    made: half hours that had passed by then hold the prices of the day after it.
    """

    day: date
    currency: str
    bought: tuple[float, ...]
    sold: tuple[float, ...]

    def __post_init__(self) -> None:
        """Refuse any other number of prices."""
        if not len(self.bought) == len(self.sold) == SLOTS:
            raise ValueError("a day has 48 half hours")

    def is_news(self, held: DayTariff | None, first: int = 0) -> bool:
        """Whether it says anything else than what a battery has already.

        Only half hours from `first` on are looked at: those before it are over where a
        tariff is in force for one day.
        """
        if held is None or (held.day, held.currency) != (self.day, self.currency):
            return True
        return any(
            abs(new - old) > TRIFLE_PER_KWH + _ROUNDING
            for mine, its in ((self.bought, held.bought), (self.sold, held.sold))
            for new, old in zip(mine[first:], its[first:], strict=True)
        )


def slot_of(local: datetime) -> int:
    """Return the half hour of a moment on the clock on the wall, from midnight."""
    return 2 * local.hour + local.minute // 30


def clock_of(slot: int) -> str:
    """Return when a half hour begins; the 48th is the end of the day, "24:00"."""
    hour, half = divmod(slot, 2)
    return f"{hour:02}:{30 * half:02}"
