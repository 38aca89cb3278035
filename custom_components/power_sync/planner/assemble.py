"""The plan as everyone else sees it, from what the planner worked out."""

from dataclasses import dataclass
from typing import Self

from custom_components.power_sync.model.plan import Plan, PlannedSlot, Reason, ReasonKey

from .explain import Explainer
from .home import FOLLOW, TINY_KWH, Home, Order
from .modes import changes
from .replay import Replay
from .values import Values

_TINY = 1e-9
_SOME_KWH = 1e-6


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


def assemble(home: Home, outcome: Outcome) -> Plan:
    """Return the plan; its `solve_ms` is left at 0 for the caller to fill in."""
    problem, replay = home.problem, outcome.replay
    bound = gap = None
    if outcome.bound is not None:
        gap = replay.objective - outcome.bound
        # What is left below zero is rounding.
        gap = 0.0 if abs(gap) < _TINY * max(1.0, abs(outcome.bound)) else gap
        bound = outcome.bound - outcome.bound_over_kwh * home.penalty
    return Plan(
        grid=problem.grid,
        slots=_slots(home, outcome),
        currency=problem.currency,
        made_at=problem.made_at,
        solver=outcome.solver,
        solve_ms=0.0,
        cost=replay.cost,
        baseline_cost=outcome.without.cost,
        bound=bound,
        gap=gap,
        accepted=outcome.accepted,
        softened=_softened(home, replay),
        notes={
            "leftover_value_per_kwh": home.leftover,
            "mode_loss": replay.objective - outcome.ideal.objective,
            "wear_cost": replay.wear,
            "baseline_wear_cost": outcome.without.wear,
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


def _slots(home: Home, outcome: Outcome) -> tuple[PlannedSlot, ...]:
    problem, replay, without = home.problem, outcome.replay, outcome.without
    step_h = home.step_h
    soc, baseline_soc = _soc_pct(home, replay), _soc_pct(home, without)
    reasons, worths = _why(home, outcome)
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


def _why(home: Home, outcome: Outcome) -> tuple[list[Reason], list[float]]:
    """Return the reason and the worth of stored energy of each slot."""
    if outcome.values is None:
        return [Reason(ReasonKey.BALANCED)] * home.count, [0.0] * home.count
    explainer = Explainer(home, outcome.values, outcome.orders, outcome.replay)
    slots = range(home.count)
    return (
        [explainer.reason(index) for index in slots],
        [explainer.stored_value(index) for index in slots],
    )


def _soc_pct(home: Home, replay: Replay) -> list[float]:
    battery = home.problem.battery
    if battery.capacity_kwh <= TINY_KWH:
        return [battery.soc_pct] * home.count
    per_kwh = 100 / battery.capacity_kwh
    return [battery.reserve_pct + energy * per_kwh for energy in replay.energy]
