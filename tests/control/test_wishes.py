"""What the user allows: permissions, the highest level, power limits."""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

import pytest

from custom_components.power_sync.control.controller import Controller
from custom_components.power_sync.control.view import Master, SiteLimits
from custom_components.power_sync.model.battery import Mode

from .bench import Bench, Device
from .test_controller import HOUR, lease, plan, running, slot

ALL = SiteLimits(battery_export=True)
SUN = {"solar_power_w": 3000.0, "load_power_w": 1000.0}
DARK = {"solar_power_w": 0.0, "load_power_w": 1000.0}


async def planned(
    bench: Bench, limits: SiteLimits, mode: Mode, power_kw: float | None = None
) -> Controller:
    """Return a controller that follows a plan of one mode for an hour."""
    controller = await running(bench, limits)
    controller.plan = plan(bench, *[slot(mode, power_kw)] * 12)
    await controller.tick()
    return controller


@pytest.mark.parametrize(
    ("mode", "limits"),
    [
        (Mode.CHARGE, replace(ALL, grid_charging=False)),
        (Mode.DISCHARGE, replace(ALL, battery_export=False)),
    ],
)
async def test_an_older_plan_does_what_is_allowed_now(
    mode: Mode, limits: SiteLimits
) -> None:
    """The battery is given back at once when the user forbids it."""
    bench = Bench()
    controller = await planned(bench, ALL, mode, 2.0)
    assert bench.device.settings["ems_mode"] == 2
    await controller.set_limits(limits)
    assert bench.device.settings["ems_mode"] == 0
    assert lease(controller) == (Master.PLAN, Mode.SELF_CONSUMPTION, "not_allowed")
    assert controller.batteries["A1"].lease.detail is None
    await controller.set_limits(ALL)
    assert lease(controller)[1] is mode


async def test_a_force_that_is_forbidden_ends_for_good() -> None:
    """It does not come back with the permission."""
    bench = Bench()
    controller = await running(bench, ALL)
    await controller.force(Mode.CHARGE, power_w=2000, duration=HOUR)
    await controller.set_limits(replace(ALL, grid_charging=False))
    assert lease(controller)[0] is Master.NORMAL
    await controller.set_limits(ALL)
    assert lease(controller)[0] is Master.NORMAL


async def test_charging_stops_at_the_highest_level() -> None:
    """And goes on 2 points below it."""
    bench = Bench()
    top = replace(ALL, max_soc_pct=80)
    controller = await planned(bench, top, Mode.CHARGE, 2.0)

    async def at(soc_pct: float) -> tuple[Master, Mode, str]:
        controller.read("A1", bench.reading(soc_pct=soc_pct))
        await controller.tick()
        return lease(controller)

    assert (await at(79.9))[1] is Mode.CHARGE
    assert await at(80) == (Master.PLAN, Mode.STANDBY, "at_top")
    assert await at(78.5) == (Master.PLAN, Mode.STANDBY, "at_top")
    assert (await at(78))[1] is Mode.CHARGE
    # A level that is lowered counts at once.
    await controller.set_limits(replace(ALL, max_soc_pct=60))
    assert lease(controller)[1:] == (Mode.STANDBY, "at_top")
    # At 100 % the battery says itself when it is full.
    await controller.set_limits(ALL)
    assert (await at(100))[1] is Mode.CHARGE


async def test_a_force_stops_there_too() -> None:
    """Discharging is no matter of the highest level."""
    bench = Bench()
    controller = await running(bench, replace(ALL, max_soc_pct=50))
    await controller.force(Mode.CHARGE, power_w=2000, duration=HOUR)
    assert lease(controller) == (Master.FORCE, Mode.STANDBY, "at_top")
    await controller.force(Mode.DISCHARGE, power_w=2000, duration=HOUR)
    assert lease(controller)[1:] == (Mode.DISCHARGE, "user_request")


@pytest.mark.parametrize("mode", [Mode.SELF_CONSUMPTION, Mode.NO_DISCHARGE])
async def test_spare_sun_is_not_stored_above_the_highest_level(mode: Mode) -> None:
    """The battery rests until there has been none to spare for five minutes."""
    bench = Bench()
    controller = await planned(bench, replace(ALL, max_soc_pct=50), mode)

    async def with_power(**power: float) -> Mode:
        controller.read("A1", bench.reading(**power))
        await controller.tick()
        return lease(controller)[1]

    assert await with_power(**DARK) is mode
    assert await with_power(**SUN) is Mode.STANDBY
    assert await with_power(**DARK) is Mode.STANDBY
    bench.time.pass_by(minutes=4)
    assert await with_power(**DARK) is Mode.STANDBY
    bench.time.pass_by(minutes=1, seconds=1)
    assert await with_power(**DARK) is mode


async def test_where_a_battery_cannot_rest(no_rest: Callable[[], None]) -> None:
    """It is not charged from the grid; spare sun it takes."""
    bench = Bench()
    controller = await planned(bench, replace(ALL, max_soc_pct=50), Mode.CHARGE, 2.0)
    assert lease(controller)[1:] == (Mode.SELF_CONSUMPTION, "at_top")
    controller.plan = plan(bench, *[slot(Mode.SELF_CONSUMPTION)] * 12)
    controller.read("A1", bench.reading(**SUN))
    await controller.tick()
    assert lease(controller)[1:] == (Mode.SELF_CONSUMPTION, "charge_for_later")


async def test_surplus_that_is_not_known() -> None:
    """Without a reading of sun and load the battery stays as it is planned."""
    bench = Bench()
    controller = await planned(
        bench, replace(ALL, max_soc_pct=50), Mode.SELF_CONSUMPTION
    )
    controller.read("A1", bench.reading(load_power_w=None))
    await controller.tick()
    assert lease(controller)[1] is Mode.SELF_CONSUMPTION


async def test_power_limits_cut_what_is_forced_and_planned() -> None:
    """At once, and back up with the limit; a limit above the power changes nothing."""
    bench = Bench()
    controller = await planned(bench, ALL, Mode.CHARGE, 5.0)
    await controller.set_limits(replace(ALL, charge_limit_w=3000))
    assert bench.device.settings["forced_power_w"] == 3000
    await controller.set_limits(replace(ALL, charge_limit_w=5500))
    assert bench.device.settings["forced_power_w"] == 5000
    await controller.force(Mode.DISCHARGE, power_w=None, duration=HOUR)
    assert bench.device.settings["forced_power_w"] == 5000  # the owner's ceiling
    await controller.set_limits(replace(ALL, discharge_limit_w=1500))
    assert bench.device.settings["forced_power_w"] == 1500
    assert lease(controller)[2] == "user_request"


async def test_a_hold_keeps_the_discharge_limit() -> None:
    """The lower of the two counts."""
    bench = Bench()
    controller = await running(bench, replace(ALL, discharge_limit_w=1500))
    for power_w, ceiling in ((3000, 150), (1000, 100)):
        await controller.force(Mode.LIMIT, power_w=power_w, duration=HOUR)
        assert bench.device.settings["max_discharge_10w"] == ceiling


async def test_self_consumption_keeps_the_discharge_limit() -> None:
    """With the battery's own ceiling; at the reserve there is nothing to limit."""
    bench = Bench()
    limits = replace(ALL, discharge_limit_w=2000, reserve_pct=20)
    controller = await planned(bench, limits, Mode.SELF_CONSUMPTION)
    assert bench.device.settings["max_discharge_10w"] == 200
    assert bench.device.settings["ems_mode"] == 0
    controller.read("A1", bench.reading(soc_pct=20.0, min_soc_pct=20.0))
    await controller.tick()
    assert bench.device.settings["max_discharge_10w"] == 500
    # Of the battery's own power a limit takes nothing.
    await controller.set_limits(replace(ALL, discharge_limit_w=6600))
    assert lease(controller)[1] is Mode.SELF_CONSUMPTION


async def test_a_limit_that_flash_memory_cannot_take_any_more() -> None:
    """The one in place stays; none is set any more."""
    bench = Bench(device=Device(flash=frozenset({"max_discharge_10w"})))
    limits = replace(ALL, discharge_limit_w=2000)
    controller = await planned(bench, limits, Mode.SELF_CONSUMPTION)
    used = (bench.time.now,) * 19
    controller.book.note("A1", lambda record: replace(record, flash_writes=used))
    await controller.tick()
    assert lease(controller)[1] is Mode.LIMIT
    controller.batteries["A1"].order = None
    await controller.tick()
    assert lease(controller)[1] is Mode.SELF_CONSUMPTION


async def test_two_batteries_share_the_limit() -> None:
    """A limit is for the whole site."""
    bench = Bench()
    second = Device(serial="B2")
    controller = await bench.controller(
        second, limits=replace(ALL, charge_limit_w=3000)
    )
    for battery_id in ("A1", "B2"):
        controller.read(battery_id, bench.reading())
    await controller.force(Mode.CHARGE, power_w=None, duration=timedelta(hours=1))
    assert bench.device.settings["forced_power_w"] == 1500
    assert second.settings["forced_power_w"] == 1500


@pytest.fixture
def no_rest(monkeypatch: pytest.MonkeyPatch) -> None:
    """Have batteries without a standby."""
    able = Device.capabilities.fget  # type: ignore[attr-defined]  # a property
    monkeypatch.setattr(
        Device,
        "capabilities",
        property(
            lambda self: replace(able(self), modes=frozenset(Mode) - {Mode.STANDBY})
        ),
    )
