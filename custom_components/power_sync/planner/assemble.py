"""The plan as everyone else sees it, from what the planner worked out."""

from dataclasses import dataclass, replace
from typing import NamedTuple, Self

from custom_components.power_sync.model.plan import Plan, PlannedSlot, Reason, ReasonKey

from .explain import Explainer
from .home import FOLLOW, TINY_KWH, Home, Order
from .leftover import leftover_value_per_kwh
from .limits import limits_of
from .modes import changes
from .problem import Objective, Problem
from .replay import Replay, judge
from .values import Values

_TINY = 1e-9
_SOME_KWH = 1e-6
_OWN = (ReasonKey.COVER_HOME, ReasonKey.STORE_SUN)
"""What self-consumption does for no price."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """The orders that hold, their replay, and what they are measured against."""

    solver: str
    values: Values | None
    orders: list[Order]
    replay: Replay
    without: Replay
    ideal: Replay
    bound: float | None
    """An objective (cost, wear, broken limits) that no schedule beats."""
    bound_over_kwh: float
    """How much of the bound is import above the limit."""
    accepted: bool
    restless: Replay | None = None
    """The best orders, where fewer changes were worth more than they cost."""

    @classmethod
    def of_nothing(cls, home: Home, without: Replay) -> Self:
        """Return the outcome for a home whose battery has nothing to do."""
        idle = not any(without.battery)
        return cls(
            solver="none",
            values=None,
            orders=[FOLLOW] * home.count,
            replay=without,
            without=without,
            ideal=without,
            bound=without.objective if idle else None,
            bound_over_kwh=without.over_import_kwh,
            accepted=False,
        )


class _Money(NamedTuple):
    """The plan and the home without it, at true prices."""

    replay: Replay
    without: Replay


type _Why = tuple[list[Reason], list[float]]


def _in(home: Home, replay: Replay) -> Replay:
    """Return the same schedule with the prices of `home`."""
    return judge(home, replay.battery, replay.energy)


def assemble(aim: Home, outcome: Outcome, problem: Problem) -> Plan:
    """Return the plan; its `solve_ms` is left at 0 for the caller to fill in.

    `aim` is the home in which the outcome is the best; money is shown as it is in
    that of `problem`.
    """
    bound = gap = None
    if outcome.bound is not None:
        gap = outcome.replay.objective - outcome.bound
        # What is left below zero is rounding.
        gap = 0.0 if abs(gap) < _TINY * max(1.0, abs(outcome.bound)) else gap
        bound = outcome.bound - outcome.bound_over_kwh * aim.penalty
    home = aim
    if aim.problem is not problem:
        home, bound = Home(problem), None
    money = _Money(_in(home, outcome.replay), _in(home, outcome.without))
    replay = money.replay
    best = outcome.restless or outcome.replay
    return Plan(
        grid=problem.grid,
        slots=_slots(home, outcome, money, _why(aim, outcome, problem)),
        currency=problem.currency,
        made_at=problem.made_at,
        solver=outcome.solver,
        solve_ms=0.0,
        cost=replay.cost,
        baseline_cost=money.without.cost,
        bound=bound,
        gap=gap,
        accepted=outcome.accepted,
        softened=_softened(home, replay),
        notes={
            "leftover_value_per_kwh": home.leftover,
            "mode_loss": best.objective - outcome.ideal.objective,
            "steadiness_cost": outcome.replay.objective - best.objective,
            "wear_cost": replay.wear,
            "baseline_wear_cost": money.without.wear,
            "over_import_kwh": replay.over_import_kwh,
            "commands": float(changes(outcome.orders) + 1),
        },
    )


def _softened(home: Home, replay: Replay) -> tuple[str, ...]:
    """Return the names of the limits that could not be kept."""
    battery = home.problem.battery
    broken = {
        "reserve": battery.soc_pct < battery.reserve_pct - _TINY,
        "max_soc": battery.soc_pct > max(battery.max_soc_pct, battery.reserve_pct)
        or battery.max_soc_pct < battery.reserve_pct,
        "import_limit": replay.over_import_kwh > _SOME_KWH,
    }
    return tuple(name for name, is_broken in broken.items() if is_broken)


def _slots(
    home: Home, outcome: Outcome, money: _Money, why: _Why
) -> tuple[PlannedSlot, ...]:
    problem, replay, without = home.problem, money.replay, money.without
    step_h = home.step_h
    soc, baseline_soc = _soc_pct(home, replay), _soc_pct(home, without)
    reasons, worths = why
    slots = []
    for index, order in enumerate(outcome.orders):
        flow = replay.flows[index]
        slots.append(
            PlannedSlot(
                mode=order.mode,
                power_kw=order.power_kw,
                battery_kw=replay.battery[index] / step_h,
                solar_kw=problem.solar_kw[index],
                load_kw=problem.load_kw[index],
                grid_kw=(flow.imported - flow.exported) / step_h,
                curtailed_kw=flow.curtailed / step_h,
                soc_pct=soc[index],
                import_per_kwh=problem.import_per_kwh[index],
                export_per_kwh=problem.export_per_kwh[index],
                firm=problem.firm[index],
                cost=replay.costs[index],
                baseline_cost=without.costs[index],
                baseline_soc_pct=baseline_soc[index],
                stored_value_per_kwh=worths[index],
                reason=reasons[index],
            )
        )
    return tuple(slots)


def _why(aim: Home, outcome: Outcome, problem: Problem) -> _Why:
    """Return the reason and the worth of stored energy of each slot.

    The worth is money, at the prices that count. Where the objective counts something
    else, a reason has no numbers, and stored energy is worth what it is after the
    horizon.
    """
    if outcome.values is None:
        return [Reason(ReasonKey.BALANCED)] * aim.count, [0.0] * aim.count
    explainer = Explainer(aim, outcome.values, outcome.orders, outcome.replay)
    slots = range(aim.count)
    # A limit is the owner's or the battery's, and not one that the objective sets.
    home = aim if aim.problem is problem else Home(problem)
    limits = limits_of(home, outcome.replay)
    reasons = [
        replace(explainer.reason(index), limit=limit)
        for index, limit in enumerate(limits)
    ]
    if problem.objective is not Objective.LOWEST_COST:
        worth = leftover_value_per_kwh(problem)
        return [_without_numbers(reason) for reason in reasons], [worth] * aim.count
    return reasons, [explainer.stored_value(index) for index in slots]


def _without_numbers(reason: Reason) -> Reason:
    key = ReasonKey.OWN_ENERGY if reason.key in _OWN else reason.key
    return Reason(key, limit=reason.limit)


def _soc_pct(home: Home, replay: Replay) -> list[float]:
    battery = home.problem.battery
    if battery.capacity_kwh <= TINY_KWH:
        return [battery.soc_pct] * home.count
    per_kwh = 100 / battery.capacity_kwh
    return [battery.reserve_pct + energy * per_kwh for energy in replay.energy]
