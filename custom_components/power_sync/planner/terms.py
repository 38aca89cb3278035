"""Plans for contracts that say more than prices: credits, and capped rates.

Neither is a price of a slot: a credit is all or nothing for a whole window, and what
a kWh brings beyond a cap depends on the kWh before it. So the home is planned with
several prices that the solvers know, and the plan that comes to the least money by the
contract is taken:

* as if no cap were reached; and where a plan reaches one, as if from that slot on the
  price were the one beyond it;
* for each credit that is lost, as if every kWh imported in its window cost its part of
  the credit more. What avoiding comes to in charge and wear is then judged as money.

None is dearer by the contract than the plan that knows of neither.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from math import fsum
from typing import Final, NamedTuple

from custom_components.power_sync.model.plan import Plan

from .home import Home
from .problem import Objective, Problem
from .replay import baseline
from .site import Site
from .site_replay import baseline_site
from .specs import ImportCredit, PriceCap

SHARES: Final = (1.0, 4.0)
"""How many times its part of a credit a kWh in the window is said to cost."""
CAP_ROUNDS: Final = 3
"""So often prices beyond a cap are moved to where a plan reaches it."""
_TINY: Final = 1e-6

type Solve = Callable[[Problem], Plan]


class Flows(NamedTuple):
    """The kWh at the meter, slot by slot."""

    imported: tuple[float, ...]
    exported: tuple[float, ...]


@dataclass(frozen=True, slots=True)
class _Tried:
    """A plan, the prices it was made with, and what it comes to by the contract."""

    problem: Problem
    plan: Plan
    flows: Flows
    money: float


def plan_on_terms(problem: Problem, solve: Solve) -> Plan:
    """Return the plan for a problem with credits or caps.

    `solve` plans a problem without any. Slots, `cost` and `baseline_cost` are what the
    contract comes to; a credit is in the last slot of its window.
    """
    bare = replace(problem, credits=(), caps=())
    first = best = _tried(problem, bare, solve)
    if problem.objective is Objective.LOWEST_COST:
        best = _within_caps(problem, best, solve)
        best = _for_credits(problem, best, solve)
    return _told(problem, best.plan, best.flows, first.plan)


def _tried(problem: Problem, variant: Problem, solve: Solve) -> _Tried:
    plan = solve(variant)
    step_h = plan.grid.step_h
    flows = Flows(
        tuple(max(slot.grid_kw, 0.0) * step_h for slot in plan.slots),
        tuple(max(-slot.grid_kw, 0.0) * step_h for slot in plan.slots),
    )
    bought = problem.counted_import_per_kwh or problem.import_per_kwh
    sold = problem.counted_export_per_kwh or problem.export_per_kwh
    energy = (
        paid * buy - earned * sell
        for paid, earned, buy, sell in zip(*flows, bought, sold, strict=True)
    )
    # What remains of the cost is no slot's: the demand charge, less what is left over.
    rest = plan.cost - fsum(slot.cost for slot in plan.slots) + _wear(plan)
    extra = extra_costs(problem, flows)
    return _Tried(variant, plan, flows, fsum((*energy, *extra, rest)))


def _wear(plan: Plan) -> float:
    wear = plan.notes.get("wear_cost")
    return wear if isinstance(wear, float) else 0.0


def _within_caps(problem: Problem, best: _Tried, solve: Solve) -> _Tried:
    """Return the best plan whose prices end where it reaches a cap."""
    last = best
    for _ in range(CAP_ROUNDS):
        changed = _beyond(problem, last)
        if changed == last.problem:
            break
        last = _tried(problem, changed, solve)
        best = min(best, last, key=lambda each: each.money)
    return best


def _beyond(problem: Problem, tried: _Tried) -> Problem:
    """Return the problem with the prices beyond each cap from where it is reached."""
    bought = list(problem.counted_import_per_kwh or problem.import_per_kwh)
    sold = list(problem.counted_export_per_kwh or problem.export_per_kwh)
    for cap in problem.caps:
        prices = sold if cap.sold else bought
        kwhs = tried.flows.exported if cap.sold else tried.flows.imported
        left = cap.most_kwh
        pairs = zip(kwhs, cap.beyond_per_kwh, strict=True)
        for index, (kwh, beyond) in enumerate(pairs):
            # Of the slot in which it is reached, the greater part decides.
            if beyond is not None and (left <= _TINY or 2 * left < kwh):
                prices[index] = beyond
            left -= 0.0 if beyond is None else kwh
    return _counting(problem, bought, sold)


def _counting(
    problem: Problem, bought: Sequence[float], sold: Sequence[float]
) -> Problem:
    """Return the problem without terms that is planned at other prices."""
    bare = replace(problem, credits=(), caps=())
    true = (problem.import_per_kwh, problem.export_per_kwh)
    if (tuple(bought), tuple(sold)) == true:
        return bare
    return replace(
        bare,
        counted_import_per_kwh=tuple(bought),
        counted_export_per_kwh=tuple(sold),
    )


def _for_credits(problem: Problem, best: _Tried, solve: Solve) -> _Tried:
    """Return the best plan that earns those credits that are worth it."""
    # The plans of several batteries take seconds.
    shares = SHARES[-1:] if problem.is_coupled else SHARES
    for credit in problem.credits:
        over = _imported(credit, best.flows) - credit.most_kwh
        if over <= _TINY or not credit.amount:
            continue
        base = best.problem
        bought = base.counted_import_per_kwh or base.import_per_kwh
        sold = base.counted_export_per_kwh or base.export_per_kwh
        for share in shares:
            more = share * credit.amount / max(over, credit.most_kwh)
            dearer = [
                price + more * within
                for price, within in zip(bought, credit.window, strict=True)
            ]
            tried = _tried(problem, _counting(problem, dearer, sold), solve)
            best = min(best, tried, key=lambda each: each.money)
            if _imported(credit, tried.flows) <= credit.most_kwh + _TINY:
                break
    return best


def extra_costs(problem: Problem, flows: Flows) -> list[float]:
    """Return what the contract adds to the energy of each slot; a credit is below 0."""
    extra = [0.0] * problem.grid.count
    for cap in problem.caps:
        prices = problem.export_per_kwh if cap.sold else problem.import_per_kwh
        sign = -1.0 if cap.sold else 1.0
        for index, (over, beyond) in enumerate(_over(cap, flows)):
            extra[index] += sign * over * (beyond - prices[index])
    for credit in problem.credits:
        if _imported(credit, flows) <= credit.most_kwh + _TINY:
            last = max(at for at, within in enumerate(credit.window) if within)
            extra[last] -= credit.amount
    return extra


def _imported(credit: ImportCredit, flows: Flows) -> float:
    within = zip(flows.imported, credit.window, strict=True)
    return fsum(kwh for kwh, on in within if on)


def _over(cap: PriceCap, flows: Flows) -> Iterator[tuple[float, float]]:
    """Yield the kWh of each slot beyond the cap, and their price."""
    left = cap.most_kwh
    kwhs = flows.exported if cap.sold else flows.imported
    for kwh, beyond in zip(kwhs, cap.beyond_per_kwh, strict=True):
        if beyond is None:
            yield 0.0, 0.0
            continue
        yield max(0.0, kwh - left), beyond
        left = max(0.0, left - kwh)


def _without(problem: Problem) -> Flows:
    """Return the flows of the home without a plan."""
    bare = replace(problem, credits=(), caps=())
    steps = (
        baseline_site(Site(bare)).steps
        if bare.is_coupled
        else baseline(Home(bare)).flows
    )
    return Flows(
        tuple(step.imported for step in steps), tuple(step.exported for step in steps)
    )


def _told(problem: Problem, plan: Plan, flows: Flows, first: Plan) -> Plan:
    """Return the plan with the money of the contract; the bound is of the first."""
    extra = extra_costs(problem, flows)
    without = extra_costs(problem, _without(problem))
    cost = plan.cost + fsum(extra)
    bound = gap = None
    if first.bound is not None and problem.objective is Objective.LOWEST_COST:
        bound = first.bound - fsum(credit.amount for credit in problem.credits)
        gap = cost + _wear(plan) - bound
    return replace(
        plan,
        slots=tuple(
            replace(
                slot, cost=slot.cost + more, baseline_cost=slot.baseline_cost + other
            )
            for slot, more, other in zip(plan.slots, extra, without, strict=True)
        ),
        cost=cost,
        baseline_cost=plan.baseline_cost + fsum(without),
        bound=bound,
        gap=gap,
        notes={**plan.notes, "terms": fsum(extra), "baseline_terms": fsum(without)},
    )
