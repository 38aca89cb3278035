"""The options about the wholesale market: whose price is watched for spikes."""

from typing import Any

from custom_components.power_sync.const import (
    CONF_MARKET,
    CONF_PRICES,
    CONF_PROVIDER,
)
from custom_components.power_sync.model.plain import JsonObject
from custom_components.power_sync.prices.fixed import CONF_CURRENCY
from custom_components.power_sync.prices.nem import CURRENCY
from custom_components.power_sync.prices.registry import FOLLOW_MARKET
from homeassistant.config_entries import ConfigFlowResult

from .errors import InputError
from .market_forms import (
    async_checked_market,
    market_as_typed,
    market_schema,
    present_market,
)
from .options_step import OptionsStep


class MarketStep(OptionsStep):
    """Asks which region's price is watched, and when it is a spike."""

    @property
    def in_market(self) -> bool:
        """Whether the site may be in Australia's market."""
        data = self.entry.data
        currency = data[CONF_PRICES].get(CONF_CURRENCY, self.hass.config.currency)
        return data[CONF_PROVIDER] in FOLLOW_MARKET or currency == CURRENCY

    async def async_step_market(
        self, user_input: dict[str, Any] | None = None
    ) -> ConfigFlowResult:
        """Ask for the region, the thresholds, and what a spike is paid."""
        errors: dict[str, str] = {}
        before: JsonObject = self.entry.options.get(
            CONF_MARKET, self.entry.data[CONF_PRICES]
        )
        present = await self.async_present()
        shown = market_as_typed(present_market(self.entry, present))
        if user_input is not None:
            try:
                market, of_spikes = await async_checked_market(self.hass, user_input)
                same = all(before.get(key) == market[key] for key in market)
                return await self.async_finish(
                    of_spikes, None if same else {CONF_MARKET: market}
                )
            except InputError as err:
                errors = err.errors
        return self.async_show_form(
            step_id="market",
            data_schema=self.add_suggested_values_to_schema(
                market_schema(collapsed=not errors), user_input or shown
            ),
            errors=errors,
        )
