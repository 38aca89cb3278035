"""Whatever happens in whatever order: one master, and the owner's settings at the end.

PowerSync's own controller on a model of a home with two batteries, one of which keeps
a setting in flash memory and one of which takes commands rarely.
"""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from random import Random
from typing import Final, override

from hypothesis import Phase, example, given, settings, strategies as st
import pytest

from custom_components.power_sync.control.controlled import Controlled
from custom_components.power_sync.control.controller import Controller, Member
from custom_components.power_sync.control.journal import JournalError
from custom_components.power_sync.control.log import LogEntry, Outcome
from custom_components.power_sync.control.market import SpikeView
from custom_components.power_sync.control.reasons import ControlReason
from custom_components.power_sync.control.view import HoldMethod, Master, SiteLimits
from custom_components.power_sync.model.battery import (
    Capabilities,
    Mode,
    SettingValue,
    Write,
)
from custom_components.power_sync.model.charger import (
    CarState,
    ChargeMode,
    ChargerReading,
)
from custom_components.power_sync.model.mains import Mains

from .bench import DEVICE, OWNER, START, Bench, Device, PowerCutError
from .test_controller import plan, slot

TICK: Final = timedelta(seconds=10)
LEFT_AFTER: Final = timedelta(seconds=60)
AFTER_START: Final = timedelta(seconds=30)
RETRY: Final = timedelta(seconds=70)
"""So long after a fault the next try comes at the latest."""
DAY: Final = timedelta(days=1)
FLASH_WRITES: Final = 6
"""What the battery that wears out takes a day."""
RARELY: Final = timedelta(seconds=60)
FLASH: Final = "max_discharge_10w"
MODES: Final = (
    *(Mode.CHARGE, Mode.DISCHARGE, Mode.NO_DISCHARGE),
    *(Mode.STANDBY, Mode.LIMIT, Mode.SELF_CONSUMPTION),
)
KEYS: Final = ("A1", "B2")


@dataclass
class Battery(Device):
    """A device that is told rarely or wears out, and what its owner has set."""

    owner: dict[str, SettingValue] = field(default_factory=lambda: dict(OWNER))
    soc_pct: float = 50.0
    islanded: bool = False
    now: Callable[[], datetime] = field(default=lambda: START)
    troubled_at: datetime | None = None
    wanted_at: datetime | None = None
    started_at: datetime | None = None
    told_at: list[datetime] = field(default_factory=list)
    worn_at: list[datetime] = field(default_factory=list)
    """When its flash memory was written, as only the device itself knows."""

    @property
    @override
    def capabilities(self) -> Capabilities:
        """What it can do, and how little its memory takes."""
        return replace(super().capabilities, flash_writes_per_day=FLASH_WRITES)

    @override
    async def write(self, write: Write) -> None:
        """Take a write, and count it where it wears the memory."""
        before = len(self.writes)
        try:
            await super().write(write)
        finally:
            if len(self.writes) > before:
                self.told_at.append(self.now())
                if write.setting in self.flash:
                    self.worn_at.append(self.now())

    def wears(self, entry: LogEntry) -> bool:
        """Whether something was written to its memory."""
        return any(write.setting in self.flash for write in entry.writes)

    def worn_until(self, when: datetime) -> int:
        """Return how often its memory was written in the day up to a time."""
        return sum(when - DAY < at <= when for at in self.worn_at)

    @property
    def well(self) -> bool:
        """Whether it answers and obeys."""
        return self.reachable and not self.refuses and not self.ignores


class Home:
    """The home, the disk, and a Home Assistant that comes and goes."""

    controller: Controller

    def __init__(self) -> None:
        """Have two batteries, which nobody controls yet."""
        self.bench = Bench()
        self.batteries = {
            "A1": Battery(serial="A1", flash=frozenset({FLASH})),
            "B2": Battery(serial="B2", min_interval=RARELY),
        }
        self.load_w, self.solar_w = 500.0, 0.0
        self.automatic, self.dry_run = True, False
        self.hold: HoldMethod | None = HoldMethod.AUTOMATIC
        self.limits = SiteLimits(battery_export=True, export_limit_w=5000)
        self.spike, self.dear = False, False
        self.car: ChargerReading | None = None
        self.asked: set[datetime] = set()
        """When the user forced something: that is told at once."""
        self.told: list[LogEntry] = []
        """All that was ever told, whatever Home Assistant has lost."""
        self.disk_failed = False
        for each in self.batteries.values():
            each.now = lambda: self.now

    @property
    def now(self) -> datetime:
        """The time."""
        return self.bench.time.now

    async def start(self) -> None:
        """Start Home Assistant; what it lost it is told anew."""
        self.controller = Controller(
            [Member(each, DEVICE) for each in self.batteries.values()],
            self.bench.journal,
            self.bench.time.clock(),
            self.limits,
        )
        self.controller.automatic = self.automatic
        self.controller.dry_run = self.dry_run
        self.controller.hold = self.hold
        self.controller.market.too_dear = lambda _: self.dear
        self.controller.log.listen(self.told.append)
        await self.controller.start()

    async def power_cut(self) -> None:
        """Lose all that is not on the disk, and start again."""
        for device in self.batteries.values():
            device.cut_after = None
            # What was wanted before is not resumed, but for a force.
            device.wanted_at, device.started_at = None, self.now
        others = asyncio.all_tasks() - {asyncio.current_task()}
        for task in others:
            task.cancel()
        await asyncio.gather(*others, return_exceptions=True)
        await self.start()

    async def do(self, act: Callable[[], object]) -> None:
        """Do something, which a power cut may interrupt."""
        try:
            result = act()
            if asyncio.iscoroutine(result):
                await result
        except JournalError:
            assert self.bench.journal.broken
        except PowerCutError:
            await self.power_cut()

    async def go_on(self, ticks: int) -> None:
        """Let time go by, and look after each tick whether all is well."""
        for _ in range(ticks):
            self.bench.time.now += TICK
            until = self.now + timedelta(minutes=10)
            view = SpikeView(self.now, until) if self.spike else None
            self.controller.market.spike = view
            if self.car is not None:
                reading = replace(self.car, at=self.now)
                lasts = timedelta(minutes=3)
                self.controller.sight.cars.read("Z", reading, lasts)
            for key, device in self.batteries.items():
                self._read(key, device)
            await self.do(self.controller.tick)
            self.look()

    def _read(self, key: str, device: Battery) -> None:
        if not device.well:
            device.troubled_at = self.now
        if not device.reachable:
            self.controller.unread(key)
            return
        power_w = device_power_w(device, self.load_w - self.solar_w)
        soc_pct = device.soc_pct - power_w * TICK.total_seconds() / 3600 / 100
        device.soc_pct = min(100.0, max(0.0, soc_pct))
        reading = self.bench.reading(
            soc_pct=device.soc_pct,
            battery_power_w=power_w,
            load_power_w=self.load_w,
            solar_power_w=self.solar_w / 2,
            islanded=device.islanded,
        )
        self.controller.read(key, reading)

    # -- what must be so at all times ------------------------------------------------

    def look(self) -> None:
        """Check what must be so now."""
        leases = {k: b.lease for k, b in self.controller.batteries.items()}
        own = {k: self.master_of(b) for k, b in self.controller.batteries.items()}
        for key, lease in leases.items():
            # One that is its owner's may be held for what another one is told.
            if lease.reason == ControlReason.STARTING:
                continue
            lent = own[key] is Master.NORMAL and lease.master in own.values()
            assert lease.master is own[key] or lent
            self._nothing_is_left(key)
        modes = {lease.mode for lease in leases.values()}
        if {Mode.CHARGE, Mode.DISCHARGE} <= modes:
            # Only the user may want that, or a sale that leaves nothing to export.
            forced = all(lease.master is Master.FORCE for lease in leases.values())
            powers = [
                lease.command.power_w
                for lease in leases.values()
                if lease.command is not None and lease.mode is Mode.DISCHARGE
            ]
            assert forced or None not in powers

    def master_of(self, battery: Controlled) -> Master:
        """Return who decides by the table of priorities, worked out anew."""
        force = battery.executor.record.force
        planned = self.controller.plan is not None and self.controller.plan.slot_at(
            self.now
        )
        words = (
            (battery.health.trouble(self.now) is not None, Master.SAFETY),
            (force is not None and self.now < force.until, Master.FORCE),
            (
                self.automatic and self.spike and self.limits.battery_export,
                Master.SPIKE,
            ),
            (self.automatic and planned, Master.PLAN),
        )
        return next((master for says, master in words if says), Master.NORMAL)

    def _nothing_is_left(self, key: str) -> None:
        """Check that nothing of ours stays on a device that is its owner's."""
        device, battery = self.batteries[key], self.controller.batteries[key]
        if not self.dry_run and battery.lease.command is not None:
            device.wanted_at = self.now
        allowed = self.now
        if device.wanted_at is not None:
            allowed = device.wanted_at + LEFT_AFTER
        if device.started_at is not None:
            allowed = max(allowed, device.started_at + AFTER_START)
        if device.troubled_at is not None:
            allowed = max(allowed, device.troubled_at + RETRY)
        if self.now > allowed:
            assert device.settings == device.owner

    def look_back(self) -> None:
        """Check that nothing was told too often, nor wore a memory out."""
        for key, device in self.batteries.items():
            told = [
                entry
                for entry in self.told
                if entry.battery_id == key
                and entry.writes
                and entry.outcome is not Outcome.DRY_RUN
            ]
            for entry in filter(self._is_ours, told):
                since = entry.at - device.min_interval
                assert not any(since < at < entry.at for at in device.told_at)
                if device.wears(entry):
                    assert device.worn_until(entry.at) <= FLASH_WRITES

    def _is_ours(self, entry: LogEntry) -> bool:
        """Whether it was neither the user's word nor gave a battery back.

        What a broken disk did not take, the next start does not know.
        """
        gives_back = entry.command is None or not entry.outcome.good
        return not (entry.at in self.asked or gives_back or self.disk_failed)

    async def end(self, *, at_once: bool) -> None:
        """Heal everything, end everything, and find the owner's settings."""
        self.bench.journal.broken = False
        for device in self.batteries.values():
            device.reachable, device.islanded = True, False
            device.refuses = device.ignores = frozenset()
            device.cut_after = None
        self.spike, self.dear, self.car = False, False, None
        if at_once:
            assert await self.controller.stop(forget_forces=True)
        else:
            self.automatic = False
            await self.controller.set_automatic(on=False)
            await self.controller.set_hold(None)
            await self.controller.restore_normal()
            await self.go_on(15)
        for device in self.batteries.values():
            assert device.settings == device.owner
        # The next start finds nothing to do, whatever the disk missed meanwhile.
        before = [len(device.writes) for device in self.batteries.values()]
        await self.start()
        await self.go_on(2)
        assert before == [len(device.writes) for device in self.batteries.values()]
        assert not any(b.executor.held for b in self.controller.batteries.values())


def device_power_w(device: Device, net_load_w: float) -> float:
    """Return what a battery does that has these settings; positive discharges."""
    forced_w = device.settings["forced_power_w"]
    ceiling = device.settings[FLASH]
    assert isinstance(forced_w, int)
    assert isinstance(ceiling, int)
    if device.settings["ems_mode"] == 2:
        command = device.settings["forced_command"]
        return {0xAA: -float(forced_w), 0xBB: float(forced_w)}.get(int(command or 0), 0)
    return max(-6600.0, min(net_load_w / 2, ceiling * 10.0))


async def happen(home: Home, what: str, luck: Random) -> None:
    """Have something happen."""
    controller = home.controller
    minutes = timedelta(minutes=luck.choice((1, 3, 10)))
    match what:
        case "plan":
            power_kw = luck.choice((1, 3))
            modes = [luck.choice(MODES) for _ in range(4)]
            slots = [slot(mode, power_kw, firm=luck.random() > 0.1) for mode in modes]
            controller.plan = plan(home.bench, *slots)
        case "force":
            home.asked.add(home.now)
            mode, key = luck.choice(MODES[:5]), luck.choice((None, ["A1"], ["B2"]))
            await home.do(
                lambda: controller.force(
                    mode, power_w=2000, duration=minutes, batteries=key
                )
            )
        case "restore":
            await home.do(controller.restore_normal)
        case "spike":
            home.spike = not home.spike
        case "dear":
            home.dear = not home.dear
        case "car":
            state = luck.choice((CarState.CHARGING, CarState.CONNECTED))
            power_w = 7400.0 if state is CarState.CHARGING else 0.0
            home.load_w = 500 + power_w
            mode_ = luck.choice((ChargeMode.FAST, ChargeMode.ECO_PLUS))
            home.car = ChargerReading(
                at=home.now, state=state, power_w=power_w, mode=mode_
            )
        case "weather":
            home.solar_w = luck.choice((0.0, 4000.0))
            home.load_w = luck.choice((300.0, 3000.0))
        case _:
            await fault(home, what, luck)


async def fault(home: Home, what: str, luck: Random) -> None:
    """Have something go wrong with a battery, the disk or the computer."""
    device = home.batteries[luck.choice(KEYS)]
    match what:
        case "level":
            device.soc_pct = luck.choice((9.0, 11.0, 50.0, 99.9))
        case "silence":
            device.reachable = not device.reachable
        case "refusal":
            device.refuses = frozenset() if device.refuses else frozenset({"ems_mode"})
        case "ignorance":
            key_ = luck.choice(("forced_command", FLASH))
            device.ignores = frozenset() if device.ignores else frozenset({key_})
        case "islanding":
            device.islanded = not device.islanded
        case "disk":
            home.bench.journal.broken = not home.bench.journal.broken
            home.disk_failed = True
        case "cut":
            device.cut_after = len(device.writes) + luck.choice((1, 2, 3))
        case "crash":
            await home.power_cut()
        case "stop":
            await home.do(home.controller.stop)
            await home.power_cut()
        case _:
            await setting(home, what, luck)


async def setting(home: Home, what: str, luck: Random) -> None:
    """Have the owner set something."""
    controller = home.controller
    match what:
        case "automatic":
            home.automatic = not home.automatic
            await home.do(lambda: controller.set_automatic(on=home.automatic))
        case "dry_run":
            home.dry_run = not home.dry_run
            await home.do(lambda: controller.set_dry_run(on=home.dry_run))
        case "hold":
            home.hold = luck.choice((None, *HoldMethod))
            await home.do(lambda: controller.set_hold(home.hold))
        case "limits":
            home.limits = SiteLimits(
                battery_export=luck.random() > 0.3,
                grid_charging=luck.random() > 0.3,
                export_limit_w=luck.choice((None, 3000.0)),
                max_soc_pct=luck.choice((90.0, 100.0)),
                mains=luck.choice((Mains(), Mains(fuse_a=16))),
            )
            await home.do(lambda: controller.set_limits(home.limits))
        case "owner":
            device = home.batteries[luck.choice(KEYS)]
            if device.settings == device.owner and device.well:
                device.settings[FLASH] = device.owner[FLASH] = luck.choice((400, 450))


EVENTS: Final = (
    *("plan", "plan", "force", "force", "restore", "spike", "spike", "dear"),
    *("car", "car", "weather", "level", "silence", "refusal", "ignorance"),
    *("islanding", "disk", "cut", "crash", "stop", "automatic", "dry_run", "hold"),
    *("limits", "owner"),
)


async def live(
    events: list[tuple[str, int]], seed: int, *, at_once: bool = False
) -> None:
    """Have things happen, each followed by some ticks, then end it all."""
    home, luck = Home(), Random(seed)  # noqa: S311 - no secret
    await home.start()
    await home.go_on(1)
    for what, ticks in events:
        await happen(home, what, luck)
        await home.go_on(ticks)
    home.look_back()
    await home.end(at_once=at_once)


@settings(
    max_examples=40,
    deadline=None,
    # Explaining a failure traces every line, and takes minutes.
    phases=(Phase.explicit, Phase.reuse, Phase.generate, Phase.shrink),
)
@given(
    events=st.lists(
        st.tuples(st.sampled_from(EVENTS), st.integers(0, 6)), min_size=3, max_size=20
    ),
    seed=st.integers(0, 2**16),
    at_once=st.booleans(),
)
@example(events=[("force", 0), ("refusal", 2), ("stop", 4)], seed=181, at_once=False)
def test_whatever_happens(
    events: list[tuple[str, int]], seed: int, *, at_once: bool
) -> None:
    """One master at all times, nothing left, nothing too often, all back at the end."""
    asyncio.run(live(events, seed, at_once=at_once))


@pytest.mark.parametrize("event", sorted(set(EVENTS)))
def test_each_thing_can_happen(event: str) -> None:
    """Each alone, between a plan and a car."""
    asyncio.run(live([("plan", 2), (event, 4), ("car", 3), (event, 8)], len(event)))
