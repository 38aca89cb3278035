"""A meter that tells the power of each phase, for the demo.

It stands for those that many homes have in their fuse box, each with an integration
of its own.
"""

from homeassistant.config_entries import ConfigEntry
from homeassistant.const import Platform
from homeassistant.core import HomeAssistant

PLATFORMS = (Platform.SENSOR,)


async def async_setup_entry(hass: HomeAssistant, entry: ConfigEntry) -> bool:
    """Add its sensors."""
    await hass.config_entries.async_forward_entry_setups(entry, PLATFORMS)
    return True


async def async_unload_entry(hass: HomeAssistant, entry: ConfigEntry) -> bool:
    """Take them away."""
    return await hass.config_entries.async_unload_platforms(entry, PLATFORMS)
