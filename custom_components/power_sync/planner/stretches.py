"""Slots in which a battery cannot be told anything new.

A tariff that a cloud takes is one of half hours, and some clouds take a command for no
less than that. Such a battery has one order for a whole stretch of slots. Another one
takes a command whenever it comes, but no other for some time.
"""

from datetime import UTC, datetime, timedelta
from math import ceil
from typing import NamedTuple, Self

from custom_components.power_sync.model.timegrid import TimeGrid

from .specs import BatterySpec

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


class Stretch(NamedTuple):
    """Slots with one order."""

    slots: range
    begins: bool
    """Whether it does at its first slot: else what was told before goes on in it."""


class Turns(NamedTuple):
    """When a battery can be told something new, where that is not in every slot."""

    following: tuple[int, ...]
    """The first slot that is a turn, from each slot on; the last is the grid's end."""
    dwell: int
    """For so many slots it goes on with what it has begun, and then to a turn."""

    @classmethod
    def of(cls, grid: TimeGrid, spec: BatterySpec) -> Self | None:
        """Return those of a battery; None where every slot is one."""
        dwell = dwell_of(grid, spec)
        if dwell == 1 and not stretches_of(grid, spec):
            return None
        following = [grid.count]
        for index, is_turn in reversed(list(enumerate(turns_of(grid, spec)))):
            following.append(index if is_turn else following[-1])
        return cls(tuple(reversed(following)), dwell)

    def first(self, left: int) -> int:
        """Return the first turn, after `left` slots in which there can be none."""
        return self.following[min(left, len(self.following) - 1)]

    def going_on(self, index: int) -> range:
        """Return the slots for which nothing new is told after the turn `index`."""
        return range(index, self.following[index + 1])

    def begun(self, index: int) -> range:
        """Return the slots of what begins at `index`, as few as they can be."""
        return range(index, self.first(index + self.dwell))


def dwell_of(grid: TimeGrid, spec: BatterySpec) -> int:
    """Return for how many slots a battery goes on with what it has begun.

    1 where the clock lets it be told anything new no sooner anyway.
    """
    if spec.min_dwell_minutes <= spec.slot_minutes:
        return 1
    return max(1, ceil(timedelta(minutes=spec.min_dwell_minutes) / grid.step))


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
