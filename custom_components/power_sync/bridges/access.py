"""From what is stored of a battery to its driver, for each kind of access."""

from collections.abc import AsyncIterator, Mapping
from contextlib import AbstractAsyncContextManager, asynccontextmanager, suppress
from types import MappingProxyType
from typing import Final, Protocol

from custom_components.power_sync.devices.batteries import BRANDS
from custom_components.power_sync.devices.batteries.brand import (
    AccessKind,
    BatteryBrand,
    BatteryConfig,
)
from custom_components.power_sync.devices.batteries.stored import (
    Stored,
    StoredConfigError,
    from_stored,
)
from custom_components.power_sync.devices.protocols import BatteryDriver
from homeassistant.config_entries import ConfigEntry
from homeassistant.core import HomeAssistant

from .cloud import cloud_driver
from .entities import entities_driver
from .modbus import ModbusBridge
from .no_device import NoDeviceBridge
from .plain import PlainBridge
from .tesla import tesla_driver


class AccessBridge(Protocol):
    """Makes the drivers of one kind of access."""

    def held(
        self,
        hass: HomeAssistant,
        entry: ConfigEntry,
        brand: BatteryBrand,
        config: BatteryConfig,
        data: Stored,
    ) -> BatteryDriver:
        """Return a driver for as long as `entry` is loaded; does no input or output.

        Raises StoredConfigError where it can never be made from `data`, and
        HomeAssistantError where it cannot be made now.
        """

    def temporary(
        self,
        hass: HomeAssistant,
        brand: BatteryBrand,
        config: BatteryConfig,
        data: Stored,
    ) -> AbstractAsyncContextManager[BatteryDriver]:
        """Hold a driver for a moment, while no entry with it is loaded."""

    async def forget(self, hass: HomeAssistant, config: BatteryConfig) -> None:
        """Delete what was kept of a battery whose site is removed."""


BRIDGES: Final[Mapping[AccessKind, AccessBridge]] = MappingProxyType(
    {
        AccessKind.MODBUS: ModbusBridge(),
        AccessKind.NONE: NoDeviceBridge(),
        AccessKind.ENTITIES: PlainBridge(entities_driver),
        AccessKind.CLOUD: PlainBridge(cloud_driver),
        AccessKind.TESLA: PlainBridge(tesla_driver),
    }
)


def battery_driver(
    hass: HomeAssistant, entry: ConfigEntry, data: Stored
) -> BatteryDriver:
    """Return a battery's driver for as long as `entry` is loaded.

    Raises StoredConfigError, and HomeAssistantError where it cannot be made now.
    """
    brand, config = _known(data)
    return BRIDGES[brand.access.kind].held(hass, entry, brand, config, data)


@asynccontextmanager
async def temporary_driver(
    hass: HomeAssistant, data: Stored
) -> AsyncIterator[BatteryDriver]:
    """Hold a battery's driver for a moment, outside of any loaded entry."""
    brand, config = _known(data)
    bridge = BRIDGES[brand.access.kind]
    async with bridge.temporary(hass, brand, config, data) as driver:
        yield driver


async def async_forget_battery(hass: HomeAssistant, data: Stored) -> None:
    """Delete what its kind of access has kept of a battery."""
    with suppress(StoredConfigError):
        brand, config = _known(data)
        await BRIDGES[brand.access.kind].forget(hass, config)


def _known(data: Stored) -> tuple[BatteryBrand, BatteryConfig]:
    config = from_stored(data)
    brand = BRANDS.get(config.identity.brand)
    if brand is None:
        raise StoredConfigError(f"unknown brand {config.identity.brand}")
    return brand, config
