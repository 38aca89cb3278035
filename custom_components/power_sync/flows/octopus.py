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
SECTION_OTHER: Final = "other"
CONF_OTHER_IMPORT: Final = "other_import_product"
CONF_OTHER_EXPORT: Final = "other_export_product"
NO_EXPORT: Final = "none"


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
            self._base_url = user_input[SECTION_ADVANCED][CONF_BASE_URL].strip()
            try:
                self._region = _region(user_input)
                self._agile = await self._async_agile_products()
            except InputError as err:
                errors = err.errors
            else:
                return await self.async_step_octopus_tariff()
        return self.async_show_form(
            step_id="octopus",
            data_schema=self.add_suggested_values_to_schema(
                region_schema(collapsed=not errors),
                user_input or _as_typed(self.prices),
            ),
            errors=errors,
        )

    async def async_step_octopus_tariff(
        self, user_input: dict[str, Any] | None = None
    ) -> ConfigFlowResult:
        """Ask for the tariffs, and fetch their prices."""
        errors: dict[str, str] = {}
        if user_input is None:
            suggested = await self._async_suggested_tariffs()
        else:
            suggested = user_input
            prices = {
                **_chosen(user_input),
                CONF_REGION: self._region,
                CONF_BASE_URL: self._base_url,
            }
            try:
                await async_check_prices(self.hass, PROVIDER, prices)
            except InputError as err:
                errors = err.errors
            else:
                return await self.async_prices_done(PROVIDER, prices)
        collapsed = not errors and not suggested.get(SECTION_OTHER)
        return self.async_show_form(
            step_id="octopus_tariff",
            data_schema=self.add_suggested_values_to_schema(
                tariff_schema(self._agile, collapsed=collapsed), suggested
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

    async def _async_suggested_tariffs(self) -> dict[str, Any]:
        """Return the tariffs of before, or else the newest ones on sale."""
        newest = {
            CONF_IMPORT_PRODUCT: self._agile.import_product,
            CONF_EXPORT_PRODUCT: self._agile.export_product,
        }
        on_sale = {key: found.code for key, found in newest.items() if found}
        suggested = {CONF_EXPORT_PRODUCT: NO_EXPORT} | on_sale
        other: dict[str, str] = {}
        for key, other_key in (
            (CONF_IMPORT_PRODUCT, CONF_OTHER_IMPORT),
            (CONF_EXPORT_PRODUCT, CONF_OTHER_EXPORT),
        ):
            before = self.prices.get(key, on_sale.get(key))
            if before is None:
                suggested[key] = NO_EXPORT
            elif before != on_sale.get(key) and not await self._async_is_gone(before):
                other[other_key] = before
        return suggested | {SECTION_OTHER: other}

    async def _async_is_gone(self, product: str) -> bool:
        """Whether a product has no prices any more in the region."""
        # Either direction may be looked up as an import: its rates are the same.
        prices = {
            CONF_IMPORT_PRODUCT: product,
            CONF_REGION: self._region,
            CONF_BASE_URL: self._base_url,
        }
        try:
            await async_check_prices(self.hass, PROVIDER, prices)
        except InputError as err:
            return err.key in {"tariff_ended", "unknown_tariff"}
        return False


def _region(user_input: Mapping[str, Any]) -> str:
    """Return the region that was chosen. Raises InputError where none was."""
    region: str | None = user_input.get(CONF_REGION)
    if region is None:
        raise InputError("region_missing", CONF_REGION)
    return region


def _chosen(user_input: Mapping[str, Any]) -> dict[str, str | None]:
    """Return the products; a code that was typed goes before the one selected."""
    typed = {
        key: code.strip().upper()
        for key, code in user_input.get(SECTION_OTHER, {}).items()
    }
    export = typed.get(CONF_OTHER_EXPORT) or user_input[CONF_EXPORT_PRODUCT]
    return {
        CONF_IMPORT_PRODUCT: typed.get(CONF_OTHER_IMPORT)
        or user_input[CONF_IMPORT_PRODUCT],
        CONF_EXPORT_PRODUCT: None if export == NO_EXPORT else export,
    }


def _as_typed(prices: Mapping[str, Any]) -> dict[str, Any]:
    """Return stored settings in the shape of the region's form."""
    if not prices:
        return {}
    return {
        CONF_REGION: prices[CONF_REGION],
        SECTION_ADVANCED: {CONF_BASE_URL: prices[CONF_BASE_URL] or BASE_URL},
    }


def region_schema(*, collapsed: bool) -> probatio.Schema:
    """Return the region's form, with the rare settings folded up or not."""
    address = TextSelector(TextSelectorConfig(type=TextSelectorType.URL))
    advanced = {probatio.Required(CONF_BASE_URL, default=BASE_URL): address}
    return probatio.Schema(
        {
            # Of a required field the frontend would choose the first option.
            probatio.Optional(CONF_REGION): SelectSelector(
                SelectSelectorConfig(
                    options=[
                        SelectOptionDict(value=letter, label=f"{name} ({letter})")
                        for letter, name in REGIONS.items()
                    ],
                    mode=SelectSelectorMode.DROPDOWN,
                )
            ),
            probatio.Required(SECTION_ADVANCED): section(
                probatio.Schema(advanced), {"collapsed": collapsed}
            ),
        }
    )


def tariff_schema(agile: AgileProducts, *, collapsed: bool) -> probatio.Schema:
    """Return the tariffs' form, with the typed codes folded up or not."""
    none = SelectOptionDict(value=NO_EXPORT, label=NO_EXPORT)
    other = {
        probatio.Optional(CONF_OTHER_IMPORT): TextSelector(),
        probatio.Optional(CONF_OTHER_EXPORT): TextSelector(),
    }
    return probatio.Schema(
        {
            probatio.Required(CONF_IMPORT_PRODUCT): SelectSelector(
                SelectSelectorConfig(
                    options=_options(agile.import_product),
                    mode=SelectSelectorMode.DROPDOWN,
                )
            ),
            probatio.Required(CONF_EXPORT_PRODUCT): SelectSelector(
                SelectSelectorConfig(
                    options=[*_options(agile.export_product), none],
                    mode=SelectSelectorMode.DROPDOWN,
                    translation_key="export_product",
                )
            ),
            probatio.Optional(SECTION_OTHER): section(
                probatio.Schema(other), {"collapsed": collapsed}
            ),
        }
    )


def _options(product: Product | None) -> list[SelectOptionDict]:
    if product is None:
        return []
    label = f"{product.name} ({product.code})"
    return [SelectOptionDict(value=product.code, label=label)]
