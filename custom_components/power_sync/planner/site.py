"""The physics of a home with several batteries and cars, slot by slot.

What `home.py` is for one battery, this is for all that `Problem` can say: how
batteries that follow the home share it, what a forced one may do within the limits
at the meter, what a hybrid inverter has to clip. Solver, chooser and replay ask this
one model. Energies are kWh per slot at the AC side, + for discharging; the state is
the kWh in the cells.
"""

from collections.abc import Sequence
from math import inf
from typing import NamedTuple

from custom_components.power_sync.model.battery import Mode

from .home import TINY_KWH, Order
from .problem import Problem
from .unit import Unit


class State:
    """How full the batteries are, and which of them rest at their reserve."""

    __slots__ = ("energy", "resting")

    def __init__(self, energy: list[float], resting: list[bool]) -> None:
        """Take one value for each battery."""
        self.energy = energy
        self.resting = resting


class Draw(NamedTuple):
    """What the home and its cars draw in each slot, less the sun, in kWh."""

    all: list[float]
    fed: list[float]
    """Without the cars that the batteries may not feed."""
    charged_to: Sequence[float]
    """The import up to which batteries are charged."""


class Step(NamedTuple):
    """What happens in one slot, in kWh. `battery` is AC, + for discharging."""

    battery: list[float]
    imported: float
    exported: float
    curtailed: float
    over_import: float


class Reach(NamedTuple):
    """The most kWh (AC) that a battery can take and give in a slot."""

    take: float
    give: float


class Wish(NamedTuple):
    """What an order wants of one battery: forced energies, or what it may follow."""

    charge: float = 0.0
    discharge: float = 0.0
    follow_charge: float = 0.0
    follow_discharge: float = 0.0


class Site:
    """A coupled problem, unpacked. Nothing in it changes after `__init__`."""

    def __init__(self, problem: Problem) -> None:
        """Turn powers into energies, and all limits at the meter into two per slot."""
        hours = problem.grid.step_h
        self.problem = problem
        self.count = problem.grid.count
        self.step_h = hours
        self.units = [Unit(problem, spec) for spec in problem.all_batteries]
        self.solar = [kw * hours for kw in problem.solar_kw]
        self.net = [
            load * hours - solar
            for load, solar in zip(problem.load_kw, self.solar, strict=True)
        ]
        self.clipped = [
            sum(unit.clipped(index) for unit in self.units)
            for index in range(self.count)
        ]
        self.buy = problem.import_per_kwh
        self.curtail = problem.curtail_per_kwh
        # Sun is held back where selling it would cost more than that.
        sold = [price >= -self.curtail for price in problem.export_per_kwh]
        self.sell = [
            price if is_sold else 0.0
            for price, is_sold in zip(problem.export_per_kwh, sold, strict=True)
        ]
        fuse = inf if problem.fuse is None else problem.fuse.all_kw
        self.import_max = _limits(
            hours, self.count, problem.import_limit_kw, problem.import_limits_kw, fuse
        )
        self.export_max = [
            most if is_sold else 0.0
            for most, is_sold in zip(
                _limits(
                    hours,
                    self.count,
                    problem.export_limit_kw,
                    problem.export_limits_kw,
                    fuse,
                ),
                sold,
                strict=True,
            )
        ]
        self.penalty = self._penalty()
        self.short_penalty = self.penalty / 4
        """Per kWh that a car lacks, or per kWh and hour below a raised reserve."""

    def _penalty(self) -> float:
        """Return what a kWh above the import limit costs: more than any other way."""
        units, demand = self.units, self.problem.demand
        dearest = max(1.0, *map(abs, self.buy), *map(abs, self.sell), self.curtail)
        for unit in units:
            dearest = max(dearest, unit.wear, unit.leftover)
        if demand is not None:
            hours = demand.interval.total_seconds() / 3600
            dearest += demand.rate_per_kw / hours
        losses = min(unit.into_cells * unit.out_of_cells for unit in units)
        return 20 * dearest / losses

    def start(self) -> State:
        """Return the state at the beginning."""
        energy = [unit.start for unit in self.units]
        return State(
            energy, [unit.start <= unit.floors[0] + TINY_KWH for unit in self.units]
        )

    def draw(self, cars_kw: Sequence[Sequence[float]]) -> Draw:
        """Return the draw with the cars at these powers, one row per car."""
        drawn, fed = self.net[:], self.net[:]
        for car, powers in zip(self.problem.cars, cars_kw, strict=True):
            for index, kw in enumerate(powers):
                drawn[index] += kw * self.step_h
                if car.may_battery_feed:
                    fed[index] += kw * self.step_h
        return Draw(drawn, fed, self.import_max)

    def reaches(self, index: int, state: State) -> list[Reach]:
        """Return what each battery can do in a slot that begins at `state`."""
        return [
            Reach(
                unit.may_take(index, energy),
                unit.may_give(index, energy, resting=resting),
            )
            for unit, energy, resting in zip(
                self.units, state.energy, state.resting, strict=True
            )
        ]

    def step(
        self, index: int, state: State, orders: Sequence[Order], draw: Draw
    ) -> Step:
        """Return what happens when the batteries are told `orders`."""
        reaches = self.reaches(index, state)
        wishes = [
            self.wish(order, reach)
            for order, reach in zip(orders, reaches, strict=True)
        ]
        return self.meet(index, wishes, draw)

    def meet(self, index: int, wishes: list[Wish], draw: Draw) -> Step:
        """Return what the limits at the meter leave of `wishes`, one per battery."""
        units = self.units
        pooled = [0.0] * len(units)
        lost = self.clipped[index]
        if lost > 0:
            wishes, pooled = self._pool(index, wishes)
        drawn, fed = draw.all[index] + lost, draw.fed[index] + lost
        forced = [wish.charge for wish in wishes]
        room = min(self.import_max[index], draw.charged_to[index]) - drawn
        if not self.problem.grid_charging:
            room = -drawn
        charge = _scaled(forced, room)
        most = fed
        if self.problem.battery_export and draw.all[index] <= draw.fed[index]:
            most += self.export_max[index]
        discharge = _scaled([wish.discharge for wish in wishes], most)
        kwh = [
            give - take - sun
            for give, take, sun in zip(discharge, charge, pooled, strict=True)
        ]
        balance = sum(charge) - sum(discharge)
        self._follow(wishes, kwh, drawn + balance, min(fed + balance, most + balance))
        return self._flow(index, kwh, drawn, sum(pooled))

    def _follow(
        self, wishes: list[Wish], kwh: list[float], drawn: float, fed: float
    ) -> None:
        """Let those that follow the home take what is over, or serve it."""
        if drawn < 0:
            caps, amount, sign = [w.follow_charge for w in wishes], -drawn, -1
        elif fed > 0:
            caps, amount, sign = [w.follow_discharge for w in wishes], fed, 1
        else:
            return
        whole = sum(caps)
        if whole > 0:
            part = min(1.0, amount / whole)
            for place, cap in enumerate(caps):
                kwh[place] += sign * cap * part

    def wish(self, order: Order, reach: Reach) -> Wish:
        """Return what an order wants of a battery that can do as much as `reach`."""
        mode, power_kw = order
        take, give = reach
        most = inf if power_kw is None else power_kw * self.step_h
        if mode is Mode.STANDBY:
            return Wish()
        if mode is Mode.DISCHARGE:
            return Wish(discharge=min(most, give))
        if mode is Mode.CHARGE:
            return Wish(charge=min(most, take))
        if mode is Mode.NO_DISCHARGE:
            return Wish(follow_charge=take)
        if mode is Mode.LIMIT:
            give = min(most, give)
        return Wish(follow_charge=take, follow_discharge=give)

    def _pool(self, index: int, wishes: list[Wish]) -> tuple[list[Wish], list[float]]:
        """Charge first from sun that the inverters cannot pass on."""
        rest, pooled = [], []
        for unit, wish in zip(self.units, wishes, strict=True):
            sun = min(unit.clipped(index), wish.charge + wish.follow_charge)
            pooled.append(sun)
            rest.append(
                wish._replace(
                    charge=max(0.0, wish.charge - sun),
                    follow_charge=max(0.0, wish.follow_charge - sun),
                )
            )
        return rest, pooled

    def _flow(self, index: int, kwh: list[float], drawn: float, pooled: float) -> Step:
        grid = drawn - pooled - sum(kwh)
        lost = self.clipped[index] - pooled
        if grid >= 0:
            over = max(0.0, grid - self.import_max[index])
            return Step(kwh, grid, 0.0, lost, over)
        exported = min(-grid, self.export_max[index])
        return Step(kwh, 0.0, exported, lost - grid - exported, 0.0)

    def price_of(self, index: int, step: Step) -> float:
        """Return what a slot costs: money, wear and broken limits."""
        cost = step.imported * self.buy[index] - step.exported * self.sell[index]
        cost += step.curtailed * self.curtail + step.over_import * self.penalty
        for unit, kwh in zip(self.units, step.battery, strict=True):
            if kwh > 0:
                cost += kwh * unit.wear
        return cost


def _limits(
    hours: float,
    count: int,
    limit_kw: float | None,
    by_slot_kw: tuple[float, ...],
    fuse_kw: float,
) -> list[float]:
    always = min(fuse_kw, inf if limit_kw is None else limit_kw)
    return [min(always, kw) * hours for kw in by_slot_kw or (inf,) * count]


def _scaled(wanted: list[float], most: float) -> list[float]:
    """Return what is wanted, cut in proportion to what there may be at most."""
    whole = sum(wanted)
    if whole <= most or whole <= 0:
        return wanted
    part = max(0.0, most) / whole
    return [each * part for each in wanted]
