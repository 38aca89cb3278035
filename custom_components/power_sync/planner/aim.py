"""What a plan is for: the problem that is solved, where that is not the cheapest.

An objective is a change to the problem and none to the solver. So it is solved as
exactly as any other problem, and comes with the same certificate. Money is shown
at the true prices all the same.
"""

from dataclasses import replace

from .problem import Objective, Problem

_EARLIER = 0.001
"""By so much a kWh bought in the first slot weighs more than one in the last."""


def aimed(problem: Problem) -> Problem:
    """Return the problem to solve, whose prices are what the objective counts.

    For self-consumption these are the kWh bought, all of the same weight: the
    battery is neither charged from the grid nor sold from, and nothing is kept
    for a higher price or after the horizon. Of two plans that buy as much, the one
    that buys later weighs a little less, so the battery serves the home first.
    Where selling would cost money the sun is curtailed, as for any plan.

    For the lowest cost they are those that the user wants to be counted. Chances of
    true prices say nothing of those, so the plan goes without.
    """
    if problem.objective is Objective.LOWEST_COST:
        return _counted(problem)
    count = problem.grid.count
    return replace(
        problem,
        import_per_kwh=tuple(
            1.0 + _EARLIER * (count - slot) / count for slot in range(count)
        ),
        export_per_kwh=tuple(min(price, 0.0) for price in problem.export_per_kwh),
        battery=replace(problem.battery, wear_per_kwh=0.0),
        batteries=tuple(
            replace(battery, wear_per_kwh=0.0) for battery in problem.batteries
        ),
        demand=None,
        curtail_per_kwh=0.0,
        grid_charging=False,
        battery_export=False,
        leftover_value_per_kwh=0.0,
    )


def _counted(problem: Problem) -> Problem:
    bought, sold = problem.counted_import_per_kwh, problem.counted_export_per_kwh
    if not bought and not sold:
        return problem
    return replace(
        problem,
        import_per_kwh=bought or problem.import_per_kwh,
        export_per_kwh=sold or problem.export_per_kwh,
        counted_import_per_kwh=(),
        counted_export_per_kwh=(),
        price_spread=None,
    )
