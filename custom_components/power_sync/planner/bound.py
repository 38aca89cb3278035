"""What no schedule of a home with one battery can cost less than."""

from dataclasses import replace

from .exact import setpoints, solve_exact
from .home import Home
from .stages import Stage, convex_hull, stages_of


def bound_of(
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
