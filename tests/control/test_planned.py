"""What the plan says of a moment, and when it says nothing."""

from datetime import timedelta

from custom_components.power_sync.control.planned import (
    Asked,
    next_change,
    planned_command,
)
from custom_components.power_sync.model.battery import Mode

from .bench import START, Bench
from .test_controller import plan, slot

SLOT = timedelta(minutes=5)
ALONE = Asked("A1", 1, 1)


def test_beyond_its_slots_a_plan_says_nothing() -> None:
    """It is still fresh, but has no word for then: not the last one for longer."""
    short = plan(Bench(), slot(Mode.CHARGE, 3), slot(Mode.CHARGE, 3))
    last = planned_command(short, START + 2 * SLOT - timedelta(seconds=1), ALONE)
    assert last is not None
    assert last.command.until == START + 2 * SLOT
    assert planned_command(short, START + 2 * SLOT, ALONE) is None
    assert planned_command(short, START - timedelta(seconds=1), ALONE) is None


def test_the_next_change_is_within_the_plan() -> None:
    """Without another mode to come, and outside the plan, there is none."""
    found = plan(Bench(), slot(Mode.CHARGE, 3), slot(Mode.STANDBY))
    assert next_change(found, START) == (START + SLOT, found.slots[1])
    assert next_change(found, START + SLOT) is None
    assert next_change(found, START + 2 * SLOT) is None
    assert next_change(found, START - SLOT) is None


def test_each_direction_has_its_share() -> None:
    """Of 3 kW a battery charges a half, or delivers a third."""
    found = plan(Bench(), slot(Mode.CHARGE, 3), slot(Mode.DISCHARGE, 3))
    powers = []
    for moment in (START, START + SLOT):
        planned = planned_command(found, moment, Asked("A1", 1 / 2, 1 / 3))
        assert planned is not None
        powers.append(planned.command.power_w)
    assert powers == [1500, 1000]
