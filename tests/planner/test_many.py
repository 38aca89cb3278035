"""The benchmark's ten thousand homes: that what it counts as wrong would be wrong."""

from dataclasses import replace
from math import nan

import pytest

from benchmarks import many
from benchmarks.many import faults, hostile_home
from custom_components.power_sync.model.battery import Mode
from custom_components.power_sync.model.plan import Plan, PlannedSlot
from custom_components.power_sync.planner import plan


def test_the_first_of_them() -> None:
    """All are planned or refused by name, the same each time."""
    figures = many.run(200)
    assert figures["random_problems"] == 200
    assert 0 < figures["random_refused"] < 20
    assert figures["random_faults"] == 0
    assert 0 < figures["random_slowest_ms"] < 2000


def damaged(found: Plan, **changes: object) -> Plan:
    """Return a plan with another first slot."""
    slot: PlannedSlot = replace(found.slots[0], **changes)  # type: ignore[arg-type] # fields by name
    return replace(found, slots=(slot, *found.slots[1:]))


@pytest.mark.parametrize(
    ("changes", "fault"),
    [
        ({"soc_pct": 130.0}, "battery level"),
        ({"soc_pct": 51.0}, "energy from nowhere"),
        ({"battery_kw": 99.0}, "battery power"),
        ({"battery_kw": nan}, "battery power"),
        ({"grid_kw": 60.0}, "balance"),
        ({"grid_kw": 60.0}, "import limit"),
        ({"grid_kw": -60.0}, "export limit"),
        ({"mode": Mode.STANDBY}, "a mode that it does not know"),
        ({"mode": Mode.CHARGE}, "power of a mode"),
        ({"grid_kw": -60.0, "export_per_kwh": -0.1}, "sold below zero"),
        ({"grid_kw": 6.0, "battery_kw": -1.0}, "grid charging"),
        ({"grid_kw": -6.0, "battery_kw": 1.0}, "export from the battery"),
    ],
)
def test_what_is_wrong_is_seen(changes: dict[str, object], fault: str) -> None:
    """Each rule of a slot, broken."""
    problem = hostile_home(3)
    spec = replace(problem.battery, capacity_kwh=10.0, modes=frozenset({Mode.CHARGE}))
    problem = replace(
        problem,
        battery=spec,
        load_kw=(1.0,) * problem.grid.count,
        import_limit_kw=3.0,
        export_limit_kw=3.0,
        grid_charging=False,
        battery_export=False,
    )
    found = plan(problem)
    assert not list(faults(problem, found))
    assert fault in set(faults(problem, damaged(found, **changes)))


def test_a_plan_that_is_worth_nothing_is_seen() -> None:
    """One that costs more than none, beats its bound, has no cost or lacks slots."""
    problem = replace(hostile_home(3), import_limit_kw=None)
    found = plan(problem)
    for changes, fault in (
        ({"cost": found.baseline_cost + 1.0}, "worse than no plan"),
        ({"gap": -1.0}, "better than the bound"),
        ({"cost": nan}, "no cost"),
        ({"slots": found.slots[1:]}, "slots"),
    ):
        wrong = replace(found, **changes)
        assert fault in set(faults(problem, wrong))
