"""The form of a credit for buying hardly anything, and what is made of it."""

from collections.abc import Mapping
from typing import Any, Final

import probatio

from custom_components.power_sync.prices.fixed import (
    CONF_AMOUNT,
    CONF_END,
    CONF_MOST_KWH,
    CONF_START,
)
from homeassistant.helpers.selector import TimeSelector

from .errors import InputError
from .fixed_forms import (
    MONEY_OF_CENTS,
    Labels,
    Stored,
    clock_of,
    energy_selector,
    money_selector,
)

MOST_CREDIT: Final = 50.0
"""No contract credits so much for a day."""


def credit_schema(currency: str) -> probatio.Schema:
    """Return the form of what is credited for buying hardly anything."""
    return probatio.Schema(
        {
            probatio.Required(CONF_AMOUNT): money_selector(f"{currency}/d"),
            probatio.Required(CONF_START): TimeSelector(),
            probatio.Required(CONF_END): TimeSelector(),
            probatio.Required(CONF_MOST_KWH): energy_selector(100, "kWh"),
        }
    )


def checked_credit(user_input: Mapping[str, Any], currency: str) -> Stored | None:
    """Return the credit that was typed, None for none. Raises InputError."""
    amount = float(user_input[CONF_AMOUNT])
    if amount < 0:
        raise InputError("charge_below_zero", CONF_AMOUNT)
    if currency in MONEY_OF_CENTS and amount >= MOST_CREDIT:
        raise InputError("price_in_cents", CONF_AMOUNT)
    if not amount:
        return None
    return {
        CONF_AMOUNT: amount,
        CONF_START: clock_of(user_input[CONF_START]),
        CONF_END: clock_of(user_input[CONF_END]),
        CONF_MOST_KWH: float(user_input[CONF_MOST_KWH]),
    }


def credit_described(credit: Stored, currency: str, labels: Labels) -> str:
    """Return a credit in a line."""
    return labels["terms.credit"].format(
        amount=f"{credit[CONF_AMOUNT]:.2f} {currency}",
        time=f"{credit[CONF_START]}\N{EN DASH}{credit[CONF_END]}",
        kwh=f"{credit[CONF_MOST_KWH]:g}",
    )
