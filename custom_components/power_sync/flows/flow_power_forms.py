"""The forms of Flow Power's steps, and what is made of what was typed."""

from collections.abc import Iterable, Mapping
from typing import Any, Final

import probatio

from custom_components.power_sync.model.plain import Json
from custom_components.power_sync.prices.aemo_client import Addresses
from custom_components.power_sync.prices.amber import (
    CONF_SITE_ID,
    CONF_STANDING_PER_DAY,
)
from custom_components.power_sync.prices.amber_client import AmberSite
from custom_components.power_sync.prices.fixed import (
    CONF_END,
    CONF_PRICE_PER_KWH,
    CONF_RATES,
    CONF_START,
)
from custom_components.power_sync.prices.flow_power import (
    DEFAULT_BASE_PER_KWH,
    DEFAULT_BENCHMARK_PER_KWH,
    HAPPY_PER_KWH,
    ZONES,
    Market,
)
from custom_components.power_sync.prices.flow_power_settings import (
    CONF_BASE_PER_KWH,
    CONF_BENCHMARK_PER_KWH,
    CONF_FILES_URL,
    CONF_HAPPY_HOUR,
    CONF_NETWORK,
    CONF_PAST_URL,
    CONF_SOURCE,
)
from custom_components.power_sync.prices.nem import CURRENCY, Region
from custom_components.power_sync.prices.protocols import CONF_ZONE
from custom_components.power_sync.prices.spike_watch import (
    CONF_REGION,
    CONF_REPORT_URL,
)
from homeassistant.data_entry_flow import section
from homeassistant.helpers.selector import (
    SelectSelector,
    SelectSelectorConfig,
    SelectSelectorMode,
    TextSelector,
    TextSelectorConfig,
    TextSelectorType,
    TimeSelector,
)

from .amber_forms import site_selector
from .errors import InputError
from .fixed_forms import check_price, money_selector
from .market_forms import region_selector
from .octopus_forms import SECTION_ADVANCED

CONF_USUAL: Final = "usual_per_kwh"
CONF_PEAK: Final = "peak_per_kwh"
CONF_PEAK_START: Final = "peak_start"
CONF_PEAK_END: Final = "peak_end"
CONF_LOW: Final = "low_per_kwh"
CONF_LOW_START: Final = "low_start"
CONF_LOW_END: Final = "low_end"
URLS: Final = (CONF_REPORT_URL, CONF_FILES_URL, CONF_PAST_URL)

_PEAK: Final = (CONF_PEAK_START, CONF_PEAK_END, CONF_PEAK)
_LOW: Final = (CONF_LOW_START, CONF_LOW_END, CONF_LOW)
_NETWORK_PRICES: Final = (CONF_USUAL, CONF_PEAK, CONF_LOW)
_PER_KWH: Final = money_selector(f"{CURRENCY}/kWh")


def contract_schema(*, collapsed: bool) -> probatio.Schema:
    """Return the form of the contract, with what few have to change folded up."""
    return probatio.Schema(
        {
            probatio.Required(CONF_REGION): region_selector(),
            probatio.Required(
                CONF_BASE_PER_KWH, default=DEFAULT_BASE_PER_KWH
            ): _PER_KWH,
            probatio.Optional(CONF_STANDING_PER_DAY): money_selector(f"{CURRENCY}/d"),
            probatio.Required(CONF_SOURCE, default=str(Market.AEMO)): _choice(
                Market, "market"
            ),
            **{
                probatio.Required(name): section(
                    probatio.Schema(fields), {"collapsed": collapsed}
                )
                for name, fields in (
                    (CONF_HAPPY_HOUR, _happy_fields()),
                    (CONF_NETWORK, _network_fields()),
                    (SECTION_ADVANCED, _advanced_fields()),
                )
            },
        }
    )


def _happy_fields() -> dict[Any, Any]:
    return {
        probatio.Required(CONF_START, default="17:30:00"): TimeSelector(),
        probatio.Required(CONF_END, default="19:30:00"): TimeSelector(),
        probatio.Optional(CONF_PRICE_PER_KWH): _PER_KWH,
    }


def _network_fields() -> dict[Any, Any]:
    return {
        probatio.Optional(CONF_USUAL): _PER_KWH,
        probatio.Optional(CONF_PEAK): _PER_KWH,
        probatio.Required(CONF_PEAK_START, default="16:00:00"): TimeSelector(),
        probatio.Required(CONF_PEAK_END, default="21:00:00"): TimeSelector(),
        probatio.Optional(CONF_LOW): _PER_KWH,
        probatio.Required(CONF_LOW_START, default="10:00:00"): TimeSelector(),
        probatio.Required(CONF_LOW_END, default="15:00:00"): TimeSelector(),
    }


def _advanced_fields() -> dict[Any, Any]:
    address = TextSelector(TextSelectorConfig(type=TextSelectorType.URL))
    known = Addresses()
    return {
        probatio.Required(
            CONF_BENCHMARK_PER_KWH, default=DEFAULT_BENCHMARK_PER_KWH
        ): _PER_KWH,
        probatio.Required(CONF_REPORT_URL, default=known.report): address,
        probatio.Required(CONF_FILES_URL, default=known.files): address,
        probatio.Required(CONF_PAST_URL, default=known.past): address,
    }


def market_site_schema(sites: Iterable[AmberSite]) -> probatio.Schema:
    """Return the form that asks for one of Amber's homes."""
    return probatio.Schema({probatio.Required(CONF_SITE_ID): site_selector(sites)})


def contract_prices(user_input: Mapping[str, Any]) -> dict[str, Json]:
    """Return the settings of the contract that was typed. Raises InputError."""
    region = Region(user_input[CONF_REGION].upper())
    happy, advanced = user_input[CONF_HAPPY_HOUR], user_input[SECTION_ADVANCED]
    paid = happy.get(CONF_PRICE_PER_KWH, HAPPY_PER_KWH[region])
    standing = user_input.get(CONF_STANDING_PER_DAY)
    check_price(user_input[CONF_BASE_PER_KWH], CURRENCY, CONF_BASE_PER_KWH)
    for price in (paid, advanced[CONF_BENCHMARK_PER_KWH]):
        check_price(price, CURRENCY, "base")
    return {
        CONF_REGION: str(region),
        CONF_ZONE: ZONES[region],
        CONF_SOURCE: user_input[CONF_SOURCE],
        CONF_BASE_PER_KWH: float(user_input[CONF_BASE_PER_KWH]),
        CONF_BENCHMARK_PER_KWH: float(advanced[CONF_BENCHMARK_PER_KWH]),
        CONF_STANDING_PER_DAY: None if standing is None else float(standing),
        CONF_HAPPY_HOUR: _rate(happy[CONF_START], happy[CONF_END], paid),
        CONF_NETWORK: _network(user_input[CONF_NETWORK]),
        **{key: advanced[key].strip() for key in URLS},
    }


def _network(typed: Mapping[str, Any]) -> Json:
    """Return the network's rates: all of them, or None. Raises InputError."""
    prices = [typed[key] for key in _NETWORK_PRICES if key in typed]
    if not prices:
        return None
    if len(prices) < len(_NETWORK_PRICES):
        raise InputError("network_incomplete")
    for price in prices:
        check_price(price, CURRENCY, "base")
    return {
        CONF_PRICE_PER_KWH: float(typed[CONF_USUAL]),
        CONF_RATES: [_rate(*(typed[key] for key in keys)) for keys in (_LOW, _PEAK)],
    }


def _rate(start: str, end: str, price: float) -> dict[str, Json]:
    return {CONF_START: start, CONF_END: end, CONF_PRICE_PER_KWH: float(price)}


def contract_as_typed(prices: Mapping[str, Any]) -> dict[str, Any]:
    """Return stored settings in the shape of the contract's form."""
    if not prices:
        return {}
    typed = {
        key: prices[key]
        for key in (
            *(CONF_BASE_PER_KWH, CONF_STANDING_PER_DAY),
            *(CONF_SOURCE, CONF_HAPPY_HOUR),
        )
        if prices[key] is not None
    }
    typed[CONF_REGION] = prices[CONF_REGION].lower()
    typed[SECTION_ADVANCED] = {
        key: prices[key] for key in (CONF_BENCHMARK_PER_KWH, *URLS)
    }
    network = prices[CONF_NETWORK]
    if network is not None:
        typed[CONF_NETWORK] = {CONF_USUAL: network[CONF_PRICE_PER_KWH]}
        for keys, rate in zip((_LOW, _PEAK), network[CONF_RATES], strict=True):
            stored = (CONF_START, CONF_END, CONF_PRICE_PER_KWH)
            typed[CONF_NETWORK] |= {
                key: rate[each] for key, each in zip(keys, stored, strict=True)
            }
    return typed


def _choice(options: Iterable[str], key: str) -> SelectSelector:
    return SelectSelector(
        SelectSelectorConfig(
            options=[str(each) for each in options],
            mode=SelectSelectorMode.LIST,
            translation_key=key,
        )
    )
