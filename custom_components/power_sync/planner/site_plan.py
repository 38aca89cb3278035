"""From a coupled problem to a plan: solve, round, map, replay, compare.

The coupled program says when cars draw and how high the import may rise; the exact
solver then plans the fleet around that, slot by slot, as it does for one battery.
Where batteries of different states need orders of their own, the program is solved
again with the cars fixed, and its schedule is mapped battery by battery. The site's
own physics judges which is carried out. Without SciPy the cars are put into the
cheapest slots by what the exact solver says energy is worth.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from math import fsum, inf

from custom_components.power_sync.model.plan import Plan

from .aim import aimed
from .assemble import Outcome
from .blocks import highest_import_kw
from .car_times import going_on, retimed, snapped
from .coupled import SiteProgram
from .exact import setpoints
from .fleet import fleet_home, fleet_values, peaks_of
from .home import FOLLOW, Home
from .problem import Problem
from .program import SolverFailedError, SolverMissingError
from .replay import Replay, baseline, replay_setpoints
from .site import Site
from .site_assemble import MISSING, STOPPED, Chosen, assemble_site
from .site_orders import SiteOrders
from .site_replay import (
    CarPowers,
    SiteReplay,
    baseline_site,
    demand_cost,
    eager_cars,
)
from .site_scenarios import Judge, SiteChances, SiteMean, Way
from .split import Told, split_orders, told_before
from .steady import price_of_change
from .values import Values

type PlanOne = Callable[[Home, Replay, Plan | None, datetime], Outcome]
"""How a home with one battery is planned."""

CLOSE_SHARE = 0.005
"""A plan this near to the bound, in parts of what it saves, is good enough."""
_CHANGE_SHARES = (0.3, 0.1)
_FEW_CHANGES = 10
"""What so many changes are worth is no reason to look again."""
LONG_CLOSE_SHARE = 0.02
_LONG = 192
"""With more slots than that, less near is good enough: another look takes long."""
_CLOSE = 0.001
_FREE_MOVES = (0.0, 0.0)
_MOVES = (0.16, 0.08, 0.04, 0.02, 0.01)
"""Parts of the mean price that a kWh of a car must gain to be drawn at another time."""
_TIMED_SHARE = 0.001
"""Cars as near to the bound, in parts of what they and the fleet save, are timed."""
_KEPT_SHARE = 0.001
_PEAK_STEPS = 3
_SOME_KWH = 0.01
_TINY = 1e-9


@dataclass(frozen=True, slots=True)
class _Timing:
    """The cars at some powers, and the fleet around them."""

    cars_kw: CarPowers
    home: Home
    values: Values | None
    objective: float


def plan_site(
    problem: Problem, running: Plan | None, now: datetime, plan_one: PlanOne
) -> Plan:
    """Return the plan for a coupled problem; its `solve_ms` is left at 0."""
    site = Site(aimed(problem))
    without = baseline_site(site)
    program, solver, failure = None, "coupled", None
    try:
        program = SiteProgram(site)
    except SolverMissingError:
        solver, failure = "merged", MISSING
    except SolverFailedError:
        solver, failure = "merged", STOPPED
    timing = timed(site, program, without)
    timing = _kept(site, timing, going_on(site, running, now), without)
    outcome = plan_one(timing.home, baseline(timing.home), running, now)
    before = told_before(site, running, now)
    # What prices may become is known to the fleet's own plan alone.
    spread = problem.price_spread is not None
    chances = None if spread else SiteChances.of(site)
    judge = Judge(site, chances)
    orders = split_orders(site, outcome.orders, timing.cars_kw, before)
    best = judge.way(orders, timing.cars_kw)
    plain = without if chances is None else chances.without()
    if program is not None and not spread and judge.is_quick:
        look = partial(
            _by_battery, judge, program, timing.cars_kw, before, outcome.values
        )
        saving = max(0.0, without.cost + without.wear - program.bound)
        best, failure = _closer(timing.home, program.bound, best, saving, look)
    accepted = _is_better(best.judged, plain) or (spread and outcome.accepted)
    if not accepted:
        # That the cars wait may gain something all the same.
        follow = [[FOLLOW] * len(site.units)] * site.count
        best = judge.way(follow, timing.cars_kw)
        accepted = _is_better(best.judged, plain)
    chosen = Chosen(
        solver,
        outcome,
        best.orders,
        best.replay,
        bound=None if program is None or problem.price_spread else program.bound,
        accepted=accepted,
        failure=failure,
    )
    return assemble_site(site, chosen, without, problem)


def _closer(
    home: Home,
    bound: float,
    best: Way,
    saving: float,
    look: Callable[[float], Iterator[Way]],
) -> tuple[Way, str | None]:
    """Return what is nearer to the bound, where the fleet's orders are far from it.

    And `STOPPED` where looking for it was given up before it was done. On a long
    horizon the fleet's orders change but where that gains enough, so others have to
    gain what their changes are worth as well. The bound is that of what is expected:
    near to it there is little to gain on the mean of what may come either.
    """
    is_long = home.count > _LONG
    price = price_of_change(home, saving) / len(best.orders[0]) if is_long else 0.0
    share = LONG_CLOSE_SHARE if is_long else CLOSE_SHARE
    trifle = _CLOSE + _FEW_CHANGES * price
    if best.replay.objective <= bound + trifle + share * saving:
        return best, None
    try:
        for rival in look(price):
            more = price * (rival.changes - best.changes)
            if rival.judged.objective + more < best.judged.objective - _CLOSE:
                best = rival
                if is_long and rival.judged is rival.replay:
                    break
    except SolverFailedError:
        return best, STOPPED
    return best, None


def timed(site: Site, program: SiteProgram | None, without: SiteReplay) -> _Timing:
    """Return when the cars charge."""
    if program is not None:
        schedule = program.relaxed
        saving = max(0.0, without.objective - program.bound)
        enough = program.bound + _TIMED_SHARE * saving
        peaks = peaks_of(site, schedule.imported)
        return _best_timing(site, schedule.cars_kw, peaks, enough)
    found = [
        _best_timing(site, eager_cars(site), peaks) for peaks in _guessed_peaks(site)
    ]
    return min(found, key=lambda timing: timing.objective)


def _kept(
    site: Site, timing: _Timing, cars_kw: CarPowers | None, without: SiteReplay
) -> _Timing:
    """Return the cars as they were planned, where other times gain but a trifle."""
    if cars_kw is None:
        return timing
    kept = _timing(site, cars_kw, timing.home.import_max)
    trifle = _CLOSE + _KEPT_SHARE * max(0.0, without.objective - timing.objective)
    return kept if kept.objective <= timing.objective + trifle else timing


def _guessed_peaks(site: Site) -> Iterator[list[float]]:
    """Yield how high the import may rise: from no further to as without a plan."""
    demand = site.problem.demand
    if demand is None:
        yield [inf] * site.count
        return
    imported = [step.imported for step in baseline_site(site).steps]
    lowest = demand.peak_kw * site.step_h
    highest = max(lowest, highest_import_kw(site, imported) * site.step_h)
    for step in range(_PEAK_STEPS):
        peak = lowest + (highest - lowest) * step / (_PEAK_STEPS - 1)
        yield [peak if on else inf for on in demand.window]


def _best_timing(
    site: Site, cars_kw: CarPowers, peaks: Sequence[float], enough: float = -inf
) -> _Timing:
    """Return the best of some timings, each made from the worth after another.

    First the cars move freely. That may be too far, for it changes what energy is
    worth; so then, from the beginning again, a kWh moves where it gains enough, which
    is less and less. It ends early with a timing that costs no more than `enough`.
    """
    first = best = around = _timing(site, snapped(site, cars_kw), peaks)
    mean = fsum(map(abs, site.buy)) / site.count
    for move in (*_FREE_MOVES, *_MOVES) if site.problem.cars else ():
        if best.objective <= enough:
            break
        if move == _MOVES[0]:
            around = first
        powers = retimed(
            site, around.home, around.values, around.cars_kw, move=move * mean
        )
        found = _timing(site, powers, peaks)
        if not move or found.objective < around.objective:
            around = found
        best = min(best, found, key=lambda timing: timing.objective)
    return best


def _timing(site: Site, cars_kw: CarPowers, peaks: Sequence[float]) -> _Timing:
    """Return the cars with what the fleet comes to around them."""
    home = fleet_home(site, cars_kw, peaks)
    values = fleet_values(home)
    if values is None:
        replay = baseline(home)
    else:
        replay = replay_setpoints(home, setpoints(home, values))
    demand = demand_cost(site, [flow.imported for flow in replay.flows])
    return _Timing(cars_kw, home, values, replay.objective + demand)


def _by_battery(  # noqa: PLR0913, PLR0917 - bound by the caller
    judge: Judge,
    program: SiteProgram,
    cars_kw: CarPowers,
    before: Told,
    values: Values | None,
    price: float,
) -> Iterator[Way]:
    """Yield ways of the program's own schedule.

    By its prices and by its levels; where a change has a price, by its prices with
    some of that in every slot, for a change pays over several. Where other things may
    come, by `values` as well, what energy is worth on the mean of them. Raises
    SolverFailedError when the program's bounds are reached.
    """
    schedule = program.best(cars_kw)
    cars_kw = schedule.cars_kw
    chooser = SiteOrders(judge.site, schedule, program.until, before)
    shares: tuple[float, ...] = _CHANGE_SHARES
    if judge.chances is not None:
        shares = shares[:1]
        yield judge.way(
            chooser.choose(change=shares[0] * price, values=values), cars_kw
        )
    if price > 0:
        for share in shares:
            yield judge.way(chooser.choose(change=share * price), cars_kw)
        return
    for strict in (False, True):
        yield judge.way(chooser.choose(strict=strict), cars_kw)


def _is_better(ours: SiteReplay | SiteMean, without: SiteReplay | SiteMean) -> bool:
    """Return whether a plan is worth carrying out instead of the baseline.

    As `engine.plan` has it: better with wear counted and not dearer in money, but
    keeping a limit is worth any money.
    """
    if abs(without.broken_kwh - ours.broken_kwh) > _SOME_KWH:
        return ours.penalties < without.penalties
    return (
        ours.objective < without.objective - _TINY and ours.cost <= without.cost + _TINY
    )
