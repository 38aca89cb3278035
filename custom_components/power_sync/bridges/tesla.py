"""Tesla's cloud, through an integration that has access to it, or with a token."""

from collections.abc import Mapping

from custom_components.power_sync.devices.batteries.brand import (
    BatteryBrand,
    BatteryConfig,
)
from custom_components.power_sync.devices.batteries.cloud import (
    CONF_BASE_URL,
    CONF_VIA,
)
from custom_components.power_sync.devices.batteries.stored import (
    StoredConfigError,
    text_in,
)
from custom_components.power_sync.devices.batteries.tesla.access import (
    VIA_TOKEN,
    TeslaSiteApi,
    tesla_access,
)
from custom_components.power_sync.devices.batteries.tesla.client import (
    TeslaAccount,
    TeslaTokenSite,
)
from custom_components.power_sync.devices.protocols import BatteryDriver
from custom_components.power_sync.prices.protocols import CONF_TOKEN
from homeassistant.core import HomeAssistant
from homeassistant.helpers.aiohttp_client import async_get_clientsession
from homeassistant.util import dt as dt_util

from .tesla_borrowed import BorrowedSite
from .tesla_entries import INTEGRATIONS

type Data = Mapping[str, object]


def account_of(hass: HomeAssistant, brand: BatteryBrand, data: Data) -> TeslaAccount:
    """Return the account that a token of the user's opens. Raises StoredConfigError.

    An address that is stored goes before the usual one.
    """
    base_url = tesla_access(brand).base_url
    if data.get(CONF_BASE_URL):
        base_url = text_in(data, CONF_BASE_URL)
    token = text_in(data, CONF_TOKEN)
    return TeslaAccount(async_get_clientsession(hass), base_url, token)


def site_api(
    hass: HomeAssistant, brand: BatteryBrand, data: Data, site_id: str
) -> TeslaSiteApi:
    """Return the way to a site. Raises StoredConfigError."""
    via = text_in(data, CONF_VIA)
    if via == VIA_TOKEN:
        return TeslaTokenSite(account_of(hass, brand, data), site_id)
    if via not in INTEGRATIONS:
        raise StoredConfigError(f"no way through {via}")
    return BorrowedSite(hass, via, site_id)


def tesla_driver(
    hass: HomeAssistant, brand: BatteryBrand, config: BatteryConfig, data: Data
) -> BatteryDriver:
    """Return a driver that asks Tesla's cloud. Raises StoredConfigError."""
    api = site_api(hass, brand, data, config.identity.serial)
    return tesla_access(brand).driver(
        api, config, now=dt_util.utcnow, zone=dt_util.get_default_time_zone()
    )
