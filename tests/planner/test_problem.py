"""Bad input is refused by name; odd input is planned."""

from dataclasses import replace
from datetime import datetime
from math import inf, nan
from typing import Any

import pytest

from custom_components.power_sync.model.battery import Mode
from custom_components.power_sync.model.timegrid import TimeGrid
from custom_components.power_sync.planner import ProblemError, plan

from .homes import START, battery, home


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("import_per_kwh", (0.1, nan)),
        ("import_per_kwh", (0.1,)),
        ("export_per_kwh", (0.1, inf)),
        ("solar_kw", (0.0, -0.5)),
        ("load_kw", (1.0, 1.0, 1.0)),
        ("load_kw", (1.0, nan)),
        ("firm", (True,)),
        ("import_limit_kw", -1.0),
        ("export_limit_kw", nan),
        ("leftover_value_per_kwh", -0.1),
        ("leftover_value_per_kwh", inf),
        ("grid", TimeGrid(START, home([0.1]).grid.step, 0)),
        ("made_at", datetime(2026, 6, 1)),  # noqa: DTZ001 - naive is the point
    ],
)
def test_a_bad_field_is_named(field: str, value: Any) -> None:
    """Nonsense is refused, and the field named."""
    with pytest.raises(ProblemError) as caught:
        replace(home([0.1, 0.2]), **{field: value})
    assert caught.value.field == field
    assert str(caught.value).startswith(field)


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("capacity_kwh", -1.0),
        ("capacity_kwh", nan),
        ("max_charge_kw", -0.1),
        ("max_discharge_kw", inf),
        ("soc_pct", nan),
        ("soc_pct", 101.0),
        ("reserve_pct", -1.0),
        ("max_soc_pct", 120.0),
        ("charge_efficiency", 0.0),
        ("discharge_efficiency", 1.01),
        ("wear_per_kwh", -0.01),
        ("power_step_kw", nan),
        ("min_power_kw", -1.0),
        ("resume_margin_pct", nan),
    ],
)
def test_a_bad_battery_is_named(field: str, value: Any) -> None:
    """So are the battery's fields."""
    with pytest.raises(ProblemError) as caught:
        replace(battery(), **{field: value})
    assert caught.value.field == f"battery.{field}"


def test_no_battery_is_a_plan() -> None:
    """A home without capacity has a plan that does nothing."""
    found = plan(home([0.3, 0.1], spec=battery(capacity_kwh=0.0)))
    assert (found.solver, found.accepted, found.gap) == ("none", False, 0.0)
    assert found.cost == found.baseline_cost == pytest.approx(0.4)
    assert [slot.grid_kw for slot in found.slots] == [1.0, 1.0]
    assert {slot.mode for slot in found.slots} == {Mode.SELF_CONSUMPTION}


def test_one_slot_is_a_plan() -> None:
    """One slot is enough of a horizon."""
    found = plan(home([0.3], leftover_value_per_kwh=None))
    assert [slot.mode for slot in found.slots] == [Mode.SELF_CONSUMPTION]
    assert found.cost == pytest.approx(found.baseline_cost)


def test_a_reserve_above_the_maximum_holds() -> None:
    """Of two limits that contradict each other the reserve holds."""
    spec = battery(soc_pct=80, reserve_pct=95, max_soc_pct=90)
    found = plan(home([0.3, 0.1], spec=spec))
    assert "max_soc" in found.softened
    assert all(slot.battery_kw <= 0 for slot in found.slots)
