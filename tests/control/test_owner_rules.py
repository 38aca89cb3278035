"""What an owner lets a battery do: its ceilings of power, and what they forbid."""

from dataclasses import replace

import pytest

from custom_components.power_sync.control.controller import Controller
from custom_components.power_sync.control.owner_rules import (
    able,
    forbidden,
    owner_value_of,
    rules_after,
)
from custom_components.power_sync.control.owner_settings import OwnerChange, set_owner
from custom_components.power_sync.fleet import fleet_of
from custom_components.power_sync.model.battery import (
    EXPORT_EVERYTHING,
    EXPORT_SUN,
    NO_LIMIT,
    Mode,
    OwnerSetting,
    OwnerValue,
    SettingValue,
    limited,
)

from .bench import OWNER, Bench, Device
from .test_controller import HOUR, plan, slot

CHARGE, DISCHARGE = OwnerSetting.MAX_CHARGE_W, OwnerSetting.MAX_DISCHARGE_W


async def owned(**settings: SettingValue) -> tuple[Bench, Controller]:
    """Return a live controller of a battery with these settings of its owner's."""
    bench = Bench(device=Device(settings={**OWNER, **settings}))
    controller = await bench.controller()
    read(bench, controller)
    await controller.tick()
    return bench, controller


def read(bench: Bench, controller: Controller) -> None:
    """Have the battery read, with its settings."""
    reading = bench.reading(capacity_kwh=10.0)
    controller.read("A1", replace(reading, owner=dict(bench.device.settings)))


def powers(controller: Controller) -> tuple[float, float]:
    """Return what the battery can charge and discharge with, as it is planned with."""
    battery = controller.batteries["A1"]
    assert battery.health.reading is not None
    (member,) = fleet_of(controller, {"A1": battery.health.reading}, {})
    most = able(battery)
    assert (member.max_charge_w, member.max_discharge_w) == (
        most.max_charge_w,
        most.max_discharge_w,
    )
    return most.max_charge_w, most.max_discharge_w


async def test_ceilings_bind_plan_and_force() -> None:
    """Whoever has set them; what is forced or planned says the power that is sent."""
    bench, controller = await owned(max_charge_10w=300, max_discharge_10w=200)
    assert powers(controller) == (3000, 2000)
    controller.plan = plan(bench, *[slot(Mode.DISCHARGE, 5.0)] * 12)
    await controller.tick()
    lease = controller.batteries["A1"].lease
    assert lease.command is not None
    assert lease.command.power_w == 2000
    assert bench.device.settings["forced_power_w"] == 2000
    for asked_w, sent_w in ((5000, 3000), (2500, 2500)):
        await controller.force(Mode.CHARGE, power_w=asked_w, duration=HOUR)
        lease = controller.batteries["A1"].lease
        assert lease.command is not None
        assert lease.command.power_w == sent_w
        assert bench.device.settings["forced_power_w"] == sent_w


async def test_our_own_ceiling_is_not_the_owners() -> None:
    """While it holds, and after it until the battery is read again."""
    bench, controller = await owned(max_discharge_10w=300)
    battery = controller.batteries["A1"]
    bench.time.pass_by(seconds=10)
    await controller.force(Mode.NO_DISCHARGE, power_w=None, duration=HOUR)
    assert bench.device.settings["max_discharge_10w"] == 1
    read(bench, controller)
    assert owner_value_of(battery, DISCHARGE) == 3000
    bench.time.pass_by(seconds=5)
    await controller.restore_normal()
    # The reading is from before.
    assert battery.health.reading is not None
    assert battery.health.reading.owner["max_discharge_10w"] == 1
    assert owner_value_of(battery, DISCHARGE) == 3000
    assert powers(controller) == (6600, 3000)
    # What the owner sets in the maker's app since then counts.
    bench.device.settings["max_discharge_10w"] = 250
    bench.time.pass_by(seconds=5)
    read(bench, controller)
    assert powers(controller) == (6600, 2500)


async def test_a_ceiling_of_nothing_that_was_found() -> None:
    """A hold of some program may have left it behind, so it forbids nothing."""
    _, controller = await owned(max_discharge_10w=1)
    assert powers(controller) == (6600, 6600)
    assert forbidden(controller.batteries["A1"]) == frozenset()


@pytest.mark.parametrize(
    ("setting", "key", "mode"),
    [
        (CHARGE, "max_charge_10w", Mode.CHARGE),
        (DISCHARGE, "max_discharge_10w", Mode.DISCHARGE),
    ],
)
async def test_a_ceiling_of_nothing_that_the_owner_has_set(
    setting: OwnerSetting, key: str, mode: Mode
) -> None:
    """It forbids the mode, until it is lifted here or in the maker's app."""
    bench, controller = await owned()
    battery = controller.batteries["A1"]
    await set_owner(controller, {"A1": OwnerChange(setting, 10)})
    assert bench.device.settings[key] == 1
    battery.owner_rules = rules_after([], setting, 10)
    bench.time.pass_by(seconds=10)
    read(bench, controller)
    assert forbidden(battery) == {mode}
    assert min(powers(controller)) == 10
    controller.plan = plan(bench, *[slot(mode, 2.0)] * 12)
    await controller.tick()
    assert bench.device.settings["ems_mode"] == 0
    bench.device.settings[key] = 400
    read(bench, controller)
    assert forbidden(battery) == frozenset()
    await controller.tick()
    assert bench.device.settings["ems_mode"] == 2


@pytest.mark.parametrize(
    ("setting", "value", "kept"),
    [
        (CHARGE, 3000, False),
        (CHARGE, 0, True),
        (DISCHARGE, 10, True),
        (OwnerSetting.GRID_CHARGING, False, True),
        (OwnerSetting.GRID_CHARGING, True, False),
        (OwnerSetting.GRID_EXPORT, EXPORT_SUN, True),
        (OwnerSetting.GRID_EXPORT, EXPORT_EVERYTHING, False),
        (OwnerSetting.EXPORT_LIMIT_W, 0, False),
    ],
)
def test_what_is_a_rule(
    setting: OwnerSetting, value: OwnerValue, *, kept: bool
) -> None:
    """Only what forbids something; the last word of a setting counts."""
    assert rules_after([setting], setting, value) == ([setting] if kept else [])


def test_no_limit() -> None:
    """Is no limit to plan with; a limit of nothing is one."""
    assert [limited(value) for value in (NO_LIMIT, None, 0.0)] == [None, None, 0.0]
