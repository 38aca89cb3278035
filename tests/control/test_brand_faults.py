"""What goes wrong at a Sigenergy plant and in its cloud, and where that ends.

Each over a real socket, in the middle of a forced charge or at its beginning; and
each with what the user is told.
"""

from abc import ABC, abstractmethod
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import timedelta
import json
from pathlib import Path
import re
from typing import Any, override

from aiohttp import ClientSession
from pymodbus.constants import ExcCodes
import pytest

from custom_components.power_sync.control.clock import Clock
from custom_components.power_sync.control.controller import Controller, Member
from custom_components.power_sync.control.health import Trouble
from custom_components.power_sync.control.log import Outcome
from custom_components.power_sync.control.problems import ProblemKey
from custom_components.power_sync.control.reasons import ControlReason
from custom_components.power_sync.control.view import SiteLimits
from custom_components.power_sync.devices.batteries.cloud import Login
from custom_components.power_sync.devices.batteries.sigenergy_cloud import (
    driver as cloud_module,
)
from custom_components.power_sync.devices.batteries.sigenergy_cloud.account import (
    CloudSession,
)
from custom_components.power_sync.devices.batteries.sigenergy_cloud.driver import (
    SigenergyCloudBattery,
)
from custom_components.power_sync.devices.protocols import (
    BatteryDriver,
    DeviceError,
    WrongDeviceError,
)
from custom_components.power_sync.model.battery import Mode
from simulators.clock import ManualClock
from simulators.rest import Fault
from simulators.sigen_cloud import SigenCloudSimulator
from simulators.sigenergy import SigenergySimulator
from tests.devices.sigen_account import ACCOUNT, NOON, cloud, count_by
from tests.devices.sigenergy_unit import LINK, driver, link_to, simulator
from tests.devices.test_sigen_driver import CONFIG as CLOUD_CONFIG

from .bench import MemoryJournal

TEXTS = json.loads(
    (
        Path(__file__).parents[2] / "custom_components/power_sync/translations/en.json"
    ).read_text(encoding="utf-8")
)
IMPATIENT = replace(LINK, timeout_s=0.2, patience_s=1.0)
MANY = 10_000
pytestmark = pytest.mark.usefixtures("socket_enabled")


@dataclass
class Home(ABC):
    """A battery under control, and how it is set as seen from outside."""

    battery: BatteryDriver
    clock: ManualClock
    controller: Controller = field(init=False)

    def __post_init__(self) -> None:
        """Put it under control; nothing is read yet."""

        async def sleep(_seconds: float) -> None:
            return

        self.controller = Controller(
            [Member(self.battery, {})],
            MemoryJournal(),
            Clock(self.clock.now, sleep),
            SiteLimits(battery_export=True),
        )
        self.controller.dry_run = False

    @property
    @abstractmethod
    def settings(self) -> object:
        """How the battery is set."""

    @property
    @abstractmethod
    def charges(self) -> bool:
        """Whether it is forced to."""

    @property
    def serial(self) -> str:
        """Which battery it is."""
        return self.battery.identity.serial

    async def start(self) -> None:
        """Begin as after a start of Home Assistant."""
        await self.controller.start()
        await self.polls()

    async def polls(self, times: int = 1) -> str | None:
        """Let time go by, with a poll and a tick each time it is due.

        Return what the last poll said where it failed.
        """
        told = None
        for _ in range(times):
            self.clock.advance(self.battery.capabilities.poll_every)
            told = None
            try:
                reading = await self.battery.read()
            except DeviceError as err:
                told = str(err)
                self.controller.unread(
                    self.serial, wrong_device=isinstance(err, WrongDeviceError)
                )
            else:
                self.controller.read(self.serial, reading)
            await self.controller.tick()
        return told

    async def force(self) -> Outcome | None:
        """Force it to charge for three hours; return what came of it."""
        done = await self.controller.force(
            Mode.CHARGE, power_w=3000, duration=timedelta(hours=3)
        )
        return done[self.serial][1]

    @property
    def problems(self) -> set[ProblemKey]:
        """What the user is told; each has a text."""
        keys = {each.key for each in self.controller.problems}
        assert all(TEXTS["issues"][key.value]["title"] for key in keys)
        return keys

    @property
    def because(self) -> str:
        """Why the battery is what it is told to be; each has a text."""
        reason = str(self.controller.batteries[self.serial].lease.reason)
        assert reason in TEXTS["entity"]["sensor"]["because"]["state"]
        return reason

    @property
    def held(self) -> bool:
        """Whether it may hold settings of ours."""
        return self.controller.batteries[self.serial].executor.held


@dataclass
class Plant(Home):
    """A plant over Modbus."""

    plant: SigenergySimulator = field(kw_only=True)

    @property
    @override
    def settings(self) -> object:
        return self.plant.settings()

    @property
    @override
    def charges(self) -> bool:
        settings = self.plant.settings()
        return (settings[40029], settings[40031]) == (1, 4)


@dataclass
class Station(Home):
    """A system through its cloud."""

    sigen: SigenCloudSimulator = field(kw_only=True)

    @property
    @override
    def settings(self) -> object:
        return self.sigen.station.manual_mode

    @property
    @override
    def charges(self) -> bool:
        return self.sigen.station.manual_mode == "0"


@asynccontextmanager
async def at_a_plant() -> AsyncIterator[Plant]:
    """Run a plant, and control it."""
    clock = ManualClock(NOON)
    async with simulator() as plant, link_to(plant) as units:
        battery = driver(units, clock.now, link=IMPATIENT)
        home = Plant(battery, clock, plant=plant)
        await home.start()
        yield home


@asynccontextmanager
async def in_the_cloud(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Station]:
    """Run a cloud, and control a system through it."""
    clock = ManualClock(NOON)
    count_by(clock, monkeypatch)
    async with cloud(clock) as sigen, ClientSession() as web:
        session = CloudSession(Login(web, sigen.url, ACCOUNT), timeout_s=0.3)
        monkeypatch.setattr(cloud_module, "session_of", lambda _: session)
        battery = SigenergyCloudBattery(
            Login(web, sigen.url, ACCOUNT),
            CLOUD_CONFIG,
            now=clock.now,
            settle=timedelta(0),
        )
        home = Station(battery, clock, sigen=sigen)
        await home.start()
        yield home


type Run = Callable[[str], AbstractAsyncContextManager[Home]]
type Step = Callable[[Any], Awaitable[object] | object]


@dataclass(frozen=True)
class Lasting:
    """A fault that lasts: how it begins and ends, and what a poll says meanwhile."""

    begins: Step
    ends: Step
    told: str


async def done(step: Step, home: Home) -> None:
    """Do a step, wherever it takes its time."""
    doing = step(home)
    if isinstance(doing, Awaitable):
        await doing


def has(**faults: object) -> Step:
    """Return what gives a plant faults."""

    def step(home: Plant) -> None:
        for name, value in faults.items():
            assert hasattr(home.plant.faults, name)
            setattr(home.plant.faults, name, value)

    return step


def answers(fault: Fault | None) -> Step:
    """Return what has a cloud answer with a fault, or as ever."""

    def step(home: Station) -> None:
        home.sigen.standing_fault = fault

    return step


AT_A_PLANT: Mapping[str, Lasting] = {
    "unreachable": Lasting(
        lambda home: home.plant.refuse_connections(),
        lambda home: home.plant.accept_connections(),
        "no connection",
    ),
    "slow": Lasting(has(delay_s=0.4), has(delay_s=0.0), "no answer in time"),
    "garbage": Lasting(
        has(garbage_next=MANY), has(garbage_next=0), "no answer in time|no connection"
    ),
    "half a frame": Lasting(
        has(half_frame_next=MANY),
        has(half_frame_next=0),
        "no answer in time|no connection",
    ),
}
IN_THE_CLOUD: Mapping[str, Lasting] = {
    "unreachable": Lasting(
        lambda home: home.sigen.stop(),
        lambda home: home.sigen.start(),
        "the cloud cannot be reached",
    ),
    "slow": Lasting(
        answers(Fault(delay_s=9)), answers(None), "the cloud did not answer in time"
    ),
    "garbage": Lasting(
        answers(Fault(body="<html>")), answers(None), "the cloud did not answer in JSON"
    ),
    "half an answer": Lasting(
        answers(Fault(torn=True)), answers(None), "the cloud cannot be reached"
    ),
    "out of order": Lasting(
        answers(Fault(status=503)), answers(None), "the cloud answered 503"
    ),
}
CASES = [
    *(("plant", name, fault) for name, fault in AT_A_PLANT.items()),
    *(("cloud", name, fault) for name, fault in IN_THE_CLOUD.items()),
]


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch) -> Run:
    """Return what runs one of both."""

    def start(where: str) -> AbstractAsyncContextManager[Home]:
        return at_a_plant() if where == "plant" else in_the_cloud(monkeypatch)

    return start


@pytest.mark.parametrize(
    ("where", "fault"),
    [pytest.param(where, fault, id=f"{where}: {name}") for where, name, fault in CASES],
)
async def test_while_it_lasts_the_battery_is_given_back(
    run: Run, where: str, fault: Lasting
) -> None:
    """It is said to be silent, and tried again until it is back.

    Then the force goes on, which has time left, and what was the owner's is put
    back when that ends.
    """
    async with run(where) as home:
        owners = home.settings
        assert await home.force() is Outcome.FOLLOWED
        assert home.charges
        await done(fault.begins, home)
        told = await home.polls(3)
        assert home.because == Trouble.UNREADABLE
        assert re.fullmatch(fault.told, str(told))
        await home.polls(4)
        assert home.problems == {ProblemKey.RESTORE_FAILING}
        assert home.held
        await done(fault.ends, home)
        assert await home.polls(9) is None
        assert home.problems == set()
        assert home.because == ControlReason.USER_REQUEST
        assert home.charges
        await home.controller.restore_normal()
        assert (home.settings, home.held) == (owners, False)


@pytest.mark.parametrize("where", ["plant", "cloud"])
async def test_acknowledged_and_ignored(run: Run, where: str) -> None:
    """It is found out, given back, and told."""
    async with run(where) as home:
        owners = home.settings
        if isinstance(home, Plant):
            home.plant.faults.ignored_registers = {40031}
        if isinstance(home, Station):
            home.sigen.station.ignores = True
        assert await home.force() is Outcome.NOT_FOLLOWED
        assert home.settings == owners
        await home.polls(30)
        assert home.problems == {ProblemKey.COMMAND_NOT_FOLLOWED}
        assert home.settings == owners


async def test_refused_by_the_plant() -> None:
    """The same: nothing of ours stays, and the user is told."""
    async with at_a_plant() as home:
        owners = home.settings
        home.plant.faults.refuse_all_writes = ExcCodes.DEVICE_FAILURE
        assert await home.force() is Outcome.REFUSED
        await home.polls(30)
        assert home.problems == {ProblemKey.COMMAND_NOT_FOLLOWED}
        assert home.settings == owners


async def test_refused_by_the_cloud(monkeypatch: pytest.MonkeyPatch) -> None:
    """Once: nothing runs. At the next try it is taken, and there is no problem."""
    async with in_the_cloud(monkeypatch) as home:
        await home.battery.read_settings()
        home.sigen.fail(Fault())
        home.sigen.fail(Fault(body='{"code": 1, "msg": "no", "data": null}'))
        assert await home.force() is Outcome.REFUSED
        assert home.settings is None
        await home.polls(3)
        assert (home.charges, home.problems) == (True, set())


@pytest.mark.parametrize("where", ["plant", "cloud"])
async def test_another_device_or_station(run: Run, where: str) -> None:
    """Nothing is written to it, and the user is told whose place it has taken."""
    async with run(where) as home:
        assert await home.force() is Outcome.FOLLOWED
        if isinstance(home, Plant):
            home.plant.swap_device("SIG9999999999")
            home.plant.drop_connections()
            home.plant.writes.clear()
        if isinstance(home, Station):
            home.sigen.stations = {"5": replace(home.sigen.station, station_id="5")}
            taken = home.sigen.commands_taken
        told = await home.polls(8)
        assert home.because == Trouble.WRONG_DEVICE
        assert ProblemKey.WRONG_DEVICE in home.problems
        assert home.held
        if isinstance(home, Plant):
            assert told == "another device answers at this address"
            assert home.plant.writes == []
        if isinstance(home, Station):
            assert told == "the account has another station"
            assert home.sigen.commands_taken == taken


@pytest.mark.parametrize("where", ["plant", "cloud"])
async def test_a_second_controller(run: Run, where: str) -> None:
    """It is seen, left alone, and told; it has the battery in the end."""
    app = {"enable": True, "mode": "1", "duration": "60", "powerLimitation": "1.000"}
    async with run(where) as home:
        assert await home.force() is Outcome.FOLLOWED
        for _ in range(90 if isinstance(home, Plant) else 40):
            if isinstance(home, Plant):
                home.plant.owner_writes(40031, 6)
            if isinstance(home, Station):
                home.sigen.station.take(app)
            await home.polls()
        assert home.problems == {ProblemKey.FOREIGN_CONTROL}
        assert not home.charges
        await home.controller.restore_normal()
        assert not home.held


async def test_a_token_that_runs_out(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody notices."""
    async with in_the_cloud(monkeypatch) as home:
        assert await home.force() is Outcome.FOLLOWED
        for _ in range(5):
            home.sigen.forget_tokens()
            assert await home.polls() is None
            assert home.problems == set()
        assert home.charges
        assert (home.sigen.logins, home.sigen.refreshes) == (1, 5)


async def test_an_account_that_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    """401, and the password does not count any more: what ran ends by itself."""
    async with in_the_cloud(monkeypatch) as home:
        assert await home.force() is Outcome.FOLLOWED
        home.sigen.password, home.sigen.refreshable = "battery staple", False
        home.sigen.forget_tokens()
        assert await home.polls() == "Sigenergy refuses e-mail or password"
        assert await home.polls(6) == "the account was refused a while ago"
        assert home.sigen.logins == 2
        assert home.because == Trouble.UNREADABLE
        assert home.problems == {ProblemKey.RESTORE_FAILING}
        assert home.charges
        await home.polls(24)
        assert home.settings is None


async def test_too_many_requests(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing is asked for as long as the cloud has said; then it goes on."""
    async with in_the_cloud(monkeypatch) as home:
        assert await home.force() is Outcome.FOLLOWED
        home.sigen.fail(Fault(status=429, retry_after="600"))
        assert await home.polls() == "the cloud answered 429"
        asked = len(home.sigen.requests)
        assert await home.polls(9) == "the cloud wants to be left alone for 60 s"
        assert len(home.sigen.requests) == asked
        assert home.because == Trouble.UNREADABLE
        assert await home.polls(6) is None
        assert home.problems == set()
        assert home.charges
