"""From which price on a forced charge waits. Pure."""

from typing import Final

DEAR_PER_KWH: Final = 1.0
_LIKE_A_DOLLAR: Final = frozenset(
    {"AUD", "CAD", "CHF", "EUR", "GBP", "NZD", "SGD", "USD"}
)
"""Currencies in which electricity seldom costs as much as 1 per kWh."""


def dear_per_kwh(chosen: float | None, currency: str | None) -> float | None:
    """Return the price that is too dear, in major units of the currency per kWh.

    None where the user has chosen none and the currency has no usual one: a krona
    per kWh is nothing unusual.
    """
    if chosen is not None:
        return chosen
    return DEAR_PER_KWH if currency in _LIKE_A_DOLLAR else None
