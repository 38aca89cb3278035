"""What costs the same later is done at once."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta

from hypothesis import given
import pytest

from custom_components.power_sync.model.battery import Mode
from custom_components.power_sync.model.plan import Plan
from custom_components.power_sync.planner import Problem, plan
from custom_components.power_sync.planner.home import FOLLOW, Home, Order
from custom_components.power_sync.planner.in_force import NOTHING, InForce
from custom_components.power_sync.planner.modes import changes
from custom_components.power_sync.planner.replay import replay_orders
from custom_components.power_sync.planner.scenarios import scenarios_of
from custom_components.power_sync.planner.sooner import sooner

from .homes import battery, home
from .test_properties import problems

CHARGE = Order(Mode.CHARGE, 5.0)
HOLD = Order(Mode.NO_DISCHARGE)
FREE_FROM_H, FREE_UNTIL_H, END_H = 2, 12, 24
ALMOST = 1e-6


def with_free_hours(minutes: int, *, scenarios: bool, slot_minutes: int) -> Problem:
    """Return a home that may buy for nothing from 2 to 12 h, and needs two of them."""
    per_h = 60 // minutes
    needed = [0.8] * (FREE_FROM_H * per_h)
    free = [0.0] * ((FREE_UNTIL_H - FREE_FROM_H) * per_h)
    after = (END_H - FREE_UNTIL_H) * per_h
    problem = home(
        [0.3] * len(needed) + free + [0.3] * after,
        0.0,
        load_kw=needed + free + [0.8] * after,
        spec=replace(battery(soc_pct=20), slot_minutes=slot_minutes),
        step=timedelta(minutes=minutes),
    )
    if not scenarios:
        return problem
    return replace(problem, scenarios=scenarios_of([problem.solar_kw], problem.load_kw))


def charging_h(found: Plan) -> list[float]:
    """Return when the slots in which the battery is charged begin, in hours."""
    slot_h = found.grid.step_h
    return [
        index * slot_h
        for index, slot in enumerate(found.slots)
        if slot.mode is Mode.CHARGE
    ]


@pytest.mark.parametrize("minutes", [30, 5])
@pytest.mark.parametrize("scenarios", [False, True])
@pytest.mark.parametrize("slot_minutes", [0, 60])
def test_free_power_is_taken_at_once(
    minutes: int, *, scenarios: bool, slot_minutes: int
) -> None:
    """Whatever plans it: charging begins with the free hours, and does not pause."""
    problem = with_free_hours(minutes, scenarios=scenarios, slot_minutes=slot_minutes)
    hours = charging_h(plan(problem))
    assert hours[0] == FREE_FROM_H
    assert hours[-1] == pytest.approx(hours[0] + (len(hours) - 1) * minutes / 60)


def test_the_plan_in_force_stays() -> None:
    """What was to be charged later is still charged later: that costs the same."""
    problem = with_free_hours(30, scenarios=False, slot_minutes=0)
    early = plan(problem)
    (first, *_), count = charging_h(early), len(charging_h(early))
    begin = int(first * 2)
    late = [*early.slots]
    shift = 4
    late[begin : begin + shift + count] = (
        early.slots[begin + count : begin + count + shift]
        + early.slots[begin : begin + count]
    )
    running = replace(early, slots=tuple(late))
    again = plan(problem, running=running)
    assert [slot.mode for slot in again.slots] == [slot.mode for slot in late]


def cost_in(aim: Home, orders: Sequence[Order]) -> float:
    """Return what the planner counts of orders."""
    return replay_orders(aim, orders).objective


def moved(
    problem: Problem, orders: list[Order], in_force: InForce = NOTHING
) -> list[Order]:
    """Return the orders after forced ones have been moved."""
    aim = Home(problem)
    return sooner(aim, orders, lambda each: cost_in(aim, each), in_force)


def test_a_hold_before_a_charge_comes_after_it() -> None:
    """An order that keeps the level changes places with the charge it waits for."""
    problem = home([0.1] * 6 + [0.4] * 6, spec=battery(soc_pct=55, efficiency=1.0))
    orders = [HOLD] * 5 + [CHARGE] + [FOLLOW] * 6
    assert moved(problem, orders) == [CHARGE] + [HOLD] * 5 + [FOLLOW] * 6


def test_a_price_is_not_left_for_the_one_before() -> None:
    """No further back than one price reaches, if a change may be made there at all."""
    problem = home(
        [0.2] * 3 + [0.1] * 3 + [0.4] * 6,
        load_kw=[0.0] * 6 + [1.0] * 6,
        spec=battery(efficiency=1.0),
    )
    orders = [FOLLOW] * 5 + [CHARGE] + [FOLLOW] * 6
    assert moved(problem, orders) == [FOLLOW] * 3 + [CHARGE] + [FOLLOW] * 8
    guessed = replace(problem, firm=(True,) * 4 + (False,) * 8)
    assert moved(guessed, orders) == [FOLLOW] * 4 + [CHARGE] + [FOLLOW] * 7
    slow = replace(problem, battery=replace(problem.battery, slot_minutes=120))
    orders = [FOLLOW] * 4 + [CHARGE] * 2 + [FOLLOW] * 6
    assert moved(slow, orders) == orders


def test_no_change_is_made_for_being_early() -> None:
    """A hold that begins before the price does would be told a second time."""
    problem = home([0.2] * 3 + [0.1] * 3 + [0.4] * 6, spec=battery(efficiency=1.0))
    orders = [HOLD] * 5 + [CHARGE] + [FOLLOW] * 6
    assert moved(problem, orders) == orders


def test_what_must_go_on_goes_on() -> None:
    """An order keeps its least length, the one in force as well."""
    problem = home(
        [0.1] * 6 + [0.4] * 6,
        load_kw=[0.0] * 6 + [1.0] * 6,
        spec=battery(efficiency=1.0),
    )
    orders = [FOLLOW] * 5 + [CHARGE] + [FOLLOW] * 6
    slow = replace(problem, battery=replace(problem.battery, min_dwell_minutes=120))
    assert moved(slow, orders) == orders
    orders = [FOLLOW] * 4 + [CHARGE] * 2 + [FOLLOW] * 6
    assert moved(slow, orders) == [CHARGE] * 2 + [FOLLOW] * 10
    in_force = InForce(current=FOLLOW, left=2)
    found = [FOLLOW] * 2 + [CHARGE] * 2 + [FOLLOW] * 8
    assert moved(slow, orders, in_force) == found


def test_the_order_in_force_is_not_told_twice() -> None:
    """What is done now goes on where it would be told again later."""
    problem = home([0.1] * 6 + [0.4] * 6, spec=battery(soc_pct=55, efficiency=1.0))
    orders = [HOLD] * 5 + [CHARGE] + [FOLLOW] * 6
    assert moved(problem, orders, InForce(current=HOLD)) == orders


def test_what_would_be_used_up_meanwhile_waits() -> None:
    """A battery that serves the home after it was charged has less for the evening."""
    problem = home([0.1] * 6 + [0.4] * 6, spec=battery(soc_pct=10))
    orders = [FOLLOW] * 4 + [CHARGE] * 2 + [FOLLOW] * 6
    assert moved(problem, orders) == orders


@given(problem=problems())
def test_nothing_is_paid_for_being_early(problem: Problem) -> None:
    """Neither money nor a change, and the same orders for as long."""
    aim = Home(problem)
    orders = [HOLD if index % 4 < 2 else CHARGE for index in range(aim.count)]
    found = moved(problem, orders)
    assert sorted(found, key=str) == sorted(orders, key=str)
    assert changes(found) <= changes(orders)
    assert cost_in(aim, found) <= cost_in(aim, orders) + ALMOST
