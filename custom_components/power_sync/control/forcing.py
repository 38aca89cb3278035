"""What becomes of a stored force: allowed or not, moved with the clock, ended."""

from dataclasses import replace
from datetime import timedelta
from functools import partial
import logging

from custom_components.power_sync.model.battery import Mode

from .controlled import Controlled
from .journal import Force, JournalBook, JournalError
from .owner_rules import within
from .view import SiteLimits

LOGGER = logging.getLogger(__name__)


def allowed(force: Force, limits: SiteLimits) -> bool:
    """Whether the home's limits permit what is forced."""
    return not (
        (force.mode is Mode.CHARGE and not limits.grid_charging)
        or (force.mode is Mode.DISCHARGE and not limits.battery_export)
    )


async def check_force(
    book: JournalBook, battery: Controlled, limits: SiteLimits
) -> None:
    """End a stored force that is no longer allowed, and bound its time."""
    force = battery.executor.record.force
    if force is None:
        return
    if not allowed(force, within(battery, limits)):
        await end_force(book, battery)
    elif (early := force.started - battery.executor.clock.now()) > timedelta(0):
        move_force(book, battery, early)


def move_force(book: JournalBook, battery: Controlled, by: timedelta) -> None:
    """Move a force back in time, with the clock."""
    force = battery.executor.record.force
    if force is not None:
        force = replace(force, started=force.started - by, until=force.until - by)
        book.note(battery.battery_id, partial(replace, force=force))


async def end_force(book: JournalBook, battery: Controlled) -> None:
    """Take the force out of the journal, in memory at least."""
    if battery.executor.record.force is None and not battery.end_not_stored:
        return
    ended = partial(replace, force=None)
    book.note(battery.battery_id, ended)
    try:
        await book.put(battery.battery_id, ended)
    except JournalError as err:
        if not battery.end_not_stored:
            LOGGER.warning("The end of a forced mode could not be stored: %s", err)
        battery.end_not_stored = True
    else:
        battery.end_not_stored = False
