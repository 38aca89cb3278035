"""The power of the battery's forced modes."""

from typing import override

from homeassistant.components.number import NumberEntity
from homeassistant.const import UnitOfPower
from homeassistant.core import HomeAssistant
from homeassistant.helpers.entity_platform import AddConfigEntryEntitiesCallback

from . import BatteryEntry
from .const import POWER_W

PARALLEL_UPDATES = 1


async def async_setup_entry(
    hass: HomeAssistant,
    entry: BatteryEntry,
    async_add_entities: AddConfigEntryEntitiesCallback,
) -> None:
    """Add the number."""
    async_add_entities([PowerNumber(entry)])


class PowerNumber(NumberEntity):
    """The power."""

    _attr_unique_id = "cellar_forced_power"
    _attr_name = "Forced power"
    _attr_should_poll = False
    _attr_native_unit_of_measurement = UnitOfPower.WATT
    _attr_native_min_value = 0
    _attr_native_max_value = POWER_W
    _attr_native_step = 50

    def __init__(self, entry: BatteryEntry) -> None:
        """Show what is set."""
        self.entity_id = "number.cellar_battery_forced_power"
        self._battery = entry.runtime_data

    @property
    @override
    def native_value(self) -> float:
        """What is set."""
        return self._battery.power_w

    @override
    async def async_set_native_value(self, value: float) -> None:
        """Set it."""
        await self._battery.async_set(power_w=value)
        self.async_write_ha_state()
