"""One order for several slots, for a battery that can be told no more often.

Each order that would be the best for one of them is tried for all: until the battery
can be told something new again. What goes on may end sooner.
"""

from typing import NamedTuple

from custom_components.power_sync.model.battery import Mode

from .chooser import FORCED, TIE, Chooser
from .home import FOLLOW, TINY_KWH, Home, Order
from .in_force import InForce
from .stretches import Turns
from .values import Values


class Run(NamedTuple):
    """What comes of an order that holds for some slots."""

    paid: float
    score: float
    """What it costs, and the least cost from there on."""
    energy: float
    resting: bool


class LongChooser(Chooser):
    """Compares the orders for several slots."""

    def __init__(
        self, home: Home, turns: Turns, values: Values, *, eager: bool
    ) -> None:
        """Take when the battery can be told something new; the rest as `Chooser`."""
        super().__init__(home, values, eager=eager)
        self._turns = turns

    def by_turns(self, in_force: InForce, *, fixed: bool) -> list[Order]:
        """Return orders that change at turns only: see `choose_orders`."""
        home = self._home
        orders: list[Order] = []
        energy = home.start_kwh
        resting = energy <= TINY_KWH
        previous = FOLLOW
        told = in_force.current or FOLLOW
        begun = self.begun(in_force)
        while (index := len(orders)) < home.count:
            wish = self.wish(in_force.wanted, index)
            if begun is not None:
                previous, slots = begun
            elif wish is not None and fixed:
                previous, slots = wish, self.held(index, wish, told)
            else:
                previous = self._best(index, energy, (wish, previous), resting=resting)
                slots = self.held(index, previous, told)
            run = self.run(slots, previous, energy, resting=resting)
            orders += [previous] * len(slots)
            energy, resting = run.energy, run.resting
            told, begun = previous, None
        return orders

    def begun(self, in_force: InForce) -> tuple[Order, range] | None:
        """Return what must go on from before the first slot, and its slots."""
        current = in_force.current
        if in_force.left and current is not None and self.knows(current):
            return current, range(self._turns.first(in_force.left))
        wish, turn = self.wish(in_force.wanted, 0), self._turns.first(0)
        return (wish, range(turn)) if wish is not None and turn else None

    def held(self, index: int, order: Order, told: Order) -> range:
        """Return the slots of `order` from a turn on, as few as they can be.

        After `told`: what is not new may end at the next turn.
        """
        turns = self._turns
        return turns.going_on(index) if order == told else turns.begun(index)

    def _best(
        self,
        index: int,
        energy: float,
        liked: tuple[Order | None, Order],
        *,
        resting: bool,
    ) -> Order:
        """Return the best order for as long as a new one has to hold."""
        slots = self._turns.begun(index)
        scores = {
            order: self.run(slots, order, energy, resting=resting).score
            for order in self.offers_from(index, energy, liked, resting=resting)
        }
        enough = min(scores.values()) + TIE
        return next(order for order, score in scores.items() if score <= enough)

    def run(self, slots: range, order: Order, energy: float, *, resting: bool) -> Run:
        """Return what comes of an order that holds for some slots."""
        home, paid = self._home, 0.0
        for index in slots:
            kwh = home.obey(index, order, energy, resting=resting)
            paid += home.price_of(index, kwh)
            energy = home.after(kwh, energy)
            resting = home.rests(energy, resting=resting)
        left = self._values.at(slots[-1], energy)
        return Run(paid, paid + left, energy, resting)

    def offers_from(
        self,
        index: int,
        energy: float,
        liked: tuple[Order | None, Order],
        *,
        resting: bool,
    ) -> list[Order]:
        """Return the orders worth comparing from a turn on, the preferred first.

        Those that would be the best slot by slot, and a power that does as much.
        """
        home, slots = self._home, self._turns.begun(index)
        wish, previous = liked
        kept = None if previous.mode in FORCED else previous
        ranked = [wish, FOLLOW, kept, *self._keep, *self._sell_sun]
        done: dict[Mode, float] = {}
        for at in slots:
            order = self.choose(at, energy, liked, resting=resting)
            ranked.append(order)
            kwh = home.obey(at, order, energy, resting=resting)
            if order.mode in (*FORCED, Mode.LIMIT):
                done[order.mode] = done.get(order.mode, 0.0) + abs(kwh)
            energy = home.after(kwh, energy)
            resting = home.rests(energy, resting=resting)
        ranked += [
            self._with_power(index, mode, kwh / len(slots))
            for mode, kwh in done.items()
        ]
        return list(dict.fromkeys(order for order in ranked if order is not None))
