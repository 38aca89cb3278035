"""What is not known, and what will not hold still."""

from dataclasses import replace
from datetime import timedelta
import random
from typing import override

import pytest

from custom_components.power_sync.control.health import Trouble
from custom_components.power_sync.control.load import NetLoad
from custom_components.power_sync.control.view import Master, SiteLimits
from custom_components.power_sync.model.battery import Capabilities, Mode

from .bench import OWNER, START, Bench, Device
from .test_controller import HOUR, lease, plan, running, slot

CEILINGS = frozenset({"max_charge_10w", "max_discharge_10w"})


async def test_islanded_then_unknown_stays_suspended() -> None:
    """Not known is not over."""
    bench = Bench()
    controller = await running(bench)
    await controller.force(Mode.CHARGE, power_w=3000, duration=HOUR)
    bench.time.pass_by(seconds=10)
    controller.read("A1", bench.reading(islanded=True))
    await controller.tick()
    assert bench.device.settings == OWNER
    bench.time.pass_by(seconds=10)
    controller.read("A1", bench.reading(islanded=None, fault=None))
    await controller.tick()
    assert lease(controller)[0] is Master.SAFETY
    assert bench.device.settings == OWNER


async def test_islanded_unknown_back_still_waits_five_minutes() -> None:
    """A gap between off the grid and back on it changes nothing."""
    bench = Bench()
    controller = await running(bench)
    await controller.force(Mode.CHARGE, power_w=3000, duration=HOUR)
    for islanded in (True, None, False):
        bench.time.pass_by(seconds=10)
        controller.read("A1", bench.reading(islanded=islanded))
        await controller.tick()
    assert lease(controller)[2] == Trouble.GRID_RETURNING.value


async def test_fault_does_not_flicker() -> None:
    """A fault in every other poll keeps the battery given back."""
    bench = Bench()
    controller = await running(bench)
    await controller.force(Mode.CHARGE, power_w=3000, duration=timedelta(hours=3))
    before = len(bench.device.writes)
    for poll in range(360):
        bench.time.pass_by(seconds=10)
        controller.read("A1", bench.reading(fault=poll % 2 == 0))
        await controller.tick()
    assert len(bench.device.writes) - before < 100


async def test_at_reserve_with_flash_budget_spent_stops_forced_discharge() -> None:
    """The reserve is kept also when holding would cost flash writes."""
    bench = Bench(device=Device(flash=CEILINGS))
    controller = await running(bench, SiteLimits(reserve_pct=20, battery_export=True))
    # a day of planned holds: 20 flash writes
    n = 0
    while controller.batteries["A1"].executor.flash_writes_left() > 0 and n < 60:
        await controller.force(Mode.NO_DISCHARGE, power_w=None, duration=HOUR)
        await controller.restore_normal()
        n += 1
    await controller.force(Mode.DISCHARGE, power_w=3000, duration=HOUR)
    assert bench.device.settings["forced_command"] == 0xBB
    for _ in range(30):
        bench.time.pass_by(seconds=10)
        controller.read("A1", bench.reading(soc_pct=15.0, min_soc_pct=5.0))
        await controller.tick()
    assert bench.device.settings["forced_command"] != 0xBB


async def test_flash_budget_counts_giving_back() -> None:
    """Taking and ending holds together stay within the day's twenty writes."""
    bench = Bench(device=Device(flash=CEILINGS))
    controller = await running(bench)
    for i in range(200):
        mode = Mode.NO_DISCHARGE if i % 2 == 0 else Mode.SELF_CONSUMPTION
        controller.plan = plan(bench, *[slot(mode)] * 4)
        bench.time.pass_by(minutes=5)
        controller.read("A1", bench.reading())
        await controller.tick()
    wrote = sum(w.setting in CEILINGS for w in bench.device.writes)
    assert wrote <= 20


class Floored(Device):
    """As a Sungrow: nothing below 200 W is followed."""

    @property
    @override
    def capabilities(self) -> Capabilities:
        """What it can do."""
        return replace(super().capabilities, min_power_w=200.0)


async def test_import_limit_under_noisy_load_spends_no_flash() -> None:
    """A load around the import limit: never over it, and the battery rests."""
    bench = Bench(device=Floored(flash=CEILINGS))
    controller = await running(bench, SiteLimits(import_limit_w=6000))
    await controller.force(Mode.CHARGE, power_w=5000, duration=timedelta(hours=3))
    before = len(bench.device.writes)
    rng = random.Random(1)  # noqa: S311  # noise, no secret
    over = []
    for _ in range(360):
        bench.time.pass_by(seconds=10)
        load = 5850.0 + rng.gauss(0, 150)
        controller.read("A1", bench.reading(load_power_w=load))
        await controller.tick()
        s = bench.device.settings
        power_w = s["forced_power_w"]
        assert isinstance(power_w, int)
        charging = s["ems_mode"] == 2 and s["forced_command"] == 0xAA
        if charging and load + power_w > 6001:
            over.append(round(load + power_w - 6000))
    writes = bench.device.writes[before:]
    assert len(writes) < 60
    assert not any(write.setting in CEILINGS for write in writes)
    assert not over


@pytest.mark.parametrize("sd", [50, 200, 500])
async def test_import_limit_noise_writes_per_hour(sd: float) -> None:
    """A load that moves by `sd` watts costs few writes."""
    bench = Bench(device=Device(flash=CEILINGS))
    controller = await running(bench, SiteLimits(import_limit_w=8000))
    await controller.force(Mode.CHARGE, power_w=6000, duration=timedelta(hours=3))
    before = len(bench.device.writes)
    rng = random.Random(1)  # noqa: S311  # noise, no secret
    for _ in range(360):
        bench.time.pass_by(seconds=10)
        controller.read("A1", bench.reading(load_power_w=4000 + rng.gauss(0, sd)))
        await controller.tick()
    wrote = len(bench.device.writes) - before
    assert wrote < 120


async def test_load_unknown_does_not_raise_the_forced_charge() -> None:
    """6 kW less 4 kW of load leave 2 kW, also when the load is known no more."""
    bench = Bench()
    controller = await running(bench, SiteLimits(import_limit_w=6000))
    controller.read("A1", bench.reading(load_power_w=4000.0))
    await controller.force(Mode.CHARGE, power_w=5000, duration=HOUR)
    assert bench.device.settings["forced_power_w"] == 2000
    bench.time.pass_by(seconds=10)
    controller.read("A1", bench.reading(load_power_w=None))
    await controller.tick()
    assert bench.device.settings["forced_power_w"] <= 2000


async def test_load_never_known_keeps_the_import_limit_itself() -> None:
    """Without any load known, charging alone keeps the limit."""
    bench = Bench()
    controller = await bench.controller(limits=SiteLimits(import_limit_w=3000))
    controller.read("A1", bench.reading(load_power_w=None))
    await controller.force(Mode.CHARGE, power_w=6000, duration=HOUR)
    assert bench.device.settings["forced_power_w"] == 3000


async def test_sun_unknown_is_not_zero_for_the_export_limit() -> None:
    """3.6 kW of export, 3 kW of sun, 0.5 kW of load: 1.1 kW from the battery."""
    bench = Bench()
    limits = SiteLimits(export_limit_w=3600, battery_export=True)
    controller = await running(bench, limits)
    controller.read("A1", bench.reading(load_power_w=500.0, solar_power_w=3000.0))
    await controller.force(Mode.DISCHARGE, power_w=5000, duration=HOUR)
    assert bench.device.settings["forced_power_w"] == 1100
    bench.time.pass_by(seconds=10)
    controller.read("A1", bench.reading(load_power_w=500.0, solar_power_w=None))
    await controller.tick()
    assert bench.device.settings["forced_power_w"] == 1100


async def test_soc_unknown_does_not_go_on_discharging_forced() -> None:
    """Nobody knows whether the reserve has been reached."""
    bench = Bench()
    controller = await running(bench, SiteLimits(reserve_pct=20, battery_export=True))
    await controller.force(Mode.DISCHARGE, power_w=3000, duration=HOUR)
    for _ in range(60):
        bench.time.pass_by(seconds=10)
        controller.read("A1", bench.reading(soc_pct=None))
        await controller.tick()
    assert bench.device.settings["forced_command"] != 0xBB


async def test_refusing_device_is_not_hammered_under_noisy_load() -> None:
    """A command whose power follows the load counts as the same command."""
    bench = Bench()
    bench.device.refuses = frozenset({"forced_command"})
    controller = await running(bench, SiteLimits(import_limit_w=8000))
    rng = random.Random(1)  # noqa: S311  # noise, no secret
    controller.read("A1", bench.reading(load_power_w=4000.0))
    await controller.force(Mode.CHARGE, power_w=6000, duration=HOUR)
    before = len(bench.device.writes)
    for _ in range(180):
        bench.time.pass_by(seconds=10)
        controller.read("A1", bench.reading(load_power_w=4000 + rng.gauss(0, 400)))
        await controller.tick()
    wrote = len(bench.device.writes) - before
    assert wrote <= 3 * 4


async def test_soc_unknown_gives_the_battery_back_and_says_why() -> None:
    """After three polls, and only then; it goes on once the battery says again."""
    bench = Bench()
    controller = await running(bench)
    await controller.force(Mode.DISCHARGE, power_w=3000, duration=HOUR)
    seen = []
    for soc_pct in (None, None, None, 50.0):
        bench.time.pass_by(seconds=10)
        controller.read("A1", bench.reading(soc_pct=soc_pct))
        await controller.tick()
        seen.append(lease(controller)[2])
    assert seen == ["user_request", "user_request", "soc_unknown", "user_request"]


async def test_no_room_and_then_unknown_does_not_start_charging() -> None:
    """The last that was known stands, however long ago it was."""
    bench = Bench()
    controller = await running(bench, SiteLimits(import_limit_w=6000))
    controller.read("A1", bench.reading(load_power_w=6000.0))
    await controller.force(Mode.CHARGE, power_w=5000, duration=HOUR)
    for _ in range(60):
        bench.time.pass_by(seconds=10)
        controller.read("A1", bench.reading(load_power_w=None))
        await controller.tick()
    assert lease(controller) == (Master.FORCE, Mode.STANDBY, "no_room")


def extremes(load: NetLoad) -> tuple[float | None, float | None]:
    """Return the least and the most."""
    return load.lowest_w, load.highest_w


def test_net_load_remembers_five_minutes() -> None:
    """Extremes leave after five minutes, but not before something newer comes."""
    load = NetLoad()
    assert extremes(load) == (None, None)
    load.note(START, 900.0)
    load.note(START + timedelta(minutes=4), -300.0)
    load.note(START + timedelta(minutes=5), 200.0)
    assert extremes(load) == (-300.0, 900.0)
    load.note(START + timedelta(minutes=9, seconds=1), 100.0)
    assert extremes(load) == (100.0, 200.0)
    load.note(START + timedelta(hours=9), None)
    assert extremes(load) == (100.0, 200.0)
    load.note(START, 50.0)
    assert extremes(load) == (50.0, 50.0)
