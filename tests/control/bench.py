"""A workbench for control: a device made of settings, and a journal in memory.

The device obeys the Sungrow driver's own write lists, so the orders are real;
the real driver and protocol are tested against the simulator elsewhere.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
import json

from custom_components.power_sync.control.clock import Clock
from custom_components.power_sync.control.controller import Controller, Member
from custom_components.power_sync.control.executor import BatteryExecutor
from custom_components.power_sync.control.journal import (
    JournalBook,
    JournalCorruptError,
    JournalError,
    Records,
)
from custom_components.power_sync.control.journal_codec import (
    records_from_json,
    records_to_json,
)
from custom_components.power_sync.control.log import CommandLog
from custom_components.power_sync.control.order import Order
from custom_components.power_sync.control.view import SiteLimits
from custom_components.power_sync.devices.batteries.own_settings import number_wanted
from custom_components.power_sync.devices.batteries.sungrow import settings as sungrow
from custom_components.power_sync.devices.batteries.sungrow.owner import (
    OwnerLimits,
    owner_range,
    owner_value,
    owner_writes,
)
from custom_components.power_sync.devices.protocols import (
    DeviceNotReadyError,
    DeviceRefusedError,
    DeviceUnreachableError,
)
from custom_components.power_sync.model.battery import (
    BatteryIdentity,
    BatteryReading,
    Capabilities,
    Command,
    Mode,
    OwnerRange,
    OwnerSetting,
    OwnerValue,
    Settings,
    SettingValue,
    Write,
)
from custom_components.power_sync.model.plain import JsonObject

START = datetime(2026, 1, 10, 12, 0, tzinfo=UTC)
OWNER: dict[str, SettingValue] = {
    "ems_mode": 0,
    "forced_command": 0xCC,
    "forced_power_w": 0,
    "max_charge_10w": 660,
    "max_discharge_10w": 500,
}
LIMITS = OwnerLimits(rated_w=6000, battery_w=6600, export_least_w=0, export_most_w=6000)
DEVICE: JsonObject = {"brand": "sungrow", "host": "192.0.2.1", "port": 502}


class PowerCutError(BaseException):
    """Home Assistant's machine has lost its power: nothing after this runs."""


@dataclass
class Time:
    """A clock that tests move."""

    now: datetime = START

    def clock(self) -> Clock:
        """Return it as control sees it; waiting takes no time."""
        return Clock(lambda: self.now, self._sleep)

    async def _sleep(self, _seconds: float) -> None:
        return

    def pass_by(self, **parts: float) -> None:
        """Let time go by."""
        self.now += timedelta(**parts)


@dataclass
class MemoryJournal:
    """A journal that keeps what a disk would keep: text."""

    text: str | None = None
    broken: bool = False
    saves: int = 0
    saves_left: int | None = None

    async def load(self) -> Records:
        """Return what is stored."""
        if self.text is None:
            return {}
        try:
            return records_from_json(json.loads(self.text))
        except ValueError as err:
            raise JournalCorruptError(str(err)) from err

    async def save(self, records: Records) -> None:
        """Store, or fail as a full disk does."""
        if self.broken or self.saves_left == 0:
            raise JournalError("the disk is full")
        if self.saves_left is not None:
            self.saves_left -= 1
        self.text = json.dumps(records_to_json(records))
        self.saves += 1


@dataclass
class Device:
    """A battery that is nothing but its settings, with faults on demand."""

    settings: dict[str, SettingValue] = field(default_factory=lambda: dict(OWNER))
    writes: list[Write] = field(default_factory=list)
    cut_after: int | None = None
    reachable: bool = True
    starting: bool = False
    ignores: frozenset[str] = frozenset()
    refuses: frozenset[str] = frozenset()
    serial: str = "A1"
    flash: frozenset[str] = frozenset()
    min_interval: timedelta = timedelta(0)
    before_write: Callable[[], None] | None = None

    @property
    def identity(self) -> BatteryIdentity:
        """Which one it is."""
        return BatteryIdentity("sungrow", self.serial, "SH10RT")

    @property
    def capabilities(self) -> Capabilities:
        """What it can do."""
        return Capabilities(
            modes=frozenset(Mode),
            max_charge_w=6600,
            max_discharge_w=6600,
            flash_settings=self.flash,
            min_interval=self.min_interval,
        )

    async def read(self) -> BatteryReading:
        """Control is told readings by the tests."""
        raise DeviceUnreachableError("not here")

    async def read_settings(self) -> Settings:
        """Return the settings."""
        self._reach()
        return dict(self.settings)

    def writes_for(
        self, command: Command, owner: Settings, now: Settings
    ) -> tuple[Write, ...]:
        """Return a Sungrow's writes."""
        return sungrow.writes_for(
            command, owner, now, max_charge_w=6600, max_discharge_w=6600
        )

    def writes_for_release(self, owner: Settings, now: Settings) -> tuple[Write, ...]:
        """Return a Sungrow's writes."""
        return sungrow.writes_for_release(owner, now)

    def owner_settings(self, found: Settings) -> Settings:
        """Return a Sungrow owner's settings."""
        return sungrow.owner_settings(found)

    def safe_settings(self, found: Settings) -> Settings:
        """Return a Sungrow's safe settings."""
        return sungrow.safe_settings(found, max_charge_w=6600, max_discharge_w=6600)

    def owner_range(self, setting: OwnerSetting) -> OwnerRange | None:
        """Return a Sungrow's ranges of what it has."""
        return owner_range(setting, self.settings, LIMITS)

    async def read_owner(self) -> Settings:
        """Return the settings."""
        return await self.read_settings()

    def owner_value(self, setting: OwnerSetting, found: Settings) -> float | None:
        """Return a Sungrow's setting."""
        return owner_value(setting, found, LIMITS)

    def owner_writes(
        self, setting: OwnerSetting, value: OwnerValue, found: Settings
    ) -> tuple[Write, ...]:
        """Return a Sungrow's writes."""
        return owner_writes(setting, number_wanted(setting, value), found, LIMITS)

    async def write(self, write: Write) -> None:
        """Take a write, or not, as the fault has it."""
        self._reach()
        if self.before_write is not None:
            self.before_write()
        if write.setting in self.refuses:
            raise DeviceRefusedError(f"{write.setting} refused")
        self.writes.append(write)
        if write.setting not in self.ignores:
            self.settings[write.setting] = write.value
        if self.cut_after is not None and len(self.writes) >= self.cut_after:
            raise PowerCutError

    def _reach(self) -> None:
        if self.starting:
            raise DeviceNotReadyError("not there yet")
        if not self.reachable:
            raise DeviceUnreachableError("no answer")


@dataclass
class Bench:
    """A device, a journal and a clock; Home Assistant starts and dies around them."""

    device: Device = field(default_factory=Device)
    journal: MemoryJournal = field(default_factory=MemoryJournal)
    time: Time = field(default_factory=Time)
    log: CommandLog = field(default_factory=CommandLog)

    async def executor(self) -> BatteryExecutor:
        """Start anew: an executor that knows what the journal knows."""
        book = JournalBook(self.journal)
        await book.load()
        return BatteryExecutor(self.device, DEVICE, book, self.log, self.time.clock())

    async def controller(
        self, *devices: Device, limits: SiteLimits | None = None
    ) -> Controller:
        """Start anew: a live controller of this device (and others)."""
        controller = Controller(
            [Member(device, DEVICE) for device in (self.device, *devices)],
            self.journal,
            self.time.clock(),
            limits or SiteLimits(battery_export=True),
        )
        controller.automatic = True
        controller.dry_run = False
        await controller.start()
        return controller

    def reading(self, **values: float | bool | None) -> BatteryReading:
        """Return a reading of now: half full, 500 W of load, no sun."""
        known: dict[str, float | bool | None] = {
            "soc_pct": 50.0,
            "load_power_w": 500.0,
            "solar_power_w": 0.0,
            "islanded": False,
            "fault": False,
            "storm": False,
        }
        return BatteryReading(at=self.time.now, **(known | values))  # type: ignore[arg-type]  # checked by the field names

    def order(self, mode: Mode | None, power_w: float | None = None) -> Order:
        """Return an order of the plan, for an hour."""
        command = None
        if mode is not None:
            command = Command(mode, power_w, self.time.now + timedelta(hours=1))
        return Order(command=command, master="plan", reason="test")
