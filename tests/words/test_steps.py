"""The plan as a few steps."""

from dataclasses import replace
from datetime import timedelta
from itertools import pairwise

from hypothesis import given, settings
from hypothesis.strategies import integers
import pytest

from custom_components.power_sync.model.battery import Mode
from custom_components.power_sync.model.plan import (
    Plan,
    PlannedSlot,
    Reason,
    ReasonKey,
)
from custom_components.power_sync.planner import plan
from custom_components.power_sync.words.steps import main_reason, steps
from tests.planner.homes import HOUR, START, home, random_convex

CHEAP_NIGHT = [0.1] * 4 + [0.2] * 4 + [0.5] * 4


def of(made: Plan, **changes: object) -> list[PlannedSlot]:
    """Return the slots of a plan, all changed alike."""
    return [replace(slot, **changes) for slot in made.slots]  # type: ignore[arg-type]  # fields of many types


def test_consecutive_slots_of_one_mode_are_one_step() -> None:
    """Three prices make three steps."""
    made = plan(home(CHEAP_NIGHT, load_kw=0.5))
    found = steps(made, START)
    assert found[0].start == START
    assert found[0].mode is Mode.CHARGE
    assert found[0].reason.key is ReasonKey.CHARGE_FOR_LATER
    assert found[0].power_kw is not None
    assert found[-1].end == made.grid.end


@settings(max_examples=25)
@given(integers(0, 10_000), integers(0, 71))
def test_steps_are_the_plan(seed: int, hours: int) -> None:
    """From now to the end without gaps, each as its slots, no two alike."""
    made = plan(random_convex(seed))
    now = START + HOUR * hours
    found = steps(made, now)
    if now >= made.grid.end:
        assert found == ()
        return
    assert found[0].start <= now < found[0].start + made.grid.step
    assert found[-1].end == made.grid.end
    for step, following in pairwise(found):
        assert step.end == following.start
        assert step.mode is not following.mode
    for step in found:
        when = step.start
        while when < step.end:
            slot = made.slot_at(when)
            assert slot is not None
            assert slot.mode is step.mode
            if step.power_kw is not None:
                assert (slot.power_kw or 0) <= step.power_kw
            when += made.grid.step


def test_before_and_after_the_plan_there_is_nothing() -> None:
    """What the plan does not reach it says nothing of."""
    made = plan(home(CHEAP_NIGHT))
    assert steps(made, made.grid.end) == ()
    assert steps(made, START - timedelta(seconds=1)) == ()


def test_a_power_that_changes_is_not_steady() -> None:
    """What is shown is the greatest."""
    made = plan(home(CHEAP_NIGHT))
    slots = of(made, mode=Mode.CHARGE, power_kw=2.0)
    even = replace(made, slots=tuple(slots))
    assert [(each.power_kw, each.steady) for each in steps(even, START)] == [(2, True)]
    slots[3] = replace(slots[3], power_kw=3.0)
    uneven = replace(made, slots=tuple(slots))
    assert [(each.power_kw, each.steady) for each in steps(uneven, START)] == [
        (3, False)
    ]


def test_one_forecast_price_makes_a_step_uncertain() -> None:
    """A step is as firm as its least firm price."""
    made = plan(home(CHEAP_NIGHT))
    slots = of(made, mode=Mode.CHARGE, power_kw=2.0)
    slots[-1] = replace(slots[-1], firm=False)
    assert [each.firm for each in steps(replace(made, slots=tuple(slots)), START)] == [
        False
    ]


def reasons(*given: tuple[ReasonKey, float | None, float | None, float]) -> Reason:
    """Return the main reason of slots with key, price, value and battery power."""
    template = plan(home([0.1])).slots[0]
    return main_reason(
        [
            replace(
                template,
                battery_kw=power,
                reason=Reason(key, price, value, START if price else None),
            )
            for key, price, value, power in given
        ]
    )


def test_the_reason_of_most_slots_counts() -> None:
    """Its numbers are means by the energy that moved."""
    charge = ReasonKey.CHARGE_FOR_LATER
    found = reasons(
        (ReasonKey.FULL, 0.5, 0.5, 0),
        (charge, 0.10, 0.20, -3),
        (charge, 0.14, 0.24, -1),
    )
    assert found.key is charge
    assert found.price_per_kwh == pytest.approx(0.11)
    assert found.value_per_kwh == pytest.approx(0.21)
    assert found.used_at == START


def test_where_nothing_moves_slots_count_alike() -> None:
    """A hold has no energy to weigh by."""
    keep = ReasonKey.KEEP_FOR_LATER
    found = reasons((keep, 0.1, 0.3, 0), (keep, 0.2, 0.3, 0), (keep, None, None, 0))
    assert found.price_per_kwh == pytest.approx(0.15)
    assert found.value_per_kwh == pytest.approx(0.3)


def test_numbers_that_are_not_known_stay_so() -> None:
    """None is no zero, and a slot in which nothing moved may be the one that knows."""
    assert reasons((ReasonKey.BALANCED, None, None, 0)) == Reason(ReasonKey.BALANCED)
    found = reasons((ReasonKey.EMPTY, 0.3, None, 0), (ReasonKey.EMPTY, None, None, 1))
    assert (found.price_per_kwh, found.value_per_kwh) == (0.3, None)
