"""The form of the wholesale market that is watched, and what is made of it."""

from collections.abc import Mapping
from typing import Any, Final

import probatio

from custom_components.power_sync.const import (
    CONF_MARKET,
    CONF_PRICES,
    CONF_SPIKE_ENTER_PER_MWH,
    CONF_SPIKE_LEAVE_PER_MWH,
    CONF_SPIKE_PAID_PER_KWH,
)
from custom_components.power_sync.model.plain import Json, JsonObject
from custom_components.power_sync.prices.aemo_client import Addresses
from custom_components.power_sync.prices.nem import CURRENCY, Region
from custom_components.power_sync.prices.spike_watch import (
    CONF_REGION,
    CONF_REPORT_URL,
    ENTER_AUD_PER_MWH,
    LEAVE_AUD_PER_MWH,
    watch_from_settings,
)
from custom_components.power_sync.settings import MOST_SPIKE_PAID_PER_KWH, Settings
from homeassistant.config_entries import ConfigEntry
from homeassistant.core import HomeAssistant
from homeassistant.data_entry_flow import section
from homeassistant.helpers.aiohttp_client import async_get_clientsession
from homeassistant.helpers.selector import (
    NumberSelector,
    NumberSelectorConfig,
    NumberSelectorMode,
    SelectSelector,
    SelectSelectorConfig,
    SelectSelectorMode,
    TextSelector,
    TextSelectorConfig,
    TextSelectorType,
)
from homeassistant.util import dt as dt_util

from .errors import InputError
from .fixed_forms import money_selector
from .octopus_forms import SECTION_ADVANCED
from .prices import check_address, price_errors

_PER_MWH: Final = money_selector(f"{CURRENCY}/MWh")
_PAID: Final = NumberSelector(
    NumberSelectorConfig(
        min=0,
        max=MOST_SPIKE_PAID_PER_KWH,
        step="any",
        mode=NumberSelectorMode.BOX,
        unit_of_measurement=f"{CURRENCY}/kWh",
    )
)


def market_schema(*, collapsed: bool) -> probatio.Schema:
    """Return the form: whose price is watched, and when it is a spike."""
    address = TextSelector(TextSelectorConfig(type=TextSelectorType.URL))
    advanced = {probatio.Required(CONF_REPORT_URL, default=Addresses().report): address}
    return probatio.Schema(
        {
            probatio.Optional(CONF_REGION): region_selector(),
            probatio.Required(
                CONF_SPIKE_ENTER_PER_MWH, default=ENTER_AUD_PER_MWH
            ): _PER_MWH,
            probatio.Required(
                CONF_SPIKE_LEAVE_PER_MWH, default=LEAVE_AUD_PER_MWH
            ): _PER_MWH,
            probatio.Required(CONF_SPIKE_PAID_PER_KWH, default=0.0): _PAID,
            probatio.Required(SECTION_ADVANCED): section(
                probatio.Schema(advanced), {"collapsed": collapsed}
            ),
        }
    )


def region_selector() -> SelectSelector:
    """Return a field for a region of the market."""
    return SelectSelector(
        SelectSelectorConfig(
            options=[region.lower() for region in Region],
            mode=SelectSelectorMode.LIST,
            translation_key="nem_region",
        )
    )


def market_as_typed(market: Mapping[str, Any]) -> dict[str, Any]:
    """Return stored settings in the shape of the form."""
    typed = {
        key: market[key]
        for key in (
            CONF_SPIKE_ENTER_PER_MWH,
            CONF_SPIKE_LEAVE_PER_MWH,
            CONF_SPIKE_PAID_PER_KWH,
        )
        if key in market
    }
    region = market.get(CONF_REGION)
    # Providers elsewhere have regions of their own.
    if region is not None and region in Region:
        typed[CONF_REGION] = region.lower()
    if address := market.get(CONF_REPORT_URL):
        typed[SECTION_ADVANCED] = {CONF_REPORT_URL: address}
    return typed


def present_market(entry: ConfigEntry[Any], settings: Settings) -> dict[str, Any]:
    """Return what a site watches now, as it is stored, and what counts as a spike."""
    market = entry.options.get(CONF_MARKET, entry.data[CONF_PRICES])
    return {
        **market,
        CONF_SPIKE_ENTER_PER_MWH: settings.spike_enter_per_mwh,
        CONF_SPIKE_LEAVE_PER_MWH: settings.spike_leave_per_mwh,
        CONF_SPIKE_PAID_PER_KWH: settings.spike_paid_per_kwh,
    }


def with_market(options: Mapping[str, Any], prices: JsonObject) -> dict[str, Any]:
    """Return a site's options with the market that its new prices name, if any.

    What the options say of it counts before the prices do.
    """
    if CONF_MARKET not in options or CONF_REPORT_URL not in prices:
        return {**options}
    market = {key: prices.get(key) for key in (CONF_REGION, CONF_REPORT_URL)}
    return {**options, CONF_MARKET: market}


async def async_checked_market(
    hass: HomeAssistant, user_input: Mapping[str, Any]
) -> tuple[dict[str, Json], dict[str, float]]:
    """Return what was typed: the market, and what of a spike. Raises InputError.

    Where a region is watched its price is asked for, as the site will.
    """
    enter, leave = (
        float(user_input[key])
        for key in (CONF_SPIKE_ENTER_PER_MWH, CONF_SPIKE_LEAVE_PER_MWH)
    )
    if enter <= 0 or leave < 0:
        raise InputError("threshold_not_positive")
    if leave > enter:
        raise InputError("leave_above_enter", CONF_SPIKE_LEAVE_PER_MWH)
    address = user_input[SECTION_ADVANCED][CONF_REPORT_URL].strip()
    check_address(address)
    region = user_input.get(CONF_REGION)
    market: dict[str, Json] = {
        CONF_REGION: region and region.upper(),
        CONF_REPORT_URL: address,
    }
    await _async_check(hass, market)
    return market, {
        CONF_SPIKE_ENTER_PER_MWH: enter,
        CONF_SPIKE_LEAVE_PER_MWH: leave,
        CONF_SPIKE_PAID_PER_KWH: float(user_input[CONF_SPIKE_PAID_PER_KWH]),
    }


async def _async_check(hass: HomeAssistant, market: JsonObject) -> None:
    watch = watch_from_settings(
        async_get_clientsession(hass), market, now=dt_util.utcnow
    )
    if watch is not None:
        with price_errors():
            await watch.check()
