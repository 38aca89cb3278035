"""Which of nearly equal plans is carried out: what changes for money only."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Self

from .home import Home, Order
from .in_force import InForce
from .modes import changes, choose_orders
from .replay import Judged, Replay, replay_orders
from .sooner import sooner
from .steady import price_of_change, steady_orders
from .values import Values

TRIFLE = 0.001
TRIFLE_SHARE = 0.001
"""A new plan replaces the running one if it is better by more than `TRIFLE`
(money per horizon) plus this share of what it saves."""

CALM_SHARE = 0.003
"""Where a plan is promised to be near to its bound, coupled or with prices that are
not convex, fewer changes cost no more than this part of what it saves, if they can:
else a change need gain less, in turn these parts of what it had to gain before."""
_PRICE_SHARES = (1.0, 0.5, 0.5, 0.5)


@dataclass(frozen=True, slots=True)
class Candidate:
    """Orders and what they come to, with the values that explain them."""

    solver: str
    values: Values
    orders: list[Order]
    replay: Replay
    eager: bool = False
    """Whether it charges and sells as soon as that is as good as later."""

    def told(self, home: Home, orders: list[Order]) -> Self:
        """Return the same with other orders."""
        return replace(self, orders=orders, replay=replay_orders(home, orders))


type Judge = Callable[[Candidate], Judged]
"""What plans are told apart by."""


def _trifle(ours: Judged, without: Judged) -> float:
    """Return the money that is no reason to plan otherwise."""
    saving = max(0.0, without.objective - ours.objective)
    return TRIFLE + TRIFLE_SHARE * saving


def settle(  # noqa: PLR0913 - what plans are told apart by
    home: Home,
    best: Candidate,
    in_force: InForce,
    judge: Judge,
    without: Judged,
    *,
    calm_share: float,
) -> Candidate:
    """Return the plan that changes the battery's orders for money only.

    It costs no more than `best` but for the price of the changes that it spares,
    which is lower where they cost more than `calm_share` of what is saved. The
    running plan's orders stay where new ones gain but a trifle.
    """
    ours = judge(best)
    saving = max(0.0, without.objective - ours.objective)
    price = price_of_change(home, saving)
    rivals = [best]
    if price > 0:
        enough = ours.objective + calm_share * saving
        calm, price = _calmer(home, best, in_force, price, enough, judge)
        rivals += calm

    def restless(each: Candidate) -> float:
        # At the price that is left: a higher one would keep what costs too much.
        return judge(each).objective + price * changes(in_force.before(each.orders))

    best = _sooner(home, min(rivals, key=restless), in_force, judge)
    if in_force.wanted:
        orders = choose_orders(home, best.values, in_force=in_force, fixed=True)
        kept = best.told(home, orders)
        if restless(kept) <= restless(best) + _trifle(ours, without):
            return kept
    return best


def _calmer(  # noqa: PLR0913, PLR0917 - what `settle` has
    home: Home,
    best: Candidate,
    in_force: InForce,
    price: float,
    enough: float,
    judge: Judge,
) -> tuple[list[Candidate], float]:
    """Return plans with fewer changes, and the price of a change that is left.

    The price is lowered, in a few steps, until a plan costs no more than `enough`;
    that one is returned alone then.
    """
    found: list[Candidate] = []
    for share in _PRICE_SHARES:
        price *= share
        orders = steady_orders(home, best.values, in_force, price, eager=best.eager)
        found.append(best.told(home, orders))
        if judge(found[-1]).objective <= enough:
            return found[-1:], price
    return found, price


def _sooner(home: Home, best: Candidate, in_force: InForce, judge: Judge) -> Candidate:
    """Return the plan that does the same earlier where that costs nothing."""
    tried = {tuple(best.orders): best}

    def cost(orders: list[Order]) -> float:
        key = tuple(orders)
        if key not in tried:
            tried[key] = best.told(home, orders)
        return judge(tried[key]).objective

    return tried[tuple(sooner(home, best.orders, cost, in_force))]
