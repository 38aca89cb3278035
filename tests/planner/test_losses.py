"""What a mode is worth that a battery lacks."""

from dataclasses import replace

from hypothesis import given, settings
import pytest

from benchmarks.homes import TARIFFS, home as reference
from custom_components.power_sync.model.battery import Mode
from custom_components.power_sync.planner import Objective, Problem, mode_losses, plan

from .homes import battery, home
from .test_properties import problems

OTHERS = frozenset(Mode) - {Mode.SELF_CONSUMPTION}


def test_charging_is_worth_what_it_saves() -> None:
    """A battery that cannot be charged from the grid pays the dear hour's price."""
    problem = home([0.10, 0.50], load_kw=[0.0, 2.0], spec=battery(soc_pct=10))
    losses = mode_losses(problem)
    assert losses.keys() == OTHERS
    # 2 kWh at 0.50, or 2 / 0.81 at 0.10.
    assert losses[Mode.CHARGE] == pytest.approx(2 * 0.50 - 2 / 0.81 * 0.10, abs=1e-3)
    assert losses[Mode.LIMIT] == losses[Mode.DISCHARGE] == 0.0


def test_a_lack_costs_what_having_saves() -> None:
    """The figure is the same for a battery that has the mode and for one that lacks."""
    prices = [0.10, 0.10, 0.50, 0.50]
    able = home(prices, [0.05, 0.05, 0.05, 0.45], spec=battery(soc_pct=10))
    unable = home(
        prices,
        [0.05, 0.05, 0.05, 0.45],
        spec=battery(soc_pct=10, modes=OTHERS - {Mode.DISCHARGE}),
    )
    loss = mode_losses(able)[Mode.DISCHARGE]
    assert loss > 0.5
    assert mode_losses(unable)[Mode.DISCHARGE] == pytest.approx(loss)
    assert plan(unable).cost - plan(able).cost == pytest.approx(loss, abs=1e-3)


def test_modes_that_stand_in_for_each_other_are_worth_little() -> None:
    """Keeping can be said in several ways; without any it is worth something."""
    prices, load = [0.20, 0.40], 0.9
    every = mode_losses(home(prices, load_kw=load, spec=battery(soc_pct=20)))
    assert every[Mode.NO_DISCHARGE] == pytest.approx(0.0)
    only = battery(soc_pct=20, modes=frozenset({Mode.NO_DISCHARGE}))
    losses = mode_losses(home(prices, load_kw=load, spec=only))
    assert losses[Mode.NO_DISCHARGE] == pytest.approx(0.9 * 0.20)


@pytest.mark.parametrize("tariff", TARIFFS)
def test_the_reference_homes_have_figures(tariff: str) -> None:
    """From them a table for the documentation can be made."""
    losses = mode_losses(reference(tariff))
    assert losses.keys() == OTHERS
    assert max(losses.values()) < abs(plan(reference(tariff)).baseline_cost) + 10


def test_a_battery_that_can_do_nothing_loses_nothing() -> None:
    """Without capacity or power no mode is worth anything."""
    for spec in (
        battery(capacity_kwh=0.0),
        battery(max_charge_kw=0.0, max_discharge_kw=0.0),
    ):
        assert set(mode_losses(home([0.1, 0.5], spec=spec)).values()) == {0.0}


def test_money_is_counted_whatever_the_objective() -> None:
    """Where the least is to be bought, a mode is still worth money."""
    problem = home([0.5, 0.1], load_kw=1.0, spec=battery(soc_pct=20))
    losses = mode_losses(replace(problem, objective=Objective.SELF_CONSUMPTION))
    assert losses.keys() == OTHERS
    assert losses[Mode.CHARGE] == losses[Mode.DISCHARGE] == 0.0


@settings(max_examples=100)
@given(problems())
def test_no_mode_is_worth_less_than_nothing(problem: Problem) -> None:
    """Any home has a figure for every mode, none below 0, always the same."""
    losses = mode_losses(problem)
    assert losses.keys() == OTHERS
    assert all(0.0 <= money < float("inf") for money in losses.values())
    assert mode_losses(problem) == losses
