"""Choosing an Octopus Energy tariff."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

from custom_components.power_sync.prices.octopus import (
    CONF_BASE_URL,
    CONF_EXPORT_PRODUCT,
    CONF_IMPORT_PRODUCT,
    CONF_REGION,
)
from custom_components.power_sync.prices.octopus_client import REGIONS, OctopusClient
from custom_components.power_sync.prices.octopus_products import (
    AGILE_EXPORT,
    AGILE_IMPORT,
    Direction,
    Offers,
    Product,
    family_of,
)
from custom_components.power_sync.prices.protocols import (
    PriceAnswerError,
    UnknownTariffError,
)
from homeassistant.config_entries import ConfigFlowResult
from homeassistant.helpers.aiohttp_client import async_get_clientsession
from homeassistant.util import dt as dt_util

from .errors import InputError
from .octopus_forms import (
    CONF_HOME,
    CONF_POSTCODE,
    NO_EXPORT,
    OTHERS,
    SECTION_ADVANCED,
    SECTION_OTHER,
    chosen_products,
    chosen_region,
    home_schema,
    region_as_typed,
    region_schema,
    tariff_schema,
    typed_account,
    typed_postcode,
)
from .octopus_own import OwnTariffs, async_own_tariffs
from .prices import PriceSteps, async_check_prices, check_address, price_errors

PROVIDER: Final = "octopus"


class OctopusSteps(PriceSteps):
    """Region, then tariffs. Ends in `async_prices_done`."""

    _region: str
    _base_url: str
    _offers: Offers
    _pair_shown: tuple[str | None, str | None] | None = None
    """Tariffs of which one belongs to another, as the user has been told."""
    _account: Mapping[str, str]
    _homes: Sequence[OwnTariffs] = ()
    """What the homes of the account buy and sell on, where one was entered."""
    _own: OwnTariffs | None = None
    """The one of them that this is."""
    _partner: Mapping[str, str]
    """What has been suggested instead, by field."""

    async def async_step_octopus(
        self, user_input: dict[str, Any] | None = None
    ) -> ConfigFlowResult:
        """Ask for a postcode or the region, and fetch the products on sale."""
        errors: dict[str, str] = {}
        if user_input is not None:
            self._base_url = user_input[SECTION_ADVANCED][CONF_BASE_URL].strip()
            try:
                client = self._client()
                self._region = await self._async_region(client, user_input)
                self._offers = await _async_offers(client)
            except InputError as err:
                errors = err.errors
            else:
                if len(self._homes) > 1:
                    return await self.async_step_octopus_home()
                return await self.async_step_octopus_tariff()
        return self.async_show_form(
            step_id="octopus",
            data_schema=self.add_suggested_values_to_schema(
                region_schema(collapsed=not errors),
                user_input or region_as_typed(self.prices),
            ),
            errors=errors,
        )

    async def async_step_octopus_home(
        self, user_input: dict[str, Any] | None = None
    ) -> ConfigFlowResult:
        """Ask which of the account's homes this is."""
        if user_input is not None:
            self._own = self._homes[int(user_input[CONF_HOME])]
            self._region = self._own.region
            return await self.async_step_octopus_tariff()
        return self.async_show_form(
            step_id="octopus_home",
            data_schema=home_schema(
                [f"{home.address or REGIONS[home.region]}" for home in self._homes]
            ),
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
            try:
                prices = await self._async_checked(user_input)
            except InputError as err:
                errors = err.errors
                suggested = _with_partner(user_input, self._partner)
            else:
                return await self.async_prices_done(PROVIDER, prices)
        collapsed = not errors and not suggested.get(SECTION_OTHER)
        return self.async_show_form(
            step_id="octopus_tariff",
            data_schema=self.add_suggested_values_to_schema(
                tariff_schema(self._offers, collapsed=collapsed), suggested
            ),
            errors=errors,
            description_placeholders={"region": REGIONS[self._region]},
        )

    async def _async_region(
        self, client: OctopusClient, user_input: Mapping[str, Any]
    ) -> str:
        """Return the region of the account, or else what was typed.

        Raises InputError.
        """
        self._own, self._homes = None, ()
        self._account = typed_account(user_input, self.prices)
        if not self._account:
            return await _async_region(client, user_input)
        self._homes = await async_own_tariffs(self.hass, self._base_url, self._account)
        self._own = self._homes[0]
        return self._own.region

    def _client(self) -> OctopusClient:
        """Return a client of the address that was typed. Raises InputError."""
        check_address(self._base_url)
        return OctopusClient(async_get_clientsession(self.hass), self._base_url)

    async def _async_checked(
        self, user_input: Mapping[str, Any]
    ) -> dict[str, str | None]:
        """Return the settings whose prices can be fetched. Raises InputError."""
        self._partner = {}
        chosen = chosen_products(user_input, self._region)
        self._check_pair(chosen[CONF_IMPORT_PRODUCT], chosen[CONF_EXPORT_PRODUCT])
        prices = {
            **chosen,
            **self._account,
            CONF_REGION: self._region,
            CONF_BASE_URL: self._base_url,
        }
        await async_check_prices(self.hass, PROVIDER, prices)
        return prices

    def _check_pair(self, bought: str | None, sold: str | None) -> None:
        """Suggest the other tariff of a pair that was chosen in part.

        Each choice is questioned once: whoever repeats it knows better.
        Raises InputError.
        """
        if self._pair_shown == (bought, sold):
            return
        for key, code, other, direction in (
            (CONF_EXPORT_PRODUCT, bought, sold, Direction.IMPORT),
            (CONF_IMPORT_PRODUCT, sold, bought, Direction.EXPORT),
        ):
            partner = self._offers.partner(code, direction) if code else None
            if partner and not _alike(partner, other):
                self._pair_shown = bought, sold
                self._partner = {key: partner.code}
                raise InputError("pair_suggested", key)

    async def _async_suggested_tariffs(self) -> dict[str, Any]:
        """Return the tariffs of before, or else the newest Agile ones on sale."""
        imports, exports = self._offers.imports, self._offers.exports
        bought = self._offers.newest(AGILE_IMPORT) or imports[0]
        sold = self._offers.newest(AGILE_EXPORT)
        suggested: dict[str, Any] = {
            CONF_IMPORT_PRODUCT: bought.code,
            CONF_EXPORT_PRODUCT: NO_EXPORT if sold is None else sold.code,
        }
        on_offer = {product.code for product in (*imports, *exports)}
        other: dict[str, str] = {}
        known = self.prices if self._own is None else self._own.products
        for key, other_key in OTHERS:
            before = known.get(key, suggested[key])
            if before is None:
                suggested[key] = NO_EXPORT
            elif before in on_offer:
                suggested[key] = before
            elif before != suggested[key] and not await self._async_is_gone(before):
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


async def _async_region(client: OctopusClient, user_input: Mapping[str, Any]) -> str:
    """Return the region of the postcode, or else the one chosen. Raises InputError."""
    postcode = typed_postcode(user_input)
    if postcode is None:
        return chosen_region(user_input)
    with price_errors():
        try:
            regions = await client.regions(postcode)
        except (PriceAnswerError, UnknownTariffError) as err:
            raise InputError("postcode_not_answered", CONF_POSTCODE) from err
    if not regions:
        raise InputError("postcode_unknown", CONF_POSTCODE)
    chosen = user_input.get(CONF_REGION)
    if len(regions) == 1:
        return regions[0]
    if chosen in regions:
        return chosen_region(user_input)
    raise InputError("postcode_on_border", CONF_REGION)


async def _async_offers(client: OctopusClient) -> Offers:
    """Return the products on sale. Raises InputError."""
    with price_errors():
        try:
            offers = await client.offers(dt_util.utcnow())
        except UnknownTariffError as err:
            # No tariff was asked for: this is not the provider's address.
            raise InputError("invalid_answer") from err
    if not offers.imports:
        raise InputError("no_product")
    return offers


def _alike(partner: Product, other: str | None) -> bool:
    """Whether `other` is the partner, or another version of it."""
    if other is None or partner.code == other:
        return other is not None
    family = family_of(other, partner.direction)
    return family is not None and family.has(partner.code)


def _with_partner(
    user_input: Mapping[str, Any], partner: Mapping[str, str]
) -> dict[str, Any]:
    """Return what was typed, with the other half of a pair selected."""
    if not partner:
        return dict(user_input)
    others = {other for key, other in OTHERS if key in partner}
    typed = user_input.get(SECTION_OTHER, {})
    kept = {key: code for key, code in typed.items() if key not in others}
    return {**user_input, **partner, SECTION_OTHER: kept}
