"""The plan while a battery is held for a car."""

from dataclasses import replace
from datetime import timedelta

import pytest

from custom_components.power_sync.model.battery import Mode
from custom_components.power_sync.planner import plan
from custom_components.power_sync.planner.held import Held, while_held
from custom_components.power_sync.planner.problem import Problem
from custom_components.power_sync.planner.scenarios import LOAD_LEVELS, scenarios_of

from .homes import HOUR, START, battery, home

HELD = Held(until=START + 2 * HOUR, serves_home=False)
DEAR_FIRST = [0.5, 0.5, *[0.1] * 4]


def evening(*, battery_export: bool = False, export: float = 0.0) -> Problem:
    """Return six hours that begin dear, with a full battery and 1 kW of load."""
    return home(
        DEAR_FIRST, export, spec=battery(soc_pct=90.0), battery_export=battery_export
    )


def test_the_level_does_not_fall_while_it_is_held() -> None:
    """Without the hold it would serve the two dear hours."""
    free = plan(evening())
    assert free.slots[1].soc_pct < 80
    kept = plan(while_held(evening(), HELD))
    assert [slot.soc_pct for slot in kept.slots[:2]] == [90.0, 90.0]
    assert kept.slots[5].soc_pct < 90.0


def test_nothing_is_sold_into_a_car() -> None:
    """However well it is paid; after the car it is sold."""
    problem = evening(battery_export=True, export=0.4)
    assert Mode.DISCHARGE in {slot.mode for slot in plan(problem).slots[:2]}
    for held in (HELD, replace(HELD, serves_home=True)):
        kept = plan(while_held(problem, held))
        assert {slot.mode for slot in kept.slots[:2]} & {Mode.DISCHARGE} == set()
        assert Mode.DISCHARGE in {slot.mode for slot in kept.slots[2:]}


def test_where_it_may_serve_the_home() -> None:
    """A limit leaves the home its own need, so the plan is as without a car."""
    problem = evening()
    assert while_held(problem, replace(HELD, serves_home=True)) == problem
    assert while_held(problem, None) is problem


def test_the_sun_serves_and_charges_on() -> None:
    """Only what no sun serves is left out, in each way that it may come."""
    load = (1.0,) * 6
    suns = [(0.0,) * 6, (0.4,) * 6, (2.0,) * 6]
    problem = replace(evening(), solar_kw=suns[1], scenarios=scenarios_of(suns, load))
    kept = while_held(problem, HELD)
    assert kept.load_kw == (0.4, 0.4, 1.0, 1.0, 1.0, 1.0)
    assert kept.scenarios[0].load_kw[:3] == (0.0, 0.0, LOAD_LEVELS[0])
    assert kept.scenarios[-1].load_kw[:3] == (LOAD_LEVELS[1],) * 3


@pytest.mark.parametrize(("minutes", "slots"), [(0, 0), (1, 1), (60, 1), (61, 2)])
def test_slots_that_have_begun_by_then(minutes: int, slots: int) -> None:
    """A slot in which the hold is still on counts whole."""
    held = replace(HELD, until=START + timedelta(minutes=minutes))
    kept = while_held(evening(), held)
    assert kept.load_kw.count(0.0) == slots
