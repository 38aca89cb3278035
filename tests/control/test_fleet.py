"""The batteries that can be planned with, as the planner needs them."""

from datetime import timedelta

import pytest

from custom_components.power_sync.fleet import fleet_of
from custom_components.power_sync.model.battery import Mode

from .bench import Bench, Device


async def test_a_battery_of_unknown_level_or_capacity_is_left_out() -> None:
    """The other one is planned with all the same."""
    bench = Bench()
    controller = await bench.controller(Device(serial="B2"))
    readings = {"A1": bench.reading(soc_pct=None), "B2": bench.reading(soc_pct=40.0)}
    (member,) = fleet_of(controller, readings, {"A1": 9.6, "B2": 12.8})
    assert (member.soc_pct, member.capacity_kwh) == (40.0, 12.8)
    (member,) = fleet_of(
        controller, {each: bench.reading() for each in readings}, {"B2": None, "A1": 5}
    )
    assert member.capacity_kwh == 5
    assert fleet_of(controller, readings, {}) == ()


async def test_what_a_battery_says_of_itself_counts() -> None:
    """Its capacity over the stored one, less what has aged; its own levels."""
    bench = Bench()
    controller = await bench.controller()
    reading = bench.reading(
        capacity_kwh=10.0, soh_pct=90.0, min_soc_pct=5.0, max_soc_pct=95.0
    )
    (member,) = fleet_of(controller, {"A1": reading}, {"A1": 12.8})
    assert member.capacity_kwh == pytest.approx(9.0)
    assert (member.floor_pct, member.max_soc_pct) == (5.0, 95.0)
    (member,) = fleet_of(controller, {"A1": bench.reading()}, {"A1": 12.8})
    assert member.capacity_kwh == pytest.approx(12.8)
    assert (member.floor_pct, member.max_soc_pct) == (0.0, 100.0)


@pytest.mark.parametrize(("seconds", "minutes"), [(0, 0), (50, 1), (600, 10)])
async def test_what_it_has_begun_it_goes_on_with(seconds: int, minutes: int) -> None:
    """For as long as it takes no other command."""
    bench = Bench(device=Device(min_interval=timedelta(seconds=seconds)))
    controller = await bench.controller()
    (member,) = fleet_of(controller, {"A1": bench.reading()}, {"A1": 12.8})
    assert member.min_dwell_minutes == minutes


@pytest.mark.parametrize("flash", [frozenset(), frozenset({"max_discharge_10w"})])
async def test_a_setting_that_wears_out_is_not_planned_with(
    flash: frozenset[str],
) -> None:
    """A limit would be written every few slots."""
    bench = Bench(device=Device(flash=flash))
    controller = await bench.controller()
    (member,) = fleet_of(controller, {"A1": bench.reading()}, {"A1": 12.8})
    assert (Mode.LIMIT in member.modes) is not bool(flash)
    assert Mode.CHARGE in member.modes
