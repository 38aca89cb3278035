"""The exact solver for convex costs: slopes merged backwards.

The least cost from a slot on is a convex piecewise linear function of the
stored energy. One slot earlier it is the infimal convolution with that slot's
cost, which for convex piecewise linear functions is a merge of their pieces by
slope, cut to the battery's range. No grid of SOC levels, no iteration, no
solver library: the result is the optimum up to rounding.
"""

from bisect import bisect_left
from collections.abc import Sequence
from itertools import accumulate
from operator import mul, sub
from typing import override

from .home import Home
from .stages import Stage
from .values import Margin, Values

_TINY = 1e-12
_TIE = 1e-10
"""Slopes (money per kWh) nearer than this are equal."""


class ConvexValues(Values):
    """Values whose worth per kWh only falls as the battery fills."""

    def __init__(
        self,
        stages: list[Stage],
        pieces: list[tuple[list[float], list[float]]],
        span_kwh: float,
    ) -> None:
        """Take the stages and, after each slot, slopes and lengths of the cost."""
        self._stages = stages
        self._pieces = pieces
        self._span = span_kwh
        # Where the pieces begin, and the cost there, once they are asked for.
        self._edges: list[list[float] | None] = [None] * len(pieces)
        self._costs: list[list[float] | None] = [None] * len(pieces)

    def followed_by(self, whole: ConvexValues) -> ConvexValues:
        """Return the values of `whole`, but in the slots that these have."""
        pieces = self._pieces + whole._pieces[len(self._pieces) :]
        return ConvexValues(whole._stages, pieces, self._span)

    @classmethod
    def mean(
        cls,
        values: Sequence[ConvexValues],
        weights: Sequence[float],
        stages: list[Stage],
    ) -> ConvexValues:
        """Return the mean of values of one battery, for slots that cost `stages`.

        The weights add up to 1.
        """
        pieces = [
            _mean_pieces([each.slopes_of(at) for each in values], weights)
            for at in range(len(stages))
        ]
        return cls(stages, pieces, sum(pieces[0][1]))

    def slopes_of(self, index: int) -> tuple[list[float], list[float]]:
        """Return where the pieces after slot `index` begin and end, and slopes."""
        return self._edges_of(index), self._pieces[index][0]

    def _edges_of(self, index: int) -> list[float]:
        edges = self._edges[index]
        if edges is None:
            edges = list(accumulate(self._pieces[index][1], initial=0.0))
            self._edges[index] = edges
        return edges

    @override
    def at(self, index: int, energy: float) -> float:
        edges = self._edges_of(index)
        slopes, lengths = self._pieces[index]
        costs = self._costs[index]
        if costs is None:
            costs = list(
                accumulate(map(mul, slopes, lengths, strict=True), initial=0.0)
            )
            self._costs[index] = costs
        piece = min(max(bisect_left(edges, energy) - 1, 0), len(slopes) - 1)
        return costs[piece] + slopes[piece] * (energy - edges[piece])

    @override
    def margin(self, index: int, energy: float, slack: float) -> Margin:
        edges = self._edges_of(index)
        slopes = self._pieces[index][0]
        last = len(slopes) - 1
        below = min(max(bisect_left(edges, energy - slack) - 1, 0), last)
        above = min(max(bisect_left(edges, energy + slack) - 1, 0), last)
        return Margin(-slopes[below], -slopes[above])

    @override
    def best(self, index: int, energy: float) -> tuple[float, float]:
        # From the most charging on, take energy out for as long as that saves
        # more than the energy left behind would be worth.
        stage = self._stages[index]
        edges = self._edges_of(index)
        slopes = self._pieces[index][0]
        bottom, top = min(0.0, energy), max(self._span, energy)
        taken = stage.lowest
        left = energy - taken
        piece = min(max(bisect_left(edges, left - _TINY) - 1, 0), len(slopes) - 1)
        least: float | None = None
        for slope, length in stage.pieces:
            until = taken + length
            while until - taken > _TINY:
                if left > top + _TINY:
                    step = min(until - taken, left - top)
                elif left <= bottom + _TINY:
                    return (taken if least is None else least), taken
                else:
                    while piece > 0 and edges[piece] >= left - _TINY:
                        piece -= 1
                    gain = slopes[piece] - slope
                    if gain < -_TIE:
                        return (taken if least is None else least), taken
                    if gain <= _TIE and least is None:
                        least = taken
                    edge = edges[piece] if piece > 0 else bottom
                    step = min(until - taken, left - edge)
                taken += step
                left -= step
        return (taken if least is None else least), taken


def _mean_pieces(
    every: Sequence[tuple[list[float], list[float]]], weights: Sequence[float]
) -> tuple[list[float], list[float]]:
    """Return slopes and lengths of the weighted mean of (edges, slopes)."""
    # Where a slope changes, by how much the mean does; all begin at 0.
    steps: list[tuple[float, float]] = []
    first = 0.0
    for (edges, slopes), weight in zip(every, weights, strict=True):
        first += weight * slopes[0]
        changes = map(sub, slopes[1:], slopes[:-1], strict=True)
        steps.extend(
            (edge, weight * change)
            for edge, change in zip(edges[1:-1], changes, strict=True)
        )
    steps.sort()
    end = max(edges[-1] for edges, _ in every)
    starts = [0.0, *(edge for edge, _ in steps)]
    ends = [*starts[1:], end]
    mean = list(accumulate((change for _, change in steps), initial=first))
    return mean, list(map(sub, ends, starts, strict=True))


def solve_exact(
    home: Home,
    stages: list[Stage],
    end: tuple[list[float], list[float]] | None = None,
) -> ConvexValues:
    """Return the values for convex `stages`. The battery's span must not be 0.

    `end` is the cost after the last of them, as ascending slopes and their lengths
    over the span; by default the leftover is worth the same for every kWh.
    """
    slopes, lengths = end or ([-home.leftover], [home.span_kwh])
    pieces = []
    for stage in reversed(stages):
        pieces.append((slopes, lengths))
        slopes, lengths = slopes[:], lengths[:]
        highest = stage.lowest
        for slope, length in stage.pieces:
            highest += length
            place = bisect_left(slopes, slope)
            if place < len(slopes) and slopes[place] == slope:
                lengths[place] += length
            else:
                slopes.insert(place, slope)
                lengths.insert(place, length)
        # What was charged from below the range and left above it is cut off.
        first = _cut(lengths, -stage.lowest)
        lengths.reverse()
        last = len(lengths) - _cut(lengths, highest)
        lengths.reverse()
        if first or last < len(lengths):
            slopes, lengths = slopes[first:last], lengths[first:last]
    pieces.reverse()
    return ConvexValues(stages, pieces, home.span_kwh)


def _cut(lengths: list[float], excess: float) -> int:
    """Shorten the first lengths by `excess`; return how many go completely."""
    gone = 0
    while excess > _TINY and gone < len(lengths):
        if lengths[gone] > excess + _TINY:
            lengths[gone] -= excess
            break
        excess -= lengths[gone]
        gone += 1
    return gone


def setpoints(home: Home, values: Values) -> list[float]:
    """Return the best AC kWh per slot (+ discharge) if any power could be set.

    Where several are equally good, the one nearest to self-consumption.
    """
    energy, result = home.start_kwh, []
    for index in range(home.count):
        least, most = values.best(index, energy)
        wanted = home.within(index, home.net[index], energy)
        follow = energy - home.after(wanted, energy)
        taken = min(max(follow, least), most)
        battery = taken * home.out_of_cells if taken > 0 else taken / home.into_cells
        battery = home.within(index, battery, energy)
        result.append(battery)
        energy = home.after(battery, energy)
    return result
