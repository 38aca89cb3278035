"""What the journal has of one battery while it is told things and given back."""

from collections.abc import Iterable
from contextlib import suppress
from dataclasses import replace

from custom_components.power_sync.devices.protocols import BatteryDriver
from custom_components.power_sync.model.battery import Settings, Write

from . import ownership
from .clock import Clock
from .journal import JournalBook, JournalError, Record, hold_of, released
from .pace import Pace


class Hold:
    """Keeps the record of one battery in step with what its executor writes."""

    def __init__(
        self, driver: BatteryDriver, book: JournalBook, clock: Clock, pace: Pace
    ) -> None:
        """Keep the record of `driver`'s battery in `book`."""
        self._driver = driver
        self._battery_id = driver.identity.serial
        self._book = book
        self._clock = clock
        self._pace = pace

    @property
    def record(self) -> Record:
        """The record as it is in memory."""
        return self._book.get(self._battery_id)

    async def write_ahead(self, record: Record, writes: Iterable[Write]) -> Record:
        """Store what the device may hold soon, and return the record with it.

        Raises JournalError: then nothing may be written to the device.
        """
        ahead = self._ahead(self._pace.today(record), writes)
        await self._book.put(self._battery_id, hold_of(ahead))
        return ahead

    def settle(self, record: Record, now: Settings) -> None:
        """Keep what is ours of the settings that were read back."""
        counted = replace(record, flash_writes=self.record.flash_writes)
        settled = ownership.settled(counted, now)
        self._book.note(self._battery_id, hold_of(settled))

    def count_again(self, writes: Iterable[Write]) -> None:
        """Count what is written a second time to flash memory, too."""
        counted = self._ahead(self._pace.today(self.record), writes).flash_writes
        self._book.note(
            self._battery_id, lambda kept: replace(kept, flash_writes=counted)
        )

    async def note_release(self, record: Record, writes: list[Write]) -> None:
        """Keep what a release writes: how often, and what is not the owner's.

        A value on the way, such as a mode that stops the flow at once, is ours should
        the release end there. What cannot be stored keeps no battery from being back.
        """
        at = self._clock.now()
        flash = self._ahead(self._pace.today(record), writes).flash_writes
        ours = self._ahead(record, ownership.on_the_way(record, writes)).ours
        changed = ours != record.ours

        def noted(kept: Record) -> Record:
            return replace(kept, flash_writes=flash, ours=ours, told_at=at)

        self._book.note(self._battery_id, noted)
        if changed or self._driver.capabilities.min_interval:
            with suppress(JournalError):
                await self._book.put(self._battery_id, noted)

    async def forget(self) -> None:
        """Take the hold off the journal.

        Where that cannot be stored, the next start finds the battery as its
        owner has it, and writes nothing.
        """
        self._book.note(self._battery_id, released)
        with suppress(JournalError):
            await self._book.put(self._battery_id, released)

    def _ahead(self, record: Record, writes: Iterable[Write]) -> Record:
        return ownership.written_ahead(self._driver, record, writes, self._clock.now())
