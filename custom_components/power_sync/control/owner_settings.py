"""The owner's own settings, set for good on the owner's word.

Not a command: nothing of it is ours, nothing is put back. It has the battery to
itself while it is written, so no order runs in between. Where we hold the battery,
the journal's owner has the new value *before* the device has it, so that giving
back puts the new one back and never the old. A setting that a command of ours
overrides is left to that command, and written when the battery is given back.
"""

import asyncio
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import TYPE_CHECKING

from custom_components.power_sync.devices.protocols import (
    BatteryDriver,
    DeviceError,
    DeviceRefusedError,
)
from custom_components.power_sync.model.battery import (
    OwnerAllowed,
    OwnerSetting,
    OwnerValue,
    Settings,
    Write,
)

from .executor import BatteryExecutor
from .journal import Change, JournalBook, JournalError, Record
from .log import CommandLog, LogEntry, Outcome
from .reasons import ControlReason

if TYPE_CHECKING:
    from .controlled import Controlled
    from .controller import Controller

MASTER = "owner"
"""Whose word it is, in the command log."""
TRIES = 2


class OwnerValueError(Exception):
    """A battery cannot have a setting at this value, or does not have it at all.

    `allowed` is what it can have; None where it lacks the setting.
    """

    def __init__(self, battery_id: str, allowed: OwnerAllowed | None) -> None:
        """Name the battery."""
        super().__init__(battery_id)
        self.battery_id = battery_id
        self.allowed = allowed


@dataclass(frozen=True, slots=True)
class OwnerChange:
    """A setting and its value; None is no export limit."""

    setting: OwnerSetting
    value: OwnerValue


@dataclass(slots=True)
class _Run:
    """One change on its way: what was written, read back and came of it."""

    change: OwnerChange
    outcome: Outcome = Outcome.ALREADY
    writes: list[Write] = field(default_factory=list)
    read_back: Settings = field(default_factory=dict)
    error: str | None = None

    def end(self, outcome: Outcome, error: object = None) -> None:
        """Note what came of it."""
        self.outcome = outcome
        self.error = None if error is None else str(error)


def check_value(driver: BatteryDriver, change: OwnerChange) -> None:
    """Raise OwnerValueError for what the battery cannot have. Asks no device."""
    allowed = driver.owner_range(change.setting)
    value, is_export = change.value, change.setting is OwnerSetting.EXPORT_LIMIT_W
    if allowed is None:
        raise OwnerValueError(driver.identity.serial, None)
    if allowed.allows(value) or (value is None and is_export):
        return
    raise OwnerValueError(driver.identity.serial, allowed)


async def set_owner(
    controller: Controller, changes: Mapping[str, OwnerChange]
) -> Mapping[str, Outcome]:
    """Give batteries' owners settings for good; returns what came of each.

    Raises OwnerValueError before the first write where a value cannot be. It is the
    owner's word, so it counts without automatic control; a dry run writes nothing.
    What is forced or planned goes on, within what is allowed then.
    """
    chosen = [(controller.batteries[key], change) for key, change in changes.items()]
    for battery, change in chosen:
        check_value(battery.executor.driver, change)
    if controller.stopped:
        return dict.fromkeys(changes, Outcome.SUPERSEDED)
    outcomes = await asyncio.gather(
        *(_set_on(controller, battery, change) for battery, change in chosen)
    )
    await controller.tick()
    return dict(zip(changes, outcomes, strict=True))


async def _set_on(
    controller: Controller, battery: Controlled, change: OwnerChange
) -> Outcome:
    if battery.executor.record.lost:
        await battery.give_back(ControlReason.USER_REQUEST)
    outcome = await set_owner_setting(
        battery.executor,
        change,
        controller.book,
        controller.log,
        dry_run=controller.dry_run,
    )
    battery.recheck()
    return outcome


async def set_owner_setting(
    executor: BatteryExecutor,
    change: OwnerChange,
    book: JournalBook,
    log: CommandLog,
    *,
    dry_run: bool,
) -> Outcome:
    """Give one battery's owner a setting; returns what came of it.

    The value has been checked. Failures of device and journal are outcomes.
    """
    run = _Run(change)
    async with executor.alone():
        try:
            await _set(executor, run, book, dry_run=dry_run)
        except JournalError as err:
            run.end(Outcome.NOT_STORED, err)
        except DeviceRefusedError as err:
            run.end(Outcome.REFUSED, err)
        except DeviceError as err:
            run.end(Outcome.UNREACHABLE, err)
        if run.outcome is not Outcome.ALREADY:
            log.add(_entry(executor, run))
    return run.outcome


def _entry(executor: BatteryExecutor, run: _Run) -> LogEntry:
    return LogEntry(
        at=executor.clock.now(),
        battery_id=executor.battery_id,
        master=MASTER,
        reason=ControlReason.USER_REQUEST,
        command=None,
        owner_setting=run.change.setting,
        owner_value=run.change.value,
        writes=tuple(run.writes),
        read_back=dict(run.read_back),
        outcome=run.outcome,
        error=run.error,
    )


async def _set(
    executor: BatteryExecutor, run: _Run, book: JournalBook, *, dry_run: bool
) -> None:
    driver, record = executor.driver, executor.record
    if record.lost:
        # Whose value is whose is not known before the battery is given back.
        raise DeviceError("the battery has to be given back first")
    found = await driver.read_owner()
    writes = driver.owner_writes(
        run.change.setting, run.change.value, owners_of(record, found)
    )
    if dry_run:
        run.writes = list(writes)
        run.end(Outcome.DRY_RUN)
        return
    if not writes:
        return
    now = [write for write in writes if write.setting not in record.ours]
    change = _remembered(driver, writes, now, executor.clock.now())
    if record.held:
        await book.put(executor.battery_id, change)
    else:
        # Nothing depends on it but the count of writes to flash memory.
        book.note(executor.battery_id, change)
        with suppress(JournalError):
            await book.put(executor.battery_id, lambda kept: kept)
    await _write(executor, run, now)
    if run.outcome.good and len(now) < len(writes):
        run.end(Outcome.WHEN_GIVEN_BACK)


def owners_of(record: Record, found: Settings) -> Settings:
    """Return what is set with the owner's values in place of ours."""
    owners = {
        key: record.owner[key]
        for key in record.ours
        if key in found and key in record.owner
    }
    return {**found, **owners}


def _remembered(
    driver: BatteryDriver,
    writes: Sequence[Write],
    now: Sequence[Write],
    when: datetime,
) -> Change:
    """Return the change that has the journal know the owner's new values.

    And the writes to flash memory that are made `now`; those of a setting that is
    overridden are counted when it is given back.
    """
    flash = driver.capabilities.flash_settings
    counted = (when,) * sum(write.setting in flash for write in now)

    def change(record: Record) -> Record:
        owner = dict(record.owner)
        owner |= {w.setting: w.value for w in writes if w.setting in owner}
        return replace(
            record, owner=owner, flash_writes=(*record.flash_writes, *counted)
        )

    return change


async def _write(executor: BatteryExecutor, run: _Run, writes: list[Write]) -> None:
    """Write in order and read back; what was ignored is written once more."""
    driver = executor.driver
    wanted = {write.setting: write.value for write in writes}
    pending = writes
    for _ in range(TRIES):
        if not pending:
            break
        for write in pending:
            run.writes.append(write)
            await driver.write(write)
        await executor.clock.sleep(driver.capabilities.settle.total_seconds())
        run.read_back = await driver.read_owner()
        pending = [w for w in writes if run.read_back.get(w.setting) != w.value]
    run.read_back = {key: run.read_back[key] for key in wanted if run.read_back}
    if pending:
        ignored = ", ".join(sorted({write.setting for write in pending}))
        run.end(Outcome.NOT_FOLLOWED, f"acknowledged but not held: {ignored}")
    else:
        run.end(Outcome.FOLLOWED)
