"""An order for the fleet, split to its batteries as they can carry it out.

Those that can do something of it share its power by what each can do at most; the
others rest: one that is full must not serve what charges its neighbour, and one that
is empty must not take what its neighbour sells.
"""

from collections.abc import Sequence
from datetime import datetime
from math import ceil
from typing import NamedTuple, Self

from custom_components.power_sync.model.battery import Mode
from custom_components.power_sync.model.plan import Plan

from .home import FOLLOW, Order
from .in_force import left_of, slot_before
from .site import Site, State
from .site_replay import CarPowers, advance, overridden
from .unit import Unit

_SOME_SHARE = 0.05
"""One that can do less than this part of its power has no part in it."""
_ROUNDING = 1e-7


class Told(NamedTuple):
    """What each battery has been told, and from which slot on it may be told anew."""

    orders: list[Order | None]
    """None where it has been told nothing: then it may be told anything."""
    free_at: list[int]

    @classmethod
    def nothing(cls, site: Site) -> Self:
        """Return that nobody has been told anything."""
        count = len(site.units)
        return cls([None] * count, [0] * count)

    def turned(self, site: Site, index: int, orders: Sequence[Order]) -> list[Order]:
        """Return `orders` for those that can be told something new in a slot."""
        return [
            order if told is None or (unit.turns[index] and index >= free) else told
            for unit, order, told, free in zip(
                site.units, orders, self.orders, self.free_at, strict=True
            )
        ]

    def then(self, site: Site, index: int, orders: Sequence[Order]) -> Told:
        """Return what has been told after a slot with `orders`.

        What the owner told a battery holds it for no longer than the owner said.
        """
        free_at = list(self.free_at)
        for place, (unit, order) in enumerate(zip(site.units, orders, strict=True)):
            override = unit.spec.override
            if override is not None and override.holds(index):
                free_at[place] = 0
            elif order != (self.orders[place] or FOLLOW):
                free_at[place] = index + unit.dwell
        return Told(list(orders), free_at)


def split_orders(
    site: Site,
    orders: Sequence[Order],
    cars_kw: CarPowers,
    before: Told | None = None,
) -> list[list[Order]]:
    """Return for each slot of the fleet's `orders` one order for each battery.

    `before` is what each has been told until now, if anything.
    """
    draw, state, result = site.draw(cars_kw), site.start(), []
    going_on = before or Told.nothing(site)
    for index, order in enumerate(orders):
        told = going_on.turned(site, index, _split(site, index, state, order))
        going_on = going_on.then(site, index, told)
        result.append(told)
        step = site.step(index, state, overridden(site, index, told), draw)
        state = advance(site, index, state, step)
    return result


def told_before(site: Site, running: Plan | None, now: datetime) -> Told:
    """Return what each battery goes on with where it cannot be told anything new yet.

    That of the plan in force at `now`, if it may still be told; None where nothing.
    """
    slot = None if running is None or not running.accepted else running.slot_at(now)
    parts = () if slot is None or not slot.firm else slot.batteries
    told = Told.nothing(site)
    if running is None or len(parts) != len(told.orders):
        return told
    barred = set()
    if not site.problem.grid_charging:
        barred.add(Mode.CHARGE)
    if not site.problem.battery_export:
        barred.add(Mode.DISCHARGE)
    grid = site.problem.grid
    before = slot_before(running, grid)
    for place, unit in enumerate(site.units):
        part = parts[place]
        if unit.dwell > 1 and before is not None:
            part = running.slots[before].batteries[place]
            told.free_at[place] = left_of(running, before, place, grid, unit.spec)
        known = unit.spec.modes | {Mode.SELF_CONSUMPTION}
        if part.mode in known - barred:
            told.orders[place] = Order(part.mode, part.power_kw)
    return told


def _split(site: Site, index: int, state: State, order: Order) -> list[Order]:
    if order.power_kw is None:
        return [order] * len(site.units)
    charging = order.mode is Mode.CHARGE
    able, most = [], []
    for place, unit in enumerate(site.units):
        spec, energy = unit.spec, state.energy[place]
        if charging:
            able.append(unit.may_take(index, energy))
            most.append(spec.max_charge_kw)
        else:
            able.append(unit.may_give(index, energy, resting=state.resting[place]))
            most.append(spec.max_discharge_kw)
    part = [
        kwh > _SOME_SHARE * kw * site.step_h for kwh, kw in zip(able, most, strict=True)
    ]
    if not any(part):
        part = [True] * len(part)
    part = _worth_forcing(site, order, most, part)
    whole = sum(kw for kw, has in zip(most, part, strict=True) if has)
    return [
        _powered(unit, order, kw / whole if whole else 0.0)
        if has
        else _resting(unit, order)
        for unit, kw, has in zip(site.units, most, part, strict=True)
    ]


def _worth_forcing(
    site: Site, order: Order, most: list[float], part: list[bool]
) -> list[bool]:
    """Leave out those whose share is below what they can be forced to."""
    part = part[:]
    if order.mode is Mode.LIMIT:
        return part
    while sum(part) > 1:
        whole = sum(kw for kw, has in zip(most, part, strict=True) if has)
        weak = [
            (kw, place)
            for place, (kw, has) in enumerate(zip(most, part, strict=True))
            if has
            and (order.power_kw or 0.0) * kw
            < site.units[place].spec.min_power_kw * whole
        ]
        if not weak:
            break
        part[min(weak)[1]] = False
    return part


def _powered(unit: Unit, order: Order, share: float) -> Order:
    """Return an order at a share of its power, as the battery takes it."""
    spec = unit.spec
    most = spec.max_charge_kw if order.mode is Mode.CHARGE else spec.max_discharge_kw
    power_kw = (order.power_kw or 0.0) * share
    if spec.power_step_kw > 0:
        steps = ceil(power_kw / spec.power_step_kw - _ROUNDING)
        power_kw = round(steps * spec.power_step_kw, 6)
    return Order(order.mode, min(most, power_kw))


def _resting(unit: Unit, order: Order) -> Order:
    """Return what keeps a battery out of what the others do."""
    ways = {
        Mode.CHARGE: (Mode.NO_DISCHARGE, Mode.STANDBY),
        Mode.DISCHARGE: (Mode.STANDBY,),
    }.get(order.mode, ())
    mode = next((mode for mode in ways if mode in unit.spec.modes), None)
    if mode is not None:
        return Order(mode)
    # It can hardly do any of it, and so is not in the way of the others.
    return FOLLOW if order.mode is Mode.LIMIT else Order(order.mode, order.power_kw)
