"""What stored energy is worth where prices are known as chances only.

After the last firm price the future is a Markov chain of price classes
(`prices/spread.py`). With V(t, k, e) the least expected cost from half-hour t on,
its price being of class k and e kWh stored:

    V(t, k, e) = min over u of  cost(t, k, u) + sum over j of P(j | k) V(t+1, j, e-u)

The decision of each half-hour is made when its price is known and not before, so
waiting for a spike is worth what the chance of one is worth, and no more. For each
class V is convex in e and kept as its slopes on equal cells of energy: a slot's cost
is merged in by slope, as in `exact.py`, and an expectation is a mean of slopes.
"""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from math import sumprod

from custom_components.power_sync.model.timegrid import TimeGrid, floor_time
from custom_components.power_sync.prices.spread import (
    CLASSES,
    HALF_HOUR,
    Place,
    PriceSpread,
)

from .assemble import Outcome
from .exact import ConvexValues, solve_exact
from .home import FOLLOW, Home
from .in_force import InForce
from .modes import choose_orders
from .problem import Problem
from .replay import Replay, replay_orders
from .stages import Stage, convex_hull, stages_of
from .steady import price_of_change, steady_orders

CELLS = 40
"""Cells of energy between the reserve and the top."""

_TINY = 1e-9

type _Slopes = list[float]


def firm_slots(problem: Problem) -> int:
    """Return how many slots from the first on have a firm price."""
    return next(
        (index for index, firm in enumerate(problem.firm) if not firm),
        problem.grid.count,
    )


def worth_after_firm(home: Home) -> _Slopes | None:
    """Return the slopes of the expected cost at the end of the firm prices.

    Money per kWh in the cells, for `CELLS` equal parts of the span from the reserve
    up; ascending, and negative where energy is worth something. None where the
    problem has no spread, no firm price to start from, nothing after it, or slots
    that half-hours are not made of.
    """
    problem = home.problem
    spread, firm = problem.price_spread, firm_slots(problem)
    whole = HALF_HOUR % problem.grid.step == timedelta(0)
    if spread is None or not whole or not 0 < firm < problem.grid.count:
        return None
    last = firm - 1
    here = problem.grid.slot_start(last)
    place = spread.place(
        spread.half_hour(here),
        (problem.import_per_kwh[last], problem.export_per_kwh[last]),
    )
    begin = problem.grid.slot_start(firm)
    boundary = min(
        floor_time(begin + HALF_HOUR - problem.grid.step, HALF_HOUR), problem.grid.end
    )
    tables = [[-home.leftover] * CELLS for _ in range(CLASSES)]
    count = (problem.grid.end - boundary) // HALF_HOUR
    cell = home.span_kwh / CELLS
    if count:
        grid = TimeGrid(boundary, HALF_HOUR, count)
        stages = _stages(home, spread, grid)
        for index in reversed(range(count)):
            after = tables
            if index < count - 1:
                after = _expected(spread, grid.slot_start(index), tables)
            tables = [
                _earlier(slopes, stages[kind][index], cell)
                for kind, slopes in enumerate(after)
            ]
    tables = _expected(spread, here, tables)
    if begin < boundary:
        # The rest of the half-hour goes on as it began.
        stages = _stages(home, spread, TimeGrid(begin, boundary - begin, 1))
        tables = [
            _earlier(slopes, stages[kind][0], cell)
            for kind, slopes in enumerate(tables)
        ]
    return _mixed(tables, place)


def _expected(
    spread: PriceSpread, start: datetime, tables: list[_Slopes]
) -> list[_Slopes]:
    """Return the slopes expected in each class of the half-hour from `start`."""
    columns = list(zip(*tables, strict=True))
    rows = spread.chances[spread.half_hour(start)]
    return [[sumprod(row, column) for column in columns] for row in rows]


def _mixed(tables: list[_Slopes], place: Place) -> _Slopes:
    rows = [[share * slope for slope in tables[kind]] for kind, share in place]
    return [sum(column) for column in zip(*rows, strict=True)]


def _stages(home: Home, spread: PriceSpread, grid: TimeGrid) -> list[list[Stage]]:
    """Return the stages of the slots of `grid` for each class of prices."""
    problem = home.problem
    per_slot = grid.step // problem.grid.step
    first = (grid.start - problem.grid.start) // problem.grid.step

    def means(values: Sequence[float]) -> tuple[float, ...]:
        return tuple(
            sum(values[at : at + per_slot]) / per_slot
            for at in range(first, first + per_slot * grid.count, per_slot)
        )

    base = replace(
        problem,
        grid=grid,
        import_per_kwh=(0.0,) * grid.count,
        export_per_kwh=(0.0,) * grid.count,
        firm=(False,) * grid.count,
        solar_kw=means(problem.solar_kw),
        load_kw=means(problem.load_kw),
        leftover_value_per_kwh=home.leftover,
        price_spread=None,
        scenarios=(),
    )
    slots = [spread.prices[spread.half_hour(start)] for start in grid.starts()]
    return [
        convex_hull(
            stages_of(
                Home(
                    replace(
                        base,
                        import_per_kwh=tuple(prices[kind][0] for prices in slots),
                        export_per_kwh=tuple(prices[kind][1] for prices in slots),
                    )
                )
            )[0]
        )
        for kind in range(CLASSES)
    ]


def _earlier(after: _Slopes, stage: Stage, cell_kwh: float) -> _Slopes:
    """Return the slopes at the start of a slot from those at its end."""
    pieces = sorted([*((slope, cell_kwh) for slope in after), *stage.pieces])
    skip, room, cost = -stage.lowest, cell_kwh, 0.0
    slopes: _Slopes = []
    for slope, piece_kwh in pieces:
        left = piece_kwh - skip
        skip = max(0.0, -left)
        while left >= room:
            slopes.append((cost + slope * room) / cell_kwh)
            if len(slopes) == len(after):
                return slopes
            left -= room
            room, cost = cell_kwh, 0.0
        if left > 0:
            cost += slope * left
            room -= left
    # What is missing of the last cell is rounding.
    return slopes + [pieces[-1][0]] * (len(after) - len(slopes))


def plan_on_spread(home: Home, without: Replay, in_force: InForce) -> Outcome | None:
    """Return the plan whose firm slots count on chances; None without a spread.

    What follows the firm prices is planned on the expected ones, for looking ahead
    only: nothing is bought or sold there.
    """
    worth = worth_after_firm(home)
    if worth is None:
        return None
    firm = firm_slots(home.problem)
    stages = convex_hull(stages_of(home)[0])
    cells = [home.span_kwh / CELLS] * CELLS
    head = solve_exact(home, stages[:firm], (worth, cells))
    values = head.followed_by(solve_exact(home, stages))
    orders = choose_orders(home, values, eager=True, in_force=in_force)
    replay = replay_orders(home, orders)
    ours = _expected_cost(home, replay, values, firm)
    plain = _expected_cost(home, without, values, firm)
    price = price_of_change(home, plain - ours)
    if price > 0:
        orders = steady_orders(home, values, in_force, price, eager=True, decided=firm)
        replay = replay_orders(home, orders)
        ours = _expected_cost(home, replay, values, firm)
    accepted = ours < plain - _TINY or (
        ours <= plain + _TINY and replay.cost < without.cost - _TINY
    )
    return Outcome(
        solver="spread",
        values=values,
        orders=orders if accepted else [FOLLOW] * home.count,
        replay=replay if accepted else without,
        without=without,
        ideal=replay,
        bound=None,
        bound_over_kwh=0.0,
        accepted=accepted,
    )


def _expected_cost(
    home: Home, replay: Replay, values: ConvexValues, firm: int
) -> float:
    """Return the cost of the firm slots and what is expected after them."""
    paid = sum(home.price_of(slot, replay.battery[slot]) for slot in range(firm))
    return paid + values.at(firm - 1, replay.energy[firm - 1])
