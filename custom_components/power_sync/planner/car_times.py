"""When a car charges, slot by slot: the rounding of the coupled solver.

Its relaxation takes slots together and knows no least power. Here each slot has
what it really costs to charge in it: first sun, at what it would have earned sold or
stored, then what the batteries give or the grid. For a price per kWh every slot has a
best power; the price is raised until the car gets what the solver gave it.
"""

from collections.abc import Sequence
from datetime import datetime
from itertools import pairwise
from math import fsum

from custom_components.power_sync.model.plan import Plan

from .blocks import plugged_slots
from .exact import setpoints
from .home import Home
from .site import Site
from .site_replay import CarPowers
from .specs import CarSpec
from .values import Values

_SAME_KW = 1e-6


def retimed(
    site: Site,
    home: Home,
    values: Values | None,
    cars_kw: CarPowers,
    *,
    move: float = 0.0,
) -> CarPowers:
    """Return the cars with the same energy, in the slots that are the cheapest.

    `home` and `values` are the fleet with `cars_kw` as load. What energy is worth
    changes with the cars, so only a few are right to move at once: a kWh is drawn at
    another time than now where that gains more than `move`.
    """
    worth = _worths(home, values)
    result = list(cars_kw)
    net = list(home.net)
    for place, car in enumerate(site.problem.cars):
        row = result[place]
        slots = range(plugged_slots(site)[place])
        for index in slots:
            net[index] -= row[index] * site.step_h
        timer = _Timer(site, home, car, net, worth)
        if move > 0:
            timer.stay_near(row, move)
        timed = timer.powers(slots, fsum(row))
        row = tuple(timed) + (0.0,) * (site.count - len(timed))
        result[place] = row
        for index in slots:
            net[index] += row[index] * site.step_h
    return tuple(result)


def snapped(site: Site, cars_kw: CarPowers) -> CarPowers:
    """Return powers that the cars can draw, slot by slot near to the ones given.

    What a slot has too much or too little, the next ones make up for.
    """
    rows = []
    plugged = plugged_slots(site)
    for place, car in enumerate(site.problem.cars):
        powers = cars_kw[place][: plugged[place]]
        row: list[float] = []
        missing = 0.0
        for kw in powers:
            missing += kw
            drawn = car.nearest_kw(missing) if kw > _SAME_KW else 0.0
            missing -= drawn
            row.append(drawn)
        order = sorted(range(len(row)), key=lambda at: (-powers[at], at))
        row = _fitted(car, row, order, missing)
        rows.append((*row, *(0.0,) * (site.count - len(row))))
    return tuple(rows)


def going_on(site: Site, running: Plan | None, now: datetime) -> CarPowers | None:
    """Return the cars as the plan in force at `now` has them, for what they need now.

    None where it says nothing about these slots and cars.
    """
    grid, cars = site.problem.grid, site.problem.cars
    if running is None or not running.accepted or running.slot_at(now) is None:
        return None
    offset, rest = divmod(grid.start - running.grid.start, running.grid.step)
    if running.grid.step != grid.step or rest or offset < 0:
        return None
    slots = running.slots[offset : offset + site.count]
    if not cars or any(len(slot.cars_kw) != len(cars) for slot in slots):
        return None
    rows = []
    for place, (car, plugged) in enumerate(zip(cars, plugged_slots(site), strict=True)):
        row = [car.nearest_kw(slot.cars_kw[place]) for slot in slots[:plugged]]
        missing = car.energy_kwh / site.step_h - fsum(row)
        order = sorted(range(len(row)), key=lambda at: (-row[at], at))
        row = _fitted(car, row, order, missing)
        rows.append((*row, *(0.0,) * (site.count - len(row))))
    return tuple(rows)


def _worths(home: Home, values: Values | None) -> list[float] | None:
    """Return what a kWh in the cells is worth in each slot of the fleet's schedule."""
    if values is None:
        return None
    energy, worths = home.start_kwh, []
    for index, kwh in enumerate(setpoints(home, values)):
        energy = home.after(kwh, energy)
        margin = values.margin(index, energy, 0.01)
        worths.append((margin.below + margin.above) / 2)
    return worths


class _Timer:
    """Finds the powers of one car."""

    def __init__(
        self,
        site: Site,
        home: Home,
        car: CarSpec,
        net: Sequence[float],
        worth: Sequence[float] | None,
    ) -> None:
        self._site = site
        self._home = home
        self._car = car
        self._net = net
        self._worth = worth
        units = site.units
        self._into = fsum(unit.into_cells for unit in units) / len(units)
        self._out = fsum(unit.out_of_cells for unit in units) / len(units)
        self._wear = fsum(unit.wear for unit in units) / len(units)
        self._near: Sequence[float] = ()
        self._move = 0.0

    def stay_near(self, powers: Sequence[float], move: float) -> None:
        """Have each kWh beside these powers, more or less, cost `move`."""
        self._near, self._move = powers, move

    def powers(self, slots: Sequence[int], wanted: float) -> list[float]:
        """Return the power in each slot; they add up to `wanted` as far as can be."""
        steps = []
        for at, index in enumerate(slots):
            for slope, until in _hull(self._choices(index)):
                steps.append((slope, at, until))
        # Each slot's slopes ascend, so its steps are taken in their order.
        steps.sort()
        powers = [0.0] * len(slots)
        missing = wanted
        for _, at, until in steps:
            step = until - powers[at]
            if step > missing:
                break
            powers[at] = until
            missing -= step
        return _fitted(self._car, powers, [at for _, at, _ in steps], missing)

    def _choices(self, index: int) -> list[tuple[float, float]]:
        """Return the powers worth trying in a slot, ascending, with their costs."""
        hours = self._site.step_h
        room_kw = self._room_kw(index)
        powers = {0.0}
        sun_kw = -self._net[index] / hours
        for low, high in self._car.ranges_kw:
            if low <= room_kw:
                most = min(high, room_kw)
                powers.update((low, most, min(max(sun_kw, low), most)))
        if not self._near:
            return [(kw, self._cost(index, kw * hours)) for kw in sorted(powers)]
        near = self._near[index]
        powers.add(near)
        return [
            (kw, self._cost(index, kw * hours) + self._move * abs(kw - near) * hours)
            for kw in sorted(powers)
        ]

    def _room_kw(self, index: int) -> float:
        """Return the most that a car may draw within the limits at the meter."""
        site, fuse = self._site, self._site.problem.fuse
        room_kw = (self._home.import_max[index] - self._net[index]) / site.step_h
        if fuse is not None and fuse.phases > 1 and self._car.phases == 1:
            others_kw = max(0.0, self._net[index]) / site.step_h / fuse.phases
            room_kw = min(room_kw, fuse.phase_kw - others_kw)
        return room_kw

    def _cost(self, index: int, kwh: float) -> float:
        """Return what it costs to draw `kwh` in a slot."""
        site = self._site
        worth = 0.0 if self._worth is None else self._worth[index]
        surplus = max(0.0, -self._net[index])
        sun = min(kwh, surplus)
        # Sun above the export limit would be lost, if it is not stored.
        sold = min(sun, max(0.0, site.export_max[index] - (surplus - sun)))
        cost = sold * max(site.sell[index], worth * self._into)
        cost += (sun - sold) * worth * self._into
        served = site.buy[index]
        if self._car.may_battery_feed and self._worth is not None:
            served = min(served, worth / self._out + self._wear)
        return cost + (kwh - sun) * served


def _hull(points: list[tuple[float, float]]) -> list[tuple[float, float]]:
    """Return (slope, until) of the lower convex hull of costs over powers."""
    hull: list[tuple[float, float]] = []
    for point in points:
        while len(hull) > 1 and _slope(hull[-2], hull[-1]) >= _slope(hull[-1], point):
            hull.pop()
        hull.append(point)
    return [(_slope(before, after), after[0]) for before, after in pairwise(hull)]


def _slope(one: tuple[float, float], other: tuple[float, float]) -> float:
    return (other[1] - one[1]) / (other[0] - one[0])


def _fitted(
    car: CarSpec, powers: list[float], order: list[int], missing: float
) -> list[float]:
    """Draw what is missing in the slots that come next."""
    for start in (True, False):
        for at in order:
            if abs(missing) <= _SAME_KW:
                return [round(kw, 6) for kw in powers]
            if start is not (powers[at] == 0):
                continue
            kw = _moved(car, powers[at], missing)
            if start and (kw <= 0 or missing < 0):
                continue
            missing -= kw - powers[at]
            powers[at] = kw
            if start:
                break
    return [round(kw, 6) for kw in powers]


def _moved(car: CarSpec, kw: float, change: float) -> float:
    """Return a power changed by as much as its range allows."""
    if kw == 0:
        return car.nearest_kw(change) or car.ranges_kw[0][0]
    low, high = car.range_of(kw)
    return min(max(kw + change, low), high)
