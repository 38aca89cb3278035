"""From a problem to a plan: solve, map to modes, replay, compare, explain."""

from dataclasses import dataclass, replace
from datetime import datetime
from time import perf_counter

from custom_components.power_sync.model.plan import Plan

from .aim import aimed
from .assemble import Outcome, assemble
from .exact import setpoints, solve_exact
from .home import FOLLOW, Home, Order
from .modes import changes, choose_orders
from .problem import Objective, Problem
from .replay import Replay, baseline, replay_orders, replay_setpoints
from .soc_grid import solve_grid
from .stages import Stage, convex_hull, stages_of
from .values import Values

TRIFLE = 0.001
TRIFLE_SHARE = 0.001
"""A new plan replaces the running one if it is better by more than `TRIFLE`
(money per horizon) plus this share of what it saves."""

_TINY = 1e-9
_SOME_KWH = 1e-4
_USEFUL_KWH = 0.001
"""A battery with less room than this between its limits has nothing to plan."""


@dataclass(frozen=True, slots=True)
class _Candidate:
    """Orders and what they come to, with the values that explain them."""

    solver: str
    values: Values
    orders: list[Order]
    replay: Replay


def plan(
    problem: Problem, *, running: Plan | None = None, now: datetime | None = None
) -> Plan:
    """Return the plan for `problem`: pure, and the same for the same input.

    Limits that cannot be kept are softened and named, never a failure. `running`
    is the plan in force at `now` (default: when the problem was made): its modes
    stay unless the new ones are better by more than a trifle.

    `cost` and `baseline_cost` are money paid at true prices less the same worth
    of leftover energy for both; wear counts for deciding only. `bound` and `gap`
    include wear: `gap` is `cost + notes["wear_cost"] - bound`. For self-consumption
    `gap` is in kWh bought, and there is no bound in money.
    """
    started = perf_counter()
    home = Home(aimed(problem))
    if problem.objective is not Objective.LOWEST_COST:
        # What a plan for another objective keeps is nothing to hold on to.
        running = None
    without = baseline(home)
    battery = problem.battery
    useful = battery.max_charge_kw > 0 or battery.max_discharge_kw > 0
    if home.span_kwh < _USEFUL_KWH or not useful:
        planned = assemble(home, Outcome.of_nothing(home, without), problem)
    else:
        outcome = _plan(home, without, running, now or problem.made_at)
        planned = assemble(home, outcome, problem)
    return replace(planned, solve_ms=(perf_counter() - started) * 1000)


def _plan(home: Home, without: Replay, running: Plan | None, now: datetime) -> Outcome:
    stages, convex = stages_of(home)
    relaxed = stages if convex else convex_hull(stages)
    exact = solve_exact(home, relaxed)
    schedule = setpoints(home, exact)
    ideal = replay_setpoints(home, schedule)
    bound, bound_over_kwh = _bound(home, relaxed, schedule)
    wanted = _orders_of(home.problem, running, now)
    best = _best(home, "exact" if convex else "relaxed", exact, wanted)
    if not convex and best.replay.objective > bound + _trifle(best, without):
        grid = solve_grid(home, stages)
        other = replay_setpoints(home, setpoints(home, grid))
        ideal = min(ideal, other, key=lambda replay: replay.objective)
        rival = _best(home, "soc_grid", grid, wanted)
        best = min(best, rival, key=lambda each: each.replay.objective)
    if wanted:
        best = _keep_running(home, best, without, wanted)
    accepted = _is_better(best.replay, without)
    return Outcome(
        solver=best.solver,
        values=best.values,
        orders=best.orders if accepted else [FOLLOW] * home.count,
        replay=best.replay if accepted else without,
        without=without,
        ideal=ideal,
        bound=bound,
        bound_over_kwh=bound_over_kwh,
        accepted=accepted,
    )


def _bound(
    home: Home, stages: list[Stage], schedule: list[float]
) -> tuple[float, float]:
    """Return an objective that no schedule beats, and the over-import in it."""
    if not home.starts_outside:
        return _relaxed_objective(home, stages, schedule)
    # Below the reserve or above the top the battery may do less than inside of
    # limits that are moved to where it starts, so the optimum there is a bound.
    battery = home.problem.battery
    wider = Home(
        replace(
            home.problem,
            battery=replace(
                battery,
                reserve_pct=min(battery.soc_pct, battery.reserve_pct),
                max_soc_pct=max(
                    battery.soc_pct, battery.max_soc_pct, battery.reserve_pct
                ),
            ),
            leftover_value_per_kwh=home.leftover,
        )
    )
    wider_stages = convex_hull(stages_of(wider)[0])
    wider_schedule = setpoints(wider, solve_exact(wider, wider_stages))
    bound, over_kwh = _relaxed_objective(wider, wider_stages, wider_schedule)
    return bound + max(0.0, -home.start_kwh) * home.leftover, over_kwh


def _relaxed_objective(
    home: Home, stages: list[Stage], schedule: list[float]
) -> tuple[float, float]:
    """Return the cost of a schedule under the costs of `stages`, and over-import."""
    total, over_kwh = 0.0, 0.0
    energy = home.start_kwh
    for index, (stage, battery) in enumerate(zip(stages, schedule, strict=True)):
        left = home.after(battery, energy)
        total += home.price_of(index, stage.lowest / home.into_cells)
        rest = energy - left - stage.lowest
        for slope, length in stage.pieces:
            part = min(rest, length)
            total += slope * part
            rest -= part
        over_kwh += home.flow(index, battery).over_import
        energy = left
    return total - home.leftover * energy, over_kwh


def _best(home: Home, solver: str, values: Values, wanted: list[Order]) -> _Candidate:
    """Return the best orders.

    Among those that differ by a trifle: the fewest commands, then the earliest.
    """
    candidates = []
    for eager in (True, False):
        orders = choose_orders(home, values, eager=eager, wanted=wanted)
        replay = replay_orders(home, orders)
        candidates.append(_Candidate(solver, values, orders, replay))
    enough = min(each.replay.objective for each in candidates) + TRIFLE
    good = [each for each in candidates if each.replay.objective <= enough]
    return min(good, key=lambda each: changes(each.orders))


def _trifle(best: _Candidate, without: Replay) -> float:
    """Return the money that is no reason to plan otherwise."""
    saving = max(0.0, without.objective - best.replay.objective)
    return TRIFLE + TRIFLE_SHARE * saving


def _keep_running(
    home: Home, best: _Candidate, without: Replay, wanted: list[Order]
) -> _Candidate:
    """Return the running plan's orders where new ones gain but a trifle."""
    orders = choose_orders(home, best.values, wanted=wanted, fixed=True)
    replay = replay_orders(home, orders)
    if replay.objective > best.replay.objective + _trifle(best, without):
        return best
    return replace(best, orders=orders, replay=replay)


def _orders_of(problem: Problem, running: Plan | None, now: datetime) -> list[Order]:
    """Return what `running` says for the first slots of the problem's grid.

    Nothing where it is not in force or its slots are not the problem's.
    """
    if running is None or not running.accepted or running.slot_at(now) is None:
        return []
    grid, old = problem.grid, running.grid
    offset, rest = divmod(grid.start - old.start, old.step)
    if old.step != grid.step or rest or offset < 0:
        return []
    return [
        Order(slot.mode, slot.power_kw)
        for slot in running.slots[offset : offset + grid.count]
    ]


def _is_better(replay: Replay, without: Replay) -> bool:
    """Return whether a plan is worth carrying out instead of the baseline.

    It must be better with wear counted, and not dearer in money either: wear
    spared is not for the owner to pay with. Keeping the import limit is worth
    any money.
    """
    spared = without.over_import_kwh - replay.over_import_kwh
    if abs(spared) > _SOME_KWH:
        return spared > 0
    return (
        replay.objective < without.objective - _TINY
        and replay.cost <= without.cost + _TINY
    )
