"""The hold for a car, as the plan sees it: what a battery will not give meanwhile.

How long a car goes on drawing nobody tells, so it is taken for an hour from now, each
time a plan is made. In these slots nothing that a battery could serve is left of the
home's load, unless the hold lets it serve the home, and selling brings nothing: so
the planned level does not fall where control keeps it up. The car's own energy is no
load that the plan could do anything about. What the grid serves meanwhile is in
neither cost, the plan's or that without one.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Final

from .problem import Problem

EXPECTED: Final = timedelta(hours=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Held:
    """That batteries are held, and until when that is expected.

    With `serves_home` they may still give what the home itself needs.
    """

    until: datetime
    serves_home: bool


def while_held(problem: Problem, held: Held | None) -> Problem:
    """Return the problem without what a held battery cannot do."""
    if held is None:
        return problem
    slots = [start < held.until for start in problem.grid.starts()]
    if not held.serves_home:
        problem = replace(
            problem,
            load_kw=_served(problem.load_kw, problem.solar_kw, slots),
            scenarios=tuple(
                replace(each, load_kw=_served(each.load_kw, each.solar_kw, slots))
                for each in problem.scenarios
            ),
        )
    if not problem.battery_export:
        return problem
    sold = problem.counted_export_per_kwh or problem.export_per_kwh
    return replace(
        problem,
        counted_import_per_kwh=problem.counted_import_per_kwh or problem.import_per_kwh,
        counted_export_per_kwh=tuple(
            min(0.0, price) if held_now else price
            for price, held_now in zip(sold, slots, strict=True)
        ),
    )


def _served(
    load_kw: Sequence[float], solar_kw: Sequence[float], slots: Sequence[bool]
) -> tuple[float, ...]:
    """Return the load without what the sun does not serve in some slots."""
    return tuple(
        min(load, sun) if held_now else load
        for load, sun, held_now in zip(load_kw, solar_kw, slots, strict=True)
    )
