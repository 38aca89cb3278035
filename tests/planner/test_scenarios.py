"""Plans for what may come instead of the forecast."""

from dataclasses import replace

from hypothesis import given, strategies as st
import pytest

from custom_components.power_sync.model.plan import Plan
from custom_components.power_sync.planner import Problem, ProblemError, plan
from custom_components.power_sync.planner.exact import solve_exact
from custom_components.power_sync.planner.home import Home, Order
from custom_components.power_sync.planner.problem import Scenario
from custom_components.power_sync.planner.scenarios import (
    LOAD_LEVELS,
    Chances,
    scenarios_of,
)
from custom_components.power_sync.planner.stages import stages_of

from .homes import battery, home


def a_day(sun_kw: float) -> Problem:
    """Return hours with a cheap night, sun from 8 to 16 and a dear evening."""
    return home(
        [0.20] * 6 + [0.30] * 11 + [0.50] * 7,
        0.05,
        solar_kw=[0.0] * 8 + [sun_kw] * 8 + [0.0] * 8,
        load_kw=[0.3] * 17 + [1.2] * 7,
        spec=battery(soc_pct=10.0),
    )


def with_suns(problem: Problem, *levels: float) -> Problem:
    """Return the home with these suns as what may come."""
    suns = [[kw * level for kw in problem.solar_kw] for level in levels]
    return replace(problem, scenarios=scenarios_of(suns, problem.load_kw))


def bought_at_night_kwh(planned: Plan) -> float:
    """Return what the battery takes up before the sun."""
    return -sum(slot.battery_kw for slot in planned.slots[:6])


def test_a_dark_day_is_provided_for() -> None:
    """The more may be missing, the more is bought in the cheap night."""
    sure = a_day(2.5)
    assert bought_at_night_kwh(plan(sure)) < 1.0
    doubtful = plan(with_suns(sure, 0.0, 0.2, 2.0))
    assert doubtful.solver == "scenarios"
    assert doubtful.accepted
    assert bought_at_night_kwh(doubtful) > 2.0


def test_it_costs_less_on_the_mean() -> None:
    """Its first step, with what is known after it, for all that may come."""
    problem = with_suns(a_day(2.5), 0.0, 1.0, 2.0)
    chances = Chances.of(Home(problem))
    assert chances is not None
    stages, _ = stages_of(Home(problem))
    values = chances.values(stages)
    kept = plan(problem).slots
    sure = plan(replace(problem, scenarios=())).slots

    here = Home(problem)
    costs = []
    for slots in (kept, sure):
        energy = (slots[0].soc_pct - 10.0) / 10
        paid = here.price_of(0, slots[0].battery_kw)
        costs.append(paid + values.at(0, energy))
    assert costs[0] <= costs[1] + 1e-6


def test_equal_scenarios_are_no_doubt() -> None:
    """What is sure is planned as ever."""
    sure = a_day(1.0)
    same = Scenario(weight=3.0, solar_kw=sure.solar_kw, load_kw=sure.load_kw)
    planned = plan(replace(sure, scenarios=(same, same)))
    assert [(slot.mode, slot.power_kw) for slot in planned.slots] == [
        (slot.mode, slot.power_kw) for slot in plan(sure).slots
    ]
    assert planned.cost == pytest.approx(plan(sure).cost)
    assert planned.bound == plan(sure).bound


def test_the_running_plan_stays() -> None:
    """The same problem again is no reason for another plan."""
    problem = with_suns(a_day(2.5), 0.0, 1.0, 2.0)
    first = plan(problem)
    again = plan(problem, running=first)
    assert [slot.mode for slot in again.slots] == [slot.mode for slot in first.slots]


def test_what_would_be_much_better_replaces_it() -> None:
    """A plan for a sure sun is not kept when it becomes doubtful."""
    sure = a_day(2.5)
    problem = with_suns(sure, 0.0, 0.2, 2.0)
    again = plan(problem, running=plan(sure))
    assert bought_at_night_kwh(again) > 2.0


def test_being_paid_for_import_is_planned_on_the_mean() -> None:
    """Slopes cannot be merged there: what is better on the mean is taken."""
    paid = home(
        [-0.10, -0.10, 0.30, 0.30, 0.30, 0.50],
        0.05,
        solar_kw=[0.0, 2.0, 2.0, 2.0, 0.0, 0.0],
        load_kw=1.0,
        spec=battery(soc_pct=60.0),
    )
    problem = with_suns(paid, 0.2, 1.0, 1.6)
    chances = Chances.of(Home(problem))
    assert chances is not None

    def mean_objective(planned: Plan) -> float:
        orders = [Order(slot.mode, slot.power_kw) for slot in planned.slots]
        return chances.mean(orders).objective

    ours = plan(problem)
    assert ours.accepted
    assert mean_objective(ours) <= mean_objective(plan(paid)) + 0.002
    assert mean_objective(ours) < chances.without().objective


def test_wear_spared_is_not_for_the_owner_to_pay_with() -> None:
    """On the mean, too, a plan that costs more money than none is no plan."""
    worn = with_suns(
        home(
            [0.30] * 24,
            0.05,
            solar_kw=[0.0] * 8 + [2.0] * 8 + [0.0] * 8,
            spec=battery(wear_per_kwh=0.4),
        ),
        0.5,
        1.0,
        1.5,
    )
    assert not plan(worn).accepted


def test_what_a_mode_is_worth_is_not_mixed_with_caution() -> None:
    """A battery that knows all modes loses nothing by them."""
    planned = plan(with_suns(a_day(2.5), 0.0, 0.2, 2.0))
    assert planned.notes["mode_loss"] == pytest.approx(0.0, abs=0.01)
    assert planned.gap is not None
    assert planned.gap > 0.05


def test_nothing_to_gain_is_no_plan() -> None:
    """With one price all day the battery just follows the home."""
    flat = with_suns(home([0.3] * 24, 0.3, solar_kw=0.0), 0.5, 1.0, 1.5)
    assert not plan(flat).accepted


def test_suns_and_loads() -> None:
    """Every sun with every load; the weights add up to 1."""
    three = scenarios_of([[1.0], [2.0], [3.0]], [0.5])
    assert len(three) == 3 * len(LOAD_LEVELS)
    assert sum(each.weight for each in three) == pytest.approx(1.0)
    assert {each.load_kw[0] for each in three} == {0.5 * each for each in LOAD_LEVELS}
    one = scenarios_of([[2.0]], [0.5])
    assert [each.weight for each in one] == [0.5, 0.5]


@pytest.mark.parametrize(
    ("scenario", "field"),
    [
        (Scenario(weight=-1.0, solar_kw=(0.0,), load_kw=(1.0,)), "scenarios.weight"),
        (Scenario(weight=0.0, solar_kw=(0.0,), load_kw=(1.0,)), "scenarios.weight"),
        (
            Scenario(weight=1.0, solar_kw=(0.0, 1.0), load_kw=(1.0,)),
            "scenarios.solar_kw",
        ),
        (
            Scenario(weight=1.0, solar_kw=(0.0,), load_kw=(float("nan"),)),
            "scenarios.load_kw",
        ),
    ],
)
def test_what_cannot_come(scenario: Scenario, field: str) -> None:
    """The field that says nonsense is named."""
    with pytest.raises(ProblemError) as refused:
        replace(home([0.3]), scenarios=(scenario,))
    assert refused.value.field == field


@given(
    st.lists(st.floats(0.0, 2.5), min_size=2, max_size=4),
    st.floats(0.0, 1.0),
)
def test_the_mean_of_values_is_the_mean(levels: list[float], share: float) -> None:
    """At every level of every slot, up to the constant of the slot."""
    sure = a_day(1.4)
    solved = []
    for level in levels:
        one = replace(sure, solar_kw=tuple(kw * level for kw in sure.solar_kw))
        solved.append(solve_exact(Home(one), stages_of(Home(one))[0]))
    weights = [1 / len(levels)] * len(levels)
    whole = Home(sure)
    mean = type(solved[0]).mean(solved, weights, stages_of(whole)[0])
    energy = share * whole.span_kwh
    for index in range(whole.count):
        expected = sum(
            (each.at(index, energy) - each.at(index, 0.0)) / len(levels)
            for each in solved
        )
        found = mean.at(index, energy) - mean.at(index, 0.0)
        assert found == pytest.approx(expected, abs=1e-9)
