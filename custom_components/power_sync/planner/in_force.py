"""What the running plan says: its orders, and how long one has to go on yet.

Some batteries can be told something new only so often, whatever the clock says. As a
plan is made anew within minutes, each says when its first orders began.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from math import ceil
from typing import NamedTuple, Self

from custom_components.power_sync.model.plan import Plan, PlannedBattery, PlannedSlot
from custom_components.power_sync.model.timegrid import TimeGrid

from .home import FOLLOW, Order
from .problem import Problem
from .specs import BatterySpec
from .stretches import dwell_of


class InForce(NamedTuple):
    """What the running plan says: nothing where there is none for these slots."""

    wanted: Sequence[Order] = ()
    """Its orders from the first slot of the problem on."""
    current: Order | None = None
    """The order that the battery has been told until now."""
    left: int = 0
    """For so many slots it must yet go on with that."""

    @classmethod
    def of(cls, running: Plan | None, problem: Problem, now: datetime) -> Self:
        """Return what `running`, the plan in force at `now`, says about `problem`."""
        if running is None or not running.accepted or running.slot_at(now) is None:
            return cls()
        grid, old = problem.grid, running.grid
        offset, rest = divmod(grid.start - old.start, old.step)
        if old.step != grid.step or rest or offset < 0:
            return cls()
        orders = [Order(slot.mode, slot.power_kw) for slot in running.slots]
        before = max(0, offset - 1)
        # A price that is only guessed is nothing to act on: the home is followed.
        current = orders[before] if running.slots[before].firm else FOLLOW
        left = left_slots(running, before, problem)
        return cls(orders[offset : offset + grid.count], current, left)

    def before(self, orders: Sequence[Order]) -> Sequence[Order]:
        """Return `orders` after the one in force, if there is one."""
        return orders if self.current is None else [self.current, *orders]


NOTHING = InForce()
"""Where no plan is in force."""


def slot_before(running: Plan, grid: TimeGrid) -> int | None:
    """Return the slot of `running` that is in force until `grid` starts.

    Its first where both start alike; None where it is not in force then.
    """
    here = running.grid.index_at(grid.start)
    return None if here is None else max(0, here - 1)


def left_slots(running: Plan, index: int, problem: Problem) -> int:
    """Return for how many slots the battery of a problem must yet go on.

    With what `running` tells it in its slot `index`; a fleet, until the last of its
    batteries may be told something new.
    """
    if dwell_of(problem.grid, problem.battery) == 1:
        return 0
    places = range(len(running.slots[index].batteries) or 1)
    return max(
        left_of(running, index, place, problem.grid, problem.battery)
        for place in places
    )


def left_of(
    running: Plan, index: int, place: int, grid: TimeGrid, spec: BatterySpec
) -> int:
    """Return the same for one battery, the one in the place `place`."""
    since = _since(running, index, place)
    if since is None:
        return 0
    open_for = since + timedelta(minutes=spec.min_dwell_minutes) - grid.start
    return min(grid.count, max(0, ceil(open_for / grid.step)))


def begun_at(
    planned: Plan, running: Plan | None, problem: Problem
) -> tuple[datetime | None, ...]:
    """Return when each battery's first order of `planned` began; see `Plan.begun`."""
    grid, specs = problem.grid, problem.all_batteries
    if all(dwell_of(grid, spec) == 1 for spec in specs):
        return ()
    before = None
    if running is not None and running.accepted:
        before = slot_before(running, grid)
    return tuple(_began(planned, running, before, place) for place in range(len(specs)))


def _began(
    planned: Plan, running: Plan | None, before: int | None, place: int
) -> datetime | None:
    order = _order(planned, 0, place)
    if running is None or before is None:
        # To follow the home is what a battery does that was told nothing.
        return None if order == FOLLOW else planned.grid.start
    if order == _order(running, before, place):
        return _since(running, before, place)
    return planned.grid.start


def _since(running: Plan, index: int, place: int) -> datetime | None:
    """Return since when a battery does what it is told in a slot, if that is known."""
    order = _order(running, index, place)
    if order is None:
        return None
    while index and _order(running, index - 1, place) == order:
        index -= 1
    if not index and place < len(running.begun):
        return running.begun[place]
    return running.grid.slot_start(index)


def _order(planned: Plan, index: int, place: int) -> Order | None:
    """Return what a battery is told; at a guessed price it follows the home."""
    slot = planned.slots[index]
    parts: tuple[PlannedSlot | PlannedBattery, ...] = slot.batteries or (slot,)
    if place >= len(parts):
        return None
    return Order(parts[place].mode, parts[place].power_kw) if slot.firm else FOLLOW
