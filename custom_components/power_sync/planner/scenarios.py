"""What may come instead of the forecast, and what stored energy is worth then.

Plans are made anew before long, so only the first step is shared by all that may
come: after it each scenario is known. The least cost from a slot on is then the mean
of those of the scenarios,

    V(t, e) = sum over s of  weight(s) * V(s, t, e)

and a mean of convex functions is convex: its slopes are the weighted means of theirs
on the union of their pieces. So energy is kept for a day that may stay dark, and
room for one that may be sunny, by as much as the chance of it is worth.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from math import fsum
from operator import mul
from typing import NamedTuple

from .exact import ConvexValues, solve_exact
from .home import Home, Order
from .problem import Problem, Scenario
from .replay import Replay, baseline, replay_orders
from .stages import Stage, convex_hull, stages_of

SUN_WEIGHTS = (0.25, 0.5, 0.25)
"""Of little, of the expected and of much sun."""
LOAD_LEVELS = (0.7, 1.15)
"""What a load comes to, of what was expected; both are as likely.

The middle is below what is expected: that is a mean, and few hours with much hold a
part of it. Of 6 hours, two recorded homes use less in 65 and 58 %; their quarters lie
at 0.63 and 1.18, and at 0.90 and 1.07. One pair of levels serves both.
"""


def scenarios_of(
    sun_kw: Sequence[Sequence[float]], load_kw: Sequence[float]
) -> tuple[Scenario, ...]:
    """Return the scenarios of every sun with every load.

    `sun_kw` is little, expected and much sun per slot, or one sun that is sure.
    """
    weights = SUN_WEIGHTS if len(sun_kw) == len(SUN_WEIGHTS) else (1.0,) * len(sun_kw)
    whole = len(LOAD_LEVELS) * fsum(weights)
    return tuple(
        Scenario(
            weight=weight / whole,
            solar_kw=tuple(sun),
            load_kw=tuple(level * kw for kw in load_kw),
        )
        for weight, sun in zip(weights, sun_kw, strict=True)
        for level in LOAD_LEVELS
    )


class Mean(NamedTuple):
    """What a plan comes to on the mean of the scenarios; see `replay.Judged`."""

    cost: float
    objective: float
    over_import_kwh: float


@dataclass(frozen=True, slots=True)
class Chances:
    """A home as it may come, with what each is likely."""

    homes: tuple[Home, ...]
    weights: tuple[float, ...]

    @classmethod
    def of(cls, home: Home) -> Chances | None:
        """Return the homes of a problem's scenarios; None where it has none."""
        problem = home.problem
        if not problem.scenarios:
            return None
        whole = fsum(each.weight for each in problem.scenarios)
        return cls(
            tuple(_homes(problem, home.leftover)),
            tuple(each.weight / whole for each in problem.scenarios),
        )

    def values(self, stages: list[Stage]) -> ConvexValues:
        """Return the mean least cost from every slot on.

        `stages` are the slots' own costs, in the home that is expected.
        """
        solved = []
        for home in self.homes:
            its, convex = stages_of(home)
            solved.append(solve_exact(home, its if convex else convex_hull(its)))
        return ConvexValues.mean(solved, self.weights, stages)

    def mean(self, orders: Sequence[Order]) -> Mean:
        """Return what orders come to, carried out to the end."""
        return self._mean([replay_orders(home, orders) for home in self.homes])

    def without(self) -> Mean:
        """Return what the home comes to without a plan."""
        return self._mean([baseline(home) for home in self.homes])

    def _mean(self, replays: Sequence[Replay]) -> Mean:
        def mean(values: Iterable[float]) -> float:
            return fsum(map(mul, self.weights, values, strict=True))

        return Mean(
            cost=mean(replay.cost for replay in replays),
            objective=mean(replay.objective for replay in replays),
            over_import_kwh=mean(replay.over_import_kwh for replay in replays),
        )


def _homes(problem: Problem, leftover: float) -> Iterator[Home]:
    for each in problem.scenarios:
        yield Home(
            replace(
                problem,
                solar_kw=each.solar_kw,
                load_kw=each.load_kw,
                leftover_value_per_kwh=leftover,
                scenarios=(),
            )
        )
