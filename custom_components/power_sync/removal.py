"""After a site is removed: its batteries go back to their owner, or it says so."""

import asyncio
from contextlib import suppress
from functools import partial

from homeassistant.components import persistent_notification
from homeassistant.config_entries import ConfigEntry
from homeassistant.core import HomeAssistant
from homeassistant.exceptions import HomeAssistantError
from homeassistant.helpers.translation import async_get_translations
from homeassistant.util import dt as dt_util

from .accounts import ledger_store
from .bridges.access import async_forget_battery, temporary_driver
from .bridges.car_stop_store import CarStopStore
from .bridges.findings_store import FindingsStore
from .bridges.storage import JournalStore, SettingsStore
from .bridges.texts import async_texts
from .command_log import command_log_store
from .const import DOMAIN, LOGGER, RELEASE_AT_REMOVAL_S
from .control.clock import Clock
from .control.controller import Controller
from .control.journal import JournalError, Record
from .control.view import SiteLimits
from .devices.batteries.stored import StoredConfigError
from .issues import async_show_lost
from .market_response import spike_store
from .model.plain import JsonObject
from .site_setup import battery_subentries
from .solar_record import solar_record_store
from .tariff_sync import by_hand_store

TRY_AGAIN_S = 3


async def async_give_back_removed(hass: HomeAssistant, entry: ConfigEntry) -> None:
    """Give back what is still held, for a bounded time, then delete the files.

    The unload before this has tried already; here are the batteries that did not
    answer then. What cannot be given back is listed for the user.
    """
    controller, left = await _async_held(hass, entry)
    batteries = battery_subentries(entry)
    try:
        async with asyncio.timeout(RELEASE_AT_REMOVAL_S):
            while left:
                await _async_try(hass, controller, left)
                if left:
                    await asyncio.sleep(TRY_AGAIN_S)
    except TimeoutError:
        LOGGER.warning("A removed battery could not be given back")
    if left:
        names = [
            _line(device, battery_id, controller.book.get(battery_id))
            for battery_id, device in left.items()
        ]
        await _async_tell(hass, entry, names)
    elif controller.owner_settings_lost:
        titles = [f"- {subentry.title}" for subentry in batteries]
        await _async_tell(hass, entry, titles)
    for subentry in batteries:
        await async_forget_battery(hass, subentry.data)
    await JournalStore(hass, entry.entry_id).remove()
    await SettingsStore(hass, entry.entry_id).remove()
    await command_log_store(hass, entry.entry_id).remove()
    await _async_tell_of_chargers(hass, entry)
    await CarStopStore(hass, entry.entry_id).remove()
    await spike_store(hass, entry.entry_id).remove()
    await by_hand_store(hass, entry.entry_id).remove()
    await ledger_store(hass, entry.entry_id).remove()
    await solar_record_store(hass, entry.entry_id).remove()
    await FindingsStore(hass, entry.entry_id).remove()


async def async_give_back_pending(hass: HomeAssistant, entry: ConfigEntry) -> list[str]:
    """Try once to give back what an entry still holds that cannot be set up.

    Returns the names of the batteries that are still held.
    """
    controller, left = await _async_held(hass, entry)
    try:
        async with asyncio.timeout(RELEASE_AT_REMOVAL_S):
            await _async_try(hass, controller, left)
    except TimeoutError:
        LOGGER.debug("A battery took too long to be given back")
    if controller.owner_settings_lost:
        async_show_lost(hass, entry)
    titles = {each.unique_id: each.title for each in entry.subentries.values()}
    return [
        titles.get(battery_id) or str(device.get("model"))
        for battery_id, device in left.items()
    ]


async def _async_held(
    hass: HomeAssistant, entry: ConfigEntry
) -> tuple[Controller, dict[str, JsonObject]]:
    """Return control of what an entry still holds, and how to reach it."""
    journal = JournalStore(hass, entry.entry_id)
    controller = Controller((), journal, Clock(dt_util.utcnow), SiteLimits())
    await controller.start()
    if controller.owner_settings_lost:
        await _async_note_lost(controller, entry)
    held = {
        battery_id: device
        for battery_id, device in controller.strays().items()
        if controller.book.get(battery_id).held
    }
    return controller, held


async def _async_note_lost(controller: Controller, entry: ConfigEntry) -> None:
    """Take every battery for held: what a damaged journal said is not known."""
    lost = {
        subentry.unique_id: Record(device=dict(subentry.data), lost=True)
        for subentry in battery_subentries(entry)
        if subentry.unique_id is not None
    }
    changes = {battery_id: partial(_replaced, new) for battery_id, new in lost.items()}
    for battery_id, change in changes.items():
        controller.book.note(battery_id, change)
    # The damaged file was moved aside: by the next start it would be absent.
    with suppress(JournalError):
        await controller.book.put_all(changes)


def _replaced(new: Record, _old: Record) -> Record:
    return new


async def _async_try(
    hass: HomeAssistant, controller: Controller, left: dict[str, JsonObject]
) -> None:
    for battery_id, device in list(left.items()):
        try:
            async with temporary_driver(hass, device) as driver:
                if await controller.restore_stray(driver, device):
                    del left[battery_id]
        except (StoredConfigError, HomeAssistantError, KeyError) as err:
            LOGGER.debug("A removed battery is not given back yet: %s", err)


def _line(device: JsonObject, battery_id: str, record: Record) -> str:
    """Name a battery, with the settings of the owner that were to be put back."""
    settings = ", ".join(
        f"{key} = {record.owner[key]}"
        for key in record.ours
        if record.owner.get(key) is not None
    )
    name = f"- {device.get('model')} ({battery_id})"
    return f"{name}: {settings}" if settings else name


async def _async_tell(
    hass: HomeAssistant, entry: ConfigEntry, batteries: list[str]
) -> None:
    """List the batteries whose settings the user has to look at."""
    texts = await async_get_translations(
        hass, hass.config.language, "exceptions", {DOMAIN}
    )
    text = texts.get(
        f"component.{DOMAIN}.exceptions.not_given_back.message", "{batteries}"
    )
    persistent_notification.async_create(
        hass,
        text.format(batteries="\n".join(batteries)),
        title="PowerSync",
        notification_id=f"{DOMAIN}_not_given_back_{entry.entry_id}",
    )


async def _async_tell_of_chargers(hass: HomeAssistant, entry: ConfigEntry) -> None:
    """List the chargers that were stopped and never told their owner's mode."""
    stopped = await CarStopStore(hass, entry.entry_id).load()
    titles = {each.unique_id: each.title for each in entry.subentries.values()}
    names = [titles.get(key) or key for key, each in stopped.items() if not each.back]
    if not names:
        return
    texts = await async_texts(hass)
    persistent_notification.async_create(
        hass,
        texts("charger_left_stopped", charger=", ".join(names)),
        title="PowerSync",
        notification_id=f"{DOMAIN}_charger_{entry.entry_id}",
    )
