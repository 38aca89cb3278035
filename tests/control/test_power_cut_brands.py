"""A power cut after the n-th write of every command, for each battery without a wire.

That behind a cloud is told over a real socket.

What a brand is made of is its `World`: what is left when Home Assistant's machine
loses its power. The Sungrow has its own test on the real protocol.
"""

from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Protocol, cast

from aiohttp import ClientSession
import pytest

from custom_components.power_sync.control.executor import BatteryExecutor
from custom_components.power_sync.control.journal import JournalBook
from custom_components.power_sync.control.log import CommandLog
from custom_components.power_sync.control.order import Order
from custom_components.power_sync.devices.batteries.cloud import Login
from custom_components.power_sync.devices.batteries.sigenergy_cloud.driver import (
    SigenergyCloudBattery,
)
from custom_components.power_sync.devices.protocols import BatteryDriver
from custom_components.power_sync.model.battery import (
    Command,
    Mode,
    Settings,
    Write,
)
from simulators.sigen_cloud import SigenCloudSimulator
from tests.devices.sigen_account import ACCOUNT, cloud
from tests.devices.test_entities import MadeUpEntities
from tests.devices.test_sigen_driver import CONFIG
from tests.devices.test_simulated import MadeUpHome

from .bench import MemoryJournal, PowerCutError, Time

COMMANDS = [
    (Mode.CHARGE, 3000.0),
    (Mode.DISCHARGE, 2500.0),
    (Mode.NO_DISCHARGE, None),
    (Mode.STANDBY, None),
    (Mode.LIMIT, 1500.0),
]


class World(Protocol):
    """A battery's hardware, and all else that a power cut leaves."""

    def driver(self) -> BatteryDriver:
        """Start the driver anew."""

    def cut(self) -> None:
        """Lose the power of Home Assistant's machine."""

    def settings(self) -> Settings:
        """Return how the battery is set, without the driver."""


@dataclass
class Simulated:
    """A simulated battery, whose memory is on the disk: all of it, or none yet."""

    writes_late: bool
    home: MadeUpHome = field(default_factory=MadeUpHome)

    def driver(self) -> BatteryDriver:
        """Start it from what was kept."""
        return self.home.battery()

    def cut(self) -> None:
        """Lose what was not written yet."""
        if self.writes_late:
            self.home.kept = {}

    def settings(self) -> Settings:
        """Return what is kept."""
        kept = self.home.kept
        return {
            "mode": str(kept.get("mode", "self_consumption")),
            "power_w": str(kept.get("power_w", 0.0)),
        }


@dataclass
class ThroughEntities:
    """A battery through entities, which are on another machine."""

    house: MadeUpEntities = field(default_factory=MadeUpEntities)

    def driver(self) -> BatteryDriver:
        """Start it at the entities as they are."""
        return self.house.battery()

    def cut(self) -> None:
        """Lose nothing: the devices behind the entities go on."""

    def settings(self) -> Settings:
        """Return the entities, and whether actions are still in force."""
        last = self.house.ran[-1][0] if self.house.ran else "script.free"
        return {**self.house.settings, "free": last == "script.free"}


@dataclass
class BehindACloud:
    """A battery that is told through its maker's cloud, and the time of all."""

    sigen: SigenCloudSimulator
    session: ClientSession
    time: Time

    def driver(self) -> BatteryDriver:
        """Start it anew, with a login of its own."""
        login = Login(self.session, self.sigen.url, ACCOUNT)
        return SigenergyCloudBattery(
            login, CONFIG, now=lambda: self.time.now, settle=timedelta(0)
        )

    def cut(self) -> None:
        """Lose nothing: the cloud goes on."""

    def settings(self) -> Settings:
        """Return the manual control that runs."""
        return {"manual_control": self.sigen.station.manual_mode}


@dataclass
class _Clock:
    time: Time

    def now(self) -> datetime:
        """Return the time that all go by."""
        return self.time.now


@asynccontextmanager
async def simulated(_time: Time) -> AsyncIterator[World]:
    """Yield one whose memory is written at once."""
    yield Simulated(writes_late=False)


@asynccontextmanager
async def written_late(_time: Time) -> AsyncIterator[World]:
    """Yield one whose memory is written late."""
    yield Simulated(writes_late=True)


@asynccontextmanager
async def through_entities(_time: Time) -> AsyncIterator[World]:
    """Yield one behind entities."""
    yield ThroughEntities()


@asynccontextmanager
async def behind_a_cloud(time: Time) -> AsyncIterator[World]:
    """Yield one behind a cloud, which runs meanwhile."""
    async with cloud(_Clock(time)) as sigen, ClientSession() as session:
        yield BehindACloud(sigen, session, time)


type Start = Callable[[Time], AbstractAsyncContextManager[World]]
WORLDS: Mapping[str, Start] = {
    "simulated": simulated,
    "entities": through_entities,
    "simulated, written late": written_late,
    "sigenergy_cloud": behind_a_cloud,
}
LACKS: Mapping[str, frozenset[Mode]] = {
    "sigenergy_cloud": frozenset({Mode.NO_DISCHARGE, Mode.LIMIT})
}
"""What a battery cannot be told at all."""
CASES = [
    (world, before, command)
    for world in WORLDS
    for before in (None, *COMMANDS)
    for command in (*COMMANDS, (None, None))
    if not {before and before[0], command[0]} & LACKS.get(world, frozenset())
]


class Cutting:
    """A driver that loses the power after its n-th write."""

    def __init__(self, driver: BatteryDriver, after: int) -> None:
        """Pass everything on to `driver`."""
        self._driver = driver
        self.left = after

    def __getattr__(self, name: str) -> object:
        """Return what the driver has."""
        return getattr(self._driver, name)

    async def write(self, write: Write) -> None:
        """Write, and then maybe no more."""
        await self._driver.write(write)
        self.left -= 1
        if self.left == 0:
            raise PowerCutError


async def started(
    driver: BatteryDriver, journal: MemoryJournal, time: Time
) -> BatteryExecutor:
    """Start an executor from what the journal holds."""
    book = JournalBook(journal)
    await book.load()
    return BatteryExecutor(driver, {}, book, CommandLog(), time.clock())


def order(time: Time, mode: Mode | None, power_w: float | None = None) -> Order:
    """Return an order for an hour; None gives the battery back."""
    until = time.now + timedelta(hours=1)
    command = None if mode is None else Command(mode, power_w, until)
    return Order(command=command, master="plan", reason="test")


@pytest.mark.usefixtures("socket_enabled")
@pytest.mark.parametrize(("world", "before", "command"), CASES)
async def test_after_a_power_cut_the_owner_has_the_battery_back(
    world: str,
    before: tuple[Mode, float | None] | None,
    command: tuple[Mode | None, float | None],
) -> None:
    """From normal, and from each other command; and while giving it back."""
    for cut_after in range(1, 9):
        time = Time()
        async with WORLDS[world](time) as battery:
            if await _survives(battery, time, before, command, cut_after):
                return
    raise AssertionError("never ran to its end")


async def _survives(
    battery: World,
    time: Time,
    before: tuple[Mode, float | None] | None,
    command: tuple[Mode | None, float | None],
    cut_after: int,
) -> bool:
    """Cut the power after so many writes; return whether there were not as many."""
    journal, owners = MemoryJournal(), battery.settings()
    first = await started(battery.driver(), journal, time)
    if before is not None:
        assert (await first.carry_out(order(time, *before))).good
        time.pass_by(minutes=2)
    cutting = Cutting(first.driver, cut_after)
    first.driver = cast("BatteryDriver", cutting)
    finished = False
    try:
        assert (await first.carry_out(order(time, *command))).good
        finished = True
    except PowerCutError:
        battery.cut()
    again = await started(battery.driver(), journal, time)
    assert (await again.carry_out(order(time, None))).good
    assert not again.held
    assert battery.settings() == owners
    return finished
