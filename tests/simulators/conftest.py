"""A simulated Sungrow at a simulated home, and a client of another make."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime

import pytest

from simulators.clock import ManualClock
from simulators.home import Cells, SimulatedHome
from simulators.profile import constant
from simulators.sungrow import SungrowSimulator
from tests.simulators.modbus_client import ModbusClient


@pytest.fixture
def clock() -> ManualClock:
    """Return a clock at noon."""
    return ManualClock(datetime(2026, 11, 20, 12, tzinfo=UTC))


@pytest.fixture
def home(clock: ManualClock) -> SimulatedHome:
    """Return a home with 800 W of load, no sun and a battery at 62.5 %."""
    cells = Cells(
        capacity_kwh=9.6,
        charge_efficiency=1,
        discharge_efficiency=1,
        max_charge_w=6000,
        max_discharge_w=6000,
    )
    return SimulatedHome(clock, constant(800), cells=cells, soc_pct=62.5)


@pytest.fixture
async def inverter(
    home: SimulatedHome, socket_enabled: None
) -> AsyncIterator[SungrowSimulator]:
    """Yield an SH10RT that answers on loopback."""
    async with SungrowSimulator(home) as simulator:
        yield simulator


@pytest.fixture
async def client(inverter: SungrowSimulator) -> AsyncIterator[ModbusClient]:
    """Yield a connected client."""
    client = ModbusClient(inverter.host, inverter.port)
    await client.connect()
    yield client
    client.close()
