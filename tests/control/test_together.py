"""Batteries that stop together leave nothing flowing between them.

Two inverters on one meter, with the real driver: each sees its neighbour as load, or as
less of it, as it was when the meter was looked at last.
"""

import asyncio
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, replace
from datetime import timedelta
from functools import partial
from typing import Any

import pytest

from custom_components.power_sync.control.authority import Lease
from custom_components.power_sync.control.clock import Clock
from custom_components.power_sync.control.controlled import Controlled
from custom_components.power_sync.control.controller import Controller, Member
from custom_components.power_sync.control.together import stopping
from custom_components.power_sync.control.view import SiteLimits
from custom_components.power_sync.devices.batteries.sungrow.driver import SungrowBattery
from custom_components.power_sync.model.battery import (
    BatteryIdentity,
    Mode,
)
from simulators.clock import ManualClock
from simulators.home import InverterMode
from simulators.neighbours import NeighbourHome, neighbours
from simulators.profile import constant
from simulators.sungrow import SungrowSimulator
from tests.devices.sungrow_unit import CELLS, CONFIG, LINK, NOON, link_to

from .bench import DEVICE, OWNER, Bench, Device, MemoryJournal, PowerCutError
from .test_beside import read, two

HOUR = timedelta(hours=1)
SERIALS = ("A2320500123", "B2320500123")


@dataclass
class TwoInverters:
    """A home of two inverters, and the controller of both."""

    homes: tuple[NeighbourHome, NeighbourHome]
    simulators: list[SungrowSimulator]
    controller: Controller
    drivers: list[SungrowBattery]
    time: ManualClock

    def flows_w(self) -> list[float]:
        """Return what each battery gives now."""
        return [round(home.flows.battery_w) for home in self.homes]

    async def read(self) -> None:
        """Let ten seconds go by, and read both."""
        self.time.advance(timedelta(seconds=10))
        for driver in self.drivers:
            reading = await driver.read()
            self.controller.read(driver.identity.serial, reading)


@asynccontextmanager
async def two_inverters(load_w: float, solar_w: float) -> AsyncIterator[TwoInverters]:
    """Start a home of two SH10RT, which are read and told over sockets."""
    time = ManualClock(NOON)
    homes = neighbours(time, constant(load_w, solar_w), (CELLS, 55.0), (CELLS, 50.0))

    async def sleep(_seconds: float) -> None:
        # Meanwhile the meters are looked at, and the writes of the other go on.
        for home in homes:
            assert home.flows is not None
        await asyncio.sleep(0)

    first, second = (
        SungrowSimulator(home, serial=serial)
        for home, serial in zip(homes, SERIALS, strict=True)
    )
    async with first, second, link_to(first.port) as one, link_to(second.port) as two_:
        drivers = [
            SungrowBattery(
                unit,
                replace(CONFIG, identity=BatteryIdentity("sungrow", serial, "SH10RT")),
                now=time.now,
                link=LINK,
            )
            for unit, serial in zip((one, two_), SERIALS, strict=True)
        ]
        controller = Controller(
            [Member(driver, DEVICE) for driver in drivers],
            MemoryJournal(),
            Clock(time.now, sleep),
            SiteLimits(battery_export=True),
        )
        controller.dry_run = False
        await controller.start()
        made = TwoInverters(homes, [first, second], controller, drivers, time)
        await made.read()
        yield made


async def _restored(controller: Controller) -> None:
    await controller.restore_normal()


async def _tried_only(controller: Controller) -> None:
    await controller.set_dry_run(on=True)


async def _stopped(controller: Controller) -> None:
    assert await controller.stop()


async def _ended(controller: Controller) -> None:
    for battery in controller.batteries.values():
        force = battery.executor.record.force
        assert force is not None
        over = partial(replace, force=replace(force, until=NOON))
        controller.book.note(battery.battery_id, over)
    await controller.tick()


@pytest.mark.usefixtures("socket_enabled")
@pytest.mark.parametrize(
    ("mode", "end"),
    [
        (Mode.CHARGE, _restored),
        (Mode.CHARGE, _tried_only),
        (Mode.CHARGE, _stopped),
        (Mode.CHARGE, _ended),
        (Mode.DISCHARGE, _ended),
    ],
)
async def test_batteries_that_stop_together_do_not_feed_each_other(
    mode: Mode, end: Callable[[Controller], Coroutine[Any, Any, None]]
) -> None:
    """Both were forced; whatever ends it, the load is served and nothing else flows."""
    async with two_inverters(1200, 0) as home:
        await home.controller.force(mode, power_w=8000, duration=HOUR)
        sign = -1 if mode is Mode.CHARGE else 1
        assert home.flows_w() == [sign * 4000, sign * 4000]
        await end(home.controller)
        for simulator in home.simulators:
            assert simulator.home.effective_mode is InverterMode.SELF
        assert min(home.flows_w()) >= 0
        assert not any(b.executor.held for b in home.controller.batteries.values())


@pytest.mark.parametrize("cut_after", range(1, 9))
async def test_a_power_cut_on_the_way_leaves_the_owners_settings(
    cut_after: int,
) -> None:
    """Whichever write of resting and giving back is the last."""
    bench, other = Bench(), Device(serial="B2")
    controller = await two(bench, other)
    await controller.force(Mode.CHARGE, power_w=6000, duration=HOUR)
    bench.device.writes.clear()
    other.writes.clear()
    bench.device.cut_after = cut_after
    with suppress(PowerCutError):
        await controller.restore_normal()
    bench.device.cut_after = None
    again = await bench.controller(other)
    again.automatic = False
    read(again, bench)
    await again.tick()
    await again.restore_normal()
    assert bench.device.settings == other.settings == OWNER


async def test_one_that_cannot_rest_goes_straight_on() -> None:
    """That its neighbour rests is enough; so it is where one is told rarely."""
    bench, other = Bench(), Device(serial="B2", min_interval=timedelta(minutes=1))
    controller = await two(bench, other)
    await controller.force(Mode.CHARGE, power_w=6000, duration=HOUR)
    await controller.restore_normal()
    rested = {
        entry.battery_id
        for entry in controller.log.entries
        if entry.command is not None and entry.command.mode is Mode.STANDBY
    }
    assert rested == {"A1"}
    assert bench.device.settings == other.settings == OWNER


async def test_where_its_neighbour_is_held_none_has_to_rest() -> None:
    """It serves nobody until it is released, and that comes last."""
    bench, other = Bench(), Device(serial="B2")
    controller = await two(bench, other)
    await controller.set_automatic(on=False)
    await controller.force(Mode.CHARGE, power_w=3000, duration=HOUR, batteries=["A1"])
    bench.time.pass_by(hours=1)
    read(controller, bench)
    await controller.tick()
    modes = [entry.command and entry.command.mode for entry in controller.log.entries]
    assert Mode.STANDBY not in modes
    assert bench.device.settings == other.settings == OWNER


async def test_what_a_fault_keeps_from_resting_is_given_back_all_the_same() -> None:
    """It waits for nobody: neither for one that raises, nor for one in trouble."""
    bench, other = Bench(), Device(serial="B2")
    controller = await two(bench, other)
    await controller.force(Mode.CHARGE, power_w=6000, duration=HOUR)
    bench.device.writes.clear()
    for serial in controller.batteries:
        controller.read(serial, bench.reading(fault=True))
    await controller.tick()
    modes = [entry.command and entry.command.mode for entry in controller.log.entries]
    assert Mode.STANDBY not in modes
    assert bench.device.settings == other.settings == OWNER


async def test_one_that_cannot_be_decided_on_is_left_to_its_turn() -> None:
    """It is told there why."""
    bench, other = Bench(), Device(serial="B2")
    controller = await two(bench, other)
    await controller.force(Mode.CHARGE, power_w=6000, duration=HOUR)

    def undecided(_battery: Controlled) -> Lease:
        raise ValueError("nobody knows")

    assert stopping(controller.batteries.values(), undecided) == []
