"""The options about what a contract charges beside energy."""

from collections.abc import Mapping
from typing import Any, Final

import probatio

from custom_components.power_sync.const import CONF_BILLING
from custom_components.power_sync.model.plain import Json
from custom_components.power_sync.prices.demand import (
    CONF_BILLING_DAY,
    CONF_DAYS,
    CONF_END,
    CONF_HOLIDAYS,
    CONF_INTERVAL_MIN,
    CONF_MONTHLY_FEE,
    CONF_RATE_IS,
    CONF_RATE_PER_KW,
    CONF_START,
    DEFAULT_INTERVAL_MIN,
    INTERVALS_MIN,
    NO_CHARGES,
    DemandDays,
    RateIs,
)
from homeassistant.config_entries import ConfigFlowResult
from homeassistant.data_entry_flow import section
from homeassistant.helpers.selector import (
    NumberSelector,
    NumberSelectorConfig,
    NumberSelectorMode,
    SelectSelector,
    SelectSelectorConfig,
    SelectSelectorMode,
    TimeSelector,
)

from .errors import InputError
from .fixed_forms import holidays_selector, money_selector
from .options_step import OptionsStep

SECTION_DEMAND: Final = "demand"
MOST_PER_KW: Final = 500.0
"""No contract charges so much for a kW: it was meant in cents."""


def billing_schema(currency: str) -> probatio.Schema:
    """Return the form of the charges, in a currency."""
    day = NumberSelectorConfig(min=1, max=31, step=1, mode=NumberSelectorMode.BOX)
    known = NO_CHARGES
    demand = {
        probatio.Required(CONF_RATE_PER_KW, default=0): money_selector(
            f"{currency}/kW"
        ),
        probatio.Required(CONF_RATE_IS, default=str(known.rate_is)): _choice(
            map(str, RateIs), CONF_RATE_IS
        ),
        probatio.Required(CONF_START, default=f"{known.start}"): TimeSelector(),
        probatio.Required(CONF_END, default=f"{known.end}"): TimeSelector(),
        probatio.Required(CONF_DAYS, default=str(known.days)): _choice(
            map(str, DemandDays), "demand_days"
        ),
        probatio.Required(
            CONF_INTERVAL_MIN, default=str(DEFAULT_INTERVAL_MIN)
        ): _choice(map(str, INTERVALS_MIN), CONF_INTERVAL_MIN),
        probatio.Optional(CONF_HOLIDAYS): holidays_selector(),
    }
    return probatio.Schema(
        {
            probatio.Required(CONF_BILLING_DAY, default=1): NumberSelector(day),
            probatio.Required(CONF_MONTHLY_FEE, default=0): money_selector(currency),
            probatio.Required(SECTION_DEMAND): section(
                probatio.Schema(demand), {"collapsed": False}
            ),
        }
    )


def _choice(options: Any, key: str) -> SelectSelector:
    return SelectSelector(
        SelectSelectorConfig(
            options=list(options),
            mode=SelectSelectorMode.DROPDOWN,
            translation_key=key,
        )
    )


def checked_billing(user_input: Mapping[str, Any]) -> dict[str, Json]:
    """Return the charges that were typed, as they are stored. Raises InputError."""
    demand = user_input[SECTION_DEMAND]
    calendar = demand.get(CONF_HOLIDAYS)
    rate, fee = float(demand[CONF_RATE_PER_KW]), float(user_input[CONF_MONTHLY_FEE])
    if rate < 0 or fee < 0:
        raise InputError("charge_below_zero")
    if rate >= MOST_PER_KW:
        raise InputError("price_in_cents")
    return {
        CONF_BILLING_DAY: int(user_input[CONF_BILLING_DAY]),
        CONF_MONTHLY_FEE: fee,
        **{key: demand[key] for key in (CONF_RATE_IS, CONF_DAYS)},
        **{key: demand[key][:5] for key in (CONF_START, CONF_END)},
        CONF_RATE_PER_KW: rate,
        CONF_INTERVAL_MIN: int(demand[CONF_INTERVAL_MIN]),
        **({CONF_HOLIDAYS: calendar} if calendar else {}),
    }


def billing_as_typed(stored: Mapping[str, Any]) -> dict[str, Any]:
    """Return stored charges in the shape of the form."""
    if not stored:
        return {}
    outer = (CONF_BILLING_DAY, CONF_MONTHLY_FEE)
    demand = {key: stored[key] for key in stored if key not in outer}
    demand[CONF_INTERVAL_MIN] = str(stored[CONF_INTERVAL_MIN])
    return {**{key: stored[key] for key in outer}, SECTION_DEMAND: demand}


class BillingStep(OptionsStep):
    """Asks for billing day, monthly fee and demand charge."""

    async def async_step_billing(
        self, user_input: dict[str, Any] | None = None
    ) -> ConfigFlowResult:
        """Ask what is charged beside energy."""
        errors: dict[str, str] = {}
        if user_input is not None:
            try:
                billing = checked_billing(user_input)
                return await self.async_finish(options={CONF_BILLING: billing})
            except InputError as err:
                errors = err.errors
        stored = self.entry.options.get(CONF_BILLING, {})
        return self.async_show_form(
            step_id="billing",
            data_schema=self.add_suggested_values_to_schema(
                billing_schema(self.currency),
                user_input or billing_as_typed(stored),
            ),
            errors=errors,
        )
