"""A home with a Sigenergy system in its cloud: force, spike, sync, any order.

PowerSync's own controller decides, and the simulated cloud behind the real protocol
obeys. Whatever came, its owner has tariff and operating mode back exactly, and no
manual control of ours runs.
"""

import asyncio
from collections.abc import AsyncIterator
from copy import deepcopy
from datetime import timedelta, timezone
from typing import override

from aiohttp import ClientSession
from hypothesis import example, given, settings, strategies as st
import pytest

from custom_components.power_sync.control.log import Outcome
from custom_components.power_sync.control.view import Master, PlannedBy
from custom_components.power_sync.devices.batteries.cloud import Login
from custom_components.power_sync.devices.batteries.sigenergy_cloud.driver import (
    SigenergyCloudBattery,
)
from custom_components.power_sync.model.battery import Mode
from simulators.clock import ManualClock
from simulators.sigen_prices import bought_at
from tests.devices.sigen_account import ACCOUNT, NOON, STATION, cloud, count_by
from tests.devices.test_sigen_driver import World
from tests.devices.test_sigen_prices import SERVED

from .any_order import STEPS, AnyOrder, Steps
from .bench import MemoryJournal, Time

pytestmark = pytest.mark.usefixtures("socket_enabled")
BRISBANE = timezone(timedelta(hours=10))
MODES = st.sampled_from(((0, -1), (1, -1), (2, -1), (5, -1), (9, 4711)))
VPP = 6
"""The operating mode in which somebody else has the system."""


class Home(AnyOrder):
    """A home with a Sigenergy system."""

    def __init__(self, world: World) -> None:
        """Remember what its owner has set."""
        super().__init__(STATION, BRISBANE, world.sigen, world.journal, world.time)
        self.world = world
        self.before = self.as_set()

    def as_set(self) -> tuple[object, ...]:
        """Return all that is the owner's."""
        station = self.world.sigen.station
        return deepcopy(station.tariff), station.operating_mode, station.profile

    @override
    def anew(self) -> SigenergyCloudBattery:
        return SigenergyCloudBattery(
            Login(self.world.session, self.world.sigen.url, ACCOUNT),
            SERVED,
            now=self.world.clock.now,
            settle=timedelta(0),
            zone=BRISBANE,
        )

    @override
    def pass_by(self, minutes: int) -> None:
        self.world.pass_by(minutes=minutes)

    @override
    async def tick(self) -> None:
        await super().tick()
        self.is_as_said()

    @override
    def holds(self) -> None:
        """Check that a tariff of ours is never there with a manual control."""
        station = self.world.sigen.station
        plan, _ = bought_at(station.tariff, self.time.now.astimezone(BRISBANE))
        assert not plan.startswith("Prices") or station.manual_mode is None

    def is_as_said(self) -> None:
        """Check that what a good outcome says is so: one planner, one day."""
        battery, station = self.controller.batteries[STATION], self.world.sigen.station
        if battery.outcome is None or not battery.outcome.good:
            return
        if battery.lease.master in (Master.FORCE, Master.SPIKE):
            # Nothing is uploaded while a force holds, and nothing left of before.
            assert self.as_set() == self.before
        elif battery.lease.master is Master.TARIFF:
            local = self.time.now.astimezone(BRISBANE)
            plan, bought = bought_at(station.tariff, local)
            assert plan == f"Prices {local.date()} AUD"
            assert bought == self.prices / 100
            assert station.manual_mode is None


async def lived(mode: tuple[int, int], steps: Steps) -> None:
    """Live through all of it, and look at what the owner has then."""
    clock = ManualClock(NOON)
    with pytest.MonkeyPatch.context() as patch:
        count_by(clock, patch)
        async with cloud(clock) as sigen, ClientSession() as session:
            sigen.station.operating_mode, sigen.station.profile = mode
            home = Home(World(sigen, clock, session, MemoryJournal(), Time(NOON)))
            await home.live(steps)
            assert home.as_set() == home.before
            assert sigen.station.manual_mode is None


@settings(max_examples=25, deadline=None)
@given(MODES, STEPS)
@example((0, -1), [("spike", 500), ("force", 0), ("restart", 0), ("spike", 0)])
@example((9, 4711), [("force", 1), ("spike", 500), ("pass", 600)])
@example((1, -1), [("sync", 5), ("fault", 1), ("spike", 500)])
def test_the_owner_has_it_back(mode: tuple[int, int], steps: Steps) -> None:
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
