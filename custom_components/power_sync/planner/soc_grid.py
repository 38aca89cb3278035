"""The solver for non-convex costs: values on a grid of SOC levels.

Where import is paid for or export pays more than import costs, half a slot of
one thing and half of another beats both, and slopes cannot be merged. Here the
cost-to-go is a table per slot, filled backwards. The moves tried are whole
steps of the grid and the kinks of the slot's cost (follow the home, full power,
the export limit), the latter valued by linear interpolation. The result is
close to the optimum, not equal to it; the certificate says how close.
"""

from itertools import pairwise
from math import ceil, floor, inf
from typing import override

from .home import Home
from .stages import Stage
from .values import Margin, Values

_LEVELS = 96
"""SOC levels above the reserve, where power does not ask for fewer."""
_STEPS_PER_SLOT = 8
"""Grid steps that a slot of full power crosses at most."""
_TINY = 1e-9


class GridValues(Values):
    """Values on equidistant levels, straight lines between them."""

    def __init__(
        self,
        kinks: list[list[tuple[float, float]]],
        tables: list[list[float]],
        step_kwh: float,
    ) -> None:
        """Take the kinks (kWh taken, cost) of each slot and the costs after it."""
        self._kinks = kinks
        self._tables = tables
        self._step = step_kwh
        # The same levels are asked for by one way of choosing orders and the next.
        self._known: dict[tuple[int, float], float] = {}

    @override
    def at(self, index: int, energy: float) -> float:
        table = self._tables[index]
        place = energy / self._step
        cell = min(max(int(place), 0), len(table) - 2)
        return table[cell] + (place - cell) * (table[cell + 1] - table[cell])

    @override
    def margin(self, index: int, energy: float, slack: float) -> Margin:
        table, last = self._tables[index], len(self._tables[index]) - 2
        place, near = energy / self._step, slack / self._step
        below = min(max(ceil(place - near) - 1, 0), last)
        above = min(max(floor(place + near), 0), last)
        return Margin(
            (table[below] - table[below + 1]) / self._step,
            (table[above] - table[above + 1]) / self._step,
        )

    @override
    def best(self, index: int, energy: float) -> tuple[float, float]:
        best = self._known.get((index, energy))
        if best is None:
            best = self._known[index, energy] = self._best(index, energy)
        return best, best

    def _best(self, index: int, energy: float) -> float:
        """Return the kWh to take out of the cells that cost least."""
        kinks, step = self._kinks[index], self._step
        span = step * (len(self._tables[index]) - 1)
        low = max(kinks[0][0], energy - max(span, energy))
        high = min(kinks[-1][0], energy - min(0.0, energy))
        first = max(0, ceil((energy - high) / step))
        final = min(len(self._tables[index]) - 1, floor((energy - low) / step))
        tries = {low, high, 0.0, *(taken for taken, _ in kinks)}
        tries.update(energy - level * step for level in range(first, final + 1))
        found, best = inf, 0.0
        for taken in sorted(tries):
            if low <= taken <= high:
                cost = _cost_at(kinks, taken) + self.at(index, energy - taken)
                if cost < found - _TINY:
                    found, best = cost, taken
        return best


def _kinks(stage: Stage) -> list[tuple[float, float]]:
    """Return (kWh taken, cost) where the slope of the cost changes, and its ends."""
    taken, cost = stage.lowest, 0.0
    kinks = [(taken, cost)]
    for slope, length in stage.pieces:
        taken += length
        cost += slope * length
        kinks.append((taken, cost))
    return kinks


def _cost_at(kinks: list[tuple[float, float]], taken: float) -> float:
    """Return the cost of taking `taken` kWh, which lies between the ends."""
    before, cost_before = kinks[0]
    for at, cost in kinks[1:]:
        if taken <= at:
            share = (taken - before) / (at - before)
            return cost_before + share * (cost - cost_before)
        before, cost_before = at, cost
    return cost_before


def solve_grid(home: Home, stages: list[Stage]) -> GridValues:
    """Return the values for any `stages`. The battery's span must not be 0."""
    battery = home.problem.battery
    most_kwh = home.step_h * max(
        battery.max_charge_kw * home.into_cells,
        battery.max_discharge_kw / home.out_of_cells,
    )
    step = max(home.span_kwh / _LEVELS, most_kwh / _STEPS_PER_SLOT)
    cells = max(1, ceil(home.span_kwh / step - _TINY))
    step = home.span_kwh / cells
    table = [-home.leftover * step * level for level in range(cells + 1)]
    all_kinks = [_kinks(stage) for stage in stages]
    tables = []
    for kinks in reversed(all_kinks):
        tables.append(table)
        table = _one_slot_earlier(table, kinks, step)
    tables.reverse()
    return GridValues(all_kinks, tables, step)


def _one_slot_earlier(
    after: list[float], kinks: list[tuple[float, float]], step: float
) -> list[float]:
    """Return the cost-to-go at the start of a slot from that at its end."""
    moves = dict(kinks)
    for steps in range(
        ceil(kinks[0][0] / step - _TINY), floor(kinks[-1][0] / step + _TINY) + 1
    ):
        moves[steps * step] = _cost_at(kinks, max(kinks[0][0], steps * step))
    best = [inf] * len(after)
    for taken, cost in moves.items():
        steps = floor(taken / step + _TINY)
        share = taken / step - steps
        # From level i the move lands between levels i - steps - 1 and i - steps.
        if share < _TINY:
            landing = after
        else:
            landing = [
                share * low + (1 - share) * high for low, high in pairwise(after)
            ]
            steps += 1
        if steps >= 0:
            start, values = steps, landing
        else:
            start, values = 0, landing[-steps:]
        best[start:] = [
            old if old < (new := cost + value) else new
            for old, value in zip(best[start:], values, strict=False)
        ] + best[start + len(values) :]
    return best
