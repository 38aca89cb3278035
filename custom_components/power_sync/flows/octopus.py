"""Choosing an Octopus Energy tariff."""

from abc import abstractmethod
from collections.abc import Mapping
from typing import Any, Final

import probatio
from yarl import URL

from custom_components.power_sync.prices.octopus import (
    CONF_BASE_URL,
    CONF_EXPORT_PRODUCT,
    CONF_IMPORT_PRODUCT,
    CONF_REGION,
)
from custom_components.power_sync.prices.octopus_client import (
    BASE_URL,
    REGIONS,
    AgileProducts,
    OctopusClient,
    Product,
)
from custom_components.power_sync.prices.protocols import UnknownTariffError
from homeassistant.config_entries import ConfigFlow, ConfigFlowResult
from homeassistant.data_entry_flow import section
from homeassistant.helpers.aiohttp_client import async_get_clientsession
from homeassistant.helpers.selector import (
    SelectOptionDict,
    SelectSelector,
    SelectSelectorConfig,
    SelectSelectorMode,
    TextSelector,
    TextSelectorConfig,
    TextSelectorType,
)
from homeassistant.util import dt as dt_util

from .errors import InputError
from .prices import async_check_prices, price_errors

PROVIDER: Final = "octopus"
SECTION_ADVANCED: Final = "advanced"
NO_EXPORT: Final = "none"

REGION_SCHEMA = probatio.Schema(
    {
        probatio.Required(CONF_REGION): SelectSelector(
            SelectSelectorConfig(
                options=[
                    SelectOptionDict(value=letter, label=f"{name} ({letter})")
                    for letter, name in REGIONS.items()
                ],
                mode=SelectSelectorMode.DROPDOWN,
            )
        ),
        probatio.Required(SECTION_ADVANCED): section(
            probatio.Schema(
                {
                    probatio.Required(CONF_BASE_URL, default=BASE_URL): TextSelector(
                        TextSelectorConfig(type=TextSelectorType.URL)
                    )
                }
            ),
            {"collapsed": True},
        ),
    }
)


class OctopusSteps(ConfigFlow):
    """Region, then tariffs. Ends in `async_prices_done`."""

    prices: Mapping[str, Any]
    """The settings stored so far; empty for a new site."""
    _region: str
    _base_url: str
    _agile: AgileProducts

    @abstractmethod
    async def async_prices_done(
        self, provider: str, prices: Mapping[str, str | None]
    ) -> ConfigFlowResult:
        """Go on with prices that were fetched."""

    async def async_step_octopus(
        self, user_input: dict[str, Any] | None = None
    ) -> ConfigFlowResult:
        """Ask for the region, and fetch the products on sale."""
        errors: dict[str, str] = {}
        if user_input is not None:
            self._region = user_input[CONF_REGION]
            self._base_url = user_input[SECTION_ADVANCED][CONF_BASE_URL].strip()
            try:
                self._agile = await self._async_agile_products()
            except InputError as err:
                errors = err.errors
            else:
                return await self.async_step_octopus_tariff()
        return self.async_show_form(
            step_id="octopus",
            data_schema=self.add_suggested_values_to_schema(
                REGION_SCHEMA, user_input or _as_typed(self.prices)
            ),
            errors=errors,
        )

    async def async_step_octopus_tariff(
        self, user_input: dict[str, Any] | None = None
    ) -> ConfigFlowResult:
        """Ask for the tariffs, and fetch their prices."""
        errors: dict[str, str] = {}
        if user_input is not None:
            export = user_input[CONF_EXPORT_PRODUCT]
            prices = {
                CONF_IMPORT_PRODUCT: _code(user_input[CONF_IMPORT_PRODUCT]),
                CONF_EXPORT_PRODUCT: None if export == NO_EXPORT else _code(export),
                CONF_REGION: self._region,
                CONF_BASE_URL: self._base_url,
            }
            try:
                await async_check_prices(self.hass, PROVIDER, prices)
            except InputError as err:
                errors = err.errors
            else:
                return await self.async_prices_done(PROVIDER, prices)
        return self.async_show_form(
            step_id="octopus_tariff",
            data_schema=self.add_suggested_values_to_schema(
                _tariff_schema(self._agile), user_input or self._suggested_tariffs()
            ),
            errors=errors,
            description_placeholders={"region": REGIONS[self._region]},
        )

    async def _async_agile_products(self) -> AgileProducts:
        """Return the products on sale. Raises InputError."""
        try:
            url = URL(self._base_url)
        except ValueError as err:
            raise InputError("invalid_url") from err
        if url.scheme not in {"http", "https"} or not url.host:
            raise InputError("invalid_url")
        client = OctopusClient(async_get_clientsession(self.hass), self._base_url)
        with price_errors():
            try:
                agile = await client.agile_products(dt_util.utcnow())
            except UnknownTariffError as err:
                # No tariff was asked for: this is not the provider's address.
                raise InputError("invalid_answer") from err
        if agile.import_product is None:
            raise InputError("no_agile_product")
        return agile

    def _suggested_tariffs(self) -> dict[str, str]:
        """Return the tariffs of before, or else the newest ones on sale."""
        if self.prices:
            return {
                CONF_IMPORT_PRODUCT: self.prices[CONF_IMPORT_PRODUCT],
                CONF_EXPORT_PRODUCT: self.prices[CONF_EXPORT_PRODUCT] or NO_EXPORT,
            }
        newest = {
            CONF_IMPORT_PRODUCT: self._agile.import_product,
            CONF_EXPORT_PRODUCT: self._agile.export_product,
        }
        on_sale = {key: found.code for key, found in newest.items() if found}
        return {CONF_EXPORT_PRODUCT: NO_EXPORT} | on_sale


def _code(typed: str) -> str:
    """Return a product code as the provider writes it."""
    return typed.strip().upper()


def _as_typed(prices: Mapping[str, Any]) -> dict[str, Any]:
    """Return stored settings in the shape of the region's form."""
    if not prices:
        return {}
    return {
        CONF_REGION: prices[CONF_REGION],
        SECTION_ADVANCED: {CONF_BASE_URL: prices[CONF_BASE_URL] or BASE_URL},
    }


def _tariff_schema(agile: AgileProducts) -> probatio.Schema:
    none = SelectOptionDict(value=NO_EXPORT, label=NO_EXPORT)
    return probatio.Schema(
        {
            probatio.Required(CONF_IMPORT_PRODUCT): SelectSelector(
                SelectSelectorConfig(
                    options=_options(agile.import_product),
                    custom_value=True,
                    mode=SelectSelectorMode.DROPDOWN,
                )
            ),
            probatio.Required(CONF_EXPORT_PRODUCT): SelectSelector(
                SelectSelectorConfig(
                    options=[*_options(agile.export_product), none],
                    custom_value=True,
                    mode=SelectSelectorMode.DROPDOWN,
                    translation_key="export_product",
                )
            ),
        }
    )


def _options(product: Product | None) -> list[SelectOptionDict]:
    if product is None:
        return []
    label = f"{product.name} ({product.code})"
    return [SelectOptionDict(value=product.code, label=label)]
