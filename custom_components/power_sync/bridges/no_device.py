"""The home around batteries that are no devices: its sensors, and their memory."""

from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from datetime import tzinfo
from typing import Final

from custom_components.power_sync.devices.batteries.brand import (
    BatteryBrand,
    BatteryConfig,
)
from custom_components.power_sync.devices.batteries.no_device import no_device_access
from custom_components.power_sync.devices.protocols import BatteryDriver
from custom_components.power_sync.model.plain import Json
from homeassistant.config_entries import ConfigEntry
from homeassistant.core import HomeAssistant
from homeassistant.util import dt as dt_util

from .kept import KeptFile, KeptStore
from .measured import power_w

MEMORY_FILE: Final = KeptFile("battery", version=1, delay_s=300.0)


class Home:
    """The home as Home Assistant knows it, around one battery."""

    def __init__(self, hass: HomeAssistant, serial: str) -> None:
        """Know nothing of the battery yet."""
        self._hass = hass
        self._memory: Callable[[], Mapping[str, Json]] = dict
        self._store = KeptStore(hass, serial.lower(), MEMORY_FILE, self._content)

    @property
    def zone(self) -> tzinfo:
        """The home's time zone."""
        return dt_util.get_default_time_zone()

    def power_w(self, sensor: str) -> float | None:
        """Return what a power sensor says, in W."""
        return power_w(self._hass, sensor)

    async def recall(self) -> Mapping[str, object]:
        """Return what was kept of this battery."""
        kept = await self._store.load()
        return kept if isinstance(kept, dict) else {}

    def keep(self, memory: Callable[[], Mapping[str, Json]]) -> None:
        """Write it down within five minutes, and at a stop."""
        self._memory = memory
        self._store.async_changed()

    def _content(self) -> dict[str, Json]:
        return dict(self._memory())

    async def async_close(self) -> None:
        """Write down what is not written yet."""
        await self._store.async_close()

    async def async_forget(self) -> None:
        """Delete what was kept."""
        await self._store.remove()


class NoDeviceBridge:
    """Makes drivers that are the batteries, too."""

    def held(
        self,
        hass: HomeAssistant,
        entry: ConfigEntry,
        brand: BatteryBrand,
        config: BatteryConfig,
        data: Mapping[str, object],
    ) -> BatteryDriver:
        """Return a driver; its memory is written down when `entry` unloads."""
        home = Home(hass, config.identity.serial)
        entry.async_on_unload(home.async_close)
        return no_device_access(brand).driver(home, config, data, now=dt_util.utcnow)

    @asynccontextmanager
    async def temporary(
        self,
        hass: HomeAssistant,
        brand: BatteryBrand,
        config: BatteryConfig,
        data: Mapping[str, object],
    ) -> AsyncIterator[BatteryDriver]:
        """Hold a driver for a moment, outside of any loaded entry."""
        home = Home(hass, config.identity.serial)
        try:
            yield no_device_access(brand).driver(home, config, data, now=dt_util.utcnow)
        finally:
            await home.async_close()

    async def forget(self, hass: HomeAssistant, config: BatteryConfig) -> None:
        """Delete what was kept of a battery that is gone."""
        await Home(hass, config.identity.serial).async_forget()
