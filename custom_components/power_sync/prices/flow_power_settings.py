"""Flow Power's prices from what is stored: the contract, and whom to ask."""

from collections.abc import Mapping
from datetime import time
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from aiohttp import ClientSession

from custom_components.power_sync.model.plain import (
    Json,
    JsonObject,
    number_of,
    text_of,
)

from .aemo import AemoPriceSource
from .aemo_client import Addresses, AemoClient
from .amber import (
    CONF_BASE_URL,
    CONF_INTERVAL_MIN,
    CONF_SITE_ID,
    CONF_STANDING_PER_DAY,
    AmberPriceSource,
    Home,
)
from .amber_client import AmberMarketClient
from .fixed import CONF_END, CONF_PRICE_PER_KWH, CONF_RATES, CONF_START
from .flow_power import FlowPowerPlan, FlowPowerPriceSource, Market
from .nem import Region
from .protocols import CONF_TOKEN, CONF_ZONE, Now, PriceSource, UnknownTariffError
from .spike_watch import CONF_REGION, CONF_REPORT_URL
from .windows import Rate, Rates, Window

CONF_SOURCE = "source"
CONF_BASE_PER_KWH = "base_per_kwh"
CONF_BENCHMARK_PER_KWH = "benchmark_per_kwh"
CONF_HAPPY_HOUR = "happy_hour"
CONF_NETWORK = "network"
CONF_FILES_URL = "files_url"
CONF_PAST_URL = "past_url"


def from_settings(
    session: ClientSession, settings: JsonObject, *, now: Now
) -> FlowPowerPriceSource:
    """Make the source from what is stored. Raises UnknownTariffError."""
    try:
        market = _market(session, settings, now)
        return FlowPowerPriceSource(read_plan(settings), market, now=now)
    except (TypeError, ValueError, ZoneInfoNotFoundError) as err:
        raise UnknownTariffError("the contract cannot be read") from err


def read_plan(settings: JsonObject) -> FlowPowerPlan:
    """Return the contract that is stored. Raises TypeError and ValueError."""
    standing = settings.get(CONF_STANDING_PER_DAY)
    network = settings.get(CONF_NETWORK)
    return FlowPowerPlan(
        ZoneInfo(text_of(settings.get(CONF_ZONE))),
        number_of(settings.get(CONF_BASE_PER_KWH)),
        number_of(settings.get(CONF_BENCHMARK_PER_KWH)),
        Rates(0.0, (_rate(settings.get(CONF_HAPPY_HOUR)),)),
        None if network is None else _network(network),
        None if standing is None else number_of(standing),
    )


def _network(stored: Json) -> Rates:
    """Return the network's rates."""
    if not isinstance(stored, Mapping):
        raise TypeError("the network's rates are an object")
    rates = stored.get(CONF_RATES)
    if not isinstance(rates, list):
        raise TypeError("the network's rates are a list")
    return Rates(
        number_of(stored.get(CONF_PRICE_PER_KWH)), tuple(_rate(each) for each in rates)
    )


def _rate(stored: Json) -> Rate:
    if not isinstance(stored, Mapping):
        raise TypeError("a rate is an object")
    start, end = (
        time.fromisoformat(text_of(stored.get(key))) for key in (CONF_START, CONF_END)
    )
    return Rate(number_of(stored.get(CONF_PRICE_PER_KWH)), Window(start, end))


def _market(session: ClientSession, settings: JsonObject, now: Now) -> PriceSource:
    """Return whom the wholesale price is asked of."""
    zone = text_of(settings.get(CONF_ZONE))
    if Market(text_of(settings.get(CONF_SOURCE))) is Market.AEMO:
        keys = (CONF_REPORT_URL, CONF_FILES_URL, CONF_PAST_URL)
        addresses = Addresses(*(text_of(settings.get(key)) for key in keys))
        region = Region(text_of(settings.get(CONF_REGION)))
        market = AemoClient(session, region, addresses, now=now)
        return AemoPriceSource(market, zone, now=now)
    client = AmberMarketClient(
        session,
        text_of(settings.get(CONF_BASE_URL)),
        text_of(settings.get(CONF_TOKEN)),
    )
    interval_min = int(number_of(settings.get(CONF_INTERVAL_MIN)))
    site_id = text_of(settings.get(CONF_SITE_ID))
    home = Home(site_id, interval_min, feeds_in=False, zone=zone, standing_per_day=None)
    return AmberPriceSource(client, home, now=now)
