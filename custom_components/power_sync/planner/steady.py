"""Orders that change only where that gains enough money.

The best order of every slot by itself is a restless plan: prices and a forecast
near zero surplus go up and down, and the battery is commanded anew for tenths of a
cent. So of all plans the one with the lowest

    cost + price of a change * number of changes

is looked for, slot by slot. Of the ways to the same order at about the same level of
energy only the cheapest is kept, counted with the least cost from there on. One that
is dearer than the cheapest of all by more than the price of a change is given up, as
is every change but from the cheapest. Before the first slot is the order in force,
so a plan does not change its mind for nothing from one run to the next either.
"""

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import NamedTuple, Self

from custom_components.power_sync.model.plan import Plan

from .chooser import Chooser
from .home import FOLLOW, TINY_KWH, Home, Order
from .long_slots import LongChooser
from .problem import Problem
from .values import Values

CHANGE_KWH = 0.02
"""A change of the order must gain more than so much energy costs on average."""
CHANGE_SHARE = 0.01
"""It never has to gain more than this part of what the whole plan saves."""

_PARTS = 24
"""Parts of the battery in which levels count as the same."""
_RANK = 1e-9
"""Money by which one of equally good orders comes before the next."""


class InForce(NamedTuple):
    """What the running plan says: nothing where there is none for these slots."""

    wanted: Sequence[Order] = ()
    """Its orders from the first slot of the problem on."""
    current: Order | None = None
    """The order that the battery has been told until now."""

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
        return cls(orders[offset : offset + grid.count], current)

    def before(self, orders: Sequence[Order]) -> Sequence[Order]:
        """Return `orders` after the one in force, if there is one."""
        return orders if self.current is None else [self.current, *orders]


class _Way(NamedTuple):
    """The cheapest way to an order: what is left, what it cost, how it began."""

    order: Order
    energy: float
    resting: bool
    paid: float
    score: float
    """What it cost, and the least cost from there on."""
    before: _Way | None

    def orders(self) -> list[Order]:
        """Return the orders along the way."""
        found: list[Order] = []
        way = self
        while way.before is not None:
            found.append(way.order)
            way = way.before
        found.reverse()
        return found


def price_of_change(home: Home, saving: float) -> float:
    """Return the money that a change must gain, where the plan saves `saving`.

    In what the objective counts: money, or kWh bought.
    """
    mean = sum(map(abs, home.import_price)) / home.count
    return min(CHANGE_KWH * mean, CHANGE_SHARE * max(0.0, saving))


class _Reached:
    """The cheapest way to each order at each level, at the end of the slot `last`.

    A change of the order costs `price`, or nothing where it is `free`.
    """

    def __init__(
        self, home: Home, values: Values, last: int, price: float, *, free: bool
    ) -> None:
        """Begin without any way."""
        self._home, self._values, self._last = home, values, last
        self._price, self._free = price, free
        self._per_kwh = _PARTS / home.span_kwh
        self._best: dict[tuple[Order, bool, int], _Way] = {}

    def by(
        self, way: _Way, order: Order, cost: float, energy: float, *, resting: bool
    ) -> None:
        """Take `way` on with `order`, for `cost`, unless a known one is as good."""
        paid = way.paid + cost + _RANK * len(self._best)
        if order != way.order and not self._free:
            paid += self._price
        score = paid + _from_there(
            self._home, self._values, self._last, energy, resting=resting
        )
        place = (order, resting, int(energy * self._per_kwh))
        known = self._best.get(place)
        if known is None or score < known.score:
            self._best[place] = _Way(order, energy, resting, paid, score, way)

    def worth_going_on(self) -> list[_Way]:
        """Return the ways that a change may still make the best, the best first."""
        ways = sorted(self._best.values(), key=lambda way: way.score)
        most = ways[0].score + self._price
        return [way for way in ways if way.score <= most]


def steady_orders(  # noqa: PLR0913 - as few as a search has
    home: Home,
    values: Values,
    in_force: InForce,
    price: float,
    *,
    eager: bool,
    decided: int = 0,
) -> list[Order]:
    """Return orders that change only where that gains more than `price`.

    Of equally good ones those are taken that `choose_orders` would take. The first
    `decided` slots are decided by `values` alone, whatever comes after them.
    """
    if home.stretches:
        long = LongChooser(home, values, eager=eager)
        return _steady_stretches(
            home, values, in_force, long, price=price, decided=decided
        )
    chooser = Chooser(home, values, eager=eager)
    start = home.start_kwh
    current = in_force.current
    # What the battery may not be told any more must be changed, at no price.
    free = current is None or not chooser.knows(current)
    order = FOLLOW if free or current is None else current
    ways = [_Way(order, start, start <= TINY_KWH, 0.0, 0.0, None)]
    for index in range(home.count):
        wish = chooser.wish(in_force.wanted, index)
        reached = _Reached(home, values, index, price, free=free)
        for way in ways:
            # From the cheapest way on there may be changes; the others go on.
            taken = values.best(index, way.energy) if way is ways[0] else None
            for option, kwh in _options(chooser, index, way, wish, taken):
                after = home.after(kwh, way.energy)
                resting = home.rests(after, resting=way.resting)
                cost = home.price_of(index, kwh)
                reached.by(way, option, cost, after, resting=resting)
        free = False
        ways = reached.worth_going_on()
        if index + 1 == decided:
            del ways[1:]
    return ways[0].orders()


def _steady_stretches(  # noqa: PLR0913 - see there
    home: Home,
    values: Values,
    in_force: InForce,
    chooser: LongChooser,
    *,
    price: float,
    decided: int,
) -> list[Order]:
    """Return the same as `steady_orders` with one order for each stretch.

    What has begun before the first slot, if anything, goes on to its end.
    """
    current = in_force.current
    free = current is None or not chooser.knows(current)
    order = FOLLOW if free or current is None else current
    start = home.start_kwh
    ways = [_Way(order, start, start <= TINY_KWH, 0.0, 0.0, None)]
    for slots, begins in home.stretches:
        wish = chooser.wish(in_force.wanted, slots.start)
        reached = _Reached(home, values, slots[-1], price, free=free)
        for way in ways:
            options = _stretch_options(chooser, slots, way, wish, first=way is ways[0])
            for option in options if begins or wish is None else [wish]:
                run = chooser.run(slots, option, way.energy, resting=way.resting)
                reached.by(way, option, run.paid, run.energy, resting=run.resting)
        free = False
        ways = reached.worth_going_on()
        if slots.start < decided <= slots.stop:
            del ways[1:]
    orders = ways[0].orders()
    lengths = [len(slots) for slots, _ in home.stretches]
    return [
        order
        for order, length in zip(orders, lengths, strict=True)
        for _ in range(length)
    ]


def _stretch_options(
    chooser: LongChooser, slots: range, way: _Way, wish: Order | None, *, first: bool
) -> list[Order]:
    """Return the orders to go on with; other than that of the way for the first."""
    resting = way.resting
    going_on = chooser.going_on(slots.start, way.energy, way.order, resting=resting)
    options = [] if going_on is None else [way.order]
    if first:
        liked = (wish, way.order)
        offers = chooser.stretch_offers(slots, way.energy, liked, resting=resting)
        options = list(dict.fromkeys([*offers, *options]))
    return options


def _from_there(
    home: Home, values: Values, index: int, energy: float, *, resting: bool
) -> float:
    """Return the least cost after a slot.

    What a battery that rests has cannot be used before there is more of it: it is
    worth no more than what comes on top of that.
    """
    if not resting or energy <= TINY_KWH:
        return values.at(index, energy)
    resumes = home.resume_kwh
    more = values.at(index, resumes + energy) - values.at(index, resumes)
    return values.at(index, 0.0) + more


def _options(
    chooser: Chooser,
    index: int,
    way: _Way,
    wish: Order | None,
    taken: tuple[float, float] | None,
) -> Iterator[tuple[Order, float]]:
    """Yield the orders to go on with, and the AC kWh of each.

    Only the one that the way has now where `taken`, the best kWh to take out of the
    cells, is not given.
    """
    if taken is not None:
        liked = (wish, way.order)
        yield from chooser.offers(index, way.energy, taken, liked, resting=way.resting)
    kwh = chooser.going_on(index, way.energy, way.order, resting=way.resting)
    if kwh is not None:
        yield way.order, kwh
