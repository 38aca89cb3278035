"""Makers' clouds, asked over the HTTP session that Home Assistant shares."""

from collections.abc import Mapping

from custom_components.power_sync.devices.batteries.brand import (
    BatteryBrand,
    BatteryConfig,
)
from custom_components.power_sync.devices.batteries.cloud import (
    CONF_BASE_URL,
    CONF_DEVICE_ID,
    CONF_EMAIL,
    CONF_PASSWORD,
    CONF_REGION,
    Account,
    Login,
    cloud_access,
)
from custom_components.power_sync.devices.batteries.stored import (
    StoredConfigError,
    text_in,
)
from custom_components.power_sync.devices.protocols import BatteryDriver
from homeassistant.core import HomeAssistant
from homeassistant.helpers.aiohttp_client import async_get_clientsession
from homeassistant.util import dt as dt_util

type Data = Mapping[str, object]


def login_of(hass: HomeAssistant, brand: BatteryBrand, data: Data) -> Login:
    """Return in whose name to ask, and where. Raises StoredConfigError.

    An address that is stored goes before that of the region.
    """
    region = text_in(data, CONF_REGION)
    base_url = cloud_access(brand).regions.get(region)
    if base_url is None:
        raise StoredConfigError(f"no region {region}")
    if data.get(CONF_BASE_URL):
        base_url = text_in(data, CONF_BASE_URL)
    account = Account(
        text_in(data, CONF_EMAIL),
        text_in(data, CONF_PASSWORD),
        text_in(data, CONF_DEVICE_ID) if data.get(CONF_DEVICE_ID) else None,
    )
    return Login(async_get_clientsession(hass), base_url, account)


def cloud_driver(
    hass: HomeAssistant, brand: BatteryBrand, config: BatteryConfig, data: Data
) -> BatteryDriver:
    """Return a driver that asks in the name of an account. Raises StoredConfigError."""
    login = login_of(hass, brand, data)
    return cloud_access(brand).driver(
        login, config, now=dt_util.utcnow, zone=dt_util.get_default_time_zone()
    )
