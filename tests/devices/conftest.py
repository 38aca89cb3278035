"""A simulated Sungrow that answers, a link to it, and the driver's clock."""

from collections.abc import AsyncIterator

from modbus_connection import ModbusUnit
import pytest

from simulators.sungrow import SungrowSimulator

from .sungrow_unit import Clock, link_to, simulator


@pytest.fixture
async def inverter() -> AsyncIterator[SungrowSimulator]:
    """Start an SH10RT."""
    async with simulator() as running:
        yield running


@pytest.fixture
def clock() -> Clock:
    """Return the driver's clock."""
    return Clock()


@pytest.fixture
async def unit(inverter: SungrowSimulator) -> AsyncIterator[ModbusUnit]:
    """Open a link to the inverter."""
    async with link_to(inverter.port) as linked:
        yield linked
