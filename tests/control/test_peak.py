"""The window of a demand charge: no more is imported than is planned, or paid for."""

from datetime import timedelta

import pytest

from custom_components.power_sync.control.controller import Controller
from custom_components.power_sync.control.view import Master
from custom_components.power_sync.model.battery import Mode

from .bench import OWNER, Bench
from .test_controller import HOUR, lease, running
from .test_wishes import ALL, planned

PEAK_W = 1500.0
FIVE_MINUTES = timedelta(minutes=5)


async def in_window(
    bench: Bench, mode: Mode, power_kw: float | None = None
) -> Controller:
    """Return a controller that follows a plan while 1500 W may be imported."""
    controller = await planned(bench, ALL, mode, power_kw)
    controller.market.peak_w = lambda _: PEAK_W
    return controller


async def with_load(bench: Bench, controller: Controller, load_w: float) -> None:
    """Have the home draw this much without sun."""
    controller.read("A1", bench.reading(load_power_w=load_w))
    await controller.tick()


async def test_a_charge_keeps_to_what_is_left() -> None:
    """500 W of load leave 1000, 900 leave 600; more than 1500 are the battery's."""
    bench = Bench()
    controller = await in_window(bench, Mode.CHARGE, 1.0)
    await with_load(bench, controller, 500)
    assert bench.device.settings["forced_power_w"] == 1000
    await with_load(bench, controller, 900)
    assert lease(controller)[1] is Mode.CHARGE
    assert bench.device.settings["forced_power_w"] == 600
    await with_load(bench, controller, 1450)
    assert lease(controller) == (Master.PLAN, Mode.STANDBY, "demand_peak")
    await with_load(bench, controller, 4000)
    assert lease(controller) == (Master.PLAN, Mode.SELF_CONSUMPTION, "demand_peak")
    assert controller.batteries["A1"].lease.detail is None
    assert bench.device.settings == OWNER
    # It has to be less for five minutes: each change is a command.
    await with_load(bench, controller, 500)
    assert lease(controller)[1] is Mode.SELF_CONSUMPTION
    bench.time.pass_by(minutes=5, seconds=1)
    await with_load(bench, controller, 500)
    assert lease(controller)[1] is Mode.CHARGE
    assert bench.device.settings["forced_power_w"] == 1000


@pytest.mark.parametrize("mode", [Mode.NO_DISCHARGE, Mode.STANDBY])
async def test_a_hold_ends_while_the_home_draws_more(mode: Mode) -> None:
    """The battery serves the home, but for its reserve."""
    bench = Bench()
    controller = await in_window(bench, mode)
    await with_load(bench, controller, 1550)
    assert lease(controller)[1] is mode
    await with_load(bench, controller, 1700)
    assert lease(controller) == (Master.PLAN, Mode.SELF_CONSUMPTION, "demand_peak")
    bench.time.pass_by(minutes=1)
    controller.read("A1", bench.reading(load_power_w=1700.0, soc_pct=5.0))
    await controller.tick()
    assert lease(controller) == (Master.PLAN, Mode.NO_DISCHARGE, "at_reserve")


async def test_others_are_as_they_were() -> None:
    """What gives the home its power, what the user forces, and outside the window."""
    bench = Bench()
    for mode, power_kw in ((Mode.LIMIT, 1.0), (Mode.DISCHARGE, 2.0)):
        controller = await in_window(bench, mode, power_kw)
        await with_load(bench, controller, 4000)
        assert lease(controller)[1] is mode
    controller = await running(bench, ALL)
    controller.market.peak_w = lambda _: PEAK_W
    await controller.force(Mode.CHARGE, power_w=3000, duration=HOUR)
    await with_load(bench, controller, 4000)
    assert lease(controller) == (Master.FORCE, Mode.CHARGE, "user_request")
    assert bench.device.settings["forced_power_w"] == 3000
    await controller.restore_normal()
    controller = await planned(bench, ALL, Mode.CHARGE, 3.0)
    await with_load(bench, controller, 4000)
    assert lease(controller)[1] is Mode.CHARGE
