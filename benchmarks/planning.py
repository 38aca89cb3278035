"""How fast a plan is made, and in how much memory."""

from collections.abc import Callable
from statistics import median
import subprocess
import sys
from time import perf_counter

from benchmarks.homes import TARIFFS, home
from benchmarks.textbook import solve_textbook
from custom_components.power_sync.planner import plan
from custom_components.power_sync.planner.exact import setpoints, solve_exact
from custom_components.power_sync.planner.home import Home
from custom_components.power_sync.planner.problem import Problem
from custom_components.power_sync.planner.stages import stages_of

_ROUNDS = 15
_TEXTBOOK_ROUNDS = 5


def solve(problem: Problem) -> list[float]:
    """Solve exactly, set-points read out: from the problem to kWh per slot."""
    unpacked = Home(problem)
    stages, _ = stages_of(unpacked)
    return setpoints(unpacked, solve_exact(unpacked, stages))


def _median_ms(act: Callable[[Problem], object], rounds: int) -> float:
    """Return the median time over all homes, after a round to warm up."""
    problems = [home(tariff) for tariff in TARIFFS]
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


def run() -> dict[str, float]:
    """Return the figures: medians over 48-hour problems of 576 slots."""
    exact_ms = _median_ms(solve, _ROUNDS)
    plan_ms = _median_ms(plan, _ROUNDS)
    textbook_ms = _median_ms(
        lambda problem: solve_textbook(Home(problem)), _TEXTBOOK_ROUNDS
    )
    return {
        "exact_ms": exact_ms,
        "plan_ms": plan_ms,
        "textbook_lp_ms": textbook_ms,
        "ratio_textbook": textbook_ms / exact_ms,
        "exact_rss_mb": _fresh_process_mb(),
    }
