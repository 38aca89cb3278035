"""A coupled home as a textbook mixed-integer program: an independent reference.

Written from the physics alone: per slot import, import above the limit, export and
curtailment; per battery charge, discharge and stored energy; per car its energy and
whether it is on; and binaries for the side of the meter and of the fleet.
"""

from collections.abc import Iterable
from math import inf

from scipy.optimize import (  # type: ignore[import-untyped]
    Bounds,
    LinearConstraint,
    milp,
)
from scipy.sparse import csc_array  # type: ignore[import-untyped]

from custom_components.power_sync.planner.problem import Problem
from custom_components.power_sync.planner.site import Site


class Milp:
    """Collects columns and rows."""

    def __init__(self) -> None:
        """Start with nothing."""
        self.costs: list[float] = []
        self.bounds: list[tuple[float, float]] = []
        self.whole: list[int] = []
        self.triplets: list[tuple[int, int, float]] = []
        self.sides: list[tuple[float, float]] = []

    def add(self, cost: float, high: float = inf, *, whole: bool = False) -> int:
        """Add a column from 0 to `high`."""
        self.costs.append(cost)
        self.bounds.append((0.0, high))
        self.whole.append(int(whole))
        return len(self.costs) - 1

    def row(self, terms: Iterable[tuple[int, float]], low: float, high: float) -> None:
        """Add a row."""
        for column, factor in terms:
            self.triplets.append((len(self.sides), column, factor))
        self.sides.append((low, high))

    def solve(self, seconds: float) -> float:
        """Return the optimum."""
        rows, columns, factors = zip(*self.triplets, strict=True)
        matrix = csc_array(
            (factors, (rows, columns)), shape=(len(self.sides), len(self.costs))
        )
        answer = milp(
            self.costs,
            integrality=self.whole,
            bounds=Bounds(*zip(*self.bounds, strict=True)),
            constraints=LinearConstraint(matrix, *zip(*self.sides, strict=True)),
            options={"time_limit": seconds, "mip_rel_gap": 1e-5},
        )
        assert answer.x is not None, answer.message
        return float(answer.fun)


def best_objective(  # noqa: C901, PLR0912, PLR0915 - one textbook program
    problem: Problem, *, seconds: float = 60.0
) -> float:
    """Return the least cost with wear that any set-points reach.

    For homes whose batteries start within their limits, without tapers, hybrid
    inverters or fuses, and whose cars leave within the horizon.
    """
    site, model = Site(problem), Milp()
    hours = site.step_h
    big = 1000.0
    stored = [unit.start for unit in site.units]
    before: list[int | None] = [None] * len(stored)
    cars: list[list[tuple[int, float]]] = [[] for _ in problem.cars]
    bought: list[int] = []
    for slot in range(site.count):
        imported = model.add(
            site.buy[slot],
            min(big, site.import_max[slot]),
        )
        exported = model.add(-site.sell[slot], min(big, site.export_max[slot]))
        curtailed = model.add(site.curtail, site.solar[slot])
        buys = model.add(0.0, 1.0, whole=True)
        model.row([(imported, 1.0), (buys, -big)], -inf, 0.0)
        model.row([(exported, 1.0), (curtailed, 1.0), (buys, big)], -inf, big)
        charges = model.add(0.0, 1.0, whole=True)
        balance = [(imported, 1.0), (exported, -1.0), (curtailed, -1.0)]
        taken, given = [], []
        for place, unit in enumerate(site.units):
            into = model.add(0.0, unit.charge)
            out = model.add(unit.wear, unit.discharge)
            last = slot == site.count - 1
            level = model.add(-unit.leftover if last else 0.0, unit.tops[slot])
            model.bounds[level] = (unit.floors[slot], unit.tops[slot])
            terms = [
                (level, 1.0),
                (into, -unit.into_cells),
                (out, 1 / unit.out_of_cells),
            ]
            earlier = before[place]
            if earlier is not None:
                terms.append((earlier, -1.0))
            start = unit.start if earlier is None else 0.0
            model.row(terms, start, start)
            before[place] = level
            model.row([(into, 1.0), (charges, -big)], -inf, 0.0)
            model.row([(out, 1.0), (charges, big)], -inf, big)
            balance += [(into, -1.0), (out, 1.0)]
            taken.append((into, 1.0))
            given.append((out, 1.0))
        net = site.net[slot]
        most = sum(unit.discharge for unit in site.units)
        fed: list[tuple[int, float]] = []
        for place, car in enumerate(problem.cars):
            if problem.grid.slot_start(slot + 1) > car.departure:
                continue
            drawn = model.add(0.0, car.most_kw * hours)
            ons = []
            for low, high in car.ranges_kw:
                on = model.add(0.0, 1.0, whole=True)
                part = model.add(0.0, high * hours)
                model.row([(part, 1.0), (on, -high * hours)], -inf, 0.0)
                model.row([(part, 1.0), (on, -low * hours)], 0.0, inf)
                ons.append((on, part))
            model.row([(on, 1.0) for on, _ in ons], 0.0, 1.0)
            model.row([(drawn, 1.0), *((part, -1.0) for _, part in ons)], 0.0, 0.0)
            cars[place].append((drawn, 1.0))
            balance.append((drawn, -1.0))
            if car.may_battery_feed:
                fed.append((drawn, -1.0))
            else:
                for on, _ in ons:
                    model.row([*given, (on, most)], -inf, most + max(0.0, net))
        model.row(balance, net, net)
        if not problem.grid_charging:
            model.row(taken, -inf, max(0.0, -net))
        if not problem.battery_export:
            model.row([*given, *fed], -inf, max(0.0, net))
            # What the sun alone covers no battery serves.
            model.row([*given, (buys, -big)], -inf, 0.0)
        bought.append(imported)
    for terms, car in zip(cars, problem.cars, strict=True):
        model.row(terms, car.energy_kwh, car.energy_kwh)
    constant = sum(unit.leftover * unit.floor for unit in site.units)
    demand = problem.demand
    if demand is not None:
        peak = model.add(demand.rate_per_kw)
        model.bounds[peak] = (demand.peak_kw, inf)
        constant -= demand.rate_per_kw * demand.peak_kw
        for slot, column in enumerate(bought):
            # One slot is at least one interval here.
            if demand.window[slot]:
                model.row([(column, 1.0), (peak, -hours)], -inf, 0.0)
    return model.solve(seconds) + constant
