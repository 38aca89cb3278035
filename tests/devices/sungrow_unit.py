"""A Sungrow in memory, its registers worked out by hand, and one on a socket."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta

from modbus_connection import IllegalDataAddressError, ModbusTcpParams, ModbusUnit
from modbus_connection.mock import MockModbusConnection, MockModbusUnit
from modbus_connection.tmodbus import ModbusConnection

from custom_components.power_sync.devices.batteries.brand import BatteryConfig
from custom_components.power_sync.devices.batteries.modbus import LinkOptions
from custom_components.power_sync.devices.batteries.sungrow.settings import (
    CEILING_SETTINGS,
    CONTROL_SETTINGS,
)
from custom_components.power_sync.devices.protocols import BatteryDriver
from custom_components.power_sync.model.battery import (
    BatteryIdentity,
    Command,
    Mode,
    Settings,
)
from simulators.clock import ManualClock
from simulators.home import Cells, SimulatedHome
from simulators.profile import constant
from simulators.sungrow import SungrowModel, SungrowSimulator

NOON = datetime(2026, 11, 20, 12, tzinfo=UTC)
SERIAL = "A2320500123"
LINK = LinkOptions(
    spacing_s=0,
    timeout_s=2,
    connect_delay_s=0,
    patience_s=5,
    settle=timedelta(milliseconds=10),
)
IMPATIENT = replace(LINK, timeout_s=0.5)
"""For answers that do not come: each costs the test a time-out."""
CONFIG = BatteryConfig(
    identity=BatteryIdentity("sungrow", SERIAL, "SH10RT"),
    rated_power_w=10_000,
    capacity_kwh=9.5,
    max_charge_w=10_600,
    max_discharge_w=10_600,
    settings=CONTROL_SETTINGS | CEILING_SETTINGS,
)


class Clock:
    """A clock that is moved by hand."""

    def __init__(self) -> None:
        """Start at noon."""
        self.at = NOON

    def __call__(self) -> datetime:
        """Return the time."""
        return self.at

    def advance(self, seconds: float) -> None:
        """Move on."""
        self.at += timedelta(seconds=seconds)


def words(first: int, *values: int) -> dict[int, int]:
    """Return registers in a row."""
    return dict(enumerate(values, first))


INPUT = (
    # A2 32 05 00 12 3, padded with zeros; SH10RT; 10.0 kW; three phases.
    words(4989, 0x4132, 0x3332, 0x3035, 0x3030, 0x3132, 0x3300, 0, 0, 0, 0)
    | words(4999, 0x0E03, 100, 1)
    | words(5016, 0x0BB8, 0x0000)  # 3000 W of sun
    | words(5018, 2301, 2312, 2298)  # 230.1, 231.2, 229.8 V
    | words(5213, 0xFA24, 0xFFFF)  # -1500 W: charging
    | words(5600, 0xFC18, 0xFFFF)  # -1000 W: exporting
    | words(5627, 106)  # 10.6 kW
    | words(5634, 25, 10, 0xFFFF, 0xFFFF, 960)  # 25 A, 10 A, 9.60 kWh
    # The vendor's example: external EMS; sun, battery discharging, load.
    | words(12999, 0x4000, 0x000D)
    | words(13002, 0x0304, 0x0102)  # 0x01020304 tenths of a kWh
    | words(13007, 0x04D2, 0x0000, 0x07D0, 0x0000)  # load 1234 W, export 2000 W
    | words(13019, 4012, 37, 1500, 551, 985, 0xFFCE)  # 401.2 V ... -5.0 degrees
    | words(13026, 0x2710, 0x0000)  # 1000.0 kWh discharged
    | words(13036, 0xFFFF, 0x0000)  # 6553.5 kWh imported
    | words(13038, 95)  # 9.5 kWh, the older way
    | words(13040, 0x2EE0, 0x0000)  # 1200.0 kWh charged
    | words(13045, 0x0000, 0x0001)  # 6553.6 kWh exported
    | words(13249, 0x5631, 0x2E30)  # "V1.0"
)
HOLDING = (
    words(13049, 0, 0xCC, 0)
    | words(13057, 950, 100)  # 95.0 % and 10.0 %
    | words(13073, 5000)
    | words(13086, 0xAA)
    | words(13099, 20)
    | words(33046, 1060, 800)
)


def memory_unit() -> MockModbusUnit:
    """Return a unit that serves the registers above."""
    unit = MockModbusConnection().for_unit(1)
    unit.input.update(INPUT)
    unit.holding.update(HOLDING)
    return unit


def refuse(unit: MockModbusUnit, *addresses: int) -> None:
    """Have the unit not know these input and holding registers."""
    for address in addresses:
        unit.fail_read(address, IllegalDataAddressError(), register_type="input")
        unit.fail_read(address, IllegalDataAddressError())


CELLS = Cells(capacity_kwh=9.6, max_charge_w=10_600, max_discharge_w=10_600)


def simulator(
    model: SungrowModel | None = None, *, unit_id: int = 1, rtu: bool = False
) -> SungrowSimulator:
    """Return an inverter with 3 kW of sun and a load of 1.2 kW."""
    home = SimulatedHome(
        ManualClock(NOON), constant(1200, 3000), cells=CELLS, soc_pct=55
    )
    return SungrowSimulator(home, model=model, serial=SERIAL, unit_id=unit_id, rtu=rtu)


@asynccontextmanager
async def link_to(port: int, unit_id: int = 1) -> AsyncIterator[ModbusUnit]:
    """Yield a unit on a connection of its own."""
    connection = ModbusConnection(ModbusTcpParams(host="127.0.0.1", port=port))
    try:
        yield connection.for_unit(unit_id)
    finally:
        await connection.close()


async def carry_out(
    battery: BatteryDriver, mode: Mode, power_w: float | None, owner: Settings
) -> None:
    """Do what the executor does."""
    command = Command(mode, power_w, NOON + timedelta(hours=1))
    for write in battery.writes_for(command, owner, await battery.read_settings()):
        await battery.write(write)
