"""The owner's settings are lost: what is then commanded, and given back."""

import pytest

from custom_components.power_sync.control.view import Master
from custom_components.power_sync.model.battery import Mode, SettingValue

from .bench import OWNER, Bench, Device
from .test_controller import HOUR, lease, plan, slot

FORCED: dict[str, SettingValue] = {
    "ems_mode": 2,
    "forced_command": 0xBB,
    "forced_power_w": 3000,
}
NORMAL: dict[str, SettingValue] = {
    "ems_mode": 0,
    "forced_command": 0xCC,
    "forced_power_w": 3000,
}


def lost(**settings: SettingValue) -> Bench:
    """Return a battery with these settings, beside a journal that is no text."""
    bench = Bench(device=Device(settings={**OWNER, **settings}))
    bench.journal.text = "{"
    return bench


async def test_a_force_that_is_found_is_no_strangers() -> None:
    """It is likely ours: the plan goes over it at once."""
    bench = lost(**FORCED)
    controller = await bench.controller()
    controller.read("A1", bench.reading())
    controller.plan = plan(bench, slot(Mode.CHARGE, 2))
    await controller.tick()
    assert lease(controller)[:2] == (Master.PLAN, Mode.CHARGE)
    assert bench.device.settings["forced_command"] == 0xAA
    assert bench.device.settings["forced_power_w"] == 2000


async def test_a_hold_that_is_found_is_not_the_owners() -> None:
    """Charging for the plan, and after it, the ceiling is the rating."""
    bench = lost(max_discharge_10w=1)
    controller = await bench.controller()
    controller.read("A1", bench.reading())
    controller.plan = plan(bench, slot(Mode.CHARGE, 2), slot(Mode.SELF_CONSUMPTION))
    await controller.tick()
    assert bench.device.settings["forced_command"] == 0xAA
    assert bench.device.settings["max_discharge_10w"] == 660
    bench.time.pass_by(minutes=5)
    controller.read("A1", bench.reading())
    await controller.tick()
    assert bench.device.settings == {**OWNER, "max_discharge_10w": 660}


@pytest.mark.parametrize("forced", [True, False])
async def test_a_dry_run_without_ceilings_ends_only_what_is_forced(
    *, forced: bool
) -> None:
    """An inverter that cannot be held has no hold to undo."""
    bench = lost()
    bench.device.settings = dict(FORCED if forced else NORMAL)
    controller = await bench.controller()
    controller.dry_run = True
    controller.read("A1", bench.reading())
    await controller.tick()
    assert bench.device.settings == NORMAL
    assert bool(bench.device.writes) is forced


@pytest.mark.parametrize(
    ("found", "mode", "power_w", "safe"),
    [
        (
            {"ems_mode": 2, "forced_command": 0xAA, "forced_power_w": 3000},
            Mode.CHARGE,
            3000.0,
            {"ems_mode": 0, "forced_command": 0xCC},
        ),
        ({"max_discharge_10w": 1}, Mode.NO_DISCHARGE, None, {"max_discharge_10w": 660}),
    ],
)
async def test_what_was_so_already_is_put_back_too(
    found: dict[str, SettingValue],
    mode: Mode,
    power_w: float | None,
    safe: dict[str, SettingValue],
) -> None:
    """A lost journal, a battery that is silent at first, then the user's own force.

    The inverter already holds what is commanded, so nothing has to be written; it
    is given back in the end all the same.
    """
    bench = lost(**found)
    controller = await bench.controller()
    controller.read("A1", bench.reading())
    bench.device.reachable = False
    await controller.tick()
    bench.device.reachable = True
    await controller.force(mode, power_w=power_w, duration=HOUR)
    await controller.restore_normal()
    for _ in range(30):
        bench.time.pass_by(seconds=60)
        controller.read("A1", bench.reading())
        await controller.tick()
    held = {key: bench.device.settings[key] for key in safe}
    assert held == safe
    assert not controller.batteries["A1"].executor.held
