"""A home with a battery, a car and PowerSync's controller, in steps of half a second.

A battery of 5 kW follows the home three seconds late, a car of 7.4 kW is at its power
within three seconds, and a command takes a second.
"""

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Final

from custom_components.power_sync.control.clock import Clock
from custom_components.power_sync.control.controller import Controller, Member
from custom_components.power_sync.control.journal import Records
from custom_components.power_sync.control.view import HoldMethod, SiteLimits
from custom_components.power_sync.devices.protocols import DeviceRefusedError
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
    Write,
)
from custom_components.power_sync.model.charger import CarState, ChargerReading

BATTERY_W: Final = 5000.0
CAR_W: Final = 7400.0
RAMP_S: Final = 3.0
FOLLOWS_AFTER_S: Final = 3.0
COMMAND_S: Final = 1.0
STEP_S: Final = 0.5
NO_LIMIT: Final = -1
LIMIT: Final = "discharge_limit_w"
_BEGIN: Final = datetime(2026, 1, 12, 12, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Way:
    """How a car is noticed, and how a battery is held."""

    reads_s: float | None
    """How often the battery says what the home draws; None is never."""
    cloud_s: float = 60.0
    lag_s: float = 60.0
    flash: bool = True
    own_start: bool = False


class _Journal:
    """A journal that keeps nothing: nothing is restarted here."""

    async def load(self) -> Records:
        """Return nothing."""
        return {}

    async def save(self, records: Records) -> None:
        """Keep nothing."""


@dataclass
class _Battery:
    """A battery with one setting: the most that it discharges."""

    flash: bool
    limit: int = NO_LIMIT
    writes: int = 0

    @property
    def identity(self) -> BatteryIdentity:
        """Which one it is."""
        return BatteryIdentity("bench", "B", "bench")

    @property
    def capabilities(self) -> Capabilities:
        """What it can do."""
        modes = {Mode.SELF_CONSUMPTION, Mode.NO_DISCHARGE, Mode.LIMIT}
        return Capabilities(
            modes=frozenset(modes),
            max_charge_w=BATTERY_W,
            max_discharge_w=BATTERY_W,
            flash_settings=frozenset({LIMIT} if self.flash else ()),
        )

    async def read(self) -> BatteryReading:
        """Refuse: the bench hands readings over."""
        raise DeviceRefusedError("the bench reads")

    async def read_settings(self) -> Settings:
        """Return the setting."""
        return {LIMIT: self.limit}

    def writes_for(
        self, command: Command, owner: Settings, now: Settings
    ) -> tuple[Write, ...]:
        """Return the one write."""
        limit_w = command.power_w if command.mode is Mode.LIMIT else 0.0
        return (Write(LIMIT, int(limit_w or 0)),)

    def writes_for_release(self, owner: Settings, now: Settings) -> tuple[Write, ...]:
        """Return the write that puts the owner's back."""
        return (Write(LIMIT, owner[LIMIT]),)

    def owner_settings(self, found: Settings) -> Settings:
        """Return what was found."""
        return found

    def safe_settings(self, found: Settings) -> Settings:
        """Return no limit."""
        return {LIMIT: NO_LIMIT}

    def owner_range(self, setting: OwnerSetting) -> OwnerRange | None:
        """Return that there is none."""
        return None

    async def read_owner(self) -> Settings:
        """Return nothing."""
        return {}

    def owner_value(self, setting: OwnerSetting, found: Settings) -> float | None:
        """Return that there is none."""
        return None

    def owner_writes(
        self, setting: OwnerSetting, value: OwnerValue, found: Settings
    ) -> tuple[Write, ...]:
        """Refuse: there is none."""
        raise DeviceRefusedError(setting)

    async def write(self, write: Write) -> None:
        """Take the limit."""
        self.writes += 1
        self.limit = int(write.value or 0)


@dataclass
class Bench:
    """A home with a battery, a car and a controller, in steps of half a second."""

    way: Way
    home_w: Callable[[float], float]
    s: float = 0.0
    leaked_wh: float = 0.0
    car_wh: float = 0.0
    battery_w: float = 0.0
    battery: _Battery = field(init=False)
    controller: Controller = field(init=False)
    _car_since: float | None = None
    _net: deque[float] = field(default_factory=deque)
    _limits: deque[int] = field(default_factory=deque)
    _charging: deque[tuple[float, float]] = field(default_factory=deque)
    _read_at: float = 0.0
    _cloud_at: float = 0.0

    async def begin(self, phase_s: float) -> None:
        """Start the controller; the cloud is asked again `phase_s` later."""
        self.battery = _Battery(flash=self.way.flash)
        clock = Clock(self.now, self._no_sleep)
        self.controller = Controller(
            [Member(self.battery, {})], _Journal(), clock, SiteLimits()
        )
        self.controller.hold = HoldMethod.AUTOMATIC
        self.controller.dry_run = False
        await self.controller.start()
        # It has charged before, so what it takes is known.
        self._say_cloud(CAR_W)
        self._say_cloud(0.0)
        self._cloud_at = phase_s

    def now(self) -> datetime:
        """Return the time."""
        return _BEGIN + timedelta(seconds=self.s)

    async def _no_sleep(self, _seconds: float) -> None:
        return

    @property
    def car_w(self) -> float:
        """What the car draws now."""
        if self._car_since is None:
            return 0.0
        return CAR_W * min(1.0, (self.s - self._car_since) / RAMP_S)

    @property
    def held(self) -> bool:
        """Whether the device is told to give less than it could."""
        return self.battery.limit != NO_LIMIT

    async def start_car(self) -> None:
        """Have the car start."""
        if self.way.own_start:
            self.controller.sight.cars.starting(self.now())
            await self.controller.tick()
            # The charger is told when the battery has taken its command.
            await self.run(COMMAND_S + FOLLOWS_AFTER_S)
        self._car_since = self.s

    def stop_car(self) -> None:
        """Have the car stop."""
        self._car_since = None

    async def run(self, seconds: float, *, step_s: float = STEP_S) -> None:
        """Let time go by."""
        end = self.s + seconds
        while self.s < end - 1e-9:
            self.s += step_s
            self._flow(step_s)
            self._charging.append((self.s, self.car_w))
            if self.way.reads_s and self.s >= self._read_at:
                self._read_at = self.s + self.way.reads_s
                self._read()
            if self.s >= self._cloud_at:
                self._cloud_at = self.s + self.way.cloud_s
                self._say_cloud(self._told())
            if self.controller.car_is_news() or self.s % 10 < step_s:
                if not self.way.reads_s:
                    self._read()
                await self.controller.tick()

    def _flow(self, step_s: float) -> None:
        """Move the battery after the home, and count what the car had of it."""
        home_w = self.home_w(self.s)
        self._net.append(home_w + self.car_w)
        self._limits.append(self.battery.limit)
        lag = max(1, round(FOLLOWS_AFTER_S / step_s))
        wanted_w = self._net[0] if len(self._net) < lag else self._net[-lag]
        latency = max(1, round(COMMAND_S / step_s))
        limit = (
            self._limits[0] if len(self._limits) < latency else self._limits[-latency]
        )
        while len(self._net) > lag:
            self._net.popleft()
        while len(self._limits) > latency:
            self._limits.popleft()
        most_w = BATTERY_W if limit == NO_LIMIT else min(BATTERY_W, limit)
        self.battery_w = min(wanted_w, most_w)
        leak_w = min(self.car_w, max(0.0, self.battery_w - home_w))
        self.leaked_wh += leak_w * step_s / 3600
        self.car_wh += self.car_w * step_s / 3600

    def _read(self) -> None:
        knows = self.way.reads_s is not None
        self.controller.read(
            "B",
            BatteryReading(
                at=self.now(),
                soc_pct=60.0,
                battery_power_w=self.battery_w,
                solar_power_w=0.0,
                load_power_w=self.home_w(self.s) + self.car_w if knows else None,
            ),
        )

    def _told(self) -> float:
        """Return what the cloud knows of the car: some seconds old."""
        known_by = self.s - self.way.lag_s
        told = 0.0
        while self._charging and self._charging[0][0] <= known_by:
            told = self._charging.popleft()[1]
        return told

    def _say_cloud(self, power_w: float) -> None:
        state = CarState.CHARGING if power_w > 0 else CarState.CONNECTED
        reading = ChargerReading(at=self.now(), state=state, power_w=power_w)
        self.controller.sight.cars.read("Z", reading, timedelta(minutes=5))
