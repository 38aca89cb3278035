"""A battery that has to go on for some time with what it has begun."""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from itertools import groupby

from hypothesis import assume, given, settings, strategies as st
import pytest

from benchmarks.coupled import coupled_home, nonconvex_home
from benchmarks.homes import TARIFFS, home as reference
from custom_components.power_sync.model.battery import Mode
from custom_components.power_sync.model.plan import Plan
from custom_components.power_sync.model.timegrid import TimeGrid
from custom_components.power_sync.planner import (
    Objective,
    Problem,
    ProblemError,
    plan,
    slot_loss,
)
from custom_components.power_sync.planner.home import FOLLOW, Order
from custom_components.power_sync.planner.home_problem import problem_from
from custom_components.power_sync.planner.outlook import outlook
from custom_components.power_sync.planner.specs import BatterySpec, Override
from custom_components.power_sync.planner.stretches import Turns, dwell_of

from .homes import START, battery, home
from .pasts import inputs, past
from .test_properties import problems

FIVE = timedelta(minutes=5)


@pytest.fixture(autouse=True)
def unhurried(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let no busy machine end a search."""
    monkeypatch.setattr("custom_components.power_sync.planner.coupled.SECONDS", 60.0)


def patient(problem: Problem, minutes: int, slot_minutes: int = 0) -> Problem:
    """Return a home whose batteries go on for so long with what they have begun."""

    def held(spec: BatterySpec) -> BatterySpec:
        return replace(spec, min_dwell_minutes=minutes, slot_minutes=slot_minutes)

    others = tuple(map(held, problem.batteries))
    return replace(problem, battery=held(problem.battery), batteries=others)


def orders_of(found: Plan) -> list[list[Order]]:
    """Return what is told in each slot, by battery."""
    columns = zip(*(slot.batteries or (slot,) for slot in found.slots), strict=True)
    return [[Order(part.mode, part.power_kw) for part in each] for each in columns]


def too_short(orders: list[Order], slots: int) -> list[tuple[Order, int]]:
    """Return the orders that hold for less than so many slots, and how long.

    But for the last one, and for a first one that follows the home: nobody was told.
    """
    runs = [(order, len(list(same))) for order, same in groupby(orders)]
    if runs[0][0] == FOLLOW:
        del runs[0]
    return [(order, length) for order, length in runs[:-1] if length < slots]


def restless(count: int = 24) -> Problem:
    """Return a home whose dear slots are every other one."""
    prices = [0.50, 0.10] * (count // 2)
    spec = battery(soc_pct=20, resume_margin_pct=0.0)
    return home(prices, step=FIVE, spec=spec, grid_charging=False)


@pytest.mark.parametrize("make", [reference, nonconvex_home, coupled_home])
@pytest.mark.parametrize("tariff", TARIFFS)
def test_what_has_begun_goes_on(tariff: str, make: Callable[[str], Problem]) -> None:
    """Whatever solves it; and most of what is saved stays."""
    problem = make(tariff)
    fast = plan(problem)
    for minutes in (10, 25):
        found = plan(patient(problem, minutes))
        assert found.accepted
        for each in orders_of(found):
            assert not too_short(each, minutes // 5)
        assert found.gap is None or found.gap >= 0.0
        saving = fast.baseline_cost - fast.cost
        assert found.baseline_cost - found.cost > 0.6 * saving


@pytest.mark.parametrize("make", [reference, nonconvex_home, coupled_home])
@pytest.mark.parametrize(("dwell", "slot"), [(5, 0), (3, 0), (30, 30), (5, 30)])
def test_a_dwell_within_a_slot_changes_nothing(
    make: Callable[[str], Problem], dwell: int, slot: int
) -> None:
    """Byte for byte."""
    problem = make("half_hourly")
    found, other = (
        replace(plan(each), solve_ms=0.0)
        for each in (patient(problem, dwell, slot), patient(problem, 0, slot))
    )
    assert repr(found) == repr(other)
    assert found.begun == ()


@settings(deadline=None, max_examples=80)
@given(problem=problems(), slots=st.integers(2, 5))
def test_no_order_of_an_odd_home_is_cut_short(problem: Problem, slots: int) -> None:
    """And none costs less than the bound, or more than no plan."""
    minutes = slots * (problem.grid.step // timedelta(minutes=1))
    found = plan(patient(problem, minutes))
    (orders,) = orders_of(found)
    assert not too_short(orders, slots)
    assert len(orders) == problem.grid.count
    scale = max(1.0, abs(found.cost), abs(found.baseline_cost))
    assert found.gap is None or found.gap >= -1e-6 * scale
    if not found.softened:
        assert found.cost <= found.baseline_cost + 1e-6


def later(problem: Problem, found: Plan, slots: int) -> Problem:
    """Return what is left of a home some slots later, come as planned."""
    grid = problem.grid
    kept = slice(slots, None)
    level = found.slots[slots - 1].soc_pct
    return replace(
        problem,
        grid=TimeGrid(grid.slot_start(slots), grid.step, grid.count - slots),
        made_at=grid.slot_start(slots),
        import_per_kwh=problem.import_per_kwh[kept],
        export_per_kwh=problem.export_per_kwh[kept],
        firm=problem.firm[kept],
        solar_kw=problem.solar_kw[kept],
        load_kw=problem.load_kw[kept],
        battery=replace(problem.battery, soc_pct=min(100.0, max(0.0, level))),
    )


@settings(deadline=None, max_examples=40)
@given(
    problem=problems(),
    slots=st.integers(2, 4),
    more=st.lists(st.floats(-0.4, 0.4), min_size=12, max_size=12),
    objective=st.sampled_from(Objective),
)
def test_plans_that_follow_each_other_cut_nothing_short(
    problem: Problem, slots: int, more: list[float], objective: Objective
) -> None:
    """Each slot is planned anew, at prices that have changed; what is done counts."""
    assume(problem.grid.count > slots)
    minutes = slots * (problem.grid.step // timedelta(minutes=1))
    problem = patient(replace(problem, objective=objective), minutes)
    running, done = None, []
    for change in more[: problem.grid.count]:
        found = plan(problem, running=running, now=problem.grid.start)
        if not found.accepted:
            # Nothing is told then: the battery is given back.
            return
        done.append(orders_of(found)[0][0])
        assert not too_short(done, slots)
        assert len(found.begun) == 1
        if problem.grid.count == 1:
            break
        problem = later(problem, found, 1)
        prices = tuple(price + change for price in problem.import_per_kwh)
        problem = replace(problem, import_per_kwh=prices)
        running = found


def test_what_was_begun_counts_from_when_it_began() -> None:
    """Also where the plan that began it is not the one in force any more."""
    dear = [0.10] * 4 + [0.50] * 20
    problem = patient(home(dear, step=FIVE, spec=battery(soc_pct=10)), 20)
    running = plan(problem)
    charging = orders_of(running)[0][0]
    assert charging.mode is Mode.CHARGE
    assert running.begun == (START,)
    for slots in (1, 2, 3, 4):
        # What it charges for has gone meanwhile.
        problem = later(problem, running, 1)
        problem = replace(problem, import_per_kwh=(0.10,) * problem.grid.count)
        problem = replace(problem, solar_kw=(3.0,) * problem.grid.count)
        if slots == 3:
            barred = plan(replace(problem, grid_charging=False), running=running)
            assert barred.slots[0].mode is not Mode.CHARGE
        found = plan(problem, running=running)
        if not found.accepted:
            assert slots == 4
            break
        begins = orders_of(found)[0][0]
        assert (begins == charging) == (slots < 4)
        assert found.begun == ((START,) if slots < 4 else (problem.grid.start,))
        running = found


def test_a_battery_that_follows_was_told_nothing() -> None:
    """So it may begin something at once; what it does is no order of a plan."""
    problem = patient(home([0.30] * 3 + [0.10] * 3 + [0.60] * 18, step=FIVE), 30)
    first = plan(problem)
    assert orders_of(first)[0][0] == FOLLOW
    assert first.begun == (None,)
    second = plan(later(problem, first, 1), running=first)
    assert second.begun == (None,)


@settings(deadline=None, max_examples=8)
@given(
    tariff=st.sampled_from(TARIFFS),
    minutes=st.sampled_from([10, 15, 40]),
    first=st.integers(0, 40),
)
def test_only_the_owner_cuts_an_order_short(
    tariff: str, minutes: int, first: int
) -> None:
    """Of several batteries each keeps its own; an override holds for as long as set."""
    problem = patient(coupled_home(tariff), minutes)
    problem = replace(
        problem,
        grid=replace(problem.grid, count=96),
        import_per_kwh=problem.import_per_kwh[:96],
        export_per_kwh=problem.export_per_kwh[:96],
        firm=problem.firm[:96],
        solar_kw=problem.solar_kw[:96],
        load_kw=problem.load_kw[:96],
        demand=None,
        cars=(),
    )
    override = Override(Mode.CHARGE, 1.0, 1, first)
    told = replace(problem.battery, override=override)
    ours, other = orders_of(plan(replace(problem, battery=told)))
    assert ours[first] == Order(Mode.CHARGE, 1.0)
    assert not too_short(other, minutes // 5)
    assert not too_short(ours[first + 1 :], minutes // 5)


def test_batteries_go_on_from_plan_to_plan() -> None:
    """Each by itself: one that may be told something new is."""
    problem = coupled_home("half_hourly")
    problem = replace(problem, cars=(), demand=None)
    held = replace(problem.battery, min_dwell_minutes=30)
    problem = replace(problem, battery=held)
    running = plan(problem)
    ours = orders_of(running)[0]
    change = next(at for at in range(2, 500) if ours[at] != ours[at - 1])
    levels = [part.soc_pct for part in running.slots[change + 1].batteries]
    rest = later(problem, running, change + 2)
    rest = replace(
        rest,
        battery=replace(rest.battery, soc_pct=levels[0]),
        batteries=(replace(problem.batteries[0], soc_pct=levels[1]),),
        import_per_kwh=tuple(reversed(rest.import_per_kwh)),
    )
    found = plan(rest, running=running)
    assert found.accepted
    assert orders_of(found)[0][:4] == [ours[change]] * 4
    assert found.begun[0] == problem.grid.slot_start(change)
    # It is no longer known who was told what, where there are others now.
    alone = plan(replace(rest, batteries=()), running=running)
    assert not too_short(orders_of(alone)[0], 6)


def test_a_dwell_goes_on_to_the_next_half_hour_of_the_clock() -> None:
    """Where a battery has both."""
    grid = TimeGrid(START + 2 * FIVE, FIVE, 24)
    spec = replace(battery(), slot_minutes=30, min_dwell_minutes=45)
    turns = Turns.of(grid, spec)
    assert turns is not None
    assert (turns.first(0), turns.first(5), turns.first(99)) == (4, 10, 24)
    assert turns.going_on(4) == range(4, 10)
    assert turns.begun(4) == range(4, 16)
    assert Turns.of(grid, battery()) is None
    assert dwell_of(grid, replace(battery(), min_dwell_minutes=11)) == 3
    found = plan(patient(restless(48), 45, 30))
    assert not too_short(orders_of(found)[0], 9)


def test_what_it_costs_is_told() -> None:
    """With what longer slots cost, as the same lack."""
    problem = restless()
    assert slot_loss(problem) == 0.0
    loss = slot_loss(patient(problem, 10))
    # The 0.9 kWh that it gives are for the dear slots, which are every other one.
    assert loss == pytest.approx(0.9 * (0.50 - 0.10) / 2, rel=0.2)


def test_a_home_says_how_long_its_batteries_go_on() -> None:
    """The slowest of the fleet counts."""
    known = inputs(past())
    slow = replace(known.fleet[0], min_dwell_minutes=12)
    known = replace(known, fleet=(known.fleet[0], slow))
    ahead = outlook(known)
    assert ahead is not None
    problem = problem_from(known, ahead)
    assert [each.min_dwell_minutes for each in problem.all_batteries] == [0, 12]
    found = plan(problem)
    assert not too_short(orders_of(found)[1], 3)


def test_a_dwell_shorter_than_nothing_is_refused() -> None:
    """By its name."""
    with pytest.raises(ProblemError, match="min_dwell_minutes"):
        replace(battery(), min_dwell_minutes=-5)
