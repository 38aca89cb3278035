"""How often a battery may be told something, and how often it has to be."""

from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime, timedelta

from custom_components.power_sync.devices.protocols import BatteryDriver
from custom_components.power_sync.model.battery import Command, Write

from .clock import Clock
from .journal import Record
from .log import Outcome

DAY = timedelta(days=1)


class Pace:
    """What the times of a battery's writes say about the next one."""

    def __init__(self, driver: BatteryDriver, clock: Clock) -> None:
        """Start without a write; what the device can is asked of `driver` each time."""
        self._driver = driver
        self._clock = clock
        self._last_write: datetime | None = None
        self.told_before: datetime | None = None
        """When the battery was told something last before the start."""

    def wrote(self) -> None:
        """Note a write of this moment."""
        self._last_write = self._clock.now()

    def today(self, record: Record) -> Record:
        """Return a record with the writes to flash memory of the last day alone."""
        since = self._clock.now() - DAY
        recent = tuple(when for when in record.flash_writes if when > since)
        return replace(record, flash_writes=recent)

    def flash_writes_left(self, record: Record) -> int:
        """Return how many writes to flash memory today's budget still has."""
        used = len(self.today(record).flash_writes)
        return self._driver.capabilities.flash_writes_per_day - used

    def hindrance(self, record: Record, writes: Iterable[Write]) -> Outcome | None:
        """Return what forbids these writes at this moment, if anything does."""
        flash = self._driver.capabilities.flash_settings
        if self.free_at() is not None:
            return Outcome.TOO_SOON
        wanted = sum(write.setting in flash for write in writes)
        if wanted and wanted > self.flash_writes_left(record):
            return Outcome.BUDGET
        return None

    def free_at(self) -> datetime | None:
        """Return when the battery may be told something again; None for now.

        What it was told before the start counts, too.
        """
        now, told = self._clock.now(), self._last_write or self.told_before
        # A time that lies ahead is from before the clock was set.
        if told is None or told > now:
            return None
        free_at = told + self._driver.capabilities.min_interval
        return free_at if free_at > now else None

    def lapses(self, command: Command) -> bool:
        """Whether the device is to end the command by itself before long.

        At half time it is sent again. After a start nobody knows how much is left.
        Prices to plan from stay until others are sent.
        """
        expiry, last = self._driver.capabilities.device_expiry, self._last_write
        if expiry is None or command.tariff is not None:
            return False
        return last is None or self._clock.now() - last >= expiry / 2
