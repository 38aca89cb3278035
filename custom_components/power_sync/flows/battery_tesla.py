"""A Powerwall in Tesla's cloud: whose access is used, and which of the sites it is."""

from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any, Final

import probatio

from custom_components.power_sync.bridges.tesla import account_of, site_api
from custom_components.power_sync.bridges.tesla_entries import borrowed_sites
from custom_components.power_sync.devices.batteries.brand import (
    BatteryBrand,
    BatteryProbe,
)
from custom_components.power_sync.devices.batteries.cloud import (
    CONF_BASE_URL,
    CONF_VIA,
)
from custom_components.power_sync.devices.batteries.tesla.access import (
    VIA_TOKEN,
    FoundSite,
    tesla_access,
)
from custom_components.power_sync.devices.protocols import (
    RightsMissingError,
    SignedOutError,
)
from custom_components.power_sync.prices.protocols import CONF_TOKEN
from homeassistant.core import HomeAssistant
from homeassistant.data_entry_flow import FlowContext, FlowResult
from homeassistant.helpers.selector import (
    SelectOptionDict,
    SelectSelector,
    SelectSelectorConfig,
    SelectSelectorMode,
)

from .battery_found import FoundSteps
from .cloud_forms import advanced_section, cloud_errors, label, place_schema
from .errors import InputError
from .octopus_forms import SECTION_ADVANCED
from .prices import check_address
from .selectors import TOKEN_SELECTOR

CONF_SITE: Final = "site"
INTEGRATION_NAMES: Final = {"teslemetry": "Teslemetry", "tesla_fleet": "Tesla Fleet"}


class TeslaSteps[ContextT: FlowContext, ResultT: FlowResult[Any, Any], HandlerT](
    FoundSteps[ContextT, ResultT, HandlerT]
):
    """Whose access, then the site; begins with `async_step_battery_tesla`."""

    _tesla_access: Mapping[str, Any]
    _tesla_sites: list[FoundSite]

    async def async_step_battery_tesla(
        self, user_input: dict[str, Any] | None = None
    ) -> ResultT:
        """Offer the sites that an integration has; without any, ask for a token."""
        errors: dict[str, str] = {}
        offered = [
            (domain, site)
            for domain, site in borrowed_sites(self.hass)
            if self.known_serial in (None, site.site_id)
        ]
        if not offered:
            return await self.async_step_battery_tesla_token()
        if user_input is not None:
            if user_input[CONF_SITE] == VIA_TOKEN:
                return await self.async_step_battery_tesla_token()
            try:
                await self._async_take_borrowed(user_input[CONF_SITE], offered)
            except InputError as err:
                errors = err.errors
            else:
                return await self.async_found()
        return self.async_show_form(
            step_id="battery_tesla",
            data_schema=self.add_suggested_values_to_schema(
                borrowed_schema(offered), user_input
            ),
            errors=errors,
        )

    async def _async_take_borrowed(
        self, chosen: str, offered: Iterable[tuple[str, FoundSite]]
    ) -> None:
        """Take a site of an integration. Raises InputError, AbortFlow."""
        for domain, site in offered:
            if chosen == _key(domain, site):
                await self._async_take_site({CONF_VIA: domain}, site)
                return
        raise InputError("no_tesla_site")

    async def async_step_battery_tesla_token(
        self, user_input: dict[str, Any] | None = None
    ) -> ResultT:
        """Ask for a token, and look at what it opens."""
        errors: dict[str, str] = {}
        if user_input is not None:
            try:
                self._tesla_access = _access_from(user_input, self.known)
                self._tesla_sites = await async_token_sites(
                    self.hass, self.brand, self._tesla_access
                )
                only = _only(self._tesla_sites, self.known_serial)
                if only is not None:
                    await self._async_take_site(self._tesla_access, only)
            except InputError as err:
                errors = err.errors
            else:
                if only is not None:
                    return await self.async_found()
                return await self.async_step_battery_tesla_site()
        return self.async_show_form(
            step_id="battery_tesla_token",
            data_schema=self.add_suggested_values_to_schema(
                token_schema(known=CONF_TOKEN in self.known),
                _shown(user_input, self.known),
            ),
            errors=errors,
        )

    async def async_step_battery_tesla_site(
        self, user_input: dict[str, Any] | None = None
    ) -> ResultT:
        """Ask which of the token's sites it is, and look at it."""
        errors: dict[str, str] = {}
        if user_input is not None:
            (site,) = (
                each
                for each in self._tesla_sites
                if each.site_id == user_input[CONF_SITE]
            )
            try:
                await self._async_take_site(self._tesla_access, site)
            except InputError as err:
                errors = err.errors
            else:
                return await self.async_found()
        return self.async_show_form(
            step_id="battery_tesla_site",
            data_schema=self.add_suggested_values_to_schema(
                site_schema(self._tesla_sites), user_input
            ),
            errors=errors,
        )

    async def _async_take_site(
        self, address: Mapping[str, Any], site: FoundSite
    ) -> None:
        """Take whose access it is, and a site. Raises InputError, AbortFlow."""
        self.take(address, await _async_probe(self.hass, self.brand, address, site))


def borrowed_schema(offered: Iterable[tuple[str, FoundSite]]) -> probatio.Schema:
    """Return the form that asks for a site of an integration, or for a token."""
    options = [
        SelectOptionDict(
            value=_key(domain, site),
            label=f"{_label(site)}, {INTEGRATION_NAMES[domain]}",
        )
        for domain, site in offered
    ]
    select = SelectSelectorConfig(
        options=[*options, SelectOptionDict(value=VIA_TOKEN, label=VIA_TOKEN)],
        mode=SelectSelectorMode.LIST,
        translation_key="tesla_access",
    )
    return probatio.Schema({probatio.Required(CONF_SITE): SelectSelector(select)})


def token_schema(*, known: bool = False) -> probatio.Schema:
    """Return the token's form; one that is `known` need not be typed."""
    token = probatio.Optional if known else probatio.Required
    return probatio.Schema(
        {
            token(CONF_TOKEN): TOKEN_SELECTOR,
            probatio.Required(SECTION_ADVANCED): advanced_section(),
        }
    )


def site_schema(sites: Iterable[FoundSite]) -> probatio.Schema:
    """Return the form that asks for one of several sites."""
    return place_schema(CONF_SITE, ((each.site_id, _label(each)) for each in sites))


@contextmanager
def _errors() -> Iterator[None]:
    """Turn what the cloud or its integration raises into an InputError."""
    with cloud_errors(refused="token_refused", gone="no_tesla_site"):
        try:
            yield
        except RightsMissingError as err:
            raise InputError("tesla_rights_missing") from err
        except SignedOutError as err:
            raise InputError("tesla_signed_out") from err


async def async_token_sites(
    hass: HomeAssistant, brand: BatteryBrand, data: Mapping[str, Any]
) -> list[FoundSite]:
    """Return the sites that a token opens, at least one. Raises InputError."""
    with _errors():
        sites = await account_of(hass, brand, data).sites()
    if not sites:
        raise InputError("no_tesla_site")
    return sites


def check_has_site(sites: Iterable[FoundSite], serial: str) -> FoundSite:
    """Return the site with this number. Raises InputError."""
    for each in sites:
        if each.site_id == serial:
            return each
    raise InputError("wrong_tesla_account")


async def _async_probe(
    hass: HomeAssistant,
    brand: BatteryBrand,
    address: Mapping[str, Any],
    site: FoundSite,
) -> BatteryProbe:
    """Return what a site is. Raises InputError."""
    with _errors():
        api = site_api(hass, brand, address, site.site_id)
        return await tesla_access(brand).probe(api, site)


def _only(sites: list[FoundSite], serial: str | None) -> FoundSite | None:
    """Return the site that needs no question. Raises InputError."""
    if serial is not None:
        return check_has_site(sites, serial)
    return sites[0] if len(sites) == 1 else None


def _access_from(typed: Mapping[str, Any], known: Mapping[str, Any]) -> dict[str, Any]:
    """Return what is stored of an access; an empty token stays as it was.

    Raises InputError for an address that cannot be asked.
    """
    address = typed[SECTION_ADVANCED].get(CONF_BASE_URL, "").strip()
    if address:
        check_address(address)
    return {
        CONF_VIA: VIA_TOKEN,
        CONF_TOKEN: typed.get(CONF_TOKEN, "").strip() or known.get(CONF_TOKEN, ""),
        **({CONF_BASE_URL: address} if address else {}),
    }


def _shown(
    typed: Mapping[str, Any] | None, known: Mapping[str, Any]
) -> Mapping[str, Any]:
    """Return what to suggest: the address that was typed or is stored, no token."""
    if typed is not None:
        return {SECTION_ADVANCED: typed[SECTION_ADVANCED]}
    stored = {CONF_BASE_URL: known[CONF_BASE_URL]} if CONF_BASE_URL in known else {}
    return {SECTION_ADVANCED: stored}


def _key(domain: str, site: FoundSite) -> str:
    return f"{domain}:{site.site_id}"


def _label(site: FoundSite) -> str:
    return label(site.name, site.site_id)
