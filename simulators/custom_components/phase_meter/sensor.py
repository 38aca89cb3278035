"""The power of each phase, asked for every second."""

from datetime import timedelta
import logging
from typing import override

from homeassistant.components.sensor import SensorDeviceClass, SensorEntity
from homeassistant.config_entries import ConfigEntry
from homeassistant.const import UnitOfPower
from homeassistant.core import HomeAssistant
from homeassistant.helpers.aiohttp_client import async_get_clientsession
from homeassistant.helpers.entity_platform import AddConfigEntryEntitiesCallback
from homeassistant.helpers.update_coordinator import (
    CoordinatorEntity,
    DataUpdateCoordinator,
)

from .const import CONF_URL, DOMAIN, PHASES

PARALLEL_UPDATES = 0
EVERY = timedelta(seconds=1)


class Meter(DataUpdateCoordinator[dict[str, float]]):
    """Asks the meter for all phases at once."""

    def __init__(self, hass: HomeAssistant, entry: ConfigEntry) -> None:
        """Ask at the address of `entry`."""
        super().__init__(
            hass,
            logging.getLogger(__name__),
            config_entry=entry,
            name=DOMAIN,
            update_interval=EVERY,
        )
        self._url = f"{entry.data[CONF_URL]}/data"
        self._session = async_get_clientsession(hass)

    @override
    async def _async_update_data(self) -> dict[str, float]:
        """Return what it measures."""
        async with self._session.get(self._url) as response:
            measured: dict[str, float] = await response.json()
            return measured


async def async_setup_entry(
    hass: HomeAssistant,
    entry: ConfigEntry,
    async_add_entities: AddConfigEntryEntitiesCallback,
) -> None:
    """Add a sensor for each phase."""
    meter = Meter(hass, entry)
    await meter.async_config_entry_first_refresh()
    async_add_entities(PhasePower(meter, phase) for phase in PHASES)


class PhasePower(CoordinatorEntity[Meter], SensorEntity):
    """The power of a phase, positive while it imports."""

    _attr_device_class = SensorDeviceClass.POWER
    _attr_native_unit_of_measurement = UnitOfPower.WATT

    def __init__(self, meter: Meter, phase: int) -> None:
        """Show one phase of the meter."""
        super().__init__(meter)
        self.entity_id = f"sensor.fuse_box_power_l{phase}"
        self._attr_name = f"Fuse box power L{phase}"
        self._attr_unique_id = f"fuse_box_l{phase}"
        self._key = f"active_power_l{phase}_w"

    @property
    @override
    def native_value(self) -> float:
        """Return it in W."""
        return round(self.coordinator.data[self._key], 1)
