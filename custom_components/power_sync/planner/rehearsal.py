"""A past that is lived through again, with other decisions.

What really came is one long problem without gaps. It is walked through slot by
slot: every hour somebody who knows only the past decides what the battery is
told, and the same model as everywhere (`planner/home.py`) says what that comes to.
"""

from collections.abc import Callable, Generator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from custom_components.power_sync.model.timegrid import floor_time

from .home import FOLLOW, TINY_KWH, Home, Order
from .problem import Problem
from .replay import Replay, baseline, replay_orders, replay_setpoints

DECIDE_EVERY = timedelta(hours=1)

type Decide = Callable[[datetime, float], Sequence[Order]]
"""Returns the orders for the slots from a moment on, given the level in percent.

Slots beyond its end follow the home.
"""


@dataclass(frozen=True, slots=True)
class Actual:
    """What really came.

    Slots of which anything is missing are left out: `starts` says when those that
    are left began. So of the problem's grid only step and count mean anything.
    """

    starts: tuple[datetime, ...]
    problem: Problem


@dataclass(frozen=True, slots=True)
class Rehearsal:
    """The same past three times over."""

    actual: Actual
    orders: tuple[Order, ...]
    """What was decided, slot by slot."""
    decided: Replay
    self_consumption: Replay
    no_battery: Replay


def go_on[T](work: Generator[float, None, T]) -> float | T:
    """Do one part more: return the share that is done, or at last the result."""
    try:
        return next(work)
    except StopIteration as end:
        result: T = end.value
        return result


def finish[T](work: Generator[float, None, T]) -> T:
    """Do all parts that are left, and return the result."""
    while True:
        done = go_on(work)
        if not isinstance(done, float):
            return done


def rehearse(actual: Actual, decide: Decide) -> Generator[float, None, Rehearsal]:
    """Live through `actual`, deciding anew every hour.

    Yields before each decision the share that is done, from 0 to 1.
    """
    home = Home(actual.problem)
    orders = yield from _orders(home, actual, decide)
    return Rehearsal(
        actual=actual,
        orders=tuple(orders),
        decided=replay_orders(home, orders),
        self_consumption=baseline(home),
        no_battery=replay_setpoints(home, [0.0] * home.count),
    )


def _orders(
    home: Home, actual: Actual, decide: Decide
) -> Generator[float, None, list[Order]]:
    """Return what the battery is told in each slot, as it comes to it."""
    problem = actual.problem
    battery, step = problem.battery, problem.grid.step
    pct_per_kwh = 100 / battery.capacity_kwh if battery.capacity_kwh > 0 else 0.0
    energy = home.start_kwh
    resting = energy <= TINY_KWH
    decided_at: datetime | None = None
    ahead: Sequence[Order] = ()
    orders: list[Order] = []
    for index, start in enumerate(actual.starts):
        hour = floor_time(start, DECIDE_EVERY)
        if hour != decided_at:
            yield index / home.count
            decided_at = hour
            ahead = decide(hour, battery.reserve_pct + energy * pct_per_kwh)
        place = (start - hour) // step
        order = ahead[place] if place < len(ahead) else FOLLOW
        kwh = home.obey(index, order, energy, resting=resting)
        energy = home.after(kwh, energy)
        resting = home.rests(energy, resting=resting)
        orders.append(order)
    return orders
