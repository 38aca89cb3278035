"""What may be asked of Sigenergy's cloud in the name of an account, by all together."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from datetime import timedelta

from aiohttp import ClientSession
import pytest

from custom_components.power_sync.devices.batteries.cloud import Login
from custom_components.power_sync.devices.batteries.sigenergy_cloud import budget
from custom_components.power_sync.devices.batteries.sigenergy_cloud.budget import (
    Budget,
    BudgetSpentError,
    Need,
)
from custom_components.power_sync.devices.batteries.sigenergy_cloud.driver import (
    SigenergyCloudBattery,
)
from custom_components.power_sync.devices.protocols import DeviceUnreachableError
from custom_components.power_sync.model.battery import BatteryIdentity, Command, Mode
from simulators.clock import ManualClock
from simulators.home import SimulatedHome
from simulators.profile import constant
from simulators.rest import Fault
from simulators.sigen_cloud import SigenCloudSimulator
from simulators.sigen_station import SimulatedStation

from .sigen_account import ACCOUNT, HOLDS, NOON, count_by
from .test_sigen_driver import CONFIG

MINUTE = timedelta(minutes=1)


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> ManualClock:
    """Return the clock of all, that of the budget among them."""
    running = ManualClock(NOON)
    count_by(running, monkeypatch)
    return running


def asked(allowed: Budget, need: Need = Need.COMMAND) -> int:
    """Ask for as long as it is allowed; return how often it was."""
    for number in range(1000):
        try:
            allowed.check(need)
        except BudgetSpentError:
            return number
        allowed.spend()
    raise AssertionError("there is no end")


def test_what_is_kept_for_what(clock: ManualClock) -> None:
    """Readings leave ten of forty, what can wait twenty; a minute earns eight."""
    allowed = Budget()
    assert asked(allowed, Need.SPARE) == 20
    assert asked(allowed, Need.READING) == 10
    assert asked(allowed) == 10
    with pytest.raises(BudgetSpentError, match="more in 8 s"):
        allowed.spend()
    clock.advance(timedelta(seconds=7))
    assert asked(allowed) == 0
    clock.advance(timedelta(seconds=0.5))
    assert asked(allowed) == 1
    clock.advance(MINUTE)
    assert asked(allowed, Need.READING) == 0
    assert asked(allowed) == 8
    clock.advance(timedelta(days=1))
    assert asked(allowed) == 40


@dataclass
class Sites:
    """A cloud, and the batteries of one account, as sites of their own have them."""

    sigen: SigenCloudSimulator
    batteries: list[SigenergyCloudBattery]
    clock: ManualClock


@asynccontextmanager
async def sites(clock: ManualClock, count: int) -> AsyncIterator[Sites]:
    """Run them."""
    stations = [
        SimulatedStation(SimulatedHome(clock, constant(800, 0)), station_id=str(each))
        for each in range(count)
    ]
    async with SigenCloudSimulator(clock, stations) as sigen, ClientSession() as web:

        def battery(key: str) -> SigenergyCloudBattery:
            identity = BatteryIdentity("sigenergy_cloud", key, "system")
            return SigenergyCloudBattery(
                Login(web, sigen.url, ACCOUNT),
                replace(CONFIG, identity=identity),
                now=clock.now,
                settle=timedelta(0),
            )

        yield Sites(sigen, [battery(each) for each in sigen.stations], clock)


async def renewed(battery: SigenergyCloudBattery, clock: ManualClock) -> None:
    """Have it charge for half an hour, as control does, and see that it does."""
    command = Command(Mode.CHARGE, 3000, clock.now() + timedelta(hours=1))
    (write,) = battery.writes_for(command, {}, await battery.read_settings())
    await battery.write(write)
    assert (await battery.read_settings())["manual_control"] == write.value


@pytest.mark.usefixtures("socket_enabled")
@pytest.mark.parametrize("count", [2, 4])
async def test_sites_of_an_account_share_its_budget(
    clock: ManualClock, count: int
) -> None:
    """An hour of commands, each looked after every minute: all are carried out.

    Two sites fit in. Of four the readings become rarer, and none is old.
    """
    async with sites(clock, count) as home:
        ages: list[timedelta] = []
        for minute in range(60):
            for battery in home.batteries:
                ages.append(clock.now() - (await battery.read()).at)
                if minute % 15 == 0:
                    await renewed(battery, clock)
                else:
                    await battery.read_settings()
            clock.advance(MINUTE)
        assert len(home.sigen.requests) <= HOLDS
        if count == 2:
            assert set(ages) == {timedelta(0)}
        else:
            assert timedelta(0) < max(ages) <= timedelta(minutes=2)
        assert {each.manual_mode for each in home.sigen.stations.values()} == {"0"}


@pytest.mark.usefixtures("socket_enabled")
async def test_readings_never_use_up_what_commands_need(
    clock: ManualClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What one site reads is not missing where the other is told something.

    The last reading stands for five minutes; then there is none, and it says why.
    """
    monkeypatch.setattr(budget, "PER_MINUTE", 0.001)
    async with sites(clock, 2) as home:
        greedy, other = home.batteries
        last = await greedy.read()
        asked_before = 0
        while len(home.sigen.requests) > asked_before:
            asked_before = len(home.sigen.requests)
            clock.advance(timedelta(minutes=4))
            last = await greedy.read()
        assert asked_before == 30
        assert last.at == clock.now() - timedelta(minutes=4)
        clock.advance(MINUTE)
        with pytest.raises(BudgetSpentError, match="enough was asked"):
            await greedy.read()
        await renewed(other, clock)


@pytest.mark.usefixtures("socket_enabled")
async def test_what_one_was_told_holds_the_other_back(clock: ManualClock) -> None:
    """For as long as the cloud has said, and not longer."""
    async with sites(clock, 2) as home:
        first, second = home.batteries
        await first.read()
        await second.read()
        home.sigen.fail(Fault(status=429, retry_after="90"))
        with pytest.raises(DeviceUnreachableError, match="429"):
            await first.read_settings()
        so_far = len(home.sigen.requests)
        clock.advance(MINUTE)
        for waiting in (second.read, first.read_settings):
            with pytest.raises(DeviceUnreachableError, match="alone for 30 s"):
                await waiting()
        assert len(home.sigen.requests) == so_far
        clock.advance(timedelta(seconds=30))
        assert (await second.read()).at == clock.now()
        await first.read_settings()
