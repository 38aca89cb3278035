"""Of orders that cost the same, the earlier.

With one price for hours it is all the same to the money when a battery charges in
them, and the search for few changes takes whichever it comes to. But what is done
cannot be missed any more: the network may fail, the car may come home. So what is
forced changes places with what comes before it, as far back as prices stay the same,
where that costs nothing and asks for no change more.
"""

from collections.abc import Callable, Iterator, Sequence
from itertools import groupby

from .chooser import FORCED, TIE
from .home import Home, Order
from .in_force import NOTHING, InForce
from .modes import changes
from .stretches import dwell_of, turns_of

type Cost = Callable[[list[Order]], float]
"""What orders come to, as the planner counts."""


def sooner(
    home: Home, orders: list[Order], cost: Cost, in_force: InForce = NOTHING
) -> list[Order]:
    """Return `orders` with what is forced in them as early as costs no more.

    What is `in_force` goes on for as long as it must.
    """
    grid, battery = home.problem.grid, home.problem.battery
    turns, dwell = turns_of(grid, battery), dwell_of(grid, battery)
    turns[: in_force.left] = [False] * min(in_force.left, grid.count)
    enough: float | None = None
    for begin, end in _forced(orders):
        moved = _moved(home, orders, range(begin, end), turns)
        if moved is None or not _dwells(moved, dwell):
            continue
        if changes(in_force.before(moved)) > changes(in_force.before(orders)):
            continue
        if enough is None:
            enough = cost(orders) + TIE
        if cost(moved) <= enough:
            orders = moved
    return orders


def _forced(orders: Sequence[Order]) -> Iterator[tuple[int, int]]:
    """Yield where each forced order begins and ends that follows on another."""
    begin = 0
    for order, group in groupby(orders):
        end = begin + len(list(group))
        if begin and order.mode in FORCED:
            yield begin, end
        begin = end


def _dwells(orders: Sequence[Order], dwell: int) -> bool:
    """Return whether each order but the last is kept for as many slots as it must."""
    if dwell == 1:
        return True
    lengths = [len(list(group)) for _, group in groupby(orders)]
    return all(length >= dwell for length in lengths[:-1])


def _moved(
    home: Home, orders: list[Order], forced: range, turns: list[bool]
) -> list[Order] | None:
    """Return the orders with a forced one as early as one price reaches, if it can."""
    first = _as_early_as(home, orders, forced)
    begin, end = forced.start, forced.stop
    free = [at for at in range(first, begin) if turns[at] and turns[at + len(forced)]]
    if not free:
        return None
    first = free[0]
    return [*orders[:first], *orders[begin:end], *orders[first:begin], *orders[end:]]


def _as_early_as(home: Home, orders: Sequence[Order], forced: range) -> int:
    """Return the first slot of the order before, from which on prices are the same."""

    def terms(index: int) -> tuple[float, float, bool]:
        problem = home.problem
        return home.import_price[index], home.export_price[index], problem.firm[index]

    first = forced.start
    if any(terms(index) != terms(first) for index in forced):
        return first
    before = orders[first - 1]
    while first and orders[first - 1] == before and terms(first - 1) == terms(first):
        first -= 1
    return first
