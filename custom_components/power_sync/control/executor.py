"""The executor: carries a command out on one battery, or gives it back.

For every brand the same: the owner's settings are in the journal before the
first write; what is already so is not written; each step gives way to a newer
order; what was written is read back; a setting is restored only where it still
holds a value of ours, so what the owner changed meanwhile stays.
"""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime

from custom_components.power_sync.devices.protocols import (
    BatteryDriver,
    DeviceError,
    DeviceNotReadyError,
    DeviceRefusedError,
)
from custom_components.power_sync.model.battery import (
    Command,
    Mode,
    Settings,
    Write,
    shown,
)
from custom_components.power_sync.model.plain import JsonObject

from . import ownership
from .clock import Clock
from .hold import Hold
from .journal import JournalBook, JournalError, Record
from .log import CommandLog, LogEntry, Outcome
from .order import Asked, Order
from .pace import Pace
from .patience import Patience
from .run import Run

_NEVER = datetime.min.replace(tzinfo=UTC)


class BatteryExecutor:
    """Carries orders out on one battery, one at a time, the newest last."""

    def __init__(
        self,
        driver: BatteryDriver,
        device: JsonObject,
        book: JournalBook,
        log: CommandLog,
        clock: Clock,
    ) -> None:
        """Take the battery's driver and what it takes to reach it again."""
        self.driver = driver
        self.battery_id = driver.identity.serial
        self.clock = clock
        self.patience = Patience()
        self._pace = Pace(driver, clock)
        book.introduce(self.battery_id, device)
        self._hold = Hold(driver, book, clock, self._pace)
        self._log = log
        self._lock = asyncio.Lock()
        self._generation = 0
        self._holding: Asked | None = None
        self.last_run: Run | None = None
        self.last_read: tuple[datetime, Settings] = (_NEVER, {})
        """When its settings were read last, and what they were."""

    @property
    def record(self) -> Record:
        """The journal's record of this battery."""
        return self._hold.record

    @property
    def held(self) -> bool:
        """Whether the device may hold settings of ours."""
        return self.record.held

    @property
    def lacks_rights(self) -> bool:
        """Whether the last order failed because the account may not do that."""
        return self.last_run is not None and self.last_run.lacks_rights

    def flash_writes_left(self) -> int:
        """Return how many writes to flash memory today's budget still has."""
        return self._pace.flash_writes_left(self.record)

    @asynccontextmanager
    async def alone(self) -> AsyncIterator[None]:
        """Have the battery to oneself: orders wait, however new they are."""
        async with self._lock:
            yield

    async def carry_out(self, order: Order) -> Outcome:
        """Bring an order about; returns what came of it.

        An order of the same battery that is still being carried out stops
        before its next write. Failures of device and journal are outcomes.
        """
        self._generation += 1
        mine = self._generation
        if mine == 1:
            # Later, the journal has what is about to be told, and may not be.
            self._pace.told_before = self.record.told_at
        async with self._lock:
            if mine != self._generation:
                return Outcome.SUPERSEDED
            run = Run(order, mine)
            try:
                if order.command is None or order.gives_back:
                    await self._release(run)
                else:
                    await self._apply(order.command, run)
            except JournalError as err:
                run.end(Outcome.NOT_STORED, err)
            except DeviceRefusedError as err:
                run.end(Outcome.REFUSED, err)
                await self._back_out(run)
            except DeviceNotReadyError as err:
                run.end(Outcome.NOT_READY, err)
            except DeviceError as err:
                run.end(Outcome.UNREACHABLE, err)
            self._close(run)
            return run.outcome

    def _close(self, run: Run) -> None:
        """Remember how it went, for when to try again, and log it."""
        self.last_run = run
        self._holding = run.order.asked if run.outcome.good else None
        self.patience.note(
            run.outcome,
            self.clock.now(),
            # Half a command is given back without end, like a whole one.
            gives_back=run.order.gives_back or run.half,
            free_at=self._pace.free_at(),
        )
        waits = run.outcome in (Outcome.TOO_SOON, Outcome.NOT_READY)
        if (run.outcome.good or waits) and not run.writes:
            return
        self._log.add(
            LogEntry(
                at=self.clock.now(),
                battery_id=self.battery_id,
                master=run.order.master,
                reason=run.order.reason,
                command=run.order.command,
                writes=tuple(Write(w.setting, shown(w.value)) for w in run.writes),
                read_back={key: shown(value) for key, value in run.read_back.items()},
                outcome=run.outcome,
                error=run.error,
            )
        )

    async def _read(self) -> Settings:
        """Read the settings, and remember them for who asks what the owner's are."""
        found = await self.driver.read_settings()
        self.last_read = self.clock.now(), found
        return found

    # -- commands --------------------------------------------------------------

    async def _apply(self, command: Command, run: Run) -> None:
        order, driver = run.order, self.driver
        now = await self._read()
        if not order.dry_run and self._leaves_alone(order, now, run):
            return
        kept = self.record
        record, writes = ownership.for_command(driver, kept, now, command)
        run.works_out(writes, now, kept)
        if order.dry_run:
            run.writes = writes
            run.end(Outcome.DRY_RUN)
            return
        renews = not writes and self._pace.lapses(command)
        if renews:
            writes = list(driver.writes_for(command, record.owner, now))
        if not writes:
            self._hold.settle(record, now)
            run.end(Outcome.ALREADY)
            return
        if not order.by_user and (hindrance := self._pace.hindrance(record, writes)):
            if hindrance is Outcome.BUDGET or self._ends_forced(command):
                # What runs now is not wanted any more: the owner's is always allowed.
                await self._release(run)
            run.end(hindrance)
            return
        if self._holding == order.asked and not renews:
            self.patience.dropped(self.clock.now())
        record = await self._hold.write_ahead(record, writes)
        await self._write_and_verify(writes, run)
        if run.outcome is Outcome.FOLLOWED:
            self._hold.settle(record, run.read_back)
        elif run.outcome is Outcome.NOT_FOLLOWED:
            await self._back_out(run)

    def _ends_forced(self, command: Command) -> bool:
        """Whether a battery that was forced is to follow its home again."""
        before = None if self._holding is None else self._holding[0]
        follows = command.mode is Mode.SELF_CONSUMPTION
        return follows and before in (Mode.CHARGE, Mode.DISCHARGE)

    def _leaves_alone(self, order: Order, now: Settings, run: Run) -> bool:
        """Whether somebody else runs the battery, and is to be left to it."""
        strange = ownership.strangers(self.driver, self.record, now)
        if order.by_user or not strange:
            self.patience.sees_no_stranger()
            return False
        if not self.patience.sees_stranger(self.clock.now()):
            return False
        run.read_back = {key: now[key] for key in strange}
        run.end(Outcome.FOREIGN)
        return True

    # -- giving back -----------------------------------------------------------

    async def _release(self, run: Run) -> None:
        if not self.record.held:
            run.end(Outcome.ALREADY)
            return
        now = await self._read()
        kept = self.record
        record, writes = ownership.for_release(
            self.driver, kept, now, cautious=run.order.cautious
        )
        run.works_out(writes, now, kept, releases=True)
        if writes:
            await self._hold.note_release(record, writes)
            await self._write_and_verify(writes, run, go_on=True)
        else:
            run.end(Outcome.ALREADY)
        if run.outcome.good:
            await self._hold.forget()

    async def _back_out(self, run: Run) -> None:
        """Give the battery back after a command that it did not take whole.

        Half a command is no defined state. Where this fails too, the journal
        still holds everything, and the next order starts from there.
        """
        try:
            now = await self._read()
            record = ownership.owner_before_release(self.driver, self.record, now)
            writes = ownership.release_writes(self.driver, record, now)
            await self._hold.note_release(record, writes)
            for write in writes:
                await self.driver.write(write)
            await self.clock.sleep(self.driver.capabilities.settle.total_seconds())
            now = await self._read()
            run.half = bool(ownership.release_writes(self.driver, record, now))
        except DeviceError as err:
            run.half = True
            run.error = f"{run.error}; not given back yet: {err}"

    # -- both ------------------------------------------------------------------

    async def _write_and_verify(
        self, writes: list[Write], run: Run, *, go_on: bool = False
    ) -> None:
        """Write in order and read back; what was ignored is written once more.

        With `go_on` a refused write does not keep the later ones from being made.
        """
        refused: DeviceRefusedError | None = None
        wanted = {write.setting: write.value for write in writes}
        pending = writes
        for again in (False, True):
            if again:
                self._hold.count_again(pending)
            for write in pending:
                if run.generation != self._generation:
                    run.end(Outcome.SUPERSEDED)
                    return
                run.writes.append(write)
                try:
                    await self.driver.write(write)
                except DeviceRefusedError as err:
                    if not go_on:
                        raise
                    refused = refused or err
                self._pace.wrote()
            await self.clock.sleep(self.driver.capabilities.settle.total_seconds())
            run.read_back = await self._read()
            pending = [
                write
                for write in writes
                if write.value == wanted[write.setting] != run.read_back[write.setting]
            ]
            if not pending:
                run.end(Outcome.FOLLOWED)
                return
        if refused is not None:
            raise refused
        ignored = ", ".join(sorted({write.setting for write in pending}))
        run.end(Outcome.NOT_FOLLOWED)
        run.error = f"acknowledged but not held: {ignored}"
