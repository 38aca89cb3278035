"""Money and prices as people write them."""

from dataclasses import dataclass

from .texts import GLUE, MINUS, Texts

MINOR_PER_MAJOR = 100


@dataclass(frozen=True, slots=True)
class Coinage:
    """How a currency is written.

    A `minor` unit is used for prices, such as pence; None where a kWh costs whole
    units, or where nobody counts in hundredths.
    """

    symbol: str
    minor: str | None = None
    symbol_first: bool = True


COINAGES = {
    "AUD": Coinage("$", "c"),
    "CAD": Coinage("$", "c"),
    "CHF": Coinage("CHF", "Rp.", symbol_first=False),
    "DKK": Coinage("kr", "øre", symbol_first=False),
    "EUR": Coinage("€", "ct"),
    "GBP": Coinage("£", "p"),
    "NOK": Coinage("kr", "øre", symbol_first=False),
    "NZD": Coinage("$", "c"),
    "SEK": Coinage("kr", "öre", symbol_first=False),
    "USD": Coinage("$", "c"),
}


def coinage(currency: str) -> Coinage:
    """Return how a currency is written; one that is not known, by its code."""
    return COINAGES.get(currency, Coinage(currency, symbol_first=False))


def price_unit(currency: str) -> str:
    """Return the unit of the numbers that `price_number` gives."""
    coins = coinage(currency)
    return f"{coins.minor or coins.symbol}/kWh"


def price_number(per_kwh: float, currency: str) -> float:
    """Return a price in the unit that people use."""
    return per_kwh * MINOR_PER_MAJOR if coinage(currency).minor else per_kwh


def price_text(per_kwh: float, currency: str, texts: Texts) -> str:
    """Return the price of a kWh, such as 9.8 p."""
    coins = coinage(currency)
    digits = 1 if coins.minor else 2
    number = texts.number(price_number(per_kwh, currency), digits)
    return f"{number}{GLUE}{coins.minor or coins.symbol}"


def money_text(amount: float, currency: str, texts: Texts) -> str:
    """Return an amount of money, such as £2.34."""
    coins = coinage(currency)
    number = texts.number(amount, 2)
    if not coins.symbol_first:
        return f"{number}{GLUE}{coins.symbol}"
    if number.startswith(MINUS):
        return f"{MINUS}{coins.symbol}{number.removeprefix(MINUS)}"
    return f"{coins.symbol}{number}"


def price_range(least: float, most: float, currency: str, texts: Texts) -> str:
    """Return the price of a kWh, or the lowest and the highest, such as 9.8 to 12 p."""
    low, high = (price_text(each, currency, texts) for each in (least, most))
    return low if low == high else texts("price_range", least=low, most=high)
