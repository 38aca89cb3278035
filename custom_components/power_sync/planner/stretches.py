"""Slots in which a battery cannot be told anything new.

A tariff that a cloud takes is one of half hours, and some clouds take a command for no
less than that. Such a battery has one order for a whole stretch of slots.
"""

from datetime import UTC, datetime, timedelta
from typing import NamedTuple

from custom_components.power_sync.model.timegrid import TimeGrid

from .specs import BatterySpec

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


class Stretch(NamedTuple):
    """Slots with one order."""

    slots: range
    begins: bool
    """Whether it does at its first slot: else what was told before goes on in it."""


def stretches_of(grid: TimeGrid, spec: BatterySpec) -> tuple[Stretch, ...]:
    """Return the stretches of a battery; none where every slot is one."""
    length = timedelta(minutes=spec.slot_minutes)
    if length <= grid.step:
        return ()
    shift = timedelta(minutes=spec.slot_offset_minutes)
    numbers = [(start + shift - _EPOCH) // length for start in grid.starts()]
    firsts = [
        index
        for index, number in enumerate(numbers)
        if not index or number != numbers[index - 1]
    ]
    whole = (grid.start + shift - _EPOCH) % length == timedelta(0)
    return tuple(
        Stretch(range(first, end), bool(first) or whole)
        for first, end in zip(firsts, [*firsts[1:], grid.count], strict=True)
    )


def turns_of(grid: TimeGrid, spec: BatterySpec) -> list[bool]:
    """Return for each slot whether a battery can be told something new in it."""
    turns = [True] * grid.count
    for slots, begins in stretches_of(grid, spec):
        for index in slots:
            turns[index] = begins and index == slots.start
    return turns
