"""Entering a contract with Flow Power, and whom the market's price is asked of."""

from collections.abc import Mapping
from typing import Any, Final

from custom_components.power_sync.model.plain import Json
from custom_components.power_sync.prices.amber import (
    CONF_INTERVAL_MIN,
    CONF_SITE_ID,
)
from custom_components.power_sync.prices.amber_client import AmberSite
from custom_components.power_sync.prices.flow_power import Market
from custom_components.power_sync.prices.flow_power_settings import CONF_SOURCE
from custom_components.power_sync.prices.protocols import CONF_TOKEN
from homeassistant.config_entries import ConfigFlowResult

from .amber_account import async_amber_sites
from .amber_forms import account_as_typed, account_schema, typed_account
from .errors import InputError
from .flow_power_forms import (
    URLS,
    contract_as_typed,
    contract_prices,
    contract_schema,
    market_site_schema,
)
from .prices import PriceSteps, async_check_prices, check_address

FLOW_POWER: Final = "flow_power"


class FlowPowerSteps(PriceSteps):
    """The contract, then Amber's account where that is asked for the market."""

    _flow_power: Mapping[str, Json]
    _market_sites: list[AmberSite]

    async def async_step_flow_power(
        self, user_input: dict[str, Any] | None = None
    ) -> ConfigFlowResult:
        """Ask for the contract, and fetch prices if nobody else has to be known."""
        errors: dict[str, str] = {}
        if user_input is not None:
            try:
                self._flow_power = contract_prices(user_input)
                for key in URLS:
                    check_address(str(self._flow_power[key]))
                if self._flow_power[CONF_SOURCE] == Market.AMBER:
                    return await self.async_step_flow_power_amber()
                await async_check_prices(self.hass, FLOW_POWER, self._flow_power)
            except InputError as err:
                errors = err.errors
            else:
                return await self.async_prices_done(FLOW_POWER, self._flow_power)
        return self.async_show_form(
            step_id="flow_power",
            data_schema=self.add_suggested_values_to_schema(
                contract_schema(collapsed=not errors),
                user_input or contract_as_typed(self.prices),
            ),
            errors=errors,
        )

    async def async_step_flow_power_amber(
        self, user_input: dict[str, Any] | None = None
    ) -> ConfigFlowResult:
        """Ask for Amber's token; of several homes, which one is in the region."""
        errors: dict[str, str] = {}
        known = CONF_TOKEN in self.prices
        if user_input is not None:
            account = typed_account(user_input, self.prices)
            try:
                self._market_sites = await async_amber_sites(self.hass, account)
                self._flow_power = {**self._flow_power, **account}
                if len(self._market_sites) > 1:
                    return await self.async_step_flow_power_site()
                return await self._async_with_site(self._market_sites[0])
            except InputError as err:
                errors = err.errors
        before = self.prices if known else {}
        return self.async_show_form(
            step_id="flow_power_amber",
            data_schema=self.add_suggested_values_to_schema(
                account_schema(known=known, collapsed=not errors),
                user_input or account_as_typed(before),
            ),
            errors=errors,
        )

    async def async_step_flow_power_site(
        self, user_input: dict[str, Any] | None = None
    ) -> ConfigFlowResult:
        """Ask which of Amber's homes is in the region."""
        errors: dict[str, str] = {}
        sites = {site.site_id: site for site in self._market_sites}
        if user_input is not None:
            try:
                return await self._async_with_site(sites[user_input[CONF_SITE_ID]])
            except InputError as err:
                errors = err.errors
        return self.async_show_form(
            step_id="flow_power_site",
            data_schema=self.add_suggested_values_to_schema(
                market_site_schema(self._market_sites), user_input
            ),
            errors=errors,
        )

    async def _async_with_site(self, site: AmberSite) -> ConfigFlowResult:
        """Fetch prices by a home of Amber's. Raises InputError."""
        prices = {
            **self._flow_power,
            CONF_SITE_ID: site.site_id,
            CONF_INTERVAL_MIN: site.interval_min,
        }
        await async_check_prices(self.hass, FLOW_POWER, prices)
        return await self.async_prices_done(FLOW_POWER, prices)
