"""The Sungrow driver when things go wrong, over a real socket."""

from dataclasses import replace

from modbus_connection import ModbusUnit
from pymodbus.constants import ExcCodes
import pytest

from custom_components.power_sync.devices.batteries.modbus import LinkOptions
from custom_components.power_sync.devices.batteries.sungrow.driver import (
    SungrowBattery,
)
from custom_components.power_sync.devices.protocols import (
    DeviceRefusedError,
    DeviceUnreachableError,
    WrongDeviceError,
)
from custom_components.power_sync.model.battery import (
    Mode,
    Write,
)
from simulators.clock import ManualClock
from simulators.home import SimulatedHome
from simulators.modbus import Space
from simulators.profile import constant
from simulators.sungrow import SungrowSimulator

from .sungrow_unit import (
    CONFIG,
    IMPATIENT,
    LINK,
    NOON,
    SERIAL,
    Clock,
    carry_out,
    link_to,
)

pytestmark = pytest.mark.usefixtures("socket_enabled")


def driver(unit: ModbusUnit, clock: Clock, link: LinkOptions = LINK) -> SungrowBattery:
    """Return a driver of the inverter."""
    return SungrowBattery(unit, CONFIG, now=clock, link=link)


async def test_unreachable(
    inverter: SungrowSimulator, unit: ModbusUnit, clock: Clock
) -> None:
    """Refused connections, and back again."""
    battery = driver(unit, clock)
    await battery.read()
    await inverter.refuse_connections()
    for attempt in (battery.read(), battery.read_settings()):
        with pytest.raises(DeviceUnreachableError):
            await attempt
    with pytest.raises(DeviceUnreachableError):
        await battery.write(Write("ems_mode", 2))
    await inverter.accept_connections()
    assert (await battery.read()).soc_pct == 55


@pytest.mark.parametrize("fault", ["drop_next", "garbage_next", "half_frame_next"])
async def test_broken_answer(
    inverter: SungrowSimulator, unit: ModbusUnit, clock: Clock, fault: str
) -> None:
    """One answer that does not arrive whole fails one poll and no more."""
    battery = driver(unit, clock, IMPATIENT)
    setattr(inverter.faults, fault, 1)
    with pytest.raises(DeviceUnreachableError):
        await battery.read()
    assert (await battery.read()).soc_pct == 55


async def test_slow_answers(
    inverter: SungrowSimulator, unit: ModbusUnit, clock: Clock
) -> None:
    """Too late is unreachable; the link is recycled."""
    battery = driver(unit, clock, IMPATIENT)
    await battery.read()
    inverter.faults.delay_s = 1
    with pytest.raises(DeviceUnreachableError):
        await battery.read()
    assert not unit.connected
    inverter.faults.delay_s = 0
    assert (await battery.read()).soc_pct == 55


async def test_dropped_in_the_middle(
    inverter: SungrowSimulator, unit: ModbusUnit, clock: Clock
) -> None:
    """A socket lost on an optional block costs that block only."""
    battery = driver(unit, clock)
    await battery.read()
    inverter.faults.drop_every = inverter.requests + 2
    got = await battery.read()
    assert (got.soc_pct, got.load_power_w, got.solar_power_w) == (55, 1200, None)
    inverter.faults.drop_every = None
    assert (await battery.read()).solar_power_w == 3000


async def test_exception_2_on_optional_registers(
    inverter: SungrowSimulator, unit: ModbusUnit, clock: Clock
) -> None:
    """The older registers serve, and the refused ones are not asked again."""
    inverter.faults.hide(Space.INPUT, 5213, 2)
    inverter.faults.hide(Space.INPUT, 5600, 8)
    battery = driver(unit, clock)
    got = await battery.read()
    assert (got.battery_power_w, got.grid_power_w) == (-1800, 0)
    clock.advance(10)
    await battery.read()
    before = inverter.requests
    clock.advance(10)
    await battery.read()
    assert inverter.requests - before == 2


@pytest.mark.parametrize("code", [ExcCodes.DEVICE_FAILURE, ExcCodes.ILLEGAL_VALUE])
async def test_refused_write(
    inverter: SungrowSimulator, unit: ModbusUnit, clock: Clock, code: ExcCodes
) -> None:
    """A write that is answered with an exception is refused, the link stays."""
    inverter.faults.refuse_all_writes = code
    battery = driver(unit, clock)
    with pytest.raises(DeviceRefusedError):
        await battery.write(Write("ems_mode", 2))
    assert unit.connected
    assert inverter.settings() == inverter.owner_defaults()


async def test_busy_for_long(
    inverter: SungrowSimulator, unit: ModbusUnit, clock: Clock
) -> None:
    """The link would go on for a minute with a device that says it is busy."""
    battery = driver(unit, clock, replace(LINK, patience_s=0.5))
    await battery.read()
    inverter.faults.refuse_all_writes = ExcCodes.DEVICE_BUSY
    with pytest.raises(DeviceUnreachableError):
        await battery.write(Write("ems_mode", 2))
    inverter.faults.refuse_all_writes = None
    await battery.write(Write("ems_mode", 2))
    assert inverter.settings()[13049] == 2


async def test_refused_settings(
    inverter: SungrowSimulator, unit: ModbusUnit, clock: Clock
) -> None:
    """Settings that cannot be read are no settings: nothing may be written."""
    inverter.faults.hide(Space.HOLDING, 13049)
    with pytest.raises(DeviceRefusedError):
        await driver(unit, clock).read_settings()


async def test_unreadable_settings(
    inverter: SungrowSimulator, unit: ModbusUnit, clock: Clock
) -> None:
    """A sentinel among the control settings is no proof either."""
    inverter._settings.values[13050] = 0xFFFF  # noqa: SLF001 - not a value to write
    with pytest.raises(DeviceRefusedError):
        await driver(unit, clock).read_settings()


@pytest.mark.parametrize(
    "write",
    [
        Write("ems_mode", None),
        Write("ems_mode", "2"),
        Write("ems_mode", -1),
        Write("ems_mode", 65_536),
        Write("start_stop", 0xCE),
    ],
)
async def test_writes_that_make_no_sense(
    inverter: SungrowSimulator, unit: ModbusUnit, clock: Clock, write: Write
) -> None:
    """Nothing but the driver's own settings ever leaves the house."""
    with pytest.raises(DeviceRefusedError):
        await driver(unit, clock).write(write)
    assert inverter.requests == 0


async def test_another_inverter(
    inverter: SungrowSimulator, unit: ModbusUnit, clock: Clock
) -> None:
    """A swap behind a reconnect is noticed, and nothing is written to it."""
    battery = driver(unit, clock)
    await battery.read()
    await inverter.refuse_connections()
    with pytest.raises(DeviceUnreachableError):
        await battery.read()
    inverter.swap_device("B9990000001")
    await inverter.accept_connections()
    with pytest.raises(WrongDeviceError):
        await battery.read()
    with pytest.raises(WrongDeviceError):
        await battery.write(Write("ems_mode", 2))
    assert inverter.writes == []
    inverter.swap_device(SERIAL)
    await battery.read()
    await battery.write(Write("ems_mode", 2))
    assert inverter.settings()[13049] == 2


async def test_a_silent_swap_is_found_within_a_minute(
    inverter: SungrowSimulator, unit: ModbusUnit, clock: Clock
) -> None:
    """Another user of the shared link may have reconnected it."""
    battery = driver(unit, clock)
    await battery.read()
    inverter.swap_device("B9990000001")
    clock.advance(60)
    with pytest.raises(WrongDeviceError):
        await battery.read()


async def test_write_after_a_dropped_link_checks_first(
    inverter: SungrowSimulator, unit: ModbusUnit, clock: Clock
) -> None:
    """No poll lies between the reconnect and the write."""
    battery = driver(unit, clock)
    await battery.read()
    await unit.disconnect()
    inverter.swap_device("B9990000001")
    with pytest.raises(WrongDeviceError):
        await battery.write(Write("ems_mode", 2))
    assert inverter.writes == []


async def test_no_serial(clock: Clock) -> None:
    """An inverter that does not say who it is cannot be written to."""
    inverter = SungrowSimulator(
        SimulatedHome(ManualClock(NOON), constant(0, 0)), serial=""
    )
    async with inverter, link_to(inverter.port) as unit:
        with pytest.raises(DeviceUnreachableError):
            await driver(unit, clock).write(Write("ems_mode", 2))


async def test_power_lost_in_the_middle_of_a_command(
    inverter: SungrowSimulator, unit: ModbusUnit, clock: Clock
) -> None:
    """After the power is back, release still ends at the owner's settings."""
    before = inverter.settings()
    battery = driver(unit, clock)
    owner = await battery.read_settings()
    inverter.faults.power_loss_after_writes = 2
    with pytest.raises(DeviceUnreachableError):
        await carry_out(battery, Mode.CHARGE, 3000, owner)
    assert inverter.settings()[13049] == 2
    await inverter.restore_power()
    for write in battery.writes_for_release(owner, await battery.read_settings()):
        await battery.write(write)
    assert inverter.settings() == before


async def test_settings_of_another_inverter(
    inverter: SungrowSimulator, unit: ModbusUnit, clock: Clock
) -> None:
    """They are never taken for the owner's."""
    battery = driver(unit, clock)
    inverter.swap_device("B9990000001")
    with pytest.raises(WrongDeviceError):
        await battery.read_settings()


async def test_write_that_is_done_but_not_acknowledged(
    inverter: SungrowSimulator, unit: ModbusUnit, clock: Clock
) -> None:
    """The answer is lost, the write is not: reading back tells."""
    battery = driver(unit, clock)
    await battery.read()
    inverter.faults.drop_answer_next = 1
    with pytest.raises(DeviceUnreachableError):
        await battery.write(Write("ems_mode", 2))
    assert (await battery.read_settings())["ems_mode"] == 2
