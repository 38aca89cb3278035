"""What a past would have cost somebody who had known all of it beforehand.

It is the most that a plan could capture: nobody with the same regard for the
battery's wear can do better.
"""

from .engine import plan
from .home import Home, Order
from .rehearsal import Actual
from .replay import replay_orders


def perfect_cost(actual: Actual) -> float:
    """Return the cost with perfect foresight, less the worth of what is left stored.

    In the currency of the prices; takes up to a second for a month of half-hours.
    """
    problem = actual.problem
    orders = [Order(slot.mode, slot.power_kw) for slot in plan(problem).slots]
    return replay_orders(Home(problem), orders).cost
