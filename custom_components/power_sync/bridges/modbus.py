"""Modbus over the connections that Home Assistant shares between integrations."""

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager

from modbus_connection import ModbusTcpParams, ModbusUnit

from custom_components.power_sync.const import CONF_UNIT_ID
from custom_components.power_sync.devices.batteries import BRANDS
from custom_components.power_sync.devices.batteries.stored import (
    StoredConfigError,
    from_stored,
)
from custom_components.power_sync.devices.protocols import BatteryDriver
from homeassistant.components.modbus import async_get_temporary_unit, async_get_unit
from homeassistant.config_entries import ConfigEntry
from homeassistant.const import CONF_HOST, CONF_PORT
from homeassistant.core import HomeAssistant
from homeassistant.util import dt as dt_util

_LOOPBACK = "127.0.0.1"


def normal_host(host: str) -> str:
    """Return one spelling of a host, as two spellings would open two links."""
    host = host.strip().lower()
    return _LOOPBACK if host == "localhost" else host


def _params(data: Mapping[str, object]) -> tuple[ModbusTcpParams, int]:
    host, port, unit_id = data[CONF_HOST], data[CONF_PORT], data[CONF_UNIT_ID]
    if not (
        isinstance(host, str)
        and isinstance(port, int | float)
        and isinstance(unit_id, int | float)
    ):
        raise StoredConfigError("no address")
    return ModbusTcpParams(host=normal_host(host), port=int(port)), int(unit_id)


def _driver(unit: ModbusUnit, data: Mapping[str, object]) -> BatteryDriver:
    config = from_stored(data)
    brand = BRANDS.get(config.identity.brand)
    if brand is None:
        raise StoredConfigError(f"unknown brand {config.identity.brand}")
    return brand.driver(unit, config, now=dt_util.utcnow)


def battery_driver(
    hass: HomeAssistant, entry: ConfigEntry, data: Mapping[str, object]
) -> BatteryDriver:
    """Return a battery's driver on a link that is held while `entry` is loaded.

    Raises StoredConfigError, and HomeAssistantError where another integration
    holds the same address with other link settings.
    """
    params, unit_id = _params(data)
    return _driver(async_get_unit(hass, entry, params, unit_id), data)


@asynccontextmanager
async def temporary_driver(
    hass: HomeAssistant, data: Mapping[str, object]
) -> AsyncIterator[BatteryDriver]:
    """Hold a battery's driver for a moment, outside of any loaded entry."""
    params, unit_id = _params(data)
    async with async_get_temporary_unit(hass, params, unit_id) as unit:
        yield _driver(unit, data)


@asynccontextmanager
async def temporary_unit(
    hass: HomeAssistant, data: Mapping[str, object]
) -> AsyncIterator[ModbusUnit]:
    """Hold a Modbus unit for a moment, for a config flow to look at a device."""
    params, unit_id = _params(data)
    async with async_get_temporary_unit(hass, params, unit_id) as unit:
        yield unit
