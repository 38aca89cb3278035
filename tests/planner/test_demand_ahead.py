"""The demand charge in the plan: which slots count, and that the battery shaves."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from custom_components.power_sync.model.timegrid import TimeGrid
from custom_components.power_sync.planner import plan
from custom_components.power_sync.planner.demand_ahead import DemandAhead
from custom_components.power_sync.planner.scenarios import scenarios_of

from .homes import HOUR, battery, home

MELBOURNE = ZoneInfo("Australia/Melbourne")
MIDNIGHT = datetime(2026, 7, 16, 14, tzinfo=UTC)
"""Of Friday the 17th in Melbourne, in winter."""
EVENING = DemandAhead(
    rate_per_kw=9.0,
    peak_kw=1.0,
    until=MIDNIGHT + timedelta(days=15),
    start_min=14 * 60 + 55,
    end_min=21 * 60,
    weekdays=frozenset(range(5)),
    interval=HOUR / 2,
)


def test_which_slots_count() -> None:
    """From 14:55 to 21:00 on Friday, not on Saturday; nothing of the next period."""
    grid = TimeGrid(MIDNIGHT, HOUR / 12, 2 * 24 * 12)
    charge = EVENING.charge_on(grid, MELBOURNE)
    assert charge is not None
    counting = [index for index, on in enumerate(charge.window) if on]
    assert (counting[0], counting[-1]) == (14 * 12 + 11, 21 * 12 - 1)
    assert len(counting) == 73
    assert (charge.rate_per_kw, charge.peak_kw) == (9.0, 1.0)
    ending = replace(EVENING, until=MIDNIGHT + 16 * HOUR)
    short = ending.charge_on(grid, MELBOURNE)
    assert short is not None
    assert sum(short.window) == 13
    for none in (
        replace(EVENING, until=MIDNIGHT),
        replace(EVENING, rate_per_kw=0.0),
        replace(EVENING, weekdays=frozenset({6})),
        replace(EVENING, holidays=frozenset({date(2026, 7, 17)})),
    ):
        assert none.charge_on(grid, MELBOURNE) is None


def test_a_slot_in_which_the_window_begins_or_ends() -> None:
    """From 14:58 to 20:02: what is imported in the rest of these slots counts."""
    grid = TimeGrid(MIDNIGHT, HOUR / 12, 24 * 12)
    odd = replace(EVENING, start_min=14 * 60 + 58, end_min=20 * 60 + 2)
    charge = odd.charge_on(grid, MELBOURNE)
    assert charge is not None
    counting = [index for index, on in enumerate(charge.window) if on]
    assert (counting[0], counting[-1]) == (14 * 12 + 11, 20 * 12)
    assert len(counting) == counting[-1] - counting[0] + 1
    sunday = replace(odd, weekdays=frozenset({6}))
    assert sunday.charge_on(grid, MELBOURNE) is None


@pytest.mark.parametrize(("peak_kw", "highest_kw"), [(1.0, 2.38), (3.5, 3.5)])
def test_the_battery_shaves(peak_kw: float, highest_kw: float) -> None:
    """By hand: full at 16:00, 9 kWh in the cells give 8.1 kWh in five hours.

    So 4 kW of load become 2.38 kW of import. What is paid for anyway, 3.5 kW, is
    not undercut for money. Without the charge the battery is empty by the evening.
    """
    load = [1.0] * 16 + [4.0] * 5 + [1.0] * 3
    problem = home(
        [0.3] * 24,
        0.0,
        load_kw=load,
        spec=battery(soc_pct=100.0, wear_per_kwh=0.02),
        start=MIDNIGHT,
        battery_export=False,
    )
    charge = replace(EVENING, peak_kw=peak_kw).charge_on(problem.grid, MELBOURNE)
    planned = plan(replace(problem, demand=charge))
    highest = max(slot.grid_kw for slot in planned.slots[15:21])
    assert highest <= highest_kw + 0.05
    if peak_kw < highest_kw:
        assert highest == pytest.approx(highest_kw, abs=0.05)
    without = plan(problem)
    assert max(slot.grid_kw for slot in without.slots[15:21]) == pytest.approx(4.0)


@pytest.mark.parametrize("hours", [12, 36])
def test_no_slot_is_above_what_was_paid_for(hours: int) -> None:
    """Cheap for three quarters of an hour, within the window, at 15:00.

    A mean of 1.4 kW is paid for anyway. So 1.4 kW are bought in each of nine slots,
    1.15 of them into the battery: not three times as much in one slot of a quarter
    of an hour and nothing in the others, which the mean would allow, too. With 0.2
    gained a kWh, less the losses and wear, that is worth some 0.2.
    """
    count = hours * 12
    problem = home(
        [0.05] * 9 + [0.3] * (count - 9),
        load_kw=0.55,
        solar_kw=[0.3] * 24 + [0.0] * (count - 24),
        spec=battery(capacity_kwh=12.8, max_charge_kw=6.6, wear_per_kwh=0.02),
        step=HOUR / 12,
        start=MIDNIGHT + 15 * HOUR,
        battery_export=False,
        leftover_value_per_kwh=None,
    )
    paid = replace(EVENING, peak_kw=1.4, interval=HOUR / 4)
    charge = paid.charge_on(problem.grid, MELBOURNE)
    planned = plan(replace(problem, demand=charge))
    assert planned.accepted
    assert planned.saving == pytest.approx(0.2, abs=0.05)
    bought = [slot.grid_kw for slot in planned.slots[:9]]
    assert bought == pytest.approx([1.4] * 9, abs=0.01)


@pytest.mark.parametrize("minutes", [15, 30, 60])
def test_shaved_in_every_slot(minutes: int) -> None:
    """As above, with slots of five minutes and intervals of several of them.

    The battery has 8.1 kWh for six hours of 4 kW from 15:00 on: 2.65 kW are bought.
    """
    load = [1.0] * 12 * 15 + [4.0] * 12 * 6 + [1.0] * 12 * 3
    problem = home(
        [0.3] * len(load),
        0.0,
        load_kw=load,
        spec=battery(soc_pct=100.0, wear_per_kwh=0.02),
        step=HOUR / 12,
        start=MIDNIGHT,
        battery_export=False,
    )
    evening = replace(EVENING, interval=timedelta(minutes=minutes))
    charge = evening.charge_on(problem.grid, MELBOURNE)
    planned = plan(replace(problem, demand=charge))
    bought = [slot.grid_kw for slot in planned.slots[15 * 12 : 21 * 12]]
    assert max(bought) == pytest.approx(2.65, abs=0.05)


def test_what_may_come_does_not_stop_a_charge() -> None:
    """Half of the sun may come, or more: control cuts what is charged then.

    So the charge is planned all the same, up to what is paid for.
    """
    problem = home(
        [0.05] * 9 + [0.3] * (36 * 12 - 9),
        load_kw=0.55,
        solar_kw=[0.3] * 24 + [0.0] * (34 * 12),
        spec=battery(capacity_kwh=12.8, max_charge_kw=6.6, wear_per_kwh=0.02),
        step=HOUR / 12,
        start=MIDNIGHT + 15 * HOUR,
        battery_export=False,
        leftover_value_per_kwh=None,
    )
    paid = replace(EVENING, peak_kw=1.4, interval=HOUR / 4)
    suns = [[part * kw for kw in problem.solar_kw] for part in (0.5, 1.0, 1.5)]
    doubtful = replace(
        problem,
        demand=paid.charge_on(problem.grid, MELBOURNE),
        scenarios=scenarios_of(suns, problem.load_kw),
    )
    planned = plan(doubtful)
    assert planned.accepted
    bought = [slot.grid_kw for slot in planned.slots[:9]]
    assert bought == pytest.approx([1.4] * 9, abs=0.05)
