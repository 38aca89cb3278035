"""After a site is removed: its batteries go back to their owner, or it says so."""

import asyncio

from homeassistant.components import persistent_notification
from homeassistant.config_entries import ConfigEntry
from homeassistant.core import HomeAssistant
from homeassistant.exceptions import HomeAssistantError
from homeassistant.helpers.translation import async_get_translations
from homeassistant.util import dt as dt_util

from .bridges.modbus import temporary_driver
from .bridges.storage import JournalStore, SettingsStore
from .const import DOMAIN, LOGGER, RELEASE_AT_REMOVAL_S
from .control.clock import Clock
from .control.controller import Controller
from .control.journal import JsonObject
from .control.view import SiteLimits
from .devices.batteries.stored import StoredConfigError

TRY_AGAIN_S = 3


async def async_give_back_removed(hass: HomeAssistant, entry: ConfigEntry) -> None:
    """Give back what is still held, for a bounded time, then delete the files.

    The unload before this has tried already; here are the batteries that did not
    answer then. What cannot be given back is listed for the user.
    """
    journal = JournalStore(hass, entry.entry_id)
    controller = Controller((), journal, Clock(dt_util.utcnow), SiteLimits())
    await controller.start()
    left = {
        battery_id: device
        for battery_id, device in controller.strays().items()
        if controller.book.get(battery_id).held
    }
    try:
        async with asyncio.timeout(RELEASE_AT_REMOVAL_S):
            while left:
                await _async_try(hass, controller, left)
                if left:
                    await asyncio.sleep(TRY_AGAIN_S)
    except TimeoutError:
        LOGGER.warning("A removed battery could not be given back")
    if left or controller.owner_settings_lost:
        await _async_tell(hass, entry, left)
    await journal.remove()
    await SettingsStore(hass, entry.entry_id).remove()


async def _async_try(
    hass: HomeAssistant, controller: Controller, left: dict[str, JsonObject]
) -> None:
    for battery_id, device in list(left.items()):
        try:
            async with temporary_driver(hass, device) as driver:
                if await controller.restore_stray(driver, device):
                    del left[battery_id]
        except (StoredConfigError, HomeAssistantError, KeyError) as err:
            LOGGER.debug("Battery %s: %s", battery_id, err)


async def _async_tell(
    hass: HomeAssistant, entry: ConfigEntry, left: dict[str, JsonObject]
) -> None:
    """List the batteries whose settings the user has to look at."""
    texts = await async_get_translations(
        hass, hass.config.language, "exceptions", {DOMAIN}
    )
    text = texts.get(
        f"component.{DOMAIN}.exceptions.not_given_back.message", "{batteries}"
    )
    names = [f"- {device.get('model')} ({key})" for key, device in left.items()]
    names = names or [f"- {subentry.title}" for subentry in entry.subentries.values()]
    persistent_notification.async_create(
        hass,
        text.format(batteries="\n".join(names)),
        title="PowerSync",
        notification_id=f"{DOMAIN}_not_given_back_{entry.entry_id}",
    )
