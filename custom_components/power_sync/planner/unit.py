"""One battery of a site, unpacked: what it can take and give in each slot.

Energies are kWh per slot at the AC side, + for discharging; the state is the kWh in
the cells.
"""

from dataclasses import replace
from itertools import pairwise
from math import inf

from .home import TINY_KWH
from .leftover import leftover_value_per_kwh
from .problem import Problem
from .specs import BatterySpec
from .stretches import dwell_of, turns_of


class Unit:
    """One battery of the site, unpacked. Nothing in it changes."""

    __slots__ = (
        "ac",
        "charge",
        "dc_solar",
        "discharge",
        "dwell",
        "floor",
        "floors",
        "into_cells",
        "leftover",
        "lines",
        "out_of_cells",
        "resume",
        "spec",
        "start",
        "tops",
        "turns",
        "wear",
    )

    def __init__(self, problem: Problem, spec: BatterySpec) -> None:
        """Turn percent and powers into energies."""
        hours, kwh = problem.grid.step_h, spec.capacity_kwh / 100
        self.spec = spec
        self.turns = turns_of(problem.grid, spec)
        self.dwell = dwell_of(problem.grid, spec)
        self.charge = spec.max_charge_kw * hours
        self.discharge = spec.max_discharge_kw * hours
        self.into_cells = spec.charge_efficiency
        self.out_of_cells = spec.discharge_efficiency
        self.wear = spec.wear_per_kwh
        self.start = spec.soc_pct * kwh
        self.floor = spec.reserve_pct * kwh
        count = problem.grid.count
        reserves = spec.reserves_pct or (spec.reserve_pct,) * count
        maxima = spec.max_socs_pct or (spec.max_soc_pct,) * count
        self.floors = [max(spec.reserve_pct, pct) * kwh for pct in reserves]
        # Where the reserve is above the maximum, the reserve holds.
        self.tops = [
            max(min(spec.max_soc_pct, pct) * kwh, floor)
            for pct, floor in zip(maxima, self.floors, strict=True)
        ]
        self.resume = spec.resume_margin_pct * kwh
        self.lines = [
            (offset * self.charge, slope * self.charge)
            for offset, slope in _lines(spec)
        ]
        ac_kw = spec.ac_limit_kw
        self.ac = inf if ac_kw is None else ac_kw * hours
        self.dc_solar = [kw * spec.dc_solar_share * hours for kw in problem.solar_kw]
        self.leftover = leftover_value_per_kwh(replace(problem, battery=spec))

    def may_take(self, index: int, energy: float) -> float:
        """Return the most kWh (AC) it can take in a slot that it begins at `energy`."""
        room = (self.tops[index] - energy) / self.into_cells
        most = min(self.charge, room, self.ac + self.dc_solar[index])
        for offset, slope in self.lines:
            most = min(most, offset + slope * energy)
        return max(0.0, most)

    def may_give(self, index: int, energy: float, *, resting: bool) -> float:
        """Return the most kWh (AC) it can give in a slot that it begins at `energy`."""
        if resting:
            return 0.0
        stored = (energy - self.floors[index]) * self.out_of_cells
        return max(0.0, min(self.discharge, stored, self.ac - self.dc_solar[index]))

    def clipped(self, index: int) -> float:
        """Return the sun that only the battery can take: the inverter cannot."""
        return max(0.0, self.dc_solar[index] - self.ac)

    def after(self, kwh: float, energy: float) -> float:
        """Return the energy in the cells after `kWh` (AC, + discharge)."""
        if kwh > 0:
            return energy - kwh / self.out_of_cells
        return energy - kwh * self.into_cells

    def rests(self, index: int, energy: float, *, resting: bool) -> bool:
        """Return whether a battery at `energy` may not discharge."""
        above = energy - self.floors[index]
        if above <= TINY_KWH:
            return True
        return resting and above < self.resume - TINY_KWH


def _lines(spec: BatterySpec) -> list[tuple[float, float]]:
    """Return the taper as lines (offset, slope per kWh) that hold all together."""
    points, kwh = spec.charge_taper, spec.capacity_kwh / 100
    lines = []
    for (soc, share), (next_soc, next_share) in pairwise(points):
        if kwh > 0:
            slope = (next_share - share) / (next_soc - soc) / kwh
            lines.append((share - slope * soc * kwh, slope))
    return lines
