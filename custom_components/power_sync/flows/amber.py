"""Choosing a home of an Amber Electric account."""

from collections.abc import Mapping
from typing import Any, Final

from custom_components.power_sync.prices.amber_client import AmberSite
from custom_components.power_sync.prices.protocols import CONF_TOKEN
from homeassistant.config_entries import ConfigFlowResult

from .amber_account import async_amber_sites
from .amber_forms import (
    account_as_typed,
    account_schema,
    site_as_typed,
    site_prices,
    site_schema,
    typed_account,
)
from .errors import InputError
from .prices import PriceSteps, async_check_prices

AMBER: Final = "amber"


class AmberSteps(PriceSteps):
    """The account's token, then the home. Ends in `async_prices_done`."""

    _amber_account: Mapping[str, str]
    _amber_sites: list[AmberSite]

    async def async_step_amber(
        self, user_input: dict[str, Any] | None = None
    ) -> ConfigFlowResult:
        """Ask for the token, and fetch the homes of its account."""
        errors: dict[str, str] = {}
        known = CONF_TOKEN in self.prices
        if user_input is not None:
            self._amber_account = typed_account(user_input, self.prices)
            try:
                self._amber_sites = await async_amber_sites(
                    self.hass, self._amber_account
                )
            except InputError as err:
                errors = err.errors
            else:
                return await self.async_step_amber_site()
        return self.async_show_form(
            step_id="amber",
            data_schema=self.add_suggested_values_to_schema(
                account_schema(known=known, collapsed=not errors),
                user_input or account_as_typed(self.prices),
            ),
            errors=errors,
        )

    async def async_step_amber_site(
        self, user_input: dict[str, Any] | None = None
    ) -> ConfigFlowResult:
        """Ask which home it is, and fetch its prices."""
        errors: dict[str, str] = {}
        sites = self._amber_sites
        if user_input is not None:
            zone = self.hass.config.time_zone
            prices = {**self._amber_account, **site_prices(user_input, sites, zone)}
            try:
                await async_check_prices(self.hass, AMBER, prices)
            except InputError as err:
                errors = err.errors
            else:
                return await self.async_prices_done(AMBER, prices)
        return self.async_show_form(
            step_id="amber_site",
            data_schema=self.add_suggested_values_to_schema(
                site_schema(sites), user_input or site_as_typed(self.prices, sites)
            ),
            errors=errors,
        )
