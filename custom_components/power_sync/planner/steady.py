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

from collections.abc import Iterator
from typing import NamedTuple

from .chooser import Chooser
from .home import FOLLOW, TINY_KWH, Home, Order
from .in_force import InForce
from .long_slots import LongChooser
from .values import Values

CHANGE_KWH = 0.022
"""A change of the order must gain more than so much energy costs on average."""
CHANGE_SHARE = 0.01
"""It never has to gain more than this part of what the whole plan saves."""

_PARTS = 24
"""Parts of the battery in which levels count as the same."""
_RANK = 1e-9
"""Money by which one of equally good orders comes before the next."""


class _Way(NamedTuple):
    """The cheapest way to an order: what is left, what it cost, how it began."""

    order: Order
    energy: float
    resting: bool
    paid: float
    score: float
    """What it cost, and the least cost from there on."""
    before: _Way | None
    end: int
    """The slots that it has come through."""

    def orders(self) -> list[Order]:
        """Return the orders along the way."""
        found: list[Order] = []
        way = self
        while way.before is not None:
            found += [way.order] * (way.end - way.before.end)
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
        self,
        home: Home,
        values: Values,
        last: int,
        price: float,
        *,
        free: bool = False,
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
            self._best[place] = _Way(
                order, energy, resting, paid, score, way, self._last + 1
            )

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
    if home.turns is not None:
        long = LongChooser(home, home.turns, values, eager=eager)
        return _Turning(home, values, in_force, long, price).orders(decided)
    chooser = Chooser(home, values, eager=eager)
    first, free = _first_way(home, in_force, chooser)
    ways = [first]
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


def _first_way(home: Home, in_force: InForce, chooser: Chooser) -> tuple[_Way, bool]:
    """Return where all ways begin, and whether the first change is free.

    What the battery may not be told any more must be changed, at no price.
    """
    current, start = in_force.current, home.start_kwh
    free = current is None or not chooser.knows(current)
    order = FOLLOW if free or current is None else current
    return _Way(order, start, start <= TINY_KWH, 0.0, 0.0, None, 0), free


class _Turning:
    """The same search where a battery can be told something new at its turns only.

    A way goes on from turn to turn; from a change on, for as long as that has to hold.
    """

    def __init__(
        self,
        home: Home,
        values: Values,
        in_force: InForce,
        chooser: LongChooser,
        price: float,
    ) -> None:
        """Begin before the first slot."""
        self._home, self._values = home, values
        self._in_force, self._chooser, self._price = in_force, chooser, price
        self._ahead: dict[int, _Reached] = {}
        """What is reached, by the first slot after it."""

    def orders(self, decided: int) -> list[Order]:
        """Return the orders: see `steady_orders`."""
        first, free = _first_way(self._home, self._in_force, self._chooser)
        index, ways = 0, [first]
        while index < self._home.count:
            for way in ways:
                for order, slots in self._moves(index, way, first=way is ways[0]):
                    self._go(way._replace(order=order) if free else way, order, slots)
            free = False
            nearest = min(self._ahead)
            if index < decided <= nearest:
                best = [reached.worth_going_on()[0] for reached in self._ahead.values()]
                if len(best) > 1:
                    best.sort(key=lambda way: self._score_at(decided, way))
                index, ways = best[0].end, best[:1]
                self._ahead.clear()
            else:
                index, ways = nearest, self._ahead.pop(nearest).worth_going_on()
        return ways[0].orders()

    def _score_at(self, end: int, way: _Way) -> float:
        """Return the score of a way where it has come through `end` slots.

        What it costs from a slot on is known up to a constant of the slot, so ways
        that end elsewhere are told apart here.
        """
        before = way.before
        if before is None:
            return way.score
        slots, energy, resting = (
            range(before.end, way.end),
            before.energy,
            before.resting,
        )
        whole = self._chooser.run(slots, way.order, energy, resting=resting)
        part = self._chooser.run(
            range(before.end, end), way.order, energy, resting=resting
        )
        return way.paid - whole.paid + part.score

    def _moves(
        self, index: int, way: _Way, *, first: bool
    ) -> Iterator[tuple[Order, range]]:
        """Yield the orders to go on with; other than that of the way for the first.

        What has begun before the first slot, if anything, goes on to its end.
        """
        chooser, resting = self._chooser, way.resting
        begun = None if index else chooser.begun(self._in_force)
        if begun is not None:
            yield begun
            return
        offers: list[Order] = []
        if first:
            wish = chooser.wish(self._in_force.wanted, index)
            offers = chooser.offers_from(
                index, way.energy, (wish, way.order), resting=resting
            )
        going_on = chooser.going_on(index, way.energy, way.order, resting=resting)
        if going_on is not None and way.order not in offers:
            offers.append(way.order)
        for order in offers:
            yield order, chooser.held(index, order, way.order)

    def _go(self, way: _Way, order: Order, slots: range) -> None:
        run = self._chooser.run(slots, order, way.energy, resting=way.resting)
        reached = self._ahead.get(slots.stop)
        if reached is None:
            reached = self._ahead[slots.stop] = _Reached(
                self._home, self._values, slots[-1], self._price
            )
        reached.by(way, order, run.paid, run.energy, resting=run.resting)


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
