"""Self-consumption as what a plan is for: the home lives on its own energy."""

from dataclasses import replace

from hypothesis import given, settings
import pytest

from custom_components.power_sync.model.battery import Mode
from custom_components.power_sync.model.plan import Plan, ReasonKey
from custom_components.power_sync.planner import Objective, Problem, plan

from .homes import battery, home, random_convex
from .test_properties import check_battery, check_commands, check_meter, problems

SMALL = 1e-6


def own(problem: Problem) -> Problem:
    """Return the same home, whose owner wants self-consumption."""
    return replace(problem, objective=Objective.SELF_CONSUMPTION)


def bought_kwh(found: Plan) -> float:
    """Return what a plan buys."""
    return sum(max(0.0, slot.grid_kw) for slot in found.slots) * found.grid.step_h


def over_kwh(found: Plan) -> float:
    """Return what a plan buys above the import limit."""
    over = found.notes["over_import_kwh"]
    assert isinstance(over, float)
    return over


def test_prices_do_not_tempt() -> None:
    """Cheap now and dear later, or a good price to sell at: all the same."""
    tempting = home([0.01, 0.01, 0.9, 0.9], [0.0, 0.0, 2.0, 2.0], load_kw=1.0)
    cheapest, found = plan(tempting), plan(own(tempting))
    assert {slot.mode for slot in cheapest.slots} >= {Mode.CHARGE, Mode.DISCHARGE}
    assert {slot.mode for slot in found.slots} == {Mode.SELF_CONSUMPTION}
    # 4 kWh above the reserve, at 90 %.
    assert [slot.battery_kw for slot in found.slots] == pytest.approx([1, 1, 1, 0.6])
    assert found.gap == 0
    assert found.bound is None


def test_money_is_shown_as_it_is() -> None:
    """Costs are at true prices, less the true worth of what is left over."""
    problem = own(
        home([0.3, 0.2], 0.1, solar_kw=[3.0, 0.0], leftover_value_per_kwh=0.15)
    )
    found = plan(problem)
    # 2 kWh of sun are stored at 90 %, then 1 kWh is served.
    left = 4 + 2 * 0.9 - 1 / 0.9
    assert found.cost == pytest.approx(-left * 0.15)
    assert found.cost == found.baseline_cost
    assert [slot.import_per_kwh for slot in found.slots] == [0.3, 0.2]
    assert {slot.stored_value_per_kwh for slot in found.slots} == {0.15}
    # A reason has no numbers that would be no money.
    assert [slot.reason.key for slot in found.slots] == [
        ReasonKey.OWN_ENERGY,
        ReasonKey.OWN_ENERGY,
    ]
    assert {slot.reason.price_per_kwh for slot in found.slots} == {None}


def test_wear_does_not_count() -> None:
    """The battery serves the home although that costs more than it saves."""
    spec = battery(soc_pct=20.0, wear_per_kwh=0.3)
    worn = home([0.1, 0.6], spec=spec, grid_charging=False)
    assert plan(worn).slots[0].battery_kw == 0
    assert plan(own(worn)).slots[0].battery_kw == pytest.approx(0.9)


def test_the_import_limit_is_kept() -> None:
    """Energy is held back for the hour that would otherwise break the limit."""
    problem = own(
        home(
            [0.2] * 3,
            load_kw=[2.0, 2.0, 5.0],
            spec=battery(efficiency=1.0, soc_pct=40.0),
            import_limit_kw=3.0,
        )
    )
    found = plan(problem)
    assert found.accepted
    assert found.softened == ()
    assert bought_kwh(found) == pytest.approx(9 - 3)
    assert found.gap == pytest.approx(0, abs=SMALL)
    # As early as possible: 1 kWh may go before.
    assert [slot.battery_kw for slot in found.slots] == pytest.approx([1, 0, 2])


def test_a_plan_for_money_is_not_held_on_to() -> None:
    """Its keeping for a dear evening would buy as little, but later."""
    problem = home(
        [0.1, 0.1, 0.5], 0.0, spec=battery(soc_pct=20.0), grid_charging=False
    )
    cheapest = plan(problem)
    assert cheapest.slots[0].battery_kw == 0
    found = plan(own(problem), running=cheapest)
    assert found.slots[0].battery_kw == pytest.approx(0.9)
    assert found == plan(own(problem))
    # And back again.
    assert plan(problem, running=found) == cheapest


@settings(max_examples=200)
@given(problems())
def test_rules(problem: Problem) -> None:
    """Whatever the home: all rules, no grid charging, no export from the battery."""
    problem = own(problem)
    found = plan(problem)
    check_battery(problem, found)
    check_meter(problem, found)
    check_commands(replace(problem, grid_charging=False, battery_export=False), found)
    for slot in found.slots:
        if slot.battery_kw < -SMALL:
            assert slot.grid_kw <= SMALL
        if slot.battery_kw > SMALL:
            assert slot.grid_kw >= -SMALL
    if problem.import_limit_kw is None:
        assert {slot.mode for slot in found.slots} == {Mode.SELF_CONSUMPTION}
        assert found.cost == found.baseline_cost


@pytest.mark.parametrize("seed", range(60))
def test_no_plan_buys_less(seed: int) -> None:
    """It is exact; no plan for money of the same home buys less."""
    problem = random_convex(seed)
    problem = replace(problem, grid_charging=False, battery_export=False)
    found, cheapest = plan(own(problem)), plan(problem)
    assert found.gap is not None
    if problem.import_limit_kw is None:
        # What is left of it is the rest above the reserve, which costs nothing.
        assert found.gap == pytest.approx(0, abs=0.02)
    if over_kwh(cheapest) >= over_kwh(found) - SMALL:
        left_kwh = (
            (found.slots[-1].soc_pct - cheapest.slots[-1].soc_pct)
            / 100
            * problem.battery.capacity_kwh
        )
        assert bought_kwh(found) <= bought_kwh(cheapest) + SMALL + max(0.0, left_kwh)
