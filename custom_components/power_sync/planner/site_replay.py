"""The judge for a site: what orders and car powers come to when carried out."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from math import fsum
from statistics import median

from .blocks import highest_import_kw, plugged_slots
from .home import FOLLOW, Order
from .site import Site, State, Step
from .specs import CarSpec

type CarPowers = tuple[tuple[float, ...], ...]
"""The kW of each car in each slot."""


@dataclass(frozen=True, slots=True)
class SiteReplay:
    """One schedule of a site, executed. See `replay.Replay` for a home's."""

    steps: tuple[Step, ...]
    energy: tuple[tuple[float, ...], ...]
    """kWh in the cells of each battery at the end of each slot."""
    cars_kw: CarPowers
    costs: tuple[float, ...]
    """Import paid, sun held back, less export earned per slot."""
    leftover: float
    demand: float
    """What the peak adds to the demand charge."""
    later: float
    """What cars that leave after the last slot are expected to pay then."""
    wear: float
    over_import_kwh: float
    car_short_kwh: float
    lack_kwh_h: float
    """How far and long the batteries are outside of levels set for some slots."""
    penalties: float
    """What the broken limits weigh."""

    @property
    def broken_kwh(self) -> float:
        """By how much limits are broken, whichever they are."""
        return self.over_import_kwh + self.car_short_kwh + self.lack_kwh_h

    @property
    def cost(self) -> float:
        """Money paid, less the worth of what is left in the batteries."""
        return fsum(self.costs) + self.demand + self.later - self.leftover

    @property
    def objective(self) -> float:
        """What the planner minimises: cost, wear and broken limits."""
        return self.cost + self.wear + self.penalties


def overridden(site: Site, index: int, orders: Sequence[Order]) -> list[Order]:
    """Return the orders of a slot, those of the owner's overrides in their place."""
    return [
        Order(override.mode, override.power_kw)
        if (override := unit.spec.override) is not None and override.holds(index)
        else order
        for unit, order in zip(site.units, orders, strict=True)
    ]


def advance(site: Site, index: int, state: State, step: Step) -> State:
    """Return the state after a step."""
    energy = [
        unit.after(kwh, before)
        for unit, kwh, before in zip(
            site.units, step.battery, state.energy, strict=True
        )
    ]
    resting = [
        unit.rests(index, now, resting=rests)
        for unit, now, rests in zip(site.units, energy, state.resting, strict=True)
    ]
    return State(energy, resting)


def replay_site(
    site: Site,
    orders: Sequence[Sequence[Order]],
    cars_kw: CarPowers,
    charged_to: Sequence[float] | None = None,
) -> SiteReplay:
    """Carry out the orders of each slot, one for each battery, and the cars.

    `charged_to` is the import of each slot up to which batteries are charged, whatever
    they are told; None where nothing but the home's limits keeps them from more.
    """
    draw = site.draw(cars_kw)
    if charged_to is not None:
        draw = draw._replace(charged_to=charged_to)
    state = site.start()
    steps, levels = [], []
    for index in range(site.count):
        told = overridden(site, index, orders[index])
        step = site.step(index, state, told, draw)
        state = advance(site, index, state, step)
        steps.append(step)
        levels.append(tuple(state.energy))
    return _judged(site, steps, levels, cars_kw)


def _judged(
    site: Site,
    steps: list[Step],
    levels: list[tuple[float, ...]],
    cars_kw: CarPowers,
) -> SiteReplay:
    costs = tuple(
        step.imported * buy - step.exported * sell + step.curtailed * site.curtail
        for step, buy, sell in zip(steps, site.buy, site.sell, strict=True)
    )
    over = fsum(step.over_import for step in steps) + _over_phases(site, steps, cars_kw)
    short, later = _cars_left(site, cars_kw)
    lack = _lack(site, levels)
    return SiteReplay(
        steps=tuple(steps),
        energy=tuple(levels),
        cars_kw=cars_kw,
        costs=costs,
        leftover=fsum(
            (energy - unit.floor) * unit.leftover
            for unit, energy in zip(site.units, levels[-1], strict=True)
        ),
        demand=demand_cost(site, [step.imported for step in steps]),
        later=later * later_price(site),
        wear=fsum(
            unit.wear * kwh
            for step in steps
            for unit, kwh in zip(site.units, step.battery, strict=True)
            if kwh > 0
        ),
        over_import_kwh=over,
        car_short_kwh=short,
        lack_kwh_h=lack,
        penalties=over * site.penalty + (short + lack) * site.short_penalty,
    )


def demand_cost(site: Site, imported: Sequence[float]) -> float:
    """Return what the import of each slot adds to the demand charge."""
    demand = site.problem.demand
    if demand is None:
        return 0.0
    over_kw = highest_import_kw(site, imported) - demand.peak_kw
    return max(0.0, over_kw) * demand.rate_per_kw


def _over_phases(site: Site, steps: list[Step], cars_kw: CarPowers) -> float:
    """Return the kWh above the fuse of the phase that cars of one phase draw from."""
    fuse = site.problem.fuse
    if fuse is None or fuse.phases == 1:
        return 0.0
    single = [
        powers
        for car, powers in zip(site.problem.cars, cars_kw, strict=True)
        if car.phases == 1
    ]
    over = 0.0
    for index, step in enumerate(steps):
        drawn = sum(powers[index] for powers in single) * site.step_h
        if drawn > 0:
            grid = step.imported - step.over_import - step.exported
            phase = (grid - drawn) / fuse.phases + drawn
            over += max(0.0, phase - fuse.phase_kw * site.step_h)
    return over


def later_kwh(site: Site, place: int) -> float:
    """Return what a car can still draw between the last slot and its departure."""
    car = site.problem.cars[place]
    after = car.departure - site.problem.grid.end
    return max(0.0, after / timedelta(hours=1)) * car.most_kw


def later_price(site: Site) -> float:
    """Return what a kWh bought after the last slot is expected to cost."""
    return max(0.0, median(site.buy))


def _cars_left(site: Site, cars_kw: CarPowers) -> tuple[float, float]:
    """Return what cars lack (or have too much), and what they draw later."""
    short = later = 0.0
    for place, (car, powers) in enumerate(zip(site.problem.cars, cars_kw, strict=True)):
        open_kwh = car.energy_kwh - fsum(powers) * site.step_h
        after = min(max(0.0, open_kwh), later_kwh(site, place))
        later += after
        short += abs(open_kwh - after)
    return short, later


def _lack(site: Site, levels: list[tuple[float, ...]]) -> float:
    """Return the kWh times hours outside of the levels that are set for some slots.

    The reserve of all slots is only not gone below; nobody asks to fill up to it.
    """
    lack = 0.0
    for place, unit in enumerate(site.units):
        if not (unit.spec.reserves_pct or unit.spec.max_socs_pct):
            continue
        for index, at_end in enumerate(levels):
            below = unit.floors[index] - at_end[place]
            if unit.floors[index] > unit.floor:
                lack += max(0.0, below)
            if unit.tops[index] < max(unit.tops):
                lack += max(0.0, at_end[place] - unit.tops[index])
    return lack * site.step_h


def eager_cars(site: Site) -> CarPowers:
    """Return the cars as they charge without a plan: at once, as fast as they may."""
    room = [
        (most - net) / site.step_h
        for most, net in zip(site.import_max, site.net, strict=True)
    ]
    plugged = plugged_slots(site)
    rows = []
    for place, car in enumerate(site.problem.cars):
        powers, needed = [0.0] * site.count, car.energy_kwh
        for index in range(plugged[place]):
            kw = _allowed_kw(site, car, room[index], needed)
            powers[index] = kw
            room[index] -= kw
            needed -= kw * site.step_h
        rows.append(tuple(powers))
    return tuple(rows)


def _allowed_kw(site: Site, car: CarSpec, room_kw: float, needed: float) -> float:
    """Return the most that a car may draw, and not more than it needs."""
    fuse = site.problem.fuse
    if fuse is not None and car.phases == 1:
        room_kw = min(room_kw, fuse.phase_kw)
    return car.below_kw(min(room_kw, max(0.0, needed) / site.step_h))


def baseline_site(site: Site, cars_kw: CarPowers | None = None) -> SiteReplay:
    """Return the site without a plan: all batteries follow, cars charge at once."""
    orders = [[FOLLOW] * len(site.units)] * site.count
    return replay_site(site, orders, eager_cars(site) if cars_kw is None else cars_kw)
