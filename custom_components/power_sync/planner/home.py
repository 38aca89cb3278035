"""The physics of one home with one battery, slot by slot.

Solver, replay and mode mapping all ask this one model, so that none of them
knows a limit that another does not. Energies are kWh per slot, counted at the
battery's AC side and + for discharging; the state is the kWh in the cells
above the reserve (negative below it).
"""

from math import inf
from typing import NamedTuple

from custom_components.power_sync.model.battery import Mode

from .leftover import leftover_value_per_kwh
from .problem import Problem
from .stretches import Turns

TINY_KWH = 1e-9
"""Energies nearer than this are the same."""

_SELF_CONSUMPTION = Mode.SELF_CONSUMPTION
_CHARGE = Mode.CHARGE
_DISCHARGE = Mode.DISCHARGE
_NO_DISCHARGE = Mode.NO_DISCHARGE
_LIMIT = Mode.LIMIT


class Order(NamedTuple):
    """What the battery is told in a slot; power as a magnitude in kW."""

    mode: Mode
    power_kw: float | None = None


FOLLOW = Order(Mode.SELF_CONSUMPTION)


class Flow(NamedTuple):
    """The kWh that flow at the meter and at the roof in one slot."""

    imported: float
    exported: float
    curtailed: float
    over_import: float
    """The part of `imported` that is above the import limit."""


class Home:
    """A problem, unpacked for speed. Whoever changes its limits folds them again."""

    __slots__ = (
        "charge_max",
        "count",
        "discharge_max",
        "export_max",
        "export_price",
        "import_max",
        "import_price",
        "into_cells",
        "leftover",
        "net",
        "out_of_cells",
        "penalty",
        "problem",
        "resume_kwh",
        "solar",
        "span_kwh",
        "start_kwh",
        "step_h",
        "turns",
        "wear",
    )

    def __init__(self, problem: Problem) -> None:
        """Turn powers into energies and fold all limits into two per slot."""
        battery = problem.battery
        step_h = problem.grid.step_h
        self.problem = problem
        self.count = problem.grid.count
        self.turns = Turns.of(problem.grid, battery)
        self.step_h = step_h
        self.into_cells = battery.charge_efficiency
        self.out_of_cells = battery.discharge_efficiency
        self.wear = battery.wear_per_kwh
        self.leftover = leftover_value_per_kwh(problem)
        top_pct = max(battery.max_soc_pct, battery.reserve_pct)
        kwh_per_pct = battery.capacity_kwh / 100
        self.span_kwh = (top_pct - battery.reserve_pct) * kwh_per_pct
        self.start_kwh = (battery.soc_pct - battery.reserve_pct) * kwh_per_pct
        self.resume_kwh = min(battery.resume_margin_pct * kwh_per_pct, self.span_kwh)
        self.solar = [kw * step_h for kw in problem.solar_kw]
        self.net = [
            load * step_h - solar
            for load, solar in zip(problem.load_kw, self.solar, strict=True)
        ]
        self.import_price = problem.import_per_kwh
        # Curtailing is free, so nothing is ever exported at a price below zero.
        self.export_price = [max(price, 0.0) for price in problem.export_per_kwh]
        limit_kw = problem.export_limit_kw
        allowed = inf if limit_kw is None else limit_kw * step_h
        self.export_max = [
            allowed if price >= 0 else 0.0 for price in problem.export_per_kwh
        ]
        limit_kw = problem.import_limit_kw
        limit = inf if limit_kw is None else limit_kw * step_h
        self.import_max = [limit] * self.count
        # Dearer than anything that prices, losses and wear could make of a kWh,
        # so that the import limit is broken only where nothing else is possible.
        dearest = max(1.0, *map(abs, self.import_price), *self.export_price)
        dearest = max(dearest, self.wear, self.leftover)
        self.penalty = 10 * dearest / (self.into_cells * self.out_of_cells)
        self.fold_limits()

    def fold_limits(self) -> None:
        """Work out what the battery may do from what flows at the meter."""
        problem, battery = self.problem, self.problem.battery
        charge = battery.max_charge_kw * self.step_h
        discharge = battery.max_discharge_kw * self.step_h
        self.charge_max: list[float] = []
        self.discharge_max: list[float] = []
        for net, import_max, export_max in zip(
            self.net, self.import_max, self.export_max, strict=True
        ):
            room = import_max - net if problem.grid_charging else -net
            self.charge_max.append(max(0.0, min(charge, room)))
            # The sun goes out first: the battery has what is left of the limit.
            most = net + export_max if problem.battery_export else net
            self.discharge_max.append(max(0.0, min(discharge, most)))

    @property
    def starts_outside(self) -> bool:
        """Whether the SOC at the start is below the reserve or above the top."""
        return not -TINY_KWH <= self.start_kwh <= self.span_kwh + TINY_KWH

    def within(self, index: int, wanted: float, energy: float) -> float:
        """Return what of `wanted` (AC, + discharge) limits and cells allow."""
        if wanted > 0:
            return min(
                wanted,
                self.discharge_max[index],
                energy * self.out_of_cells if energy > 0 else 0.0,
            )
        room = self.span_kwh - energy
        return 0.0 - min(
            -wanted,
            self.charge_max[index],
            room / self.into_cells if room > 0 else 0.0,
        )

    def obey(self, index: int, order: Order, energy: float, *, resting: bool) -> float:
        """Return the AC kWh of the battery when told `order` (+ discharge).

        `resting` is a battery that was at its reserve and has not yet reached
        the level from which it discharges again.
        """
        mode, power_kw = order
        net = self.net[index]
        if mode is _SELF_CONSUMPTION:
            wanted = net
        elif mode is _NO_DISCHARGE:
            wanted = net if net < 0 else 0.0
        elif mode is _CHARGE:
            wanted = -inf if power_kw is None else -power_kw * self.step_h
        elif mode is _DISCHARGE:
            wanted = inf if power_kw is None else power_kw * self.step_h
        elif mode is _LIMIT:
            limit = inf if power_kw is None else power_kw * self.step_h
            wanted = min(net, limit)
        else:
            return 0.0
        if resting and wanted > 0:
            return 0.0
        return self.within(index, wanted, energy)

    def after(self, battery: float, energy: float) -> float:
        """Return the energy in the cells after `battery` kWh (AC, + discharge)."""
        if battery > 0:
            left = energy - battery / self.out_of_cells
            return left if left > TINY_KWH else min(0.0, energy)
        stored = energy - battery * self.into_cells
        full = self.span_kwh
        return stored if stored < full - TINY_KWH else max(full, energy)

    def rests(self, energy: float, *, resting: bool) -> bool:
        """Return whether a battery at `energy` may not discharge."""
        if energy <= TINY_KWH:
            return True
        return resting and energy < self.resume_kwh - TINY_KWH

    def flow(self, index: int, battery: float) -> Flow:
        """Return what flows when the battery gives `battery` kWh."""
        grid = self.net[index] - battery
        if grid >= 0:
            return Flow(grid, 0.0, 0.0, max(0.0, grid - self.import_max[index]))
        exported = min(-grid, self.export_max[index])
        return Flow(0.0, exported, -grid - exported, 0.0)

    def price_of(self, index: int, battery: float) -> float:
        """Return what the slot costs the planner: money, wear, broken limits."""
        grid = self.net[index] - battery
        cost = self.wear * battery if battery > 0 else 0.0
        if grid < 0:
            sold = min(-grid, self.export_max[index])
            return cost - sold * self.export_price[index]
        cost += grid * self.import_price[index]
        over = grid - self.import_max[index]
        if over > 0:
            cost += over * self.penalty
        return cost
