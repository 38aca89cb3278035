"""The Sungrow driver against a simulated inverter, over a real socket."""

from collections.abc import Mapping
from dataclasses import replace

from modbus_connection import ModbusTcpParams, ModbusUnit
from modbus_connection.tmodbus import ModbusConnection
import pytest

from custom_components.power_sync.devices.batteries.modbus import LinkOptions
from custom_components.power_sync.devices.batteries.sungrow.driver import (
    SungrowBattery,
)
from custom_components.power_sync.devices.batteries.sungrow.settings import (
    ADDRESSES,
    CONTROL_SETTINGS,
)
from custom_components.power_sync.devices.protocols import DeviceUnreachableError
from custom_components.power_sync.model.battery import (
    Mode,
    Settings,
)
from simulators.clock import ManualClock
from simulators.home import SimulatedHome
from simulators.modbus import Space
from simulators.profile import constant
from simulators.sungrow import SH5K_30, SungrowSimulator

from .sungrow_unit import (
    CELLS,
    CONFIG,
    LINK,
    NOON,
    SERIAL,
    Clock,
    carry_out,
    link_to,
    memory_unit,
    simulator,
)

pytestmark = pytest.mark.usefixtures("socket_enabled")


def driver(unit: ModbusUnit, clock: Clock, link: LinkOptions = LINK) -> SungrowBattery:
    """Return a driver of the inverter."""
    return SungrowBattery(unit, CONFIG, now=clock, link=link)


def registers(settings: Settings) -> Mapping[int, object]:
    """Return settings by wire address."""
    return {ADDRESSES[key]: value for key, value in settings.items()}


async def test_reading(
    inverter: SungrowSimulator, unit: ModbusUnit, clock: Clock
) -> None:
    """A sunny noon, and every poll within six requests."""
    battery = driver(unit, clock)
    for seconds in (0, 10, 10, 60, 600):
        clock.advance(seconds)
        before = inverter.requests
        got = await battery.read()
        assert inverter.requests - before <= 6
    assert (got.solar_power_w, got.load_power_w) == (3000, 1200)
    assert (got.battery_power_w, got.grid_power_w) == (-1800, 0)
    assert (got.soc_pct, got.soh_pct, got.temperature_c) == (55, 98, 25)
    assert (got.min_soc_pct, got.max_soc_pct) == (5, 100)
    assert (got.max_charge_w, got.max_discharge_w) == (10_400, 10_400)  # 26 A, 400 V
    assert (got.capacity_kwh, got.export_limit_w) == (9.6, None)
    assert (got.islanded, got.fault) == (False, False)


@pytest.mark.parametrize(
    ("mode", "power_w", "battery_w"),
    [
        (Mode.CHARGE, 4000, -4000),
        (Mode.DISCHARGE, 2500, 2500),
        (Mode.STANDBY, None, 0),
        (Mode.SELF_CONSUMPTION, None, -1800),
        (Mode.NO_DISCHARGE, None, -1800),
        (Mode.LIMIT, 500, -1800),
    ],
)
async def test_commands(  # noqa: PLR0913, PLR0917 - three of them are fixtures
    inverter: SungrowSimulator,
    unit: ModbusUnit,
    clock: Clock,
    mode: Mode,
    power_w: float | None,
    battery_w: float,
) -> None:
    """Each command is done by the inverter, and release gives all back."""
    before = inverter.settings()
    battery = driver(unit, clock)
    owner = battery.owner_settings(await battery.read_settings())
    assert registers(owner).items() <= before.items()
    await carry_out(battery, Mode.DISCHARGE, 700, owner)
    await carry_out(battery, mode, power_w, owner)
    assert (await battery.read()).battery_power_w == battery_w
    for write in battery.writes_for_release(owner, await battery.read_settings()):
        await battery.write(write)
    assert inverter.settings() == before


@pytest.mark.parametrize(
    ("mode", "power_w", "battery_w"),
    [
        (Mode.SELF_CONSUMPTION, None, 2000),
        (Mode.LIMIT, 500, 500),
        (Mode.NO_DISCHARGE, None, 10),
    ],
)
async def test_holding_back(
    clock: Clock, mode: Mode, power_w: float | None, battery_w: float
) -> None:
    """At night the ceiling decides how much of the load the battery serves."""
    home = SimulatedHome(ManualClock(NOON), constant(2000, 0), cells=CELLS)
    async with (
        SungrowSimulator(home, serial=SERIAL) as inverter,
        link_to(inverter.port) as unit,
    ):
        battery = driver(unit, clock)
        owner = await battery.read_settings()
        await carry_out(battery, mode, power_w, owner)
        assert (await battery.read()).battery_power_w == battery_w


async def test_discharge_leaves_the_export_limit_alone(
    inverter: SungrowSimulator, unit: ModbusUnit, clock: Clock
) -> None:
    """The limit is the grid agreement's: it bounds what is delivered."""
    inverter.owner_writes(13073, 1000)
    inverter.owner_writes(13086, 0xAA)
    battery = driver(unit, clock)
    await carry_out(battery, Mode.DISCHARGE, 5000, await battery.read_settings())
    got = await battery.read()
    assert (got.export_limit_w, got.grid_power_w) == (1000, -1000)
    assert {record.register for record in inverter.writes} <= {13049, 13050, 13051}


async def test_islanded_and_fault(
    inverter: SungrowSimulator, unit: ModbusUnit, clock: Clock
) -> None:
    """What the safety rule needs."""
    battery = driver(unit, clock)
    inverter.home.islanded = True
    assert (await battery.read()).islanded is True
    inverter.fault = True
    assert (await battery.read()).fault is True


async def test_48_volt_model(clock: Clock) -> None:
    """Signs from the flow bits; no ceilings, so no holding back."""
    config = replace(CONFIG, settings=CONTROL_SETTINGS)
    async with simulator(SH5K_30) as inverter, link_to(inverter.port) as unit:
        battery = SungrowBattery(unit, config, now=clock, link=LINK)
        assert (await battery.read()).battery_power_w == -1800
        found = await battery.read_settings()
        assert found["max_discharge_10w"] is None
        assert battery.capabilities.modes == {
            Mode.SELF_CONSUMPTION,
            Mode.CHARGE,
            Mode.DISCHARGE,
            Mode.STANDBY,
        }
        await carry_out(battery, Mode.DISCHARGE, 900, battery.owner_settings(found))
        assert (await battery.read()).battery_power_w == 900


async def test_ceilings_that_it_never_had(
    inverter: SungrowSimulator, unit: ModbusUnit, clock: Clock
) -> None:
    """Exception 2 is no error where the probe found none, either."""
    inverter.faults.hide(Space.HOLDING, 33046, 2)
    config = replace(CONFIG, settings=CONTROL_SETTINGS)
    battery = SungrowBattery(unit, config, now=clock, link=LINK)
    found = await battery.read_settings()
    assert (found["max_charge_10w"], found["max_discharge_10w"]) == (None, None)
    assert Mode.NO_DISCHARGE not in battery.capabilities.modes


async def test_ceilings_that_are_refused_for_a_moment(
    inverter: SungrowSimulator, unit: ModbusUnit, clock: Clock
) -> None:
    """What it had is not gone: else the owner's would not be put back."""
    inverter.faults.hide(Space.HOLDING, 33046, 2)
    battery = driver(unit, clock)
    with pytest.raises(DeviceUnreachableError):
        await battery.read_settings()
    assert Mode.NO_DISCHARGE in battery.capabilities.modes


async def test_a_ceiling_that_turns_into_a_sentinel(clock: Clock) -> None:
    """What was read once is missed later, also where the probe did not see it."""
    unit = memory_unit()
    config = replace(CONFIG, settings=CONTROL_SETTINGS)
    battery = SungrowBattery(unit, config, now=clock, link=LINK)
    assert (await battery.read_settings())["max_discharge_10w"] == 800
    assert Mode.NO_DISCHARGE in battery.capabilities.modes
    unit.holding[33047] = 0xFFFF
    with pytest.raises(DeviceUnreachableError):
        await battery.read_settings()


def test_capabilities_follow_the_probe() -> None:
    """What was stored at set-up counts until the settings have been read."""
    link = ModbusConnection(ModbusTcpParams(host="127.0.0.1", port=9))
    config = replace(CONFIG, settings=CONTROL_SETTINGS, max_charge_w=6000)
    battery = SungrowBattery(link.for_unit(1), config)
    assert Mode.LIMIT not in battery.capabilities.modes
    assert battery.capabilities.max_charge_w == 6000
    assert battery.capabilities.min_power_w == 200
    assert battery.identity == CONFIG.identity


def test_safe_settings_are_bounded_by_the_rating() -> None:
    """Where the owner's are lost, nothing is forced and no hold stays."""
    battery = driver(memory_unit(), Clock())
    found = {"ems_mode": 2, "max_charge_10w": 1, "max_discharge_10w": 1}
    assert battery.safe_settings(found) == {
        "ems_mode": 0,
        "forced_command": 0xCC,
        "forced_power_w": 0,
        "max_charge_10w": 1060,
        "max_discharge_10w": 1060,
    }
