"""A home that is started again, also after a crash."""

from pathlib import Path
from typing import Any

from custom_components.power_sync.const import DOMAIN
from homeassistant.config_entries import ConfigEntry
from homeassistant.core import HomeAssistant
from simulators.rest import Fault, RestSimulator


async def start(hass: HomeAssistant, entry: ConfigEntry[Any]) -> None:
    """Load the home again."""
    assert await hass.config_entries.async_setup(entry.entry_id)
    await hass.async_block_till_done(wait_background_tasks=True)


async def crash(
    hass: HomeAssistant, entry: ConfigEntry[Any], cloud: RestSimulator
) -> None:
    """End Home Assistant as a crash does: nothing given back, the journal as it is.

    `cloud` is what its battery is reached through.
    """
    journal = Path(hass.config.path(".storage", f"{DOMAIN}.journal.{entry.entry_id}"))
    held = await hass.async_add_executor_job(journal.exists)
    kept = await hass.async_add_executor_job(journal.read_bytes) if held else None
    cloud.standing_fault = Fault(status=503)
    assert await hass.config_entries.async_unload(entry.entry_id)
    if kept is not None:
        await hass.async_add_executor_job(journal.write_bytes, kept)
    cloud.heal()
