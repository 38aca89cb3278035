"""From a problem to a plan: solve, map to modes, replay, compare, explain."""

from dataclasses import replace
from datetime import datetime
from functools import partial
from math import inf
from time import perf_counter

from custom_components.power_sync.model.plan import Plan

from .aim import aimed
from .assemble import Outcome, assemble
from .bound import bound_of
from .exact import setpoints, solve_exact
from .home import FOLLOW, Home, Order
from .in_force import InForce, begun_at
from .modes import changes, choose_orders
from .price_policy import plan_on_spread
from .problem import Objective, Problem
from .replay import Judged, Replay, baseline, replay_orders, replay_setpoints
from .scenarios import Chances
from .settle import CALM_SHARE, TRIFLE, Candidate, Judge, settle
from .site_plan import plan_site
from .soc_grid import solve_grid
from .stages import Stage, convex_hull, stages_of
from .terms import plan_on_terms
from .values import Values

NEAR_SHARE = 0.004
"""Where prices are not convex: a plan that is as near to the bound, in parts of what
it saves, is not looked for again on a grid of levels, which takes ten times as long."""

_TINY = 1e-9
_SOME_KWH = 1e-4
_USEFUL_KWH = 0.001
"""A battery with less room than this between its limits has nothing to plan."""


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
    `gap` is in kWh bought, and there is no bound in money. With a `price_spread`
    there is neither: what is best for chances is not best for the expected prices
    that `cost` is counted at.

    A coupled problem is planned by `planner/site_plan.py`: each slot then has the
    parts of its batteries and cars. Its solver is `coupled`, or `merged` where
    `notes["coupled_solver"]` says why not (`missing` SciPy, `stopped` at its bounds).
    A `coupled` plan with `stopped` was not looked at battery by battery to the end.
    Where the contract has credits or caps, `planner/terms.py` plans with several
    prices: `bound` then is below what credits and caps allow at the best.
    """
    started = perf_counter()
    if problem.has_terms:
        planned = plan_on_terms(
            problem, lambda each: plan(each, running=running, now=now)
        )
        return replace(planned, solve_ms=(perf_counter() - started) * 1000)
    moment = now or problem.made_at
    if problem.is_coupled:
        kept = running if problem.objective is Objective.LOWEST_COST else None
        planned = plan_site(problem, kept, moment, partial(_outcome, near=True))
    else:
        home = Home(aimed(problem))
        outcome = _outcome(home, baseline(home), running, moment)
        planned = assemble(home, outcome, problem)
    begun = begun_at(planned, running, problem)
    return replace(planned, begun=begun, solve_ms=(perf_counter() - started) * 1000)


def _outcome(
    home: Home,
    without: Replay,
    running: Plan | None,
    now: datetime,
    *,
    near: bool = False,
) -> Outcome:
    """Return what is planned for a home with one battery, `near` to its bound."""
    battery = home.problem.battery
    useful = battery.max_charge_kw > 0 or battery.max_discharge_kw > 0
    if home.span_kwh < _USEFUL_KWH or not useful:
        return Outcome.of_nothing(home, without)
    in_force = InForce.of(running, home.problem, now)
    if home.problem.objective is not Objective.LOWEST_COST:
        # What a plan for another objective keeps is nothing to hold on to.
        in_force = in_force._replace(wanted=())
    spread = _on_spread(home, without, in_force)
    return spread or _plan(home, without, in_force, near=near)


def _on_spread(home: Home, without: Replay, in_force: InForce) -> Outcome | None:
    """Return the plan on what prices may become, where the problem says that."""
    problem = home.problem
    if problem.price_spread is None or problem.objective is not Objective.LOWEST_COST:
        return None
    return plan_on_spread(home, without, in_force)


def _plan(home: Home, without: Replay, in_force: InForce, *, near: bool) -> Outcome:
    stages, convex = stages_of(home)
    relaxed = stages if convex else convex_hull(stages)
    exact = solve_exact(home, relaxed)
    schedule = setpoints(home, exact)
    bound, bound_over_kwh = bound_of(home, relaxed, schedule)
    chances = Chances.of(home)
    judge, plain = _judge_of(chances, without)
    found: list[Candidate] = []
    if chances is not None:
        found.append(_best_on_mean(home, chances, relaxed, in_force))
    if chances is None or not convex:
        found.append(_best(home, "exact" if convex else "relaxed", exact, in_force))
    best = min(found, key=lambda each: judge(each).objective)
    saving = max(0.0, plain.objective - judge(best).objective)
    if not convex and judge(best).objective > bound + TRIFLE + NEAR_SHARE * saving:
        rival = _best(home, "soc_grid", solve_grid(home, stages), in_force)
        best = min(best, rival, key=lambda each: judge(each).objective)
    restless = best.replay
    if home.problem.objective is Objective.LOWEST_COST:
        share = CALM_SHARE if near or not convex else inf
        best = settle(home, best, in_force, judge, plain, calm_share=share)
    accepted = _is_better(judge(best), plain)
    ideal = replay_setpoints(home, setpoints(home, best.values))
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
        restless=restless if accepted else None,
    )


def _judge_of(chances: Chances | None, without: Replay) -> tuple[Judge, Judged]:
    """Return how plans are judged, and what the home without one comes to.

    As forecast, or where other things may come, on the mean of them all.
    """
    if chances is None:
        return lambda each: each.replay, without
    known: dict[tuple[Order, ...], Judged] = {}

    def judge(each: Candidate) -> Judged:
        # Living through all that may come takes longer than anything else here.
        key = tuple(each.orders)
        if key not in known:
            known[key] = chances.mean(key)
        return known[key]

    return judge, chances.without()


def _best_on_mean(
    home: Home, chances: Chances, stages: list[Stage], in_force: InForce
) -> Candidate:
    """Return the orders whose every step is the best for all that may come."""
    values = chances.values(stages)
    # Not eager: what can be decided later is decided when more is known.
    orders = choose_orders(home, values, in_force=in_force)
    return Candidate("scenarios", values, orders, replay_orders(home, orders))


def _best(home: Home, solver: str, values: Values, in_force: InForce) -> Candidate:
    """Return the best orders.

    Among those that differ by a trifle: the fewest commands, then the earliest.
    """
    candidates = []
    for eager in (True, False):
        orders = choose_orders(home, values, eager=eager, in_force=in_force)
        replay = replay_orders(home, orders)
        candidates.append(Candidate(solver, values, orders, replay, eager))
    enough = min(each.replay.objective for each in candidates) + TRIFLE
    good = [each for each in candidates if each.replay.objective <= enough]
    return min(good, key=lambda each: changes(each.orders))


def _is_better(ours: Judged, without: Judged) -> bool:
    """Return whether a plan is worth carrying out instead of the baseline.

    It must be better with wear counted, and not dearer in money either: wear
    spared is not for the owner to pay with. Keeping the import limit is worth
    any money.
    """
    spared = without.over_import_kwh - ours.over_import_kwh
    if abs(spared) > _SOME_KWH:
        return spared > 0
    return (
        ours.objective < without.objective - _TINY and ours.cost <= without.cost + _TINY
    )
