"""A grid that is gone, on every battery that tells: left to itself until it is back.

Controller and real drivers, over sockets, on what the makers' devices or clouds say.
The Sungrow lives through it in a whole Home Assistant (`tests/scenarios`).
"""

from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import override

from aiohttp import ClientSession
import pytest

from custom_components.power_sync.control.controller import Controller, Member
from custom_components.power_sync.control.view import SiteLimits
from custom_components.power_sync.devices.batteries.cloud import Login
from custom_components.power_sync.devices.batteries.sigenergy_cloud.driver import (
    SigenergyCloudBattery,
)
from custom_components.power_sync.devices.protocols import BatteryDriver
from custom_components.power_sync.model.battery import Mode
from simulators.home import SimulatedHome
from tests.devices import sigenergy_unit
from tests.devices.sigen_account import ACCOUNT, cloud
from tests.devices.sungrow_unit import Clock
from tests.devices.tesla_site import tesla, told_of
from tests.devices.test_sigen_driver import CONFIG

from .bench import MemoryJournal, Time

pytestmark = pytest.mark.usefixtures("socket_enabled")


@dataclass
class World:
    """A battery, the home that it is in, how it is set, and the time."""

    driver: BatteryDriver
    home: SimulatedHome
    settings: Callable[[], Mapping[str, object] | Mapping[int, int]]
    time: Time


class _Clock(Clock):
    """The time of all, as a driver and a simulator ask for it."""

    def __init__(self, time: Time) -> None:
        """Take the time."""
        super().__init__()
        self._time = time

    @override
    def __call__(self) -> datetime:
        """Return the time."""
        return self._time.now

    def now(self) -> datetime:
        """Return the time."""
        return self._time.now


@asynccontextmanager
async def powerwall() -> AsyncIterator[World]:
    """Have a Powerwall behind Tesla's cloud."""
    async with tesla() as account:
        account.cloud.tariff_every = timedelta(0)
        driver = await account.driver()
        yield World(driver, account.site.home, lambda: told_of(account), account.time)


@asynccontextmanager
async def sigenergy() -> AsyncIterator[World]:
    """Have a Sigenergy plant on Modbus."""
    time = Time()
    async with (
        sigenergy_unit.simulator() as plant,
        sigenergy_unit.link_to(plant) as units,
    ):
        driver = sigenergy_unit.driver(units, _Clock(time))
        yield World(driver, plant.home, plant.settings, time)


@asynccontextmanager
async def sigenergy_cloud() -> AsyncIterator[World]:
    """Have a Sigenergy station behind its cloud."""
    time = Time()

    async with cloud(_Clock(time)) as sigen, ClientSession() as session:
        driver = SigenergyCloudBattery(
            Login(session, sigen.url, ACCOUNT),
            CONFIG,
            now=lambda: time.now,
            settle=timedelta(0),
        )
        station = sigen.station
        yield World(driver, station.home, lambda: {"manual": station.manual_mode}, time)


@pytest.mark.parametrize("brand", [powerwall, sigenergy, sigenergy_cloud])
async def test_an_outage_suspends_a_force(
    brand: Callable[[], AbstractAsyncContextManager[World]],
) -> None:
    """It has its owner's settings, and the force for five minutes of grid no more."""
    async with brand() as world:
        controller = Controller(
            [Member(world.driver, {})],
            MemoryJournal(),
            world.time.clock(),
            SiteLimits(battery_export=True),
        )
        controller.dry_run = False
        await controller.start()
        (battery,) = controller.batteries.values()

        async def look(minutes: int = 1) -> None:
            for _ in range(minutes):
                world.time.pass_by(minutes=1)
                reading = await world.driver.read()
                controller.read(battery.battery_id, reading)
                await controller.tick()

        await look()
        owners = world.settings()
        two_hours = timedelta(hours=2)
        await controller.force(Mode.CHARGE, power_w=3000, duration=two_hours)
        assert world.settings() != owners
        world.home.islanded = True
        await look()
        assert battery.lease.reason == "islanded"
        assert world.settings() == owners
        await look(10)
        world.home.islanded = False
        await look(5)
        assert battery.lease.reason == "grid_returning"
        assert world.settings() == owners
        await look(2)
        assert world.settings() != owners
        await controller.restore_normal()
        assert world.settings() == owners
