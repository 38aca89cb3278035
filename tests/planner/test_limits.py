"""Each slot says what keeps the battery from doing more."""

from dataclasses import replace

from hypothesis import given, settings
import pytest

from custom_components.power_sync.model.plan import Limit, LimitKey
from custom_components.power_sync.planner import Objective, Problem, plan

from .homes import battery, home
from .test_properties import problems

SMALL = 1e-4


def limits(problem: Problem) -> list[Limit | None]:
    """Return what limits each slot of the plan."""
    return [slot.reason.limit for slot in plan(problem).slots]


def test_power_and_level_of_the_battery() -> None:
    """Charging meets the battery's power, its top, and its reserve when emptied."""
    spec = battery(soc_pct=10, max_soc_pct=90, max_charge_kw=5, efficiency=1.0)
    found = limits(home([0.10, 0.10, 0.50, 0.50], load_kw=[0, 0, 4, 5], spec=spec))
    assert found == [
        Limit(LimitKey.POWER, power_kw=5),
        Limit(LimitKey.FULL, level_pct=90.0),
        None,
        Limit(LimitKey.RESERVE, level_pct=10.0),
    ]


def test_the_limits_at_the_meter() -> None:
    """Buying meets the import limit, selling the export limit."""
    spec = battery(soc_pct=10, efficiency=1.0)
    prices = ([0.10, 0.60], [0.05, 0.50])
    found = limits(home(*prices, load_kw=1.0, spec=spec, import_limit_kw=4.0))
    assert found[0] == Limit(LimitKey.IMPORT_LIMIT, power_kw=4.0)
    spec = battery(soc_pct=80, efficiency=1.0)
    found = limits(home([0.60], 0.50, load_kw=1.0, spec=spec, export_limit_kw=1.5))
    assert found == [Limit(LimitKey.EXPORT_LIMIT, power_kw=1.5)]


def test_sun_that_is_held_back() -> None:
    """It is the export limit that holds it back, or nobody wants it."""
    spec = battery(soc_pct=50, max_charge_kw=5)
    sunny = home([0.3], 0.05, solar_kw=9.0, load_kw=0.0, spec=spec, export_limit_kw=3.0)
    assert limits(sunny) == [Limit(LimitKey.POWER, power_kw=5)]
    full = battery(soc_pct=100)
    sunny = home([0.3], 0.05, solar_kw=9.0, load_kw=0.0, spec=full, export_limit_kw=3.0)
    assert limits(sunny) == [Limit(LimitKey.FULL, level_pct=100.0)]
    paying = home([0.3], -0.1, solar_kw=4.0, load_kw=0.0, export_limit_kw=3.0)
    assert limits(paying) == [None]


def test_an_objective_has_the_owners_limits_too() -> None:
    """What limits is the same whatever the plan is for."""
    spec = battery(soc_pct=10)
    problem = home([0.1, 0.5], load_kw=2.0, spec=spec)
    problem = replace(problem, objective=Objective.SELF_CONSUMPTION)
    assert {limit.key for limit in limits(problem) if limit} <= {LimitKey.RESERVE}


@settings(max_examples=150)
@given(problems())
def test_a_limit_is_really_met(problem: Problem) -> None:
    """No slot names a limit that it is not at."""
    spec = problem.battery
    for slot in plan(problem).slots:
        limit = slot.reason.limit
        if limit is None:
            continue
        match limit.key:
            case LimitKey.POWER:
                assert abs(slot.battery_kw) == pytest.approx(limit.power_kw, abs=SMALL)
            case LimitKey.IMPORT_LIMIT:
                assert limit.power_kw == pytest.approx(problem.import_limit_kw)
                assert slot.grid_kw >= (limit.power_kw or 0.0) - SMALL
            case LimitKey.EXPORT_LIMIT:
                assert limit.power_kw == pytest.approx(problem.export_limit_kw)
                assert -slot.grid_kw == pytest.approx(limit.power_kw, abs=SMALL)
            case LimitKey.FULL:
                top_pct = max(spec.max_soc_pct, spec.reserve_pct)
                assert slot.soc_pct >= top_pct - SMALL * 100
                assert slot.battery_kw <= SMALL
            case LimitKey.RESERVE:
                assert slot.soc_pct <= spec.reserve_pct + SMALL * 100
                assert slot.battery_kw >= -SMALL
