"""A power cut after the n-th write of every command, on the real protocol.

The executor, the Sungrow driver and Home Assistant's Modbus client talk over a
socket to the inverter's simulator, and the journal is text as on a disk. What
is compared at the end are the inverter's own registers.
"""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta

from modbus_connection import ModbusTcpParams
from modbus_connection.tmodbus import ModbusConnection
import pytest

from custom_components.power_sync.control.clock import Clock
from custom_components.power_sync.control.executor import BatteryExecutor
from custom_components.power_sync.control.journal import JournalBook
from custom_components.power_sync.control.log import CommandLog, Outcome
from custom_components.power_sync.control.order import Order
from custom_components.power_sync.devices.batteries.sungrow.driver import (
    SungrowBattery,
)
from custom_components.power_sync.model.battery import Command, Mode
from simulators.sungrow import SungrowSimulator
from tests.devices.sungrow_unit import CONFIG, LINK, simulator

from .bench import MemoryJournal

pytestmark = pytest.mark.usefixtures("socket_enabled")

COMMANDS = [
    (Mode.CHARGE, 3000.0),
    (Mode.DISCHARGE, 2500.0),
    (Mode.NO_DISCHARGE, None),
    (Mode.STANDBY, None),
    (Mode.LIMIT, 1500.0),
]


def order(mode: Mode | None, power_w: float | None = None) -> Order:
    """Return an order for an hour; None gives the battery back."""
    until = datetime.now(UTC) + timedelta(hours=1)
    command = None if mode is None else Command(mode, power_w, until)
    return Order(command=command, master="plan", reason="test")


@asynccontextmanager
async def home_assistant(
    inverter: SungrowSimulator, journal: MemoryJournal
) -> AsyncGenerator[BatteryExecutor]:
    """Run an executor from what the journal holds, until it is left."""
    connection = ModbusConnection(ModbusTcpParams(host="127.0.0.1", port=inverter.port))
    try:
        unit = connection.for_unit(1)
        book = JournalBook(journal)
        await book.load()
        yield BatteryExecutor(
            SungrowBattery(unit, CONFIG, link=LINK),
            {},
            book,
            CommandLog(),
            Clock(lambda: datetime.now(UTC)),
        )
    finally:
        await connection.close()


@pytest.mark.parametrize("before", [None, *COMMANDS])
@pytest.mark.parametrize("command", [*COMMANDS, (None, None)])
async def test_after_a_power_cut_the_owner_has_the_inverter_back(
    before: tuple[Mode, float | None] | None,
    command: tuple[Mode | None, float | None],
) -> None:
    """From normal, and from each other command; and while giving it back."""
    for cut_after in range(1, 9):
        async with simulator() as inverter:
            inverter.owner_writes(33047, 450)
            owners = inverter.settings()
            journal = MemoryJournal()
            async with home_assistant(inverter, journal) as executor:
                if before is not None:
                    assert (await executor.carry_out(order(*before))).good
                done = len(inverter.writes)
                inverter.faults.power_loss_after_writes = done + cut_after
                outcome = await executor.carry_out(order(*command))
            needed = len(inverter.writes) - done
            if outcome is Outcome.UNREACHABLE:
                await inverter.restore_power()
            inverter.faults.power_loss_after_writes = None
            async with home_assistant(inverter, journal) as executor:
                assert (await executor.carry_out(order(None))).good
                assert not executor.held
            assert inverter.settings() == owners
        if needed < cut_after:
            assert outcome.good
            return
    raise AssertionError("never ran to its end")
