"""What it costs that a battery cannot be told everything."""

from collections.abc import Iterable
from dataclasses import replace

from custom_components.power_sync.model.battery import Mode

from .aim import aimed
from .exact import solve_exact
from .home import FOLLOW, Home
from .modes import choose_orders
from .problem import Problem
from .replay import Replay, judge, replay_orders
from .soc_grid import solve_grid
from .stages import convex_hull, stages_of
from .values import Values


def mode_losses(problem: Problem) -> dict[Mode, float]:
    """Return the money that each mode saves over the horizon, wear counted.

    For a mode that the battery lacks this is what the lack costs, for one that it
    has what it would cost to lose it: the difference between the best plan with the
    battery's other modes and the best with this one as well, never below 0. Two
    modes that stand in for each other are each worth little. Self-consumption is
    always there, so it is not in it. Everything comes as forecast: what else may
    come, and what a change of the orders must gain, is left out.
    """
    aim = Home(aimed(problem))
    modes = [mode for mode in Mode if mode is not Mode.SELF_CONSUMPTION]
    battery = problem.battery
    if aim.span_kwh <= 0 or battery.max_charge_kw + battery.max_discharge_kw <= 0:
        return dict.fromkeys(modes, 0.0)
    stages, convex = stages_of(aim)
    # What stored energy is worth depends on no mode: it is worked out once.
    values: list[Values] = [solve_exact(aim, stages if convex else convex_hull(stages))]
    if not convex:
        values.append(solve_grid(aim, stages))
    known: dict[frozenset[Mode], float] = {}

    def cost(able: frozenset[Mode]) -> float:
        if able not in known:
            known[able] = _cost(problem, able, values)
        return known[able]

    return {
        mode: max(0.0, cost(battery.modes - {mode}) - cost(battery.modes | {mode}))
        for mode in modes
    }


def slot_loss(problem: Problem) -> float:
    """Return the money that is lost as the battery has one order for several slots.

    As it can be told something new no sooner, by the clock or after what it has begun.
    The best plan with one for each slot against the best with the battery's own, as
    `mode_losses` has it: 0 where it can be told something new in every slot.
    """
    free = replace(
        problem, battery=replace(problem.battery, slot_minutes=0, min_dwell_minutes=0)
    )
    aim = Home(aimed(problem))
    if aim.turns is None or aim.span_kwh <= 0:
        return 0.0
    stages, convex = stages_of(aim)
    values: list[Values] = [solve_exact(aim, stages if convex else convex_hull(stages))]
    if not convex:
        values.append(solve_grid(aim, stages))
    able = problem.battery.modes
    return max(0.0, _cost(problem, able, values) - _cost(free, able, values))


def _cost(problem: Problem, able: frozenset[Mode], values: Iterable[Values]) -> float:
    """Return money and wear of the best plan with the modes that are `able`."""
    able_to = replace(problem, battery=replace(problem.battery, modes=able))
    aim = Home(aimed(able_to))
    tries = [replay_orders(aim, [FOLLOW] * aim.count)]
    for each in values:
        for eager in (True, False):
            orders = choose_orders(aim, each, eager=eager)
            tries.append(replay_orders(aim, orders))
    best = min(tries, key=lambda replay: replay.objective)
    return _money(Home(able_to), best)


def _money(home: Home, replay: Replay) -> float:
    """Return what a schedule comes to at true prices, wear counted."""
    true = judge(home, replay.battery, replay.energy)
    return true.cost + true.wear
