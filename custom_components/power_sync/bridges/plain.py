"""Access to batteries of which nothing is kept beside what is stored of them."""

from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager

from custom_components.power_sync.devices.batteries.brand import (
    BatteryBrand,
    BatteryConfig,
)
from custom_components.power_sync.devices.protocols import BatteryDriver
from homeassistant.config_entries import ConfigEntry
from homeassistant.core import HomeAssistant

type Data = Mapping[str, object]
type MakeDriver = Callable[
    [HomeAssistant, BatteryBrand, BatteryConfig, Data], BatteryDriver
]
"""Makes a driver; raises StoredConfigError where it never can."""


class PlainBridge:
    """Makes drivers that hold nothing which has to be let go of."""

    def __init__(self, make: MakeDriver) -> None:
        """Take what makes one."""
        self._make = make

    def held(
        self,
        hass: HomeAssistant,
        entry: ConfigEntry,
        brand: BatteryBrand,
        config: BatteryConfig,
        data: Data,
    ) -> BatteryDriver:
        """Return a driver. Raises StoredConfigError."""
        del entry
        return self._make(hass, brand, config, data)

    @asynccontextmanager
    async def temporary(
        self,
        hass: HomeAssistant,
        brand: BatteryBrand,
        config: BatteryConfig,
        data: Data,
    ) -> AsyncIterator[BatteryDriver]:
        """Hold a driver for a moment. Raises StoredConfigError."""
        yield self._make(hass, brand, config, data)

    async def forget(self, _hass: HomeAssistant, _config: BatteryConfig) -> None:
        """Do nothing: nothing is kept."""
