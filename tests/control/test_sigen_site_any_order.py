"""A home with a Sigenergy system in its cloud: force, spike, sync, any order.

PowerSync's own controller decides, and the simulated cloud behind the real protocol
obeys. Whatever came, its owner has tariff and operating mode back exactly, and no
manual control of ours runs.
"""

import asyncio
from collections.abc import AsyncIterator
from copy import deepcopy
from datetime import timedelta, timezone

from aiohttp import ClientSession
from hypothesis import example, given, settings, strategies as st
import pytest

from custom_components.power_sync.control.controller import Controller, Member
from custom_components.power_sync.control.log import Outcome
from custom_components.power_sync.control.market import SpikeView
from custom_components.power_sync.control.view import Master, PlannedBy, SiteLimits
from custom_components.power_sync.devices.batteries.cloud import Login
from custom_components.power_sync.devices.batteries.sigenergy_cloud.driver import (
    SigenergyCloudBattery,
)
from custom_components.power_sync.devices.protocols import DeviceError
from custom_components.power_sync.model.battery import Mode
from custom_components.power_sync.model.tariff import SLOTS, DayTariff
from simulators.clock import ManualClock
from simulators.rest import Fault
from simulators.sigen_prices import bought_at
from tests.devices.sigen_account import ACCOUNT, NOON, STATION, cloud, count_by
from tests.devices.test_sigen_driver import World
from tests.devices.test_sigen_prices import SERVED

from .bench import MemoryJournal, Time

pytestmark = pytest.mark.usefixtures("socket_enabled")
BRISBANE = timezone(timedelta(hours=10))
FORCES = (Mode.CHARGE, Mode.DISCHARGE, Mode.NO_DISCHARGE)
PLANNERS = tuple(PlannedBy)
FAULTS = (Fault(status=503), Fault(status=429), Fault(body="<html>"))
MODES = st.sampled_from(((0, -1), (1, -1), (2, -1), (5, -1), (9, 4711)))
STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("force"), st.integers(0, 2)),
        st.tuples(st.just("spike"), st.integers(0, 1)),
        st.tuples(st.just("sync"), st.integers(-10, 40)),
        st.tuples(st.just("planner"), st.integers(0, 2)),
        st.tuples(st.just("normal"), st.just(0)),
        st.tuples(st.just("restart"), st.integers(0, 1)),
        st.tuples(st.just("pass"), st.integers(1, 600)),
        st.tuples(st.just("fault"), st.integers(0, 2)),
    ),
    min_size=2,
    max_size=10,
)
KNOWN_FOR = timedelta(minutes=15)
VPP = 6
"""The operating mode in which somebody else has the system."""
LIMITS = SiteLimits(battery_export=True)


class Home:
    """A site whose prices do not show the market's, and who runs it."""

    controller: Controller
    driver: SigenergyCloudBattery

    def __init__(self, world: World) -> None:
        """Have the system plan for itself."""
        self.world = world
        self.planner, self.prices = PlannedBy.ITSELF, 20
        self.spike = False
        self.before = self.as_set()

    def as_set(self) -> tuple[object, ...]:
        """Return all that is the owner's."""
        station = self.world.sigen.station
        return deepcopy(station.tariff), station.operating_mode, station.profile

    async def start(self) -> None:
        """Start Home Assistant with what is on its disk."""
        world = self.world
        self.driver = SigenergyCloudBattery(
            Login(world.session, world.sigen.url, ACCOUNT),
            SERVED,
            now=world.clock.now,
            settle=timedelta(0),
            zone=BRISBANE,
        )
        self.controller = Controller(
            [Member(self.driver, {})], world.journal, world.time.clock(), LIMITS
        )
        self.controller.automatic, self.controller.dry_run = True, False
        await self.controller.start()
        await self.tick()

    async def tick(self) -> None:
        """Read, say what the market and the prices are, and act."""
        battery, now = self.controller.batteries[STATION], self.world.clock.now()
        battery.planned_by = self.planner
        today = now.astimezone(BRISBANE).date()
        prices = (self.prices / 100,) * SLOTS
        battery.tariff = DayTariff(today, "AUD", prices, (-0.01,) * SLOTS)
        spike = SpikeView(now, now + KNOWN_FOR, 0.5) if self.spike else None
        self.controller.market.spike = spike
        try:
            self.controller.read(STATION, await self.driver.read())
        except DeviceError:
            self.controller.unread(STATION)
        await self.controller.tick()
        self.holds()

    def holds(self) -> None:
        """Check that what a good outcome says is so: one planner, one day."""
        battery, station = self.controller.batteries[STATION], self.world.sigen.station
        if battery.outcome is None or not battery.outcome.good:
            return
        if battery.lease.master in (Master.FORCE, Master.SPIKE):
            # Nothing is uploaded while a force holds, and nothing left of before.
            assert self.as_set() == self.before
        elif battery.lease.master is Master.TARIFF:
            local = self.world.clock.now().astimezone(BRISBANE)
            plan, bought = bought_at(station.tariff, local)
            assert plan == f"Prices {local.date()} AUD"
            assert bought == self.prices / 100
            assert station.manual_mode is None

    async def step(self, what: str, number: int) -> None:
        """Let one thing happen."""
        match what:
            case "spike":
                self.spike = bool(number)
            case "sync":
                self.prices = number
            case "planner":
                self.planner = PLANNERS[number]
            case "fault":
                self.world.sigen.fail(FAULTS[number])
            case _:
                await self._act(what, number)
        await self.tick()
        if what == "pass":
            await self.minutes(3)

    async def _act(self, what: str, number: int) -> None:
        match what:
            case "force":
                duration = timedelta(minutes=40)
                await self.controller.force(
                    FORCES[number], power_w=None, duration=duration
                )
            case "normal":
                await self.controller.restore_normal()
            case "restart":
                if number:
                    await self.controller.stop()
                await self.start()
            case "pass":
                self.world.pass_by(minutes=number)

    async def minutes(self, count: int) -> None:
        """Let time pass, with a reading a minute."""
        for _ in range(count):
            self.world.pass_by(minutes=1)
            await self.tick()


async def lived(mode: tuple[int, int], steps: list[tuple[str, int]]) -> None:
    """Live through all of it; then nobody wants anything any more."""
    clock = ManualClock(NOON)
    with pytest.MonkeyPatch.context() as patch:
        count_by(clock, patch)
        async with cloud(clock) as sigen, ClientSession() as session:
            sigen.station.operating_mode, sigen.station.profile = mode
            world = World(sigen, clock, session, MemoryJournal(), Time(NOON))
            home = Home(world)
            await home.start()
            for what, number in steps:
                await home.step(what, number)
            home.spike, home.planner = False, PlannedBy.OWNER
            sigen.heal()
            for _ in range(4):
                # A force ends by itself; what the cloud refused is tried again.
                world.pass_by(minutes=12)
                await home.start()
                await home.minutes(4)
            battery = home.controller.batteries[STATION]
            assert battery.lease.master is Master.NORMAL
            assert not battery.executor.held
            assert home.as_set() == home.before
            assert sigen.station.manual_mode is None


@settings(max_examples=25, deadline=None)
@given(MODES, STEPS)
@example((0, -1), [("spike", 1), ("force", 0), ("restart", 0), ("spike", 0)])
@example((9, 4711), [("force", 1), ("spike", 1), ("pass", 600)])
@example((1, -1), [("sync", 5), ("fault", 1), ("spike", 1)])
def test_the_owner_has_it_back(
    mode: tuple[int, int], steps: list[tuple[str, int]]
) -> None:
    """Tariff and operating mode exactly, a profile of the owner's own, too."""
    asyncio.run(lived(mode, steps))


@pytest.fixture
async def home(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Home]:
    """Return a home whose owner has a virtual power plant to come."""
    clock = ManualClock(NOON)
    count_by(clock, monkeypatch)
    async with cloud(clock) as sigen, ClientSession() as session:
        yield Home(World(sigen, clock, session, MemoryJournal(), Time(NOON)))


async def test_a_virtual_power_plant_takes_over(home: Home) -> None:
    """It keeps the system, which has its owner's tariff; when it goes, ours is back."""
    sigen = home.world.sigen
    await home.start()
    await home.minutes(6)
    before, _, _ = home.before
    assert sigen.told[-1] == "mode 1"
    sigen.station.operating_mode = VPP
    for _ in range(40):
        home.world.pass_by(minutes=1)
        await home.tick()
        assert sigen.station.operating_mode == VPP
    assert sigen.station.tariff == before
    assert sigen.told[-1] == "tariff Energy plan"
    # A restart in the middle of it tells nothing, either.
    told = list(sigen.told)
    await home.start()
    await home.minutes(15)
    assert (sigen.told, sigen.station.operating_mode) == (told, VPP)
    sigen.station.operating_mode = 0
    await home.minutes(15)
    assert home.controller.batteries[STATION].lease.master is Master.TARIFF
    assert sigen.told[-1] == "mode 1"
    home.planner = PlannedBy.OWNER
    await home.minutes(2)
    assert home.as_set() == home.before


async def test_a_force_ends_where_a_virtual_power_plant_takes_over(home: Home) -> None:
    """Its control is ended once that is seen, and not begun anew."""
    sigen = home.world.sigen
    home.planner = PlannedBy.POWERSYNC
    await home.start()
    await home.minutes(1)
    hour = timedelta(hours=1)
    await home.controller.force(Mode.CHARGE, power_w=None, duration=hour)
    assert sigen.station.manual["mode"] == "0"
    sigen.station.operating_mode = VPP
    home.before = home.as_set()
    await home.minutes(12)
    assert sigen.station.manual_mode is None
    assert home.controller.batteries[STATION].outcome is Outcome.REFUSED
    told = sigen.commands_taken
    await home.minutes(50)
    assert sigen.commands_taken == told
    assert home.as_set() == home.before
