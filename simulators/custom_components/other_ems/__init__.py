"""Another program that forces the battery, for the demo: each minute, whatever it is.

It stands for the integrations, scripts and add-ons that a home may have beside
PowerSync, and that know nothing of it.
"""

from datetime import datetime

from pymodbus.client import AsyncModbusTcpClient

from homeassistant.config_entries import ConfigEntry
from homeassistant.const import CONF_HOST, CONF_PORT
from homeassistant.core import HomeAssistant
from homeassistant.helpers.event import async_track_time_interval

from .const import EVERY, FORCED

UNIT = 1


async def async_setup_entry(hass: HomeAssistant, entry: ConfigEntry) -> bool:
    """Write at once, and each minute from then on."""

    async def async_write(_now: datetime | None = None) -> None:
        """Write all that it wants."""
        client = AsyncModbusTcpClient(
            entry.data[CONF_HOST], port=int(entry.data[CONF_PORT])
        )
        try:
            if await client.connect():
                for register, value in FORCED:
                    await client.write_register(register, value, device_id=UNIT)
        finally:
            client.close()

    await async_write()
    entry.async_on_unload(async_track_time_interval(hass, async_write, EVERY))
    return True


async def async_unload_entry(hass: HomeAssistant, entry: ConfigEntry) -> bool:
    """Write no more; the battery stays as it is."""
    return True
