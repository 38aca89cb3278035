"""From the worth of stored energy to what a battery can be told.

An inverter executes modes, not energies. So each slot, from the energy that
the earlier modes really leave behind, the orders that this battery knows are
compared by what they cost now plus the cost from there on. A mode that is
missing, a power that is rounded or a rest at the reserve is thereby answered
with the best that is possible, slot by slot.
"""

from collections.abc import Sequence
from itertools import groupby, pairwise

from .chooser import FORCED, Chooser
from .home import FOLLOW, TINY_KWH, Home, Order
from .in_force import NOTHING, InForce
from .long_slots import LongChooser
from .values import Values

_GAP_SLOTS = 12


def choose_orders(
    home: Home,
    values: Values,
    *,
    eager: bool = False,
    in_force: InForce = NOTHING,
    fixed: bool = False,
) -> list[Order]:
    """Return the best order for each slot.

    Of equally good orders the first of these is taken: the one that is wanted for the
    slot by the plan `in_force`, self-consumption, the one before. `eager` prefers to
    charge or sell as soon as it is as good as later. With `fixed`, what is wanted is
    taken whether good or not.
    """
    if home.turns is not None:
        long = LongChooser(home, home.turns, values, eager=eager)
        return long.by_turns(in_force, fixed=fixed)
    chooser = Chooser(home, values, eager=eager)
    orders: list[Order] = []
    energy = home.start_kwh
    resting = energy <= TINY_KWH
    previous = FOLLOW
    for index in range(home.count):
        wish = chooser.wish(in_force.wanted, index)
        if wish is None or not fixed:
            previous = chooser.choose(index, energy, (wish, previous), resting=resting)
        else:
            previous = wish
        orders.append(previous)
        kwh = home.obey(index, previous, energy, resting=resting)
        energy = home.after(kwh, energy)
        resting = home.rests(energy, resting=resting)
    return orders if fixed else _close_gaps(home, orders)


def _close_gaps(home: Home, orders: list[Order]) -> list[Order]:
    """Let an order run through short gaps in which it would do the same.

    The flows stay what they are, so this only spares the battery commands. A
    forced power is not held where it does nothing.
    """
    runs = [(order, len(list(group))) for order, group in groupby(orders)]
    result: list[Order] = []
    energy = home.start_kwh
    resting = energy <= TINY_KWH
    for place, (order, length) in enumerate(runs):
        around = result[-1] if result and result[-1].mode not in FORCED else None
        inner = place + 1 < len(runs) and runs[place + 1][0] == around
        same = around is not None and inner and length <= _GAP_SLOTS
        for index in range(len(result), len(result) + length):
            kwh = home.obey(index, order, energy, resting=resting)
            if same and around is not None:
                other = home.obey(index, around, energy, resting=resting)
                same = abs(other - kwh) <= TINY_KWH
            energy = home.after(kwh, energy)
            resting = home.rests(energy, resting=resting)
        result += [around if same and around is not None else order] * length
    return result


def changes(orders: Sequence[Order]) -> int:
    """Return how many times the battery is told something new."""
    return sum(before != after for before, after in pairwise(orders))
