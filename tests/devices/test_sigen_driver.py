"""A Sigenergy system through its cloud: read, told, and given back."""

from collections.abc import AsyncIterator
from dataclasses import dataclass, replace
from datetime import timedelta

from aiohttp import ClientSession
import pytest

from custom_components.power_sync.control.executor import BatteryExecutor
from custom_components.power_sync.control.journal import JournalBook
from custom_components.power_sync.control.log import CommandLog, Outcome
from custom_components.power_sync.control.order import Order
from custom_components.power_sync.devices.batteries.brand import BatteryConfig
from custom_components.power_sync.devices.batteries.cloud import Login, cloud_access
from custom_components.power_sync.devices.batteries.sigenergy_cloud import (
    SIGENERGY_CLOUD,
)
from custom_components.power_sync.devices.batteries.sigenergy_cloud.driver import (
    SigenergyCloudBattery,
)
from custom_components.power_sync.devices.batteries.sungrow import SUNGROW
from custom_components.power_sync.devices.protocols import (
    DeviceRefusedError,
    DeviceUnreachableError,
    WrongDeviceError,
)
from custom_components.power_sync.model.battery import (
    BatteryIdentity,
    Command,
    Mode,
    OwnerSetting,
    Write,
)
from simulators.clock import ManualClock
from simulators.rest import Fault
from simulators.sigen_cloud import SigenCloudSimulator
from tests.control.bench import MemoryJournal, Time

from .sigen_account import ACCOUNT, NOON, STATION, cloud, count_by

pytestmark = pytest.mark.usefixtures("socket_enabled")

CONFIG = BatteryConfig(
    identity=BatteryIdentity(brand="sigenergy_cloud", serial=STATION, model="system"),
    rated_power_w=10_000,
    capacity_kwh=10,
    max_charge_w=5000,
    max_discharge_w=4000,
    settings=frozenset({"manual_control"}),
)
CHARGE = (Mode.CHARGE, 3000.0)
OFF = {"manual_control": "off"}


@dataclass
class World:
    """A cloud, a clock that all share, and Home Assistant's machine."""

    sigen: SigenCloudSimulator
    clock: ManualClock
    session: ClientSession
    journal: MemoryJournal
    time: Time

    def battery(self) -> SigenergyCloudBattery:
        """Start the driver."""
        login = Login(self.session, self.sigen.url, ACCOUNT)
        return SigenergyCloudBattery(
            login, CONFIG, now=self.clock.now, settle=timedelta(0)
        )

    async def executor(self) -> BatteryExecutor:
        """Start control, from what the journal holds."""
        book = JournalBook(self.journal)
        await book.load()
        return BatteryExecutor(
            self.battery(), {}, book, CommandLog(), self.time.clock()
        )

    def pass_by(self, **parts: float) -> None:
        """Let time go by, for everybody."""
        self.clock.advance(timedelta(**parts))
        self.time.now = self.clock.now()

    def order(self, mode: Mode | None, power_w: float | None = None) -> Order:
        """Return an order for two hours; None gives the battery back."""
        until = self.clock.now() + timedelta(hours=2)
        command = None if mode is None else Command(mode, power_w, until)
        return Order(command=command, master="plan", reason="test")

    def runs(self) -> str | None:
        """Return the manual control that runs, in the words of the cloud."""
        return self.sigen.station.manual_mode


@pytest.fixture
async def world(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[World]:
    """Run a cloud at noon."""
    clock = ManualClock(NOON)
    count_by(clock, monkeypatch)
    async with cloud(clock) as sigen, ClientSession() as session:
        yield World(sigen, clock, session, MemoryJournal(), Time(NOON))


async def test_a_reading(world: World) -> None:
    """In the common signs, with what the owner has set."""
    world.sigen.station.discharge_limit_kw = "4.200"
    reading = await world.battery().read()
    assert (reading.at, reading.soc_pct) == (NOON, 50)
    assert (reading.battery_power_w, reading.grid_power_w) == (-2200, 0)
    assert (reading.solar_power_w, reading.load_power_w) == (3000, 800)
    assert (reading.min_soc_pct, reading.max_soc_pct) == (5, 100)
    assert (reading.max_charge_w, reading.max_discharge_w) == (None, 4200)
    assert reading.capacity_kwh == 10
    assert reading.islanded is False
    assert reading.extra == {"operating_mode": 0, "car_power_w": 0}


async def test_the_load_where_it_is_not_told(world: World) -> None:
    """From the other powers, without the cars."""
    battery = world.battery()
    await battery.read()
    for left_out, load_w in ((None, 3000 + 1000 + 500 - 2500), ("batteryPower", None)):
        world.pass_by(minutes=1)
        raw = {
            "pvPower": 3.0,
            "batteryPower": -1.0,
            "buySellPower": -0.5,
            "acPower": 2.5,
            "batterySoc": 40,
        }
        raw.pop(left_out or "", None)
        world.sigen.answer(raw)
        assert (await battery.read()).load_power_w == load_w


@pytest.mark.parametrize(
    ("on_grid", "grid_kw", "islanded"),
    [(False, 0, True), (False, 0.1, False), (True, 0, False), (None, 0, None)],
)
async def test_islanded(
    world: World, *, on_grid: bool | None, grid_kw: float, islanded: bool | None
) -> None:
    """Power at the meter is proof that the grid is there."""
    battery = world.battery()
    await battery.read()
    world.pass_by(minutes=1)
    world.sigen.answer(
        {"batterySoc": 40, "buySellPower": grid_kw}
        | ({} if on_grid is None else {"onGrid": on_grid})
    )
    assert (await battery.read()).islanded is islanded


async def test_requests_are_spared(world: World) -> None:
    """However often it is asked: once a minute, and the owner's every ten."""
    battery = world.battery()
    for _ in range(2 * 60):
        await battery.read()
        world.pass_by(seconds=30)
    asked = list(world.sigen.requests)
    assert sum("energyflow" in each for each in asked) == 60
    assert sum("mode/current" in each for each in asked) == 6
    assert len(asked) == 1 + 60 + 3 * 6


async def test_what_the_owner_has_set_may_be_refused(world: World) -> None:
    """Then it is not known; the reading is good."""
    battery = world.battery()
    world.sigen.refused = frozenset({"mode/current", "battery/limit", "battery/level"})
    reading = await battery.read()
    assert (reading.soc_pct, reading.min_soc_pct) == (50, None)
    assert battery.capabilities.modes > {Mode.CHARGE}


async def test_a_reading_without_a_battery(world: World) -> None:
    """It says nothing, so it is none."""
    battery = world.battery()
    await battery.read()
    world.pass_by(minutes=1)
    world.sigen.answer({"pvPower": 3})
    with pytest.raises(DeviceUnreachableError):
        await battery.read()


async def test_another_station(world: World) -> None:
    """The account has this one no more; or it is only refused for now."""
    battery = world.battery()
    await battery.read()
    world.pass_by(minutes=1)
    world.sigen.fail(Fault(status=403))
    with pytest.raises(DeviceRefusedError):
        await battery.read()
    world.sigen.stations["5"] = replace(world.sigen.station, station_id="5")
    del world.sigen.stations[STATION]
    with pytest.raises(WrongDeviceError):
        await battery.read()


async def test_capabilities(world: World) -> None:
    """As declared; an energy manager of somebody else's takes them away."""
    battery = world.battery()
    can = battery.capabilities
    assert can.modes == {
        Mode.SELF_CONSUMPTION,
        Mode.CHARGE,
        Mode.DISCHARGE,
        Mode.STANDBY,
    }
    assert (can.max_charge_w, can.max_discharge_w) == (5000, 4000)
    assert (can.slot_minutes, can.device_expiry) == (30, timedelta(minutes=30))
    assert can.poll_every == can.min_interval == timedelta(minutes=1)
    assert battery.identity == CONFIG.identity
    for mode in (6, 7):
        world.sigen.station.operating_mode = mode
        world.pass_by(minutes=10)
        await battery.read()
        assert battery.capabilities.modes == {Mode.SELF_CONSUMPTION}
    assert battery.owner_range(OwnerSetting.MIN_SOC_PCT) is None


@pytest.mark.parametrize(
    "case",
    [
        (Mode.CHARGE, 3000, "charge 3000", "0", "3.000", -3000),
        (Mode.CHARGE, None, "charge 5000", "0", "5.000", -5000),
        (Mode.DISCHARGE, 9999, "discharge 4000", "1", "4.000", 4000),
        (Mode.STANDBY, None, "hold", "2", "", 0),
    ],
)
@pytest.mark.parametrize("tells_power", [True, False])
async def test_every_mode(
    world: World,
    case: tuple[Mode, float | None, str, str, str, float],
    *,
    tells_power: bool,
) -> None:
    """One request each, read back, and back to normal."""
    mode, power_w, value, sent_mode, sent_kw, battery_w = case
    world.sigen.station.tells_power = tells_power
    executor = await world.executor()
    assert await executor.carry_out(world.order(mode, power_w)) is Outcome.FOLLOWED
    station = world.sigen.station
    assert (station.manual["mode"], station.manual["powerLimitation"]) == (
        sent_mode,
        sent_kw,
    )
    assert station.manual["duration"] == "30"
    assert station.home.flows.battery_w == battery_w
    assert (await executor.driver.read_settings()) == {"manual_control": value}
    assert await executor.carry_out(world.order(None)) is Outcome.FOLLOWED
    assert (world.runs(), executor.held) == (None, False)
    assert world.sigen.commands_taken == 2


async def test_it_is_renewed_at_half_time(world: World) -> None:
    """And never more often; so it goes on for as long as it is wanted."""
    executor = await world.executor()
    for _ in range(60):
        assert (await executor.carry_out(world.order(*CHARGE))).good
        assert world.runs() == "0"
        world.pass_by(minutes=1)
    assert world.sigen.commands_taken == 4
    assert executor.patience.ready(world.clock.now())


async def test_it_ends_by_itself_where_nobody_renews_it(world: World) -> None:
    """A dead Home Assistant leaves it for half an hour at most."""
    executor = await world.executor()
    await executor.carry_out(world.order(*CHARGE))
    world.pass_by(minutes=29)
    assert world.runs() == "0"
    world.pass_by(minutes=1)
    assert world.runs() is None
    # The cloud may go on to show it as enabled for a while.
    assert await executor.driver.read_settings() == OFF


async def test_another_power(world: World) -> None:
    """It replaces what runs, in the same mode; but not within a minute."""
    executor = await world.executor()
    await executor.carry_out(world.order(*CHARGE))
    world.pass_by(seconds=20)
    order = world.order(Mode.CHARGE, 1500)
    assert await executor.carry_out(order) is Outcome.TOO_SOON
    world.pass_by(seconds=41)
    assert await executor.carry_out(order) is Outcome.FOLLOWED
    assert world.sigen.station.manual["powerLimitation"] == "1.500"


@pytest.mark.parametrize("tells_power", [True, False])
async def test_acknowledged_and_ignored(world: World, *, tells_power: bool) -> None:
    """From normal, and where another power in the same mode is not taken."""
    station = world.sigen.station
    station.tells_power = tells_power
    executor = await world.executor()
    station.ignores = True
    outcome = await executor.carry_out(world.order(*CHARGE))
    assert outcome is Outcome.NOT_FOLLOWED
    assert world.sigen.commands_taken == 2
    station.ignores = False
    # Long enough for anything that runs to have begun after the start.
    world.pass_by(hours=1)
    assert await executor.carry_out(world.order(*CHARGE)) is Outcome.FOLLOWED
    station.ignores = True
    world.pass_by(minutes=2)
    outcome = await executor.carry_out(world.order(Mode.CHARGE, 1000))
    assert outcome is Outcome.NOT_FOLLOWED
    assert executor.held
    station.ignores = False
    world.pass_by(minutes=2)
    assert await executor.carry_out(world.order(None)) is Outcome.FOLLOWED
    assert world.runs() is None


async def test_a_renewal_that_is_ignored(world: World) -> None:
    """It is found out when what ran has ended; until then that goes on."""
    executor = await world.executor()
    await executor.carry_out(world.order(*CHARGE))
    world.sigen.station.ignores = True
    outcomes = []
    for _ in range(3):
        world.pass_by(minutes=15)
        outcomes.append(await executor.carry_out(world.order(*CHARGE)))
    assert outcomes[0] is Outcome.FOLLOWED
    assert set(outcomes[1:]) == {Outcome.NOT_FOLLOWED}


async def test_the_cloud_is_slow_to_take_it(world: World) -> None:
    """What shows later than it is looked for is still ours."""
    executor, station = await world.executor(), world.sigen.station
    world.pass_by(hours=1)
    station.ignores = True
    assert not (await executor.carry_out(world.order(*CHARGE))).good
    station.ignores = False
    station.take(
        {"enable": True, "mode": "0", "duration": "30", "powerLimitation": "3.000"}
    )
    assert (await executor.carry_out(world.order(None))).good
    assert (world.runs(), executor.held) == (None, False)


@pytest.mark.parametrize("late", [1, 4])
async def test_the_cloud_shows_it_a_little_later(world: World, late: int) -> None:
    """It is asked again, and told only once."""
    executor = await world.executor()
    world.sigen.station.late = late
    asked = len(world.sigen.requests)
    assert await executor.carry_out(world.order(*CHARGE)) is Outcome.FOLLOWED
    assert await executor.carry_out(world.order(None)) is Outcome.FOLLOWED
    assert (world.runs(), world.sigen.commands_taken) == (None, 2)
    # For each: the settings before, the command, and the looks until it shows.
    assert len(world.sigen.requests) - asked <= 2 * (2 + late + 1) + 2


async def test_refused(world: World) -> None:
    """What is refused is given back, and nothing stays."""
    executor = await world.executor()
    await executor.driver.read_settings()
    world.sigen.fail(Fault())
    world.sigen.fail(Fault(body='{"code": 1, "msg": "no", "data": null}'))
    assert await executor.carry_out(world.order(*CHARGE)) is Outcome.REFUSED
    assert world.runs() is None


@pytest.mark.parametrize("tells_power", [True, False])
@pytest.mark.parametrize("before", [None, CHARGE, (Mode.STANDBY, None)])
async def test_after_a_power_cut(
    world: World, before: tuple[Mode, float | None] | None, *, tells_power: bool
) -> None:
    """What still runs from before is ours, and is ended."""
    world.sigen.station.tells_power = tells_power
    first = await world.executor()
    if before is not None:
        await first.carry_out(world.order(*before))
        world.pass_by(minutes=2)
    await first.carry_out(world.order(Mode.DISCHARGE, 2000))
    world.pass_by(minutes=4)
    assert world.runs() == "1"
    again = await world.executor()
    assert again.held
    assert (await again.carry_out(world.order(None))).good
    assert (world.runs(), again.held) == (None, False)


@pytest.mark.parametrize("tells_power", [True, False])
async def test_a_command_goes_on_after_a_power_cut(
    world: World, *, tells_power: bool
) -> None:
    """It is sent again at once, as nobody knows how much of it is left."""
    world.sigen.station.tells_power = tells_power
    first = await world.executor()
    await first.carry_out(world.order(*CHARGE))
    world.pass_by(minutes=20)
    again = await world.executor()
    assert await again.carry_out(world.order(*CHARGE)) is Outcome.FOLLOWED
    world.pass_by(minutes=12)
    assert world.runs() == "0"


@pytest.mark.parametrize("tells_power", [True, False])
@pytest.mark.parametrize("mode", ["0", "1", "2", "3"])
async def test_the_owner_uses_the_app(
    world: World, mode: str, *, tells_power: bool
) -> None:
    """While nothing of ours runs: it is left alone."""
    world.sigen.station.tells_power = tells_power
    executor = await world.executor()
    world.pass_by(hours=1)
    asked = {"enable": True, "mode": mode, "duration": "60", "powerLimitation": "1.0"}
    world.sigen.station.take(asked)
    outcomes = []
    for _ in range(3):
        outcomes.append(await executor.carry_out(world.order(*CHARGE)))
        world.sigen.station.take(asked)
        world.pass_by(minutes=2)
    assert outcomes[-1] is Outcome.FOREIGN
    assert world.runs() == mode


async def test_the_owner_uses_the_app_while_we_do(world: World) -> None:
    """What was begun over ours stays when ours is given back."""
    executor = await world.executor()
    await executor.carry_out(world.order(*CHARGE))
    world.pass_by(minutes=5)
    world.sigen.station.take(
        {"enable": True, "mode": "0", "duration": "90", "powerLimitation": "1.0"}
    )
    assert (await executor.carry_out(world.order(None))).good
    assert (world.runs(), executor.held) == ("0", False)


async def test_a_mode_that_is_not_known(world: World) -> None:
    """It is somebody's, and not ours."""
    battery = world.battery()
    await battery.read()
    world.sigen.answer({"enable": True, "mode": "9", "endTime": ""})
    assert await battery.read_settings() == {"manual_control": "mode 9"}


async def test_no_end_is_told(world: World) -> None:
    """Mode and what was sent are all there is to go by."""
    battery = world.battery()
    await battery.read()
    await battery.write(Write("manual_control", "discharge 1000"))
    world.sigen.answer({"enable": True, "mode": "1", "endTime": ""})
    assert await battery.read_settings() == {"manual_control": "discharge 1000"}


@pytest.mark.parametrize(
    "write",
    [
        Write("operating_mode", 2),
        Write("manual_control", "charge"),
        Write("manual_control", "charge ?"),
        Write("manual_control", "hold 5"),
        Write("manual_control", 3),
        Write("manual_control", None),
    ],
)
async def test_what_cannot_be_written(world: World, write: Write) -> None:
    """It is refused before anything is sent."""
    with pytest.raises(DeviceRefusedError):
        await world.battery().write(write)
    assert world.sigen.commands_taken == 0


def test_offline() -> None:
    """A replay asks it for its writes; there is no account."""
    battery = SIGENERGY_CLOUD.access.offline(CONFIG)
    assert battery is not None
    command = Command(Mode.DISCHARGE, 1234.5, NOON)
    (write,) = battery.writes_for(command, OFF, OFF)
    assert write == Write("manual_control", "discharge 1234")
    held = {"manual_control": "hold"}
    command = Command(Mode.SELF_CONSUMPTION, None, NOON)
    assert battery.writes_for(command, OFF, held) == (Write("manual_control", "off"),)
    assert battery.safe_settings(held) == battery.owner_settings(held) == OFF
    assert battery.owner_settings({}) == {}
    with pytest.raises(DeviceRefusedError):
        battery.writes_for(Command(Mode.LIMIT, 100, NOON), OFF, OFF)
    with pytest.raises(TypeError, match="sungrow"):
        cloud_access(SUNGROW)


async def test_offline_it_asks_nobody() -> None:
    """There is nobody to ask."""
    battery = SigenergyCloudBattery(None, CONFIG)
    with pytest.raises(DeviceUnreachableError):
        await battery.read()


async def test_the_answer_to_a_command_is_lost(world: World) -> None:
    """It may have been taken: it is kept in mind, and found to run at the next try."""
    executor = await world.executor()
    await executor.driver.read_settings()
    world.sigen.fail(Fault())
    world.sigen.fail(Fault(torn=True))
    assert await executor.carry_out(world.order(*CHARGE)) is Outcome.UNREACHABLE
    assert (world.runs(), executor.held) == ("0", True)
    world.pass_by(minutes=2)
    assert (await executor.carry_out(world.order(*CHARGE))).good
    assert (await executor.carry_out(world.order(None))).good
    assert (world.runs(), executor.held) == (None, False)
