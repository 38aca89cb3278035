"""What a kWh out of the cells saves in each slot, as slopes.

Taking u kWh out of the cells (negative: putting in) costs a piecewise linear
function of u in every slot. Its pieces in ascending u are (slope, length): the
money per kWh taken out, negative where taking out saves. Ascending slopes make
the function convex, which all prices with 0 <= export <= import do.
"""

from typing import NamedTuple

from .home import TINY_KWH, Home

type Piece = tuple[float, float]


class Stage(NamedTuple):
    """One slot: the most that can be put in (u <= 0), then its pieces."""

    lowest: float
    pieces: list[Piece]


def stages_of(home: Home) -> tuple[list[Stage], bool]:
    """Return the stages of all slots, and whether every one is convex."""
    stages = [_stage(home, index) for index in range(home.count)]
    convex = all(
        before[0] <= after[0]
        for stage in stages
        for before, after in zip(stage.pieces, stage.pieces[1:], strict=False)
    )
    return stages, convex


def _stage(home: Home, index: int) -> Stage:
    net = home.net[index]
    buy, sell = home.import_price[index], home.export_price[index]
    eta_in, eta_out, wear = home.into_cells, home.out_of_cells, home.wear
    charge, discharge = home.charge_max[index], home.discharge_max[index]
    pieces: list[Piece] = []
    if charge > TINY_KWH:
        # From the grid, then from sun that could be sold, then from sun that
        # would be curtailed.
        sun = min(charge, max(0.0, -net))
        spare = min(charge, max(0.0, -net - home.export_max[index]))
        for kwh, price in (
            (charge - sun, buy),
            (sun - spare, sell),
            (spare, 0.0),
        ):
            if kwh > TINY_KWH:
                pieces.append((-price / eta_in, kwh * eta_in))
    if discharge > TINY_KWH:
        over = min(discharge, max(0.0, net - home.import_max[index]))
        home_part = min(discharge, max(0.0, net))
        for kwh, price in (
            (over, buy + home.penalty),
            (home_part - over, buy),
            (discharge - home_part, sell),
        ):
            if kwh > TINY_KWH:
                pieces.append(((wear - price) * eta_out, kwh / eta_out))
    return Stage(-charge * eta_in if charge > TINY_KWH else 0.0, pieces)


def convex_hull(stages: list[Stage]) -> list[Stage]:
    """Return the largest convex costs that are nowhere above the given ones.

    Each end of a piece keeps or lowers its cost, so the cheapest schedule for
    the result costs no more than any schedule for `stages`.
    """
    return [Stage(stage.lowest, _hull(stage.pieces)) for stage in stages]


def _hull(pieces: list[Piece]) -> list[Piece]:
    """Merge neighbours whose slopes descend, until all ascend."""
    merged: list[Piece] = []
    for piece in pieces:
        slope, length = piece
        while merged and merged[-1][0] > slope:
            before, before_length = merged.pop()
            total = before_length + length
            slope = (before * before_length + slope * length) / total
            length = total
        merged.append((slope, length))
    return merged
