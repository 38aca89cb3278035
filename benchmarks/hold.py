"""What a battery gives to a car before it is held, and how soon it is free again.

A home of 400 W, a battery of 5 kW that follows the home three seconds late, a car of
7.4 kW that is at its power within three seconds. PowerSync's own controller acts on
it, and its commands take a second. Everything is drawn from fixed seeds.

- `meter_1s`: readings each second, a battery with a limit that wears out nothing
- `inverter_5s`: readings each five seconds, a battery held by a setting in flash memory
- `own_start`: the same, where PowerSync starts the car
- `cloud`: the charger's cloud alone, each 60 s; the battery says nothing of the load

Where there are readings the charger's cloud tells, too, but a minute late, so that a
car is noticed from the load.
"""

import asyncio
from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from random import Random
from statistics import fmean, quantiles
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
HOME_W: Final = 400.0
RAMP_S: Final = 3.0
FOLLOWS_AFTER_S: Final = 3.0
COMMAND_S: Final = 1.0
STEP_S: Final = 0.5
NO_LIMIT: Final = -1
LIMIT: Final = "discharge_limit_w"
STARTS: Final = 30
LONGEST_S: Final = 600.0
SESSION_S: Final = 300.0
SETTLED_S: Final = 60.0
DAYS: Final = 2
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


WAYS: Final = {
    "meter_1s": Way(1.0, flash=False),
    "inverter_5s": Way(5.0),
    "own_start": Way(5.0, own_start=True),
    "cloud": Way(None, lag_s=0.0),
}


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


def _busy_home(random: Random) -> Callable[[float], float]:
    """Return a home's load: 400 W with noise, in grains of five seconds."""
    noise = [random.gauss(0, 15) for _ in range(997)]
    return lambda s: HOME_W + noise[int(s // 5) % len(noise)]


async def _starts(way: Way) -> dict[str, float]:
    """Have the car start and stop at many moments of all rhythms."""
    leaks, releases, steady, car = [], [], 0.0, 0.0
    for number in range(STARTS):
        random = Random(number)  # noqa: S311 - no secret
        bench = Bench(way, _busy_home(random))
        await bench.begin(random.uniform(0, way.cloud_s))
        await bench.run(150 + random.uniform(0, 10))
        before_wh = bench.leaked_wh
        await bench.start_car()
        await bench.run(SETTLED_S + way.lag_s + way.cloud_s)
        leaks.append(bench.leaked_wh - before_wh)
        settled_wh, car_wh = bench.leaked_wh, bench.car_wh
        await bench.run(SESSION_S)
        steady += bench.leaked_wh - settled_wh
        car += bench.car_wh - car_wh
        bench.stop_car()
        waited = 0.0
        while bench.held and waited < LONGEST_S:
            await bench.run(STEP_S)
            waited += STEP_S
        releases.append(waited)
    return {
        "leak_mean_wh": round(fmean(leaks), 2),
        "leak_p95_wh": round(quantiles(leaks, n=20)[-1], 2),
        "release_s": round(fmean(releases), 1),
        "steady_leak_pct": round(100 * steady / car, 3),
    }


def _appliances(random: Random) -> Iterator[tuple[float, float, float]]:
    """Yield (begin, seconds, W) of a day that begins at noon, in seconds since then."""
    for _ in range(8):
        yield random.uniform(0, 86400), random.uniform(120, 240), 2200.0
    for shower in (7.5, 19.2):
        begin = 3600 * (shower + random.uniform(-0.3, 0.3))
        yield begin, random.uniform(240, 480), 8500.0
    oven = random.uniform(5.5, 6.5) * 3600
    for cycle in range(12):
        yield oven + cycle * 300, 140.0, 2400.0
    for machine in (random.uniform(1, 9), random.uniform(12, 20)):
        for part in range(3):
            yield machine * 3600 + part * 1500, 700.0, 2000.0


async def _days(way: Way) -> dict[str, float]:
    """Live through days in which the car is plugged in and charges for two hours."""
    random = Random(7)  # noqa: S311 - no secret
    every = [
        (day * 86400 + begin, seconds, watts)
        for day in range(DAYS)
        for begin, seconds, watts in _appliances(random)
    ]
    by_slot: dict[int, float] = {}
    for begin, seconds, watts in every:
        for slot in range(int(begin // 5), int((begin + seconds) // 5)):
            by_slot[slot] = by_slot.get(slot, 0.0) + watts
    quiet = _busy_home(random)
    bench = Bench(way, lambda s: quiet(s) + by_slot.get(int(s // 5), 0.0))
    await bench.begin(30.0)
    step_s = min(5.0, way.reads_s or 5.0)
    longest = 0.0
    for _ in range(DAYS):
        for charges, hours in ((False, 13.0), (True, 2.0), (False, 9.0)):
            if charges:
                await bench.start_car()
            else:
                bench.stop_car()
            await bench.run(3600 * hours, step_s=step_s)
    return {
        "false_holds_per_day": round(
            bench.controller.sight.cars.false_alarms / DAYS, 2
        ),
        "flash_writes_per_day": round(
            bench.battery.writes / DAYS if way.flash else longest, 2
        ),
    }


def run() -> dict[str, dict[str, float]]:
    """Return the figures of each way."""

    async def all_ways() -> dict[str, dict[str, float]]:
        return {
            name: {**await _starts(way), **await _days(way)}
            for name, way in WAYS.items()
        }

    return asyncio.run(all_ways())
