"""Clocks, bugs, options and cancelled calls do not break a promise."""

import asyncio
from datetime import timedelta
import logging

import pytest

from custom_components.power_sync.control.journal import (
    JournalError,
)
from custom_components.power_sync.control.log import Outcome
from custom_components.power_sync.control.problems import Problem, ProblemKey
from custom_components.power_sync.control.view import Master, SiteLimits
from custom_components.power_sync.model.battery import (
    Mode,
    Settings,
)

from .bench import OWNER, Bench
from .test_controller import HOUR, lease, plan, running, slot


async def test_a_clock_set_back_does_not_stretch_a_force() -> None:
    """An hour is an hour, also when the clock is set back by three."""
    bench = Bench()
    controller = await running(bench)
    await controller.force(Mode.CHARGE, power_w=3000, duration=HOUR)
    bench.time.pass_by(minutes=30)
    controller.read("A1", bench.reading())
    await controller.tick()
    bench.time.pass_by(hours=-3)  # NTP step
    for _ in range(60):  # another hour passes
        bench.time.pass_by(minutes=1)
        controller.read("A1", bench.reading())
        await controller.tick()
    assert bench.device.settings == OWNER


async def test_a_clock_set_back_does_not_put_off_a_restore() -> None:
    """Ten seconds of patience do not become an hour."""
    bench = Bench()
    controller = await running(bench)
    await controller.force(Mode.CHARGE, power_w=3000, duration=HOUR)
    bench.device.reachable = False
    await controller.restore_normal()  # the user; one lost answer
    bench.device.reachable = True
    bench.time.pass_by(hours=-1)  # NTP step
    for _ in range(30):  # five minutes, well past the 10 s of patience
        bench.time.pass_by(seconds=10)
        controller.read("A1", bench.reading())
        await controller.tick()
    assert bench.device.settings == OWNER


async def test_a_listener_that_raises_does_not_raise_out_of_tick() -> None:
    """And the other listeners hear of the change."""
    bench = Bench()
    controller = await running(bench)

    def bad() -> None:
        raise KeyError("entity")

    heard = []
    controller.listen(bad)
    controller.listen(lambda: heard.append(1))
    await controller.tick()
    assert heard


async def test_the_log_does_not_grow_with_an_unexpected_error(
    caplog: pytest.LogCaptureFixture,
) -> None:
    """Logged once, and without the serial."""
    bench = Bench()
    controller = await running(bench)
    controller.plan = plan(bench, *[slot(Mode.CHARGE, 3)] * 13)

    async def bug() -> Settings:
        raise RuntimeError("a bug")

    bench.device.read_settings = bug  # type: ignore[method-assign]  # a fault of the device
    for _ in range(360):
        bench.time.pass_by(seconds=10)
        controller.read("A1", bench.reading())
        await controller.tick()
    records = [r for r in caplog.records if r.levelno >= logging.INFO]
    assert not any("A1" in r.getMessage() for r in records)
    assert len(records) < 10


async def test_options_that_forbid_grid_charging_end_a_forced_charge() -> None:
    """Also a stored one."""
    bench = Bench()
    controller = await running(bench)
    await controller.force(Mode.CHARGE, power_w=3000, duration=HOUR)
    await controller.stop()
    await running(bench, SiteLimits(grid_charging=False))
    assert bench.device.settings == OWNER


async def test_dropped_three_times_is_told() -> None:
    """A device that falls back again and again does not follow."""
    bench = Bench()
    controller = await running(bench)
    await controller.force(Mode.CHARGE, power_w=3000, duration=timedelta(hours=4))
    for _ in range(60):
        bench.time.pass_by(seconds=10)
        bench.device.settings.update(OWNER)  # the device falls back each time
        controller.read("A1", bench.reading())
        await controller.tick()
    assert controller.problems == (Problem(ProblemKey.COMMAND_NOT_FOLLOWED, "A1"),)
    await controller.restore_normal()
    assert len(controller.problems) == 0


async def test_outcome_of_an_earlier_order_is_not_kept_after_an_exception() -> None:
    """The next tick tries again."""
    bench = Bench()
    controller = await bench.controller()
    controller.dry_run = True
    controller.read("A1", bench.reading())
    controller.plan = plan(bench, *[slot(Mode.CHARGE, 3)] * 12)
    await controller.tick()
    assert controller.batteries["A1"].outcome is Outcome.DRY_RUN
    real = bench.device.read_settings
    bugs = [1]

    async def bug() -> Settings:
        if bugs[0]:
            bugs[0] -= 1
            raise RuntimeError("once")
        return await real()

    bench.device.read_settings = bug  # type: ignore[method-assign]  # a fault of the device
    await controller.set_dry_run(on=False)
    for _ in range(20):
        bench.time.pass_by(seconds=10)
        controller.read("A1", bench.reading())
        await controller.tick()
    assert bench.device.settings["forced_command"] == 0xAA


async def test_a_force_after_the_stop_is_not_called_done() -> None:
    """Nothing can be stored then, so nothing is sent."""
    bench = Bench()
    controller = await running(bench)
    await controller.force(Mode.CHARGE, power_w=3000, duration=HOUR)
    await controller.stop()
    try:
        answer = await controller.force(Mode.DISCHARGE, power_w=3000, duration=HOUR)
    except JournalError:
        return
    assert answer["A1"][1] is not Outcome.FOLLOWED


async def test_clock_forward_ends_a_force_and_nothing_else_breaks() -> None:
    """Five hours on, the force of one hour is over."""
    bench = Bench()
    controller = await running(bench)
    await controller.force(Mode.CHARGE, power_w=3000, duration=HOUR)
    bench.time.pass_by(hours=5)
    for _ in range(6):
        bench.time.pass_by(seconds=10)
        controller.read("A1", bench.reading())
        await controller.tick()
    assert bench.device.settings == OWNER
    assert controller.batteries["A1"].executor.record.force is None


async def test_an_hour_of_the_command_log_stays_bounded() -> None:
    """Ten hours of refusals leave at most 200 entries."""
    bench = Bench()
    bench.device.refuses = frozenset({"forced_command"})
    controller = await running(bench)
    controller.plan = plan(bench, *[slot(Mode.CHARGE, 3)] * 13)
    for _ in range(3600):
        bench.time.pass_by(seconds=10)
        controller.read("A1", bench.reading())
        await controller.tick()
    assert len(controller.log.entries) <= 200


async def test_cancelled_force_is_finished_by_the_next_ticks() -> None:
    """A service call that is given up leaves a force that still ends."""
    bench = Bench()
    controller = await running(bench)
    asked, gate = asyncio.Event(), asyncio.Event()
    real = bench.device.read_settings

    async def slow() -> Settings:
        asked.set()
        await gate.wait()
        return await real()

    bench.device.read_settings = slow  # type: ignore[method-assign]  # a fault of the device
    task = asyncio.ensure_future(
        controller.force(Mode.CHARGE, power_w=3000, duration=HOUR)
    )
    await asked.wait()
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
    gate.set()
    for _ in range(8):
        bench.time.pass_by(seconds=10)
        controller.read("A1", bench.reading())
        await controller.tick()
    assert bench.device.settings["forced_command"] == 0xAA
    bench.time.pass_by(hours=1)
    controller.read("A1", bench.reading())
    await controller.tick()
    assert bench.device.settings == OWNER


async def test_a_force_tried_in_the_dry_run_does_not_become_real() -> None:
    """Going live ends it, on disk too."""
    bench = Bench()
    controller = await running(bench)
    await controller.set_dry_run(on=True)
    await controller.force(Mode.CHARGE, power_w=3000, duration=HOUR)
    assert lease(controller)[0] is Master.FORCE
    await controller.set_dry_run(on=False)
    assert bench.device.writes == []
    assert lease(controller)[0] is Master.NORMAL
    assert (await bench.journal.load())["A1"].force is None


async def test_a_real_force_ends_with_the_dry_run() -> None:
    """It is given back, and not taken up again after the dry run."""
    bench = Bench()
    controller = await running(bench)
    await controller.force(Mode.CHARGE, power_w=3000, duration=HOUR)
    for on in (True, False):
        await controller.set_dry_run(on=on)
        assert bench.device.settings == OWNER
        assert (await bench.journal.load())["A1"].force is None


async def test_setting_the_dry_run_to_what_it_is_ends_nothing() -> None:
    """Live to live: the force goes on."""
    bench = Bench()
    controller = await running(bench)
    await controller.force(Mode.CHARGE, power_w=3000, duration=HOUR)
    await controller.set_dry_run(on=False)
    assert bench.device.settings["forced_command"] == 0xAA


async def test_a_start_before_the_forces_start_does_not_stretch_it() -> None:
    """A machine without a clock of its own starts a day early: an hour at most."""
    bench = Bench()
    controller = await running(bench)
    await controller.force(Mode.CHARGE, power_w=3000, duration=HOUR)
    bench.time.pass_by(days=-1)
    controller = await running(bench)
    assert bench.device.settings["forced_command"] == 0xAA
    bench.time.pass_by(minutes=61)
    controller.read("A1", bench.reading())
    await controller.tick()
    assert bench.device.settings == OWNER
