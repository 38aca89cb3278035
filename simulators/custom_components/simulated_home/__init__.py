"""A recorded household for the demo: its solar forecast and its history.

The demo's second integration, so that PowerSync finds a forecast and an Energy
dashboard as it would in a home, and is never its own source.
"""

from homeassistant.config_entries import ConfigEntry
from homeassistant.core import HomeAssistant

from .history import async_choose_for_energy_dashboard, async_import_history


async def async_setup_entry(hass: HomeAssistant, entry: ConfigEntry) -> bool:
    """Give the home its past, and the Energy dashboard its sources."""
    await async_import_history(hass)
    await async_choose_for_energy_dashboard(hass, entry.entry_id)
    return True


async def async_unload_entry(hass: HomeAssistant, entry: ConfigEntry) -> bool:
    """Leave the history; there is nothing else to undo."""
    return True
