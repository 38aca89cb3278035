"""Trying what was mapped before a battery is stored: bring it about, look, end it.

A trial is carried out as every command is: the owner's settings are on the disk
before the first write, in a journal of its own. What a trial could not end, because
Home Assistant died in it, is ended at the next set-up or trial.
"""

from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from homeassistant.core import HassJob, HomeAssistant
from homeassistant.exceptions import HomeAssistantError
from homeassistant.helpers.event import async_call_later
from homeassistant.util import dt as dt_util

from .bridges.access import temporary_driver
from .bridges.storage import JournalStore
from .const import LOGGER
from .control.clock import Clock
from .control.controller import Controller
from .control.executor import BatteryExecutor
from .control.journal import JournalBook, JournalError
from .control.log import CommandLog, Outcome
from .control.order import Order
from .control.view import SiteLimits
from .devices.batteries.stored import StoredConfigError
from .devices.protocols import BatteryDriver, DeviceError, DeviceUnreachableError
from .model.battery import Command, Mode
from .model.plain import JsonObject

TRIAL: Final = "trial"
"""The name of the journal, where a site's has the id of its entry."""
TRY_W: Final = 1000.0
"""Enough to be seen, and little for ten seconds."""
LOOK_AFTER_S = 10.0
AGAIN_S: Final = 60.0
"""How long to wait where an old trial could not be ended."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Trial:
    """What came of a trial; the powers are those before it and at its end."""

    outcome: Outcome
    given_back: bool
    before_w: float | None
    during_w: float | None


async def async_try(hass: HomeAssistant, device: JsonObject, mode: Mode) -> Trial:
    """Bring a mode about for ten seconds, and give the battery back.

    `device` is all that would be stored of it. Raises DeviceError where it cannot
    be read, and nothing was written then.
    """
    if not await async_end_trial(hass):
        raise DeviceUnreachableError("an earlier trial is not ended yet")
    book = JournalBook(JournalStore(hass, TRIAL))
    clock = Clock(dt_util.utcnow)
    async with temporary_driver(hass, device) as driver:
        before_w = (await driver.read()).battery_power_w
        executor = BatteryExecutor(driver, device, book, CommandLog(), clock)
        until = dt_util.utcnow() + timedelta(seconds=LOOK_AFTER_S)
        during_w = None
        try:
            outcome = await executor.carry_out(_order(Command(mode, TRY_W, until)))
            if outcome.good:
                await clock.sleep(LOOK_AFTER_S)
                during_w = await _power_w(driver)
        finally:
            await executor.carry_out(_order(None))
        given_back = not executor.held
        if given_back:
            with suppress(JournalError):
                await book.forget(executor.battery_id)
        return Trial(
            outcome=outcome,
            given_back=given_back,
            before_w=before_w,
            during_w=during_w,
        )


async def async_end_trial(hass: HomeAssistant) -> bool:
    """End what an earlier trial left; return whether there is nothing left."""
    controller = Controller(
        (), JournalStore(hass, TRIAL), Clock(dt_util.utcnow), SiteLimits()
    )
    await controller.start()
    left = dict(controller.strays())
    for battery_id, device in tuple(left.items()):
        try:
            async with temporary_driver(hass, device) as driver:
                if await controller.restore_stray(driver, device):
                    del left[battery_id]
        except (StoredConfigError, HomeAssistantError) as err:
            LOGGER.debug("A trial cannot be ended yet: %s", err)
    return not left


def _order(command: Command | None) -> Order:
    return Order(command=command, master="user", reason=TRIAL, by_user=True)


async def _power_w(driver: BatteryDriver) -> float | None:
    try:
        return (await driver.read()).battery_power_w
    except DeviceError:
        return None


async def async_end_trial_at_start(
    hass: HomeAssistant, _now: datetime | None = None
) -> None:
    """End what a trial of before Home Assistant died left, as soon as that works."""

    async def again(now: datetime) -> None:
        await async_end_trial_at_start(hass, now)

    if not await async_end_trial(hass):
        job = HassJob(again, "power_sync trial", cancel_on_shutdown=True)
        async_call_later(hass, AGAIN_S, job)
