"""The forms of Amber Electric's steps, and what is made of what was typed."""

from collections.abc import Iterable, Mapping
from typing import Any, Final

import probatio

from custom_components.power_sync.model.plain import Json
from custom_components.power_sync.prices.amber import (
    CONF_BASE_URL,
    CONF_FEEDS_IN,
    CONF_INTERVAL_MIN,
    CONF_OUTLOOK,
    CONF_SITE_ID,
    CONF_STANDING_PER_DAY,
)
from custom_components.power_sync.prices.amber_client import (
    BASE_URL,
    AmberSite,
    Outlook,
)
from custom_components.power_sync.prices.nem import CURRENCY, NEM_ZONE
from custom_components.power_sync.prices.protocols import CONF_TOKEN, CONF_ZONE
from homeassistant.data_entry_flow import section
from homeassistant.helpers.selector import (
    NumberSelector,
    NumberSelectorConfig,
    NumberSelectorMode,
    SelectOptionDict,
    SelectSelector,
    SelectSelectorConfig,
    SelectSelectorMode,
    TextSelector,
    TextSelectorConfig,
    TextSelectorType,
)

from .octopus_forms import SECTION_ADVANCED
from .selectors import TOKEN_SELECTOR

AUSTRALIA: Final = "Australia/"


def account_schema(*, known: bool, collapsed: bool) -> probatio.Schema:
    """Return the account's form; a token that is `known` need not be typed."""
    key = probatio.Optional if known else probatio.Required
    address = TextSelector(TextSelectorConfig(type=TextSelectorType.URL))
    advanced = {probatio.Required(CONF_BASE_URL, default=BASE_URL): address}
    return probatio.Schema(
        {
            key(CONF_TOKEN): TOKEN_SELECTOR,
            probatio.Required(SECTION_ADVANCED): section(
                probatio.Schema(advanced), {"collapsed": collapsed}
            ),
        }
    )


def site_schema(sites: Iterable[AmberSite]) -> probatio.Schema:
    """Return the form of the home, which of Amber's forecasts, and its charge."""
    outlook = SelectSelectorConfig(
        options=[str(each) for each in Outlook],
        mode=SelectSelectorMode.DROPDOWN,
        translation_key="outlook",
    )
    charge = NumberSelectorConfig(
        step="any",
        mode=NumberSelectorMode.BOX,
        unit_of_measurement=f"{CURRENCY}/d",
    )
    return probatio.Schema(
        {
            probatio.Required(CONF_SITE_ID): site_selector(sites),
            probatio.Required(
                CONF_OUTLOOK, default=str(Outlook.PREDICTED)
            ): SelectSelector(outlook),
            probatio.Optional(CONF_STANDING_PER_DAY): NumberSelector(charge),
        }
    )


def site_selector(sites: Iterable[AmberSite]) -> SelectSelector:
    """Return a field that asks for one of an account's homes."""
    homes = [SelectOptionDict(value=site.site_id, label=_label(site)) for site in sites]
    return SelectSelector(
        SelectSelectorConfig(options=homes, mode=SelectSelectorMode.LIST)
    )


def _label(site: AmberSite) -> str:
    return f"{site.name} ({site.interval_min} min)"


def typed_account(
    user_input: Mapping[str, Any], before: Mapping[str, Any]
) -> dict[str, str]:
    """Return the account that was typed; a token left empty is that of before."""
    token = user_input.get(CONF_TOKEN, "").strip()
    return {
        CONF_TOKEN: token or before.get(CONF_TOKEN, ""),
        CONF_BASE_URL: user_input[SECTION_ADVANCED][CONF_BASE_URL].strip(),
    }


def account_as_typed(prices: Mapping[str, Any]) -> dict[str, Any]:
    """Return stored settings in the shape of the account's form, without the token."""
    if not prices:
        return {}
    return {SECTION_ADVANCED: {CONF_BASE_URL: prices[CONF_BASE_URL]}}


def site_as_typed(
    prices: Mapping[str, Any], sites: Iterable[AmberSite]
) -> dict[str, Any]:
    """Return stored settings in the shape of the site's form, or what to suggest."""
    ids = [site.site_id for site in sites]
    before = prices.get(CONF_SITE_ID)
    typed: dict[str, Any] = {CONF_SITE_ID: before if before in ids else ids[0]}
    for key in (CONF_OUTLOOK, CONF_STANDING_PER_DAY):
        if prices.get(key) is not None:
            typed[key] = prices[key]
    return typed


def site_prices(
    user_input: Mapping[str, Any], sites: Iterable[AmberSite], zone: str
) -> dict[str, Json]:
    """Return the settings of the site that was chosen, in a home's time zone.

    A home whose time zone is not an Australian one has the market's.
    """
    (site,) = (site for site in sites if site.site_id == user_input[CONF_SITE_ID])
    standing = user_input.get(CONF_STANDING_PER_DAY)
    return {
        CONF_SITE_ID: site.site_id,
        CONF_INTERVAL_MIN: site.interval_min,
        CONF_FEEDS_IN: site.feeds_in,
        CONF_OUTLOOK: user_input[CONF_OUTLOOK],
        CONF_ZONE: zone if zone.startswith(AUSTRALIA) else NEM_ZONE,
        CONF_STANDING_PER_DAY: None if standing is None else float(standing),
    }
