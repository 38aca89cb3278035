"""The battery's mode."""

from typing import override

from homeassistant.components.select import SelectEntity
from homeassistant.core import HomeAssistant
from homeassistant.helpers.entity_platform import AddConfigEntryEntitiesCallback

from . import MODES, BatteryEntry

PARALLEL_UPDATES = 1


async def async_setup_entry(
    hass: HomeAssistant,
    entry: BatteryEntry,
    async_add_entities: AddConfigEntryEntitiesCallback,
) -> None:
    """Add the select."""
    async_add_entities([ModeSelect(entry)])


class ModeSelect(SelectEntity):
    """What the battery does."""

    _attr_unique_id = "cellar_mode"
    _attr_name = "Mode"
    _attr_should_poll = False

    def __init__(self, entry: BatteryEntry) -> None:
        """Show what is set."""
        self._attr_options = list(MODES)
        self.entity_id = "select.cellar_battery_mode"
        self._battery = entry.runtime_data

    @property
    @override
    def current_option(self) -> str:
        """What is set."""
        return self._battery.mode

    @override
    async def async_select_option(self, option: str) -> None:
        """Set it."""
        await self._battery.async_set(mode=option)
        self.async_write_ha_state()
