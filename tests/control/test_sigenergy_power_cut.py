"""A power cut after the n-th write of every command, at a Sigenergy plant.

As in `test_power_cut.py`: executor, driver and Home Assistant's Modbus client talk
over a socket to the plant's simulator, the journal is text as on a disk, and what
is compared at the end are the plant's own registers.
"""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from datetime import UTC, datetime

import pytest

from custom_components.power_sync.control.clock import Clock
from custom_components.power_sync.control.executor import BatteryExecutor
from custom_components.power_sync.control.journal import JournalBook
from custom_components.power_sync.control.log import CommandLog, Outcome
from custom_components.power_sync.model.battery import Mode
from simulators.sigenergy import SigenergySimulator
from tests.devices.sigenergy_unit import driver, link_to, simulator

from .bench import MemoryJournal
from .test_power_cut import order

pytestmark = pytest.mark.usefixtures("socket_enabled")

COMMANDS = [(Mode.CHARGE, 3000.0), (Mode.DISCHARGE, 2500.0), (Mode.STANDBY, None)]
OWNERS = [
    {40034: 4500, 40038: 5000, 40046: 200},
    # A remote EMS that somebody leaves on, at rest or steered by another program.
    {40029: 1, 40031: 2, 40032: 6000},
    {40029: 1, 40031: 0, 40034: 4500},
]


@asynccontextmanager
async def home_assistant(
    plant: SigenergySimulator, journal: MemoryJournal
) -> AsyncGenerator[BatteryExecutor]:
    """Run an executor from what the journal holds, until it is left."""
    async with link_to(plant) as units:
        book = JournalBook(journal)
        await book.load()
        clock = Clock(lambda: datetime.now(UTC))
        yield BatteryExecutor(driver(units), {}, book, CommandLog(), clock)


@pytest.mark.parametrize("owner", OWNERS)
@pytest.mark.parametrize("before", [None, *COMMANDS])
@pytest.mark.parametrize("command", [*COMMANDS, (None, None)])
async def test_after_a_power_cut_the_owner_has_the_plant_back(
    owner: dict[int, int],
    before: tuple[Mode, float | None] | None,
    command: tuple[Mode | None, float | None],
) -> None:
    """From normal, and from each other command; and while giving it back."""
    for cut_after in range(1, 9):
        async with simulator() as plant:
            for register, value in owner.items():
                plant.owner_writes(register, value)
            owners = plant.settings()
            journal = MemoryJournal()
            async with home_assistant(plant, journal) as executor:
                if before is not None:
                    assert (await executor.carry_out(order(*before))).good
                plant.faults.power_loss_after_writes = cut_after
                outcome = await executor.carry_out(order(*command))
                done = plant.faults.power_loss_after_writes is not None
            if outcome is Outcome.UNREACHABLE:
                await plant.restore_power()
            plant.faults.power_loss_after_writes = None
            async with home_assistant(plant, journal) as executor:
                assert (await executor.carry_out(order(None))).good
                assert not executor.held
            assert plant.settings() == owners
        if outcome is not Outcome.UNREACHABLE:
            assert done
            assert outcome.good
            return
    raise AssertionError("never ran to its end")


@pytest.mark.parametrize("command", COMMANDS)
async def test_a_mode_left_behind_does_not_come_back(
    command: tuple[Mode, float | None],
) -> None:
    """What the mode held while the remote EMS was off is nobody's setting.

    It is left at self-consumption, so that switching the remote EMS on later
    forces nothing.
    """
    async with simulator() as plant:
        plant.owner_writes(40031, 6)
        owners = plant.settings()
        journal = MemoryJournal()
        async with home_assistant(plant, journal) as executor:
            assert (await executor.carry_out(order(*command))).good
            assert plant.settings()[40031] != 6 or command[0] is Mode.DISCHARGE
            assert (await executor.carry_out(order(None))).good
        assert plant.settings() == owners | {40031: 2}


async def test_ignored_and_refused() -> None:
    """A plant that does not take a command whole has its owner's settings back."""
    async with simulator() as plant:
        owners = plant.settings()
        plant.faults.ignored_registers = {40031}
        async with home_assistant(plant, MemoryJournal()) as executor:
            outcome = await executor.carry_out(order(Mode.CHARGE, 3000))
            assert outcome is Outcome.NOT_FOLLOWED
            assert plant.settings() == owners


async def test_a_second_controller_is_not_fought() -> None:
    """A third value is seen three times, and then left alone."""
    async with (
        simulator() as plant,
        home_assistant(plant, MemoryJournal()) as executor,
    ):
        assert (await executor.carry_out(order(Mode.CHARGE, 3000))).good
        plant.owner_writes(40031, 6)
        outcomes = []
        for _ in range(4):
            outcomes.append(await executor.carry_out(order(Mode.CHARGE, 3000)))
            plant.owner_writes(40031, 6)
        assert outcomes[-1] is Outcome.FOREIGN
