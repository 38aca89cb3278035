"""A Sigenergy in memory, its registers worked out by hand, and one on a socket."""

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from modbus_connection import ModbusTcpParams
from modbus_connection.mock import MockModbusConnection, MockModbusUnit
from modbus_connection.tmodbus import ModbusConnection

from custom_components.power_sync.devices.batteries.brand import BatteryConfig
from custom_components.power_sync.devices.batteries.modbus import LinkOptions, Siblings
from custom_components.power_sync.devices.batteries.sigenergy.driver import (
    SigenergyBattery,
)
from custom_components.power_sync.model.battery import BatteryIdentity
from simulators.clock import ManualClock
from simulators.home import Cells, SimulatedHome
from simulators.profile import constant
from simulators.sigenergy import SigenergySimulator

from .sungrow_unit import NOON, Clock, words

SERIAL = "SIG0123456789"
LINK = LinkOptions(
    spacing_s=0,
    timeout_s=2,
    connect_delay_s=0,
    patience_s=5,
    settle=timedelta(milliseconds=10),
)
IMPATIENT = replace(LINK, timeout_s=0.5)
"""For answers that do not come: each costs the test a time-out."""
SETTINGS = frozenset(
    {
        *("remote_ems", "remote_ems_mode", "max_charge_w", "max_discharge_w"),
        *("export_limit_w", "reserve_10th", "max_soc_10th", "min_soc_10th"),
    }
)
CONFIG = BatteryConfig(
    identity=BatteryIdentity(
        "sigenergy", SERIAL, "SigenStor EC 10.0 TP", "V100R001C00SPC112"
    ),
    rated_power_w=10_000,
    capacity_kwh=16.0,
    max_charge_w=8000,
    max_discharge_w=9000,
    settings=SETTINGS,
    variant="inverter:1",
)
CELLS = Cells(capacity_kwh=16, max_charge_w=8000, max_discharge_w=9000)

INPUT = (
    # Remote EMS; a grid sensor; -1500 W: exporting.
    words(30003, 7, 1, 0xFFFF, 0xFA24)
    | words(30009, 0)
    | words(30010, 0x0000, 0x2710)  # 10000 W
    | words(30014, 553)  # 55.3 %
    | words(30015, 0, 0x03E8, 0xFFFF, 0xFE0C, 0, 0)  # 1000, -500, 0 W
    | words(30027, 0, 0x8001, 0, 2)
    | words(30031, 0, 0x09C4)  # 2500 W
    | words(30035, 0, 0x1194)  # 4500 W of sun on own strings
    | words(30037, 0, 0x07D0)  # 2000 W: charging
    | words(30047, 0, 0x1B58, 0x0001, 0x11F0)  # 7000 W in, 70128 W out
    | words(30051, 1)
    | words(30064, 0, 0x0320, 0, 0x0384)  # 8.00 and 9.00 kWh
    | words(30068, 0, 0x1F40, 0, 0x2328)  # 8000 W, 9000 W
    | words(30083, 0, 0x0654)  # 16.20 kWh
    | words(30085, 980, 60, 973)  # 98.0 %, 6.0 %, 97.3 %
    | words(30088, 0, 0, 0x0001, 0x86A0)  # 100000: 1000.00 kWh
    | words(30092, 0, 0x04E2)  # 12.50 kWh
    | words(30094, 0, 0, 0x0003, 0x0D40)  # 200000: 2000.00 kWh
    | words(30194, 0, 0x01F4)  # 500 W on a roof of another maker
    | words(30196, 0, 0, 0, 0x03E8)  # 10.00 kWh
    | words(30200, 0, 0, 0x0001, 0x0000)  # 65536: 655.36 kWh
    | words(30204, 0, 0, 0, 0xFFFF)  # 655.35 kWh
    | words(30216, 0, 1, 0, 0)  # 4294967296: 42949672.96 kWh
    | words(30220, 0, 0, 0, 0x0064)  # 1.00 kWh
    | words(30272, 0, 0x02C6)  # 7.10 kWh
    | words(30282, 0, 0x04B0, 0, 0x05DC)  # 1200 W and 1500 W
    | words(30286, 0xFFCE)  # -5.0 degrees
)
HOLDING = (
    words(40029, 1, 0, 4)
    | words(40032, 0, 0x0BB8)  # 3000 W
    | words(40034, 0x0001, 0x0000)  # 65536 W
    | words(40038, 0, 0x1388)  # 5000 W
    | words(40046, 200, 950, 50)  # 20.0 %, 95.0 %, 5.0 %
)
# "SigenStor EC 6.0", "SIG0123456789", "V1"
PLATE = (
    words(30500, 0x5369, 0x6765, 0x6E53, 0x746F, 0x7220, 0x4543, 0x2036, 0x2E30)
    | words(30508, *[0] * 7)
    | words(30515, 0x5349, 0x4730, 0x3132, 0x3334, 0x3536, 0x3738, 0x3900, 0, 0, 0)
    | words(30525, 0x5631, *[0] * 14)
    | words(30540, 0, 0x1770)  # 6000 W
)
INVERTER = PLATE | (
    words(30578, 1)
    | words(30587, 0, 0x05DC)  # 1500 W
    | words(30599, 0xFFFF, 0xFC18)  # -1000 W: discharging
    | words(30601, 551, 965, 0x00E1)  # 55.1 %, 96.5 %, 22.5 degrees
    | words(31004, 2)  # three phases and neutral
    | words(31011, 0, 0x5A0A, 0, 0x5A3C, 0, 0x59BF)  # 230.50, 231.00, 229.75 V
    | words(31035, 0, 0x09C4)  # 2500 W
)


def memory_plant(*inverters: int) -> dict[int, MockModbusUnit]:
    """Return a plant and its inverters by their unit ids."""
    connection = MockModbusConnection()
    units = {unit_id: connection.for_unit(unit_id) for unit_id in (247, *inverters)}
    units[247].input.update(INPUT)
    units[247].holding.update(HOLDING)
    for unit_id in inverters:
        units[unit_id].input.update(INVERTER)
    return units


def driver(
    units: Siblings, clock: Callable[[], datetime] | None = None, **changes: Any
) -> SigenergyBattery:
    """Return a driver of a plant; `changes` are those of its configuration."""
    link = changes.pop("link", LINK)
    return SigenergyBattery(
        units[247],
        replace(CONFIG, **changes),
        now=clock or Clock(),
        link=link,
        siblings=units,
    )


def simulator(**parts: Any) -> SigenergySimulator:
    """Return a plant with 3 kW of sun and a load of 1.2 kW."""
    home = SimulatedHome(
        ManualClock(NOON), constant(1200, 3000), cells=CELLS, soc_pct=55
    )
    return SigenergySimulator(home, **parts)


@asynccontextmanager
async def link_to(plant: SigenergySimulator) -> AsyncIterator[Siblings]:
    """Yield the units of a plant on a connection of their own."""
    connection = ModbusConnection(ModbusTcpParams(host="127.0.0.1", port=plant.port))
    try:
        yield {each: connection.for_unit(each) for each in (*range(1, 9), 247)}
    finally:
        await connection.close()
