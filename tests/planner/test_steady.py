"""A plan changes its mind for money, and for nothing else."""

from dataclasses import replace
from datetime import timedelta
from math import inf

from hypothesis import given, settings
import pytest

from benchmarks.coupled import nonconvex_home
from benchmarks.homes import home as reference
from custom_components.power_sync.model.battery import Mode
from custom_components.power_sync.model.plan import Plan, ReasonKey
from custom_components.power_sync.planner import Problem, engine, plan
from custom_components.power_sync.planner.aim import aimed
from custom_components.power_sync.planner.exact import solve_exact
from custom_components.power_sync.planner.home import FOLLOW, Home, Order
from custom_components.power_sync.planner.in_force import InForce
from custom_components.power_sync.planner.modes import changes, choose_orders
from custom_components.power_sync.planner.replay import baseline, replay_orders
from custom_components.power_sync.planner.settle import CALM_SHARE
from custom_components.power_sync.planner.stages import convex_hull, stages_of
from custom_components.power_sync.planner.steady import (
    CHANGE_KWH,
    CHANGE_SHARE,
    price_of_change,
    steady_orders,
)

from .homes import HOUR, START, battery, home
from .test_properties import problems

ALMOST = 1e-6


def zigzag(first: float = 0.300, second: float = 0.302) -> Problem:
    """Return a home that goes to and fro in every half hour for tenths of a cent.

    Of 4 kWh, 3 are kept for the evening; the best is to serve the dearer half hours
    of the day with the rest.
    """
    return home(
        [first, second] * 8 + [0.60] * 4,
        load_kw=[0.4] * 16 + [1.5] * 4,
        spec=battery(soc_pct=50, efficiency=1.0),
        step=timedelta(minutes=30),
        grid_charging=False,
    )


def orders_of(found: Plan) -> list[Order]:
    """Return what the battery is told."""
    return [Order(slot.mode, slot.power_kw) for slot in found.slots]


def test_tenths_of_a_cent_are_no_reason_to_change() -> None:
    """Prices that go up and down by little do not turn the battery on and off."""
    problem = zigzag()
    aim = Home(problem)
    values = solve_exact(aim, stages_of(aim)[0])
    best = choose_orders(aim, values)
    assert changes(best) > 8
    found = plan(problem)
    assert changes(orders_of(found)) == 1
    # 1 kWh is used at other hours, which differ by 0.002 at most.
    more = found.cost - replay_orders(aim, best).cost
    assert 0 < more < 0.002 + ALMOST
    # It is told apart from what comes of being told modes.
    assert found.notes["steadiness_cost"] == pytest.approx(more)
    assert found.notes["mode_loss"] == pytest.approx(0.0, abs=ALMOST)


def test_money_is_a_reason() -> None:
    """Where prices go up and down by much, so does the plan."""
    problem = home(
        [0.20, 0.40] * 8,
        load_kw=1.0,
        spec=battery(soc_pct=50, efficiency=1.0),
        step=timedelta(minutes=30),
        grid_charging=False,
    )
    found = plan(problem)
    assert changes(orders_of(found)) == 15
    assert found.gap == pytest.approx(0.0, abs=ALMOST)
    assert {slot.mode for slot in found.slots[::2]} == {Mode.NO_DISCHARGE}


def test_the_order_in_force_goes_on() -> None:
    """The order that the battery has from the plan before counts as the first."""
    problem = zigzag()
    aim = Home(problem)
    values = solve_exact(aim, stages_of(aim)[0])
    price = price_of_change(aim, 1.0)
    for current in (Order(Mode.NO_DISCHARGE), FOLLOW):
        in_force = InForce((), current)
        orders = steady_orders(aim, values, in_force, price, eager=False)
        assert orders[0] == current
        assert in_force.before(orders) == [current, *orders]


def test_what_goes_on_for_too_little_says_so() -> None:
    """No reason claims numbers that speak against it."""
    keys = {slot.reason.key for slot in plan(zigzag()).slots}
    assert ReasonKey.GO_ON in keys


def test_what_a_change_must_gain() -> None:
    """The price of a little energy, but no more than a part of what is saved."""
    unpacked = Home(home([0.2, 0.4, -0.3]))
    assert price_of_change(unpacked, 100.0) == pytest.approx(CHANGE_KWH * 0.3)
    assert price_of_change(unpacked, 0.1) == pytest.approx(CHANGE_SHARE * 0.1)
    assert price_of_change(unpacked, -1.0) == 0.0


def test_what_is_in_force() -> None:
    """The running plan's orders from the problem's start on, and the one before."""
    prices = [0.1] * 2 + [0.5] * 4
    problem = home(prices, spec=battery(soc_pct=10))
    running = plan(problem)
    later = replace(problem, grid=replace(problem.grid, start=START + 2 * HOUR))
    found = InForce.of(running, later, START + 2 * HOUR)
    assert found.current == orders_of(running)[1]
    assert list(found.wanted) == orders_of(running)[2:]
    assert InForce.of(running, problem, START).current == orders_of(running)[0]
    assert InForce.of(None, problem, START) == InForce()
    guessed = plan(replace(problem, firm=(False,) * 6))
    assert InForce.of(guessed, later, START + 2 * HOUR).current == FOLLOW


def test_an_order_that_is_no_longer_known_costs_nothing_to_leave() -> None:
    """What the battery may not be told any more is left at once."""
    problem = home([0.1] * 4 + [0.5] * 4, solar_kw=0.5, grid_charging=False)
    aim = Home(problem)
    values = solve_exact(aim, stages_of(aim)[0])
    told = InForce((), Order(Mode.CHARGE, 5.0))
    orders = steady_orders(aim, values, told, 10.0, eager=False)
    assert Mode.CHARGE not in {order.mode for order in orders}


@pytest.mark.parametrize(
    ("mode", "soc_pct"), [(Mode.CHARGE, 100.0), (Mode.DISCHARGE, 10.0)]
)
def test_nothing_is_forced_that_is_done(mode: Mode, soc_pct: float) -> None:
    """A full battery is not left charging, an empty one not selling.

    It would cost nothing here, and much where it turned out not to be full.
    """
    problem = home(
        [0.1, 0.4, 0.1, 0.4], 0.3, spec=battery(soc_pct=soc_pct), battery_export=True
    )
    aim = Home(problem)
    values = solve_exact(aim, stages_of(aim)[0])
    told = InForce((), Order(mode, 5.0))
    orders = steady_orders(aim, values, told, 0.5, eager=False)
    assert orders[0].mode is not mode


@settings(max_examples=150)
@given(problems())
def test_steadiness_costs_less_than_the_changes_it_spares(problem: Problem) -> None:
    """A plan costs no more than the best one but for the price of each change."""
    found = plan(problem)
    if not found.accepted or found.solver != "exact":
        return
    aim = Home(aimed(problem))
    values = solve_exact(aim, convex_hull(stages_of(aim)[0]))
    tries = [choose_orders(aim, values, eager=eager) for eager in (True, False)]
    plain = replay_orders(aim, [FOLLOW] * aim.count).objective
    ours = replay_orders(aim, orders_of(found)).objective
    best = min(replay_orders(aim, orders).objective for orders in tries)
    price = price_of_change(aim, plain - best)
    most = max(changes(orders) for orders in tries)
    spared = max(0, most - changes(orders_of(found)))
    assert ours <= best + price * spared + 0.001 + ALMOST * max(1.0, abs(best))
    # Whatever it spares, most of the saving stays.
    assert plain - ours >= (1 - CHANGE_SHARE * most) * (plain - best) - 0.001 - ALMOST


def test_a_battery_that_rests_is_not_left_with_what_it_cannot_use() -> None:
    """Orders that may change for next to nothing are as good as the best."""
    aim = Home(reference("wholesale"))
    values = solve_exact(aim, stages_of(aim)[0])
    best = replay_orders(aim, choose_orders(aim, values)).objective
    saving = baseline(aim).objective - best
    orders = steady_orders(aim, values, InForce(), 1e-5, eager=False)
    assert replay_orders(aim, orders).objective <= best + 0.001 * saving


@pytest.mark.parametrize("tariff", ["half_hourly", "wholesale"])
def test_prices_that_are_not_convex_are_changed_for(tariff: str) -> None:
    """Where a plan is promised to be near to the bound, spared changes cost little."""
    found = plan(nonconvex_home(tariff))
    saving = found.baseline_cost - found.cost
    given_up = found.notes["steadiness_cost"]
    assert isinstance(given_up, float)
    assert 0 < given_up <= CALM_SHARE * saving


@pytest.mark.parametrize("tariff", ["half_hourly", "wholesale"])
def test_a_calmer_running_plan_is_not_kept_for_what_it_spares(
    tariff: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its changes count what new ones do, which is less where a plan is to be near."""
    problem = nonconvex_home(tariff)
    with monkeypatch.context() as patched:
        patched.setattr(engine, "CALM_SHARE", inf)
        calm = plan(problem)
    found = plan(problem, running=calm)
    given_up = [each.notes["steadiness_cost"] for each in (calm, found)]
    most = CALM_SHARE * (found.baseline_cost - found.cost)
    assert isinstance(given_up[0], float)
    assert isinstance(given_up[1], float)
    assert given_up[1] <= most < given_up[0]
    assert changes(orders_of(calm)) < changes(orders_of(found))
