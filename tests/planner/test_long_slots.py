"""A battery that can only be told something new every half hour."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from hypothesis import assume, given, settings, strategies as st
import pytest

from benchmarks.coupled import coupled_home, nonconvex_home
from benchmarks.homes import TARIFFS, home as reference
from custom_components.power_sync.model.battery import Mode
from custom_components.power_sync.model.plan import Plan
from custom_components.power_sync.model.timegrid import TimeGrid
from custom_components.power_sync.planner import (
    BatterySpec,
    Problem,
    ProblemError,
    mode_losses,
    plan,
    slot_loss,
)
from custom_components.power_sync.planner.home_problem import problem_from
from custom_components.power_sync.planner.outlook import outlook
from custom_components.power_sync.planner.stretches import stretches_of, turns_of

from .homes import START, battery, home
from .pasts import inputs, past
from .test_properties import problems

FIVE = timedelta(minutes=5)
HALF_HOUR = timedelta(minutes=30)


def slow(problem: Problem, minutes: int = 30, offset: int = 0) -> Problem:
    """Return a home whose batteries can be told something new only so often."""

    def slowed(spec: BatterySpec) -> BatterySpec:
        return replace(spec, slot_minutes=minutes, slot_offset_minutes=offset)

    others = tuple(map(slowed, problem.batteries))
    return replace(problem, battery=slowed(problem.battery), batteries=others)


def orders_of(found: Plan) -> list[list[tuple[Mode, float | None]]]:
    """Return what each battery is told in each slot."""
    return [
        [(part.mode, part.power_kw) for part in slot.batteries]
        or [(slot.mode, slot.power_kw)]
        for slot in found.slots
    ]


def check(found: Plan, offset: int = 0) -> None:
    """Check that there is no change but at a half hour of a clock."""
    orders = orders_of(found)
    for index in range(1, found.grid.count):
        local = found.grid.slot_start(index) + timedelta(minutes=offset)
        if local.minute % 30:
            assert orders[index] == orders[index - 1]


@pytest.mark.parametrize("make", [reference, nonconvex_home, coupled_home])
@pytest.mark.parametrize("tariff", TARIFFS)
def test_no_order_changes_within_a_half_hour(tariff: str, make: object) -> None:
    """Whatever solves it; and most of what is saved stays."""
    assert callable(make)
    problem = make(tariff)
    found, fast = plan(slow(problem)), plan(problem)
    check(found)
    assert found.accepted
    saving = fast.baseline_cost - fast.cost
    assert found.baseline_cost - found.cost > 0.6 * saving


@pytest.mark.parametrize("make", [reference, nonconvex_home, coupled_home])
def test_a_battery_that_follows_every_slot_has_the_same_plan(make: object) -> None:
    """Byte for byte, whether it says that or nothing."""
    assert callable(make)
    problem = make("half_hourly")
    same = slow(problem, 5)
    found, other = (replace(plan(each), solve_ms=0.0) for each in (problem, same))
    assert repr(found) == repr(other)


@settings(deadline=None, max_examples=60)
@given(problem=problems(), late=st.integers(0, 5))
def test_no_odd_home_is_told_anything_within(problem: Problem, late: int) -> None:
    """And nothing worse than no plan comes of it."""
    assume(problem.grid.step < HALF_HOUR)
    grid = replace(problem.grid, start=START + late * FIVE)
    found = plan(slow(replace(problem, grid=grid)))
    check(found)
    assert len(found.slots) == problem.grid.count
    if not found.softened:
        assert found.cost <= found.baseline_cost + 1e-6


def test_what_has_begun_goes_on_to_the_end_of_its_half_hour() -> None:
    """A plan made in the middle of one changes nothing before it is over."""
    dear = [0.10] * 6 + [0.50] * 18
    problem = slow(home(dear, step=FIVE, spec=battery(soc_pct=10)))
    running = plan(problem)
    assert running.slots[0].mode is Mode.CHARGE
    for made_at in (START + 2 * FIVE, START + 5 * FIVE):
        # What it charges for has gone meanwhile.
        later = home([0.10] * 24, step=FIVE, start=made_at, spec=battery(soc_pct=40))
        left = (START + HALF_HOUR - made_at) // FIVE
        found = plan(slow(later), running=running, now=made_at)
        check(found)
        orders = orders_of(found)
        if found.accepted:
            assert orders[0] == orders_of(running)[0]
        alone = plan(slow(later))
        check(alone)
        assert orders_of(alone)[:left] == [[(Mode.SELF_CONSUMPTION, None)]] * left
    # Where nothing has begun, it begins at once.
    late = replace(problem.grid, start=START + 2 * FIVE)
    prices = [0.10] * 4 + [0.50] * 20
    empty = battery(soc_pct=10)
    begun = plan(slow(home(prices, step=FIVE, start=late.start, spec=empty)))
    check(begun)
    assert begun.slots[0].mode is Mode.CHARGE


def test_two_batteries_go_on_as_they_were_told() -> None:
    """Each with its own share, also where the next plan would share otherwise."""
    problem = slow(coupled_home("half_hourly"))
    running = plan(problem)
    orders = orders_of(running)
    begin = next(
        index
        for index in range(0, len(orders), 6)
        if any(mode in (Mode.CHARGE, Mode.DISCHARGE) for mode, _ in orders[index])
    )
    rest = TimeGrid(problem.grid.slot_start(begin + 2), FIVE, problem.grid.count - 288)
    slots = slice(begin + 2, begin + 2 + rest.count)
    levels = [part.soc_pct for part in running.slots[begin + 1].batteries]
    later = replace(
        problem,
        grid=rest,
        made_at=rest.start,
        import_per_kwh=problem.import_per_kwh[slots],
        export_per_kwh=problem.export_per_kwh[slots],
        firm=problem.firm[slots],
        solar_kw=problem.solar_kw[slots],
        load_kw=problem.load_kw[slots],
        battery=replace(problem.battery, soc_pct=levels[0]),
        batteries=(replace(problem.batteries[0], soc_pct=levels[1]),),
        cars=(),
        demand=None,
    )
    found = plan(later, running=running)
    check(found)
    assert found.accepted
    assert orders_of(found)[:4] == [orders[begin]] * 4
    # What may no longer be told is left at once.
    barred = plan(
        replace(later, grid_charging=False, battery_export=False), running=running
    )
    check(barred)
    forced = {Mode.CHARGE, Mode.DISCHARGE}
    assert not forced & {mode for told in orders_of(barred) for mode, _ in told}


def test_half_hours_are_those_of_the_clock() -> None:
    """Of the home's own, which may be 45 minutes ahead of a full hour."""
    spec = replace(battery(), slot_minutes=30, slot_offset_minutes=345)
    grid = TimeGrid(datetime(2026, 6, 1, 0, 10, tzinfo=UTC), FIVE, 9)
    assert stretches_of(grid, spec) == (
        (range(1), False),
        (range(1, 7), True),
        (range(7, 9), True),
    )
    assert turns_of(grid, spec) == [False, True, *[False] * 5, True, False]
    assert stretches_of(grid, battery()) == ()
    assert turns_of(grid, battery()) == [True] * 9
    problem = replace(reference("half_hourly"), grid=replace(grid, count=576))
    check(plan(slow(problem, 30, 345)), 345)


def test_a_home_says_how_often_its_battery_can_be_told() -> None:
    """The slowest of the fleet counts, by the home's clock."""
    known = inputs(past())
    member = replace(known.fleet[0], slot_minutes=30)
    known = replace(known, fleet=(member,), zone=ZoneInfo("Asia/Kathmandu"))
    ahead = outlook(known)
    assert ahead is not None
    spec = problem_from(known, ahead).battery
    assert (spec.slot_minutes, spec.slot_offset_minutes) == (30, 345)


def test_what_longer_slots_cost_is_told() -> None:
    """As what a mode costs that a battery lacks."""
    # The 0.9 kWh that it gives are for the dear slots, which are every other one.
    problem = home(
        [0.50, 0.10] * 12,
        step=FIVE,
        spec=battery(soc_pct=20, resume_margin_pct=0.0),
        grid_charging=False,
    )
    assert slot_loss(problem) == 0.0
    loss = slot_loss(slow(problem))
    assert loss == pytest.approx(0.9 * (0.50 - 0.10) / 2, rel=0.2)
    assert plan(slow(problem)).cost - plan(problem).cost == pytest.approx(
        loss, abs=0.02
    )
    assert slot_loss(slow(nonconvex_home("wholesale"))) > 0.0
    assert slot_loss(slow(home([0.3], spec=battery(capacity_kwh=0.0)))) == 0.0
    assert mode_losses(slow(problem)).keys() == mode_losses(problem).keys()


def test_a_slot_shorter_than_nothing_is_refused() -> None:
    """By its name."""
    with pytest.raises(ProblemError, match="slot_minutes"):
        replace(battery(), slot_minutes=-5)
