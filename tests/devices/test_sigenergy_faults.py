"""The Sigenergy driver over a real socket, also when things go wrong."""

from collections.abc import AsyncIterator
from datetime import timedelta

from pymodbus.constants import ExcCodes
import pytest

from custom_components.power_sync.devices.batteries.modbus import Siblings
from custom_components.power_sync.devices.protocols import (
    DeviceRefusedError,
    DeviceUnreachableError,
    WrongDeviceError,
)
from custom_components.power_sync.model.battery import (
    Command,
    Mode,
    OwnerSetting,
    Write,
)
from simulators.modbus import Space
from simulators.profile import constant
from simulators.sigenergy import SigenergySimulator

from .sigenergy_unit import IMPATIENT, driver, link_to, simulator
from .sungrow_unit import NOON, Clock, carry_out

pytestmark = pytest.mark.usefixtures("socket_enabled")


@pytest.fixture
async def plant() -> AsyncIterator[SigenergySimulator]:
    """Start a plant."""
    async with simulator() as running:
        yield running


@pytest.fixture
async def units(plant: SigenergySimulator) -> AsyncIterator[Siblings]:
    """Open a link to it."""
    async with link_to(plant) as linked:
        yield linked


@pytest.mark.parametrize(
    ("mode", "power_w", "battery_w", "grid_w"),
    [
        # 3000 W of sun and 1200 W of load.
        (Mode.CHARGE, 5000, -5000, 3200),
        (Mode.DISCHARGE, 2500, 2500, -4300),
        (Mode.STANDBY, None, 0, -1800),
        (Mode.SELF_CONSUMPTION, None, -1800, 0),
    ],
)
@pytest.mark.parametrize("protocol", [2.5, 2.9])
async def test_modes(
    mode: Mode, power_w: float | None, battery_w: float, grid_w: float, protocol: float
) -> None:
    """What each mode makes the battery do, with older and newer firmware."""
    async with simulator(protocol=protocol) as plant, link_to(plant) as units:
        battery = driver(units)
        before = plant.settings()
        owner = await battery.read_settings()
        await carry_out(battery, mode, power_w, owner)
        got = await battery.read()
        assert (got.battery_power_w, got.grid_power_w) == (battery_w, grid_w)
        assert (got.solar_power_w, got.load_power_w) == (3000, 1200)
        for write in battery.writes_for_release(owner, await battery.read_settings()):
            await battery.write(write)
        assert plant.settings() == before


async def test_a_hold_serves_no_car(plant: SigenergySimulator, units: Siblings) -> None:
    """With a car on the meter, nothing of it comes from the battery."""
    battery = driver(units)
    owner = await battery.read_settings()
    await carry_out(battery, Mode.STANDBY, None, owner)
    plant.home.profile = constant(8600, 0)
    got = await battery.read()
    assert (got.battery_power_w, got.grid_power_w) == (0, 8600)


async def test_unreachable(plant: SigenergySimulator, units: Siblings) -> None:
    """Refused connections, and back again."""
    battery = driver(units)
    await battery.read()
    await plant.refuse_connections()
    for attempt in (battery.read(), battery.read_settings(), battery.read_owner()):
        with pytest.raises(DeviceUnreachableError):
            await attempt
    with pytest.raises(DeviceUnreachableError):
        await battery.write(Write("remote_ems", 1))
    await plant.accept_connections()
    assert (await battery.read()).soc_pct == 55


@pytest.mark.parametrize("fault", ["drop_next", "garbage_next", "half_frame_next"])
async def test_broken_answer(
    plant: SigenergySimulator, units: Siblings, fault: str
) -> None:
    """One answer that does not arrive whole fails one poll and no more."""
    battery = driver(units, link=IMPATIENT)
    setattr(plant.faults, fault, 1)
    with pytest.raises(DeviceUnreachableError):
        await battery.read()
    assert (await battery.read()).soc_pct == 55


async def test_slow_answers(plant: SigenergySimulator, units: Siblings) -> None:
    """Too late is unreachable; the link is recycled."""
    battery = driver(units, link=IMPATIENT)
    await battery.read()
    plant.faults.delay_s = 1
    with pytest.raises(DeviceUnreachableError):
        await battery.read()
    assert not units[247].connected
    plant.faults.delay_s = 0
    assert (await battery.read()).soc_pct == 55


async def test_dropped_in_the_middle(
    plant: SigenergySimulator, units: Siblings
) -> None:
    """A socket lost on an optional block costs that block only."""
    battery = driver(units)
    await battery.read()
    plant.faults.drop_every = plant.requests + 2
    got = await battery.read()
    assert (got.soc_pct, got.load_power_w) == (55, 1200)
    plant.faults.drop_every = None
    assert (await battery.read()).soh_pct == 98


@pytest.mark.parametrize("code", [ExcCodes.DEVICE_FAILURE, ExcCodes.ILLEGAL_VALUE])
async def test_refused_write(
    plant: SigenergySimulator, units: Siblings, code: ExcCodes
) -> None:
    """A write that is answered with an exception is refused, the link stays."""
    before = plant.settings()
    plant.faults.refuse_all_writes = code
    with pytest.raises(DeviceRefusedError):
        await driver(units).write(Write("max_charge_w", 3000))
    assert units[247].connected
    assert plant.settings() == before


@pytest.mark.parametrize(
    "write",
    [
        Write("remote_ems", None),
        Write("remote_ems_mode", "4"),
        Write("remote_ems_mode", -1),
        Write("remote_ems_mode", 65_536),
        Write("max_charge_w", 2**32),
        Write("plant_start", 0),
    ],
)
async def test_writes_that_make_no_sense(
    plant: SigenergySimulator, units: Siblings, write: Write
) -> None:
    """Nothing but the driver's own settings ever leaves the house."""
    with pytest.raises(DeviceRefusedError):
        await driver(units).write(write)
    assert plant.requests == 0


async def test_half_of_a_wide_setting_is_never_sent(
    plant: SigenergySimulator, units: Siblings
) -> None:
    """The plant refuses one; the driver's writes are whole."""
    await driver(units).write(Write("max_charge_w", 70_000))
    assert plant.settings()[40032] == 70_000
    assert [(w.register, w.value) for w in plant.writes] == [(40032, 1), (40033, 4464)]


async def test_acknowledged_and_ignored(
    plant: SigenergySimulator, units: Siblings
) -> None:
    """Reading back tells."""
    plant.faults.ignored_registers = {40031}
    battery = driver(units)
    owner = await battery.read_settings()
    await carry_out(battery, Mode.CHARGE, 3000, owner)
    now = await battery.read_settings()
    assert (now["remote_ems"], now["remote_ems_mode"]) == (1, 2)


async def test_settings_that_cannot_be_read(
    plant: SigenergySimulator, units: Siblings
) -> None:
    """They are no settings: nothing may be written."""
    plant.faults.hide(Space.HOLDING, 40031)
    with pytest.raises(DeviceRefusedError):
        await driver(units).read_settings()
    plant.faults.hidden.clear()
    plant.owner_writes(40029, 0xFFFF)
    with pytest.raises(DeviceRefusedError):
        await driver(units).read_settings()


async def test_another_plant(plant: SigenergySimulator, units: Siblings) -> None:
    """A swap behind a reconnect is noticed, and nothing is written to it."""
    battery = driver(units)
    await battery.read()
    await units[247].disconnect()
    plant.swap_device("SIG9999999999")
    for attempt in (battery.write(Write("remote_ems", 1)), battery.read_settings()):
        with pytest.raises(WrongDeviceError):
            await attempt
    with pytest.raises(WrongDeviceError):
        await battery.read()
    assert plant.writes == []


async def test_a_silent_swap_is_found_within_a_minute(
    plant: SigenergySimulator, units: Siblings
) -> None:
    """Another user of the shared link may have reconnected it."""
    clock = Clock()
    battery = driver(units, clock)
    await battery.read()
    plant.swap_device("SIG9999999999")
    clock.advance(60)
    with pytest.raises(WrongDeviceError):
        await battery.read()


async def test_no_serial(plant: SigenergySimulator, units: Siblings) -> None:
    """A plant that does not say who it is cannot be written to."""
    plant.swap_device("")
    with pytest.raises(DeviceUnreachableError):
        await driver(units).write(Write("remote_ems", 1))


async def test_inverter_that_is_gone(
    plant: SigenergySimulator, units: Siblings
) -> None:
    """The plant answers, but nobody says whose it is."""
    plant.plates = {5: plant.plates[1]}
    with pytest.raises(DeviceUnreachableError):
        await driver(units).read()


async def test_charger_that_is_off() -> None:
    """A device of the plant that is silent keeps nothing else away."""
    with_charger = simulator(inverter_units=(2,), charger_unit=1)
    async with with_charger as plant, link_to(plant) as units:
        clock = Clock()
        battery = driver(units, clock, variant="inverter:2,charger:1")
        plant.charger_power_w = 7360
        for _ in range(4):
            got = await battery.read()
            clock.advance(10)
        assert got.extra["ac_charger_w"] == 7360
        plant.charger_unit = None
        for _ in range(12):
            got = await battery.read()
            clock.advance(10)
        assert (got.soc_pct, got.extra["ac_charger_w"]) == (55, None)
        assert got.export_limit_w == 10_000


@pytest.mark.parametrize("switch", [1, 0])
async def test_firmware_that_forgets_over_the_switch(
    plant: SigenergySimulator, units: Siblings, switch: int
) -> None:
    """Reserve and export limit are asserted again, as they were before."""
    plant.owner_writes(40029, 1 - switch)
    plant.owner_writes(40046, 250)
    plant.owner_writes(40038, 5000)
    plant.reserve_after_switch = 100
    plant.export_after_switch = 10_000
    await driver(units).write(Write("remote_ems", switch))
    settings = plant.settings()
    assert (settings[40029], settings[40046], settings[40038]) == (switch, 250, 5000)


async def test_the_switch_leaves_the_rest_alone(
    plant: SigenergySimulator, units: Siblings
) -> None:
    """Where the firmware forgets nothing, nothing is written."""
    await driver(units).write(Write("remote_ems", 1))
    assert [write.register for write in plant.writes] == [40029]
    unserved = driver(units, settings=frozenset())
    await unserved.write(Write("remote_ems", 0))
    assert [write.register for write in plant.writes] == [40029, 40029]


async def test_owner_settings(plant: SigenergySimulator, units: Siblings) -> None:
    """Read, set and read back; also bounded by what the plant is rated for."""
    battery = driver(units)
    assert battery.owner_range(OwnerSetting.MAX_CHARGE_W) is not None
    for setting, value, register, raw in (
        (OwnerSetting.BACKUP_RESERVE_PCT, 30.0, 40046, 300),
        (OwnerSetting.EXPORT_LIMIT_W, 4000.0, 40038, 4000),
        (OwnerSetting.MAX_DISCHARGE_W, 5000.0, 40034, 5000),
    ):
        found = await battery.read_owner()
        for write in battery.owner_writes(setting, value, found):
            await battery.write(write)
        assert plant.settings()[register] == raw
        assert battery.owner_value(setting, await battery.read_owner()) == value
    got = await battery.read()
    assert (got.export_limit_w, got.min_soc_pct) == (4000, 30)


async def test_owner_settings_that_stay_away(
    plant: SigenergySimulator, units: Siblings
) -> None:
    """Silence is an error and not a plant without settings; refusal is one."""
    battery = driver(units)
    plant.faults.hide(Space.HOLDING, 40046, 3)
    found = await battery.read_owner()
    assert (found["export_limit_w"], found["reserve_10th"]) == (10_000, None)
    plant.faults.drop_every = plant.requests + 2
    with pytest.raises(DeviceUnreachableError):
        await battery.read_owner()


async def test_a_second_controller(plant: SigenergySimulator, units: Siblings) -> None:
    """What it forces is told apart from the owner's settings."""
    battery = driver(units)
    plant.owner_writes(40029, 1)
    plant.owner_writes(40031, 6)
    plant.owner_writes(40034, 4000)
    found = await battery.read_settings()
    assert battery.owner_settings(found) == {
        "remote_ems": 0,
        "remote_ems_mode": 2,
        "max_charge_w": 8000,
        "max_discharge_w": 9000,
    }
    assert battery.safe_settings(found)["remote_ems"] == 0
    command = Command(Mode.STANDBY, None, NOON + timedelta(hours=1))
    owner = battery.owner_settings(found)
    assert battery.writes_for(command, owner, found) == (
        Write("remote_ems_mode", 1),
        Write("max_discharge_w", 9000),
    )
