"""A power cut after the n-th write of an owner's setting, on the real protocol.

As in `test_power_cut.py`: what is compared at the end are the inverter's own
registers. They hold the old value or the new one, whole, and the new one for sure
once it was confirmed, whatever command of ours was running.
"""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from datetime import UTC, datetime

from modbus_connection import ModbusTcpParams
from modbus_connection.tmodbus import ModbusConnection
import pytest

from custom_components.power_sync.control.clock import Clock
from custom_components.power_sync.control.executor import BatteryExecutor
from custom_components.power_sync.control.journal import JournalBook
from custom_components.power_sync.control.log import CommandLog, Outcome
from custom_components.power_sync.control.owner_settings import (
    OwnerChange,
    set_owner_setting,
)
from custom_components.power_sync.devices.batteries.sungrow.driver import (
    SungrowBattery,
)
from custom_components.power_sync.model.battery import Mode, OwnerSetting
from simulators.sungrow import SungrowSimulator
from tests.devices.sungrow_unit import CONFIG, LINK, simulator

from .bench import MemoryJournal
from .test_power_cut import order

pytestmark = pytest.mark.usefixtures("socket_enabled")

CHANGES = [
    (OwnerChange(OwnerSetting.BACKUP_RESERVE_PCT, 30), {13099: 30}),
    (OwnerChange(OwnerSetting.MAX_DISCHARGE_W, 2000), {33047: 200}),
    (OwnerChange(OwnerSetting.EXPORT_LIMIT_W, 3000), {13073: 3000, 13086: 0xAA}),
]
HOLDS = [None, (Mode.CHARGE, 3000.0), (Mode.NO_DISCHARGE, None), (Mode.LIMIT, 1500.0)]


@asynccontextmanager
async def home_assistant(
    inverter: SungrowSimulator, journal: MemoryJournal
) -> AsyncGenerator[tuple[BatteryExecutor, JournalBook]]:
    """Run an executor from what the journal holds, until it is left."""
    connection = ModbusConnection(ModbusTcpParams(host="127.0.0.1", port=inverter.port))
    try:
        driver = SungrowBattery(connection.for_unit(1), CONFIG, link=LINK)
        book = JournalBook(journal)
        await book.load()
        clock = Clock(lambda: datetime.now(UTC))
        yield BatteryExecutor(driver, {}, book, CommandLog(), clock), book
    finally:
        await connection.close()


@pytest.mark.parametrize("held", HOLDS)
@pytest.mark.parametrize(("change", "registers"), CHANGES)
async def test_old_or_new_and_whole(
    held: tuple[Mode, float | None] | None,
    change: OwnerChange,
    registers: dict[int, int],
) -> None:
    """After the cut, and after the battery has been given back."""
    for cut_after in range(1, 6):
        async with simulator() as inverter:
            inverter.owner_writes(33047, 450)
            old = inverter.settings()
            new = old | registers
            journal = MemoryJournal()
            async with home_assistant(inverter, journal) as (executor, book):
                if held is not None:
                    assert (await executor.carry_out(order(*held))).good
                done = len(inverter.writes)
                inverter.faults.power_loss_after_writes = done + cut_after
                outcome = await set_owner_setting(
                    executor, change, book, CommandLog(), dry_run=False
                )
            needed = len(inverter.writes) - done
            if outcome is Outcome.UNREACHABLE:
                await inverter.restore_power()
            inverter.faults.power_loss_after_writes = None
            async with home_assistant(inverter, journal) as (executor, book):
                assert (await executor.carry_out(order(None))).good
                assert not executor.held
            confirmed = outcome in (Outcome.FOLLOWED, Outcome.WHEN_GIVEN_BACK)
            # A limit whose switch is still off is none: the old state.
            off = old | {13073: registers.get(13073, old[13073])}
            allowed = [new] if confirmed else [old, off, new]
            assert inverter.settings() in allowed
        if needed < cut_after:
            assert confirmed
            return
    raise AssertionError("never ran to its end")
