"""Prices and money, as people write them."""

import pytest

from custom_components.power_sync.words.money import (
    money_text,
    price_number,
    price_text,
    price_unit,
)
from custom_components.power_sync.words.texts import GLUE, MINUS

from .english import COMMA, ENGLISH


@pytest.mark.parametrize(
    ("currency", "per_kwh", "text", "unit"),
    [
        ("GBP", 0.0984, "9.8 p", "p/kWh"),
        ("EUR", 0.2, "20.0 ct", "ct/kWh"),
        ("AUD", 1.5, "150.0 c", "c/kWh"),
        ("SEK", -0.031, f"{MINUS}3.1 öre", "öre/kWh"),
        ("HUF", 36.456, "36.46 HUF", "HUF/kWh"),
        ("GBP", -0.0001, "0.0 p", "p/kWh"),
    ],
)
def test_prices(currency: str, per_kwh: float, text: str, unit: str) -> None:
    """Hundredths where people count in them, whole units elsewhere."""
    assert price_text(per_kwh, currency, ENGLISH).replace(GLUE, " ") == text
    assert price_unit(currency) == unit


@pytest.mark.parametrize(
    ("currency", "amount", "text"),
    [
        ("GBP", 2.345, "£2.35"),
        ("GBP", -0.5, f"{MINUS}£0.50"),
        ("GBP", -0.001, "£0.00"),
        ("NOK", 12, "12.00 kr"),
        ("NOK", -12, f"{MINUS}12.00 kr"),
        ("PLN", 3.1, "3.10 PLN"),
    ],
)
def test_money(currency: str, amount: float, text: str) -> None:
    """The sign, the symbol, the number: in the order of the currency."""
    assert money_text(amount, currency, ENGLISH).replace(GLUE, " ") == text


def test_the_decimal_mark_is_the_languages() -> None:
    """Where one writes a comma there is a comma."""
    assert price_text(0.0984, "EUR", COMMA) == f"9,8{GLUE}ct"
    assert money_text(2.5, "EUR", COMMA) == "€2,50"


def test_numbers_keep_their_sign() -> None:
    """A price is the same number in a text and in the picture."""
    assert price_number(-0.03, "GBP") == pytest.approx(-3)
    assert price_number(36.5, "HUF") == 36.5
