"""Spikes that the home's prices do not show, and charges that wait for a price."""

from datetime import timedelta

import pytest

from custom_components.power_sync.control.controller import Controller
from custom_components.power_sync.control.market import SpikeView
from custom_components.power_sync.control.view import HoldMethod, Master, SiteLimits
from custom_components.power_sync.decision import next_action
from custom_components.power_sync.model.battery import Mode

from .bench import OWNER, Bench, Device
from .test_controller import HOUR, lease, plan, running, slot

KNOWN = timedelta(minutes=15)
SELLS = (Master.SPIKE, Mode.DISCHARGE, "price_spike")
AT_FLOOR = (Master.SPIKE, Mode.NO_DISCHARGE, "at_reserve")


def begin(bench: Bench, controller: Controller) -> None:
    """Have a spike begin, or go on."""
    since, known_until = bench.time.now, bench.time.now + KNOWN
    controller.market.spike = SpikeView(since, known_until)


async def see(bench: Bench, controller: Controller, **values: float) -> None:
    """Take a reading, and act."""
    controller.read("A1", bench.reading(**values))
    await controller.tick()


async def test_sells_while_it_lasts_and_no_longer() -> None:
    """Also against a plan that charges; after it the plan goes on, then the owner."""
    bench = Bench()
    controller = await running(
        bench, SiteLimits(battery_export=True, export_limit_w=3000)
    )
    controller.plan = plan(bench, *[slot(Mode.CHARGE, 2)] * 4)
    await controller.tick()
    assert lease(controller)[0] is Master.PLAN
    begin(bench, controller)
    await controller.tick()
    assert lease(controller) == SELLS
    assert bench.device.settings["forced_command"] == 0xBB
    # 3 kW may go out, and the home takes half of one.
    assert bench.device.settings["forced_power_w"] == 3500
    assert controller.batteries["A1"].lease.until == bench.time.now + KNOWN
    assert next_action(controller, bench.time.now) is None
    controller.market.spike = None
    await controller.tick()
    assert lease(controller) == (Master.PLAN, Mode.CHARGE, "charge_for_later")
    controller.plan = None
    await controller.tick()
    assert bench.device.settings == OWNER


async def test_ends_when_nobody_knows_any_more() -> None:
    """A status that is not renewed is no ground to go on selling."""
    bench = Bench()
    controller = await running(bench)
    begin(bench, controller)
    await controller.tick()
    assert lease(controller) == SELLS
    bench.time.now += KNOWN - timedelta(seconds=1)
    await see(bench, controller)
    assert lease(controller) == SELLS
    bench.time.now += timedelta(seconds=1)
    await see(bench, controller)
    assert lease(controller) == (Master.NORMAL, Mode.SELF_CONSUMPTION, "no_plan")
    assert bench.device.settings == OWNER


async def test_sells_down_to_the_reserve() -> None:
    """And takes it up again two points above; the owner's reserve is never touched."""
    bench = Bench()
    controller = await running(bench, SiteLimits(battery_export=True, reserve_pct=20))
    begin(bench, controller)
    seen = []
    for soc_pct in (20.5, 20.0, 21.5, 22.0):
        await see(bench, controller, soc_pct=soc_pct)
        seen.append(lease(controller))
    assert seen == [SELLS, AT_FLOOR, AT_FLOOR, SELLS]


async def test_a_floor_of_its_own() -> None:
    """It holds in a spike only, and never above the reserve."""
    bench = Bench()
    limits = SiteLimits(battery_export=True, reserve_pct=30, spike_floor_pct=15)
    controller = await running(bench, limits)
    begin(bench, controller)
    seen = []
    for soc_pct in (29, 15.5, 15):
        await see(bench, controller, soc_pct=soc_pct)
        seen.append(lease(controller))
    assert seen == [SELLS, SELLS, AT_FLOOR]
    controller.market.spike = None
    await controller.tick()
    # Below the reserve nothing is discharged; with a plan or without is the same.
    controller.plan = plan(bench, slot(Mode.DISCHARGE, 2))
    await controller.tick()
    assert lease(controller) == (Master.PLAN, Mode.NO_DISCHARGE, "at_reserve")
    await controller.set_limits(SiteLimits(battery_export=True, spike_floor_pct=50))
    begin(bench, controller)
    await see(bench, controller, soc_pct=14)
    assert lease(controller) == SELLS


@pytest.mark.parametrize("why", ["automatic", "export"])
async def test_says_nothing(why: str) -> None:
    """Without automatic control, and where the user allows no export."""
    bench = Bench()
    controller = await running(bench, SiteLimits(battery_export=why != "export"))
    begin(bench, controller)
    await controller.set_automatic(on=why != "automatic")
    assert lease(controller)[0] is Master.NORMAL
    assert bench.device.writes == []


async def test_what_ranks_higher() -> None:
    """The user's force, a fault, and a car that must not drink it."""
    bench = Bench()
    controller = await running(bench)
    begin(bench, controller)
    await controller.force(Mode.CHARGE, power_w=2000, duration=HOUR)
    assert lease(controller) == (Master.FORCE, Mode.CHARGE, "user_request")
    await controller.restore_normal()
    assert lease(controller) == SELLS
    await controller.set_hold(HoldMethod.NO_DISCHARGE)
    controller.sight.cars.starting(bench.time.now)
    await controller.tick()
    assert lease(controller) == (Master.SPIKE, Mode.NO_DISCHARGE, "car_charging")
    for _ in range(3):
        await see(bench, controller, fault=True)
    assert lease(controller)[0] is Master.SAFETY
    assert bench.device.settings == OWNER


async def test_a_neighbour_that_charges_for_the_plan_yields() -> None:
    """The spike ranks above the plan, on the home's other battery too."""
    bench, other = Bench(), Device(serial="B2")
    controller = await bench.controller(other)
    for battery_id in ("A1", "B2"):
        controller.read(battery_id, bench.reading())
    controller.plan = plan(bench, slot(Mode.CHARGE, 4))
    begin(bench, controller)
    await controller.tick()
    masters = {each.lease.master for each in controller.batteries.values()}
    assert masters == {Master.SPIKE}
    # With an export limit nowhere set, each gives what it can.
    assert other.settings["forced_command"] == 0xBB


async def test_over_a_power_cut() -> None:
    """In the middle of a spike: it goes on, and the owner's settings come back."""
    bench = Bench()
    controller = await running(bench)
    begin(bench, controller)
    await controller.tick()
    assert bench.device.settings != OWNER
    after = await bench.controller()
    begin(bench, after)
    await see(bench, after)
    assert lease(after) == SELLS
    after.market.spike = None
    await after.tick()
    assert bench.device.settings == OWNER


async def test_a_forced_charge_waits_while_buying_is_too_dear() -> None:
    """It pauses, goes on below, and ends when it would have ended anyway."""
    bench = Bench()
    controller = await running(bench)
    dear = True
    controller.market.too_dear = lambda _: dear
    await controller.force(Mode.CHARGE, power_w=2000, duration=HOUR)
    waits = (Master.FORCE, Mode.SELF_CONSUMPTION, "too_dear")
    assert lease(controller) == waits
    assert bench.device.settings == OWNER
    dear = False
    bench.time.pass_by(minutes=30)
    await see(bench, controller)
    assert lease(controller) == (Master.FORCE, Mode.CHARGE, "user_request")
    dear = True
    await controller.tick()
    assert lease(controller) == waits
    bench.time.pass_by(minutes=30)
    await see(bench, controller)
    assert lease(controller)[0] is Master.NORMAL
    assert controller.batteries["A1"].executor.record.force is None


@pytest.mark.parametrize("mode", [Mode.DISCHARGE, Mode.NO_DISCHARGE])
async def test_only_charging_waits(mode: Mode) -> None:
    """What buys nothing goes on."""
    bench = Bench()
    controller = await running(bench)
    controller.market.too_dear = lambda _: True
    await controller.force(mode, power_w=2000, duration=HOUR)
    assert lease(controller) == (Master.FORCE, mode, "user_request")
