"""Rates of contracts that many homes have, to start from.

The hours are those of the contract, on the clock on the wall; what the home pays at
all other times, it enters. Windows and prices as the plans' own terms have them in
2026, taxes included; a price that differs from home to home is the usual one until the
home enters its own.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from custom_components.power_sync.model.plain import Json, JsonObject

from .fixed import (
    CONF_AMOUNT,
    CONF_DIRECTION,
    CONF_END,
    CONF_MONTHS,
    CONF_MOST_KWH,
    CONF_POOLED,
    CONF_PRICE_PER_KWH,
    CONF_START,
    CONF_WEEKDAYS,
    Direction,
)
from .nem import CURRENCY
from .spike_watch import GLOBIRD_AUD_PER_MWH
from .windows import EVERY_DAY, EVERY_MONTH

WORKING_DAYS = frozenset(range(5))
EVENING = 18
"""The hour at which ZEROHERO's evening begins."""
FREE_KWH_PER_DAY = 50
"""So much is free in the mean of a calendar month."""
ZEROHERO_CREDIT = 1.0
NOTHING_KW = 0.03
"""Who takes no more in the mean takes nothing from the grid."""


@dataclass(frozen=True, slots=True)
class Template:
    """The rates of a contract, in the currency it is paid in.

    A rate whose price is None has the usual one.
    """

    currency: str
    rates: tuple[JsonObject, ...]
    spike_enter_per_mwh: float | None = None
    """Where the contract pays for spikes of the wholesale price, from where on."""
    credit: JsonObject | None = None
    """For days on which hardly anything is bought in a window."""

    def priced(self, usual: Mapping[Direction, float]) -> list[dict[str, Json]]:
        """Return the rates as they are stored, with the usual prices put in."""
        return [
            {**rate, CONF_PRICE_PER_KWH: usual[Direction(str(rate[CONF_DIRECTION]))]}
            if rate[CONF_PRICE_PER_KWH] is None
            else {**rate}
            for rate in self.rates
        ]


def _rate(
    direction: Direction,
    price_per_kwh: float | None,
    start: str,
    end: str,
    weekdays: frozenset[int] = EVERY_DAY,
) -> dict[str, Json]:
    """Return a rate as it is stored, for every month of the year."""
    return {
        CONF_DIRECTION: str(direction),
        CONF_PRICE_PER_KWH: price_per_kwh,
        CONF_START: start,
        CONF_END: end,
        CONF_WEEKDAYS: [*sorted(weekdays)],
        CONF_MONTHS: [*sorted(EVERY_MONTH)],
    }


def _zerohero(
    sold_per_kwh: float, hours: int, most_kwh: float, *free: tuple[str, str]
) -> Template:
    """Return a ZEROHERO plan: free hours, and evenings that pay more.

    These pay so for `most_kwh` a day, and for taking nothing from the grid: no more
    than 30 W in the mean.
    """
    start, end = f"{EVENING:02}:00", f"{EVENING + hours:02}:00"
    pool: dict[str, Json] = {CONF_MOST_KWH: FREE_KWH_PER_DAY, CONF_POOLED: True}
    rates: tuple[JsonObject, ...] = (
        *(_rate(Direction.IMPORT, 0.0, *window) | pool for window in free),
        _rate(Direction.EXPORT, sold_per_kwh, start, end)
        | {CONF_MOST_KWH: most_kwh, CONF_POOLED: False},
    )
    credit: JsonObject = {
        CONF_AMOUNT: ZEROHERO_CREDIT,
        CONF_START: start,
        CONF_END: end,
        CONF_MOST_KWH: round(NOTHING_KW * hours, 4),
    }
    return Template(CURRENCY, rates, GLOBIRD_AUD_PER_MWH, credit)


def _bought(
    price_per_kwh: float | None,
    start: str,
    end: str,
    weekdays: frozenset[int] = EVERY_DAY,
) -> Template:
    """Return a plan with one rate beside the usual price."""
    rate = _rate(Direction.IMPORT, price_per_kwh, start, end, weekdays)
    return Template(CURRENCY, (rate,))


TEMPLATES: Mapping[str, Template] = MappingProxyType(
    {
        "globird_zerohero_2026": _zerohero(0.10, 3, 15, ("12:00", "15:00")),
        "globird_zerohero_2025": _zerohero(0.10, 3, 15, ("11:00", "14:00")),
        "globird_zerohero_three_hours": _zerohero(0.15, 3, 15),
        "globird_zerohero_two_hours": _zerohero(0.15, 2, 10),
        "solar_sharer": _bought(0.0, "11:00", "14:00"),
        "night": _bought(None, "00:00", "06:00"),
        "evening_peak": _bought(None, "16:00", "21:00", WORKING_DAYS),
    }
)


def templates_for(currency: str) -> list[str]:
    """Return the keys of the contracts that are paid in a currency."""
    return [key for key, each in TEMPLATES.items() if each.currency == currency]
