"""One order for several slots, for a battery that can be told no more often.

Each order that would be the best for one of them is tried for all.
"""

from collections.abc import Sequence
from typing import NamedTuple

from custom_components.power_sync.model.battery import Mode

from .chooser import FORCED, TIE, Chooser
from .home import FOLLOW, TINY_KWH, Order


class Run(NamedTuple):
    """What comes of an order that holds for some slots."""

    paid: float
    score: float
    """What it costs, and the least cost from there on."""
    energy: float
    resting: bool


class LongChooser(Chooser):
    """Compares the orders for a stretch of slots."""

    def by_stretch(self, wanted: Sequence[Order | None], *, fixed: bool) -> list[Order]:
        """Return one order for each stretch: see `choose_orders`.

        What has begun before the first slot is what is `wanted` in it, if anything.
        """
        home = self._home
        orders: list[Order] = []
        energy = home.start_kwh
        resting = energy <= TINY_KWH
        previous = FOLLOW
        for stretch in home.stretches:
            wish = self.wish(wanted, stretch.slots.start)
            if wish is not None and (fixed or not stretch.begins):
                previous = wish
                run = self.run(stretch.slots, previous, energy, resting=resting)
            else:
                liked = (wish, previous)
                offers = self.stretch_offers(
                    stretch.slots, energy, liked, resting=resting
                )
                runs = [
                    (order, self.run(stretch.slots, order, energy, resting=resting))
                    for order in offers
                ]
                enough = min(run.score for _, run in runs) + TIE
                previous, run = next(each for each in runs if each[1].score <= enough)
            orders += [previous] * len(stretch.slots)
            energy, resting = run.energy, run.resting
        return orders

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

    def stretch_offers(
        self,
        slots: range,
        energy: float,
        liked: tuple[Order | None, Order],
        *,
        resting: bool,
    ) -> list[Order]:
        """Return the orders worth comparing for some slots, the preferred first.

        Those that would be the best slot by slot, and a power that does as much.
        """
        home = self._home
        wish, previous = liked
        kept = None if previous.mode in FORCED else previous
        ranked = [wish, FOLLOW, kept, *self._keep, *self._sell_sun]
        done: dict[Mode, float] = {}
        for index in slots:
            order = self.choose(index, energy, liked, resting=resting)
            ranked.append(order)
            kwh = home.obey(index, order, energy, resting=resting)
            if order.mode in (*FORCED, Mode.LIMIT):
                done[order.mode] = done.get(order.mode, 0.0) + abs(kwh)
            energy = home.after(kwh, energy)
            resting = home.rests(energy, resting=resting)
        ranked += [
            self._with_power(slots.start, mode, kwh / len(slots))
            for mode, kwh in done.items()
        ]
        return list(dict.fromkeys(order for order in ranked if order is not None))
