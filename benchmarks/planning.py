"""How fast a plan is made, and in how much memory."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from statistics import median
import subprocess
import sys
from time import perf_counter

from benchmarks import many
from benchmarks.coupled import (
    best_of_milp,
    coupled_home,
    large_home,
    nonconvex_home,
    solve_segments,
    year_home,
)
from benchmarks.homes import TARIFFS, home
from benchmarks.textbook import solve_textbook
from custom_components.power_sync.model.plan import Plan
from custom_components.power_sync.planner import plan
from custom_components.power_sync.planner.exact import setpoints, solve_exact
from custom_components.power_sync.planner.home import Home
from custom_components.power_sync.planner.problem import Problem, Scenario
from custom_components.power_sync.planner.scenarios import scenarios_of
from custom_components.power_sync.planner.stages import stages_of

_ROUNDS = 15
_TEXTBOOK_ROUNDS = 5
_MILP_S = 60.0
_MARKETS = ("half_hourly", "wholesale")


def solve(problem: Problem) -> list[float]:
    """Solve exactly, set-points read out: from the problem to kWh per slot."""
    unpacked = Home(problem)
    stages, _ = stages_of(unpacked)
    return setpoints(unpacked, solve_exact(unpacked, stages))


def plan_for_three(problem: Problem) -> Plan:
    """Plan for less, the expected and more sun."""
    scenarios = tuple(
        Scenario(
            weight=weight,
            solar_kw=tuple(level * kw for kw in problem.solar_kw),
            load_kw=problem.load_kw,
        )
        for weight, level in ((1, 0.5), (2, 1.0), (1, 1.4))
    )
    return plan(replace(problem, scenarios=scenarios))


def plan_for_chances(problem: Problem) -> Plan:
    """Plan for half and for much of the sun as well as for the expected one."""
    suns = [[level * kw for kw in problem.solar_kw] for level in (0.5, 1.0, 1.4)]
    return plan(replace(problem, scenarios=scenarios_of(suns, problem.load_kw)))


def _median_ms(
    act: Callable[[Problem], object],
    rounds: int,
    problems: Sequence[Problem] = tuple(map(home, TARIFFS)),
) -> float:
    """Return the median time over all homes, after a round to warm up."""
    times = []
    for round_ in range(rounds + 1):
        for problem in problems:
            started = perf_counter()
            act(problem)
            if round_:
                times.append((perf_counter() - started) * 1000)
    return median(times)


def _fresh_process_mb() -> float:
    code = (
        "from scripts.bare_package import install_bare_package as bare; bare(); "
        "from benchmarks.memory import plan_once; plan_once()"
    )
    done = subprocess.run(  # noqa: S603 - our own interpreter and code
        [sys.executable, "-c", code], check=True, capture_output=True, text=True
    )
    return float(done.stdout)


def _coupled() -> dict[str, float]:
    """Return the figures of two batteries, a car and a demand charge.

    The gap is to the relaxation, in parts of what the plan saves; on 48 hours it has
    in it what is given up for fewer commands.
    """
    problems = [coupled_home(tariff) for tariff in TARIFFS]
    gaps = []
    for problem in problems:
        found = plan(problem)
        if found.gap is not None:
            saving = found.baseline_cost - found.cost + found.gap
            gaps.append(100 * found.gap / saving)
    return {
        "coupled_ms": _median_ms(plan, _TEXTBOOK_ROUNDS, problems),
        "coupled_scenarios_ms": _median_ms(plan_for_three, _TEXTBOOK_ROUNDS, problems),
        "coupled_gap_pct": median(gaps),
        "large_slowest_ms": max(_large_ms()),
    }


def _large_ms() -> Iterator[float]:
    """Yield how long homes with more than anybody has take, in three scenarios too."""
    for problem in map(large_home, TARIFFS):
        yield plan(problem).solve_ms
        yield plan_for_three(problem).solve_ms


def _note(found: Plan, name: str) -> float:
    """Return a figure of a plan's certificate."""
    value = found.notes[name]
    if not isinstance(value, float):
        raise TypeError(name)
    return value


def _nonconvex() -> dict[str, float]:
    """Return the figures of days on which import is paid for.

    The gap is that of the set-points to the optimum of a 60-second search, in parts
    of the optimum: neither knows of modes, nor that a change of them must gain
    something. `nonconvex_plan_gap_pct` is that of the plan, in which both count.
    """
    problems = [nonconvex_home(tariff) for tariff in _MARKETS]
    gaps, plan_gaps = [], []
    for problem in problems:
        best = best_of_milp(Home(problem), _MILP_S)
        found = plan(problem)
        over = found.cost + _note(found, "wear_cost") - best
        given_up = _note(found, "mode_loss") + _note(found, "steadiness_cost")
        plan_gaps.append(100 * over / abs(best))
        gaps.append(100 * (over - given_up) / abs(best))
    return {
        "nonconvex_ms": _median_ms(plan, _TEXTBOOK_ROUNDS, problems),
        "nonconvex_gap_pct": max(gaps),
        "nonconvex_plan_gap_pct": max(plan_gaps),
    }


def _year_s() -> float:
    """Return how long a year of 5-minute slots takes to solve exactly."""
    problem = year_home()
    started = perf_counter()
    solve(problem)
    return perf_counter() - started


def run() -> dict[str, float]:
    """Return the figures: medians over 48-hour problems of 576 slots."""
    exact_ms = _median_ms(solve, _ROUNDS)
    plan_ms = _median_ms(plan, _ROUNDS)
    scenarios_ms = _median_ms(plan_for_chances, _TEXTBOOK_ROUNDS)
    textbook_ms = _median_ms(
        lambda problem: solve_textbook(Home(problem)), _TEXTBOOK_ROUNDS
    )
    return {
        "exact_ms": exact_ms,
        "plan_ms": plan_ms,
        "plan_scenarios_ms": scenarios_ms,
        "segment_lp_ms": _median_ms(
            lambda problem: solve_segments(Home(problem)), _TEXTBOOK_ROUNDS
        ),
        "textbook_lp_ms": textbook_ms,
        "ratio_textbook": textbook_ms / exact_ms,
        "exact_rss_mb": _fresh_process_mb(),
        **_coupled(),
        **_nonconvex(),
        "year_exact_s": _year_s(),
        **many.run(),
    }
