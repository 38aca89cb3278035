"""Rates of contracts that many homes have, to start from.

The hours are those of the contract, on the clock on the wall; what the home pays at
all other times, it enters. Windows and prices as the plans' own terms have them in
2026, taxes included.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from custom_components.power_sync.model.plain import JsonObject

from .fixed import (
    CONF_DIRECTION,
    CONF_END,
    CONF_MONTHS,
    CONF_PRICE_PER_KWH,
    CONF_START,
    CONF_WEEKDAYS,
    Direction,
)
from .nem import CURRENCY
from .spike_watch import GLOBIRD_AUD_PER_MWH
from .windows import EVERY_DAY, EVERY_MONTH


@dataclass(frozen=True, slots=True)
class Template:
    """The rates of a contract, in the currency it is paid in."""

    currency: str
    rates: tuple[JsonObject, ...]
    spike_enter_per_mwh: float | None = None
    """Where the contract pays for spikes of the wholesale price, from where on."""


def _rate(
    direction: Direction, price_per_kwh: float, start: str, end: str
) -> JsonObject:
    """Return a rate as it is stored, for every day of the year."""
    return {
        CONF_DIRECTION: str(direction),
        CONF_PRICE_PER_KWH: price_per_kwh,
        CONF_START: start,
        CONF_END: end,
        CONF_WEEKDAYS: [*sorted(EVERY_DAY)],
        CONF_MONTHS: [*sorted(EVERY_MONTH)],
    }


def _zerohero(sold_per_kwh: float, until: str, *free: tuple[str, str]) -> Template:
    """Return a ZEROHERO plan: free hours, and evenings that pay more."""
    rates = (
        *(_rate(Direction.IMPORT, 0.0, start, end) for start, end in free),
        _rate(Direction.EXPORT, sold_per_kwh, "18:00", until),
    )
    return Template(CURRENCY, rates, GLOBIRD_AUD_PER_MWH)


TEMPLATES: Mapping[str, Template] = MappingProxyType(
    {
        "globird_zerohero_2026": _zerohero(0.10, "21:00", ("12:00", "15:00")),
        "globird_zerohero_2025": _zerohero(0.10, "21:00", ("11:00", "14:00")),
        "globird_zerohero_three_hours": _zerohero(0.15, "21:00"),
        "globird_zerohero_two_hours": _zerohero(0.15, "20:00"),
    }
)


def templates_for(currency: str) -> list[str]:
    """Return the keys of the contracts that are paid in a currency."""
    return [key for key, each in TEMPLATES.items() if each.currency == currency]
