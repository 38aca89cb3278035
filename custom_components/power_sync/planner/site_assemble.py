"""The plan of a site as everyone else sees it."""

from dataclasses import dataclass, replace
from typing import NamedTuple

from custom_components.power_sync.model.battery import Mode
from custom_components.power_sync.model.plan import (
    Plan,
    PlannedBattery,
    PlannedSlot,
    Reason,
    ReasonKey,
)

from .assemble import Outcome
from .explain import Explainer
from .fleet import fleet_home
from .home import FOLLOW, TINY_KWH, Order
from .limits import limits_of
from .modes import changes
from .problem import Problem
from .replay import judge
from .site import Site
from .site_replay import SiteReplay, baseline_site, overridden, replay_site
from .specs import BatterySpec

UNSOLVED = "coupled_solver"
"""The note that says why the coupled solver was not used to the end."""
MISSING = "missing"
"""SciPy is not there."""
STOPPED = "stopped"
"""It was not done within its bounds."""

_TINY = 1e-9
_ROUNDING = 1e-6
_SOME_KWH = 1e-6
_SOME_CAR_KWH = 0.02
_SOME_OVER_KWH = 1e-4
_NEAR_PCT = 0.5


@dataclass(frozen=True, slots=True)
class Chosen:
    """The orders of each slot, one for each battery, and what they come to."""

    solver: str
    outcome: Outcome
    """Of the fleet as one battery, which explains."""
    orders: list[list[Order]]
    replay: SiteReplay
    bound: float | None
    """An objective that no schedule beats."""
    accepted: bool
    failure: str | None = None
    """Why the coupled solver was not used to the end: `MISSING` or `STOPPED`."""


def assemble_site(
    aim: Site, chosen: Chosen, without: SiteReplay, problem: Problem
) -> Plan:
    """Return the plan; money is at the prices of `problem`."""
    gap, bound = None, chosen.bound
    replay, orders = chosen.replay, chosen.orders
    if not chosen.accepted:
        replay = without
        orders = [[FOLLOW] * len(aim.units)] * aim.count
    if bound is not None:
        gap = replay.objective - bound
        # What is left below zero is the solver's rounding.
        gap = 0.0 if abs(gap) < _ROUNDING * max(1.0, abs(bound)) else gap
    site = aim
    if aim.problem is not problem:
        site, bound = Site(problem), None
        replay = replay_site(site, orders, replay.cars_kw)
        without = baseline_site(site)
    elif bound is not None:
        bound -= replay.penalties
    return Plan(
        grid=problem.grid,
        slots=_slots(site, chosen, orders, replay, without),
        currency=problem.currency,
        made_at=problem.made_at,
        solver=chosen.solver,
        solve_ms=0.0,
        cost=replay.cost,
        baseline_cost=without.cost,
        bound=bound,
        gap=gap,
        accepted=chosen.accepted,
        softened=_softened(site, replay),
        notes={
            "leftover_value_per_kwh": site.units[0].leftover,
            "wear_cost": replay.wear,
            "baseline_wear_cost": without.wear,
            "over_import_kwh": replay.over_import_kwh,
            "demand_cost": replay.demand,
            "baseline_demand_cost": without.demand,
            "car_short_kwh": replay.car_short_kwh,
            "commands": float(_commands(site, orders)),
            **({} if chosen.failure is None else {UNSOLVED: chosen.failure}),
        },
    )


def _commands(site: Site, orders: list[list[Order]]) -> int:
    return sum(
        changes([told[place] for told in orders]) + 1
        for place in range(len(site.units))
    )


def _softened(site: Site, replay: SiteReplay) -> tuple[str, ...]:
    """Return the names of the limits that could not be kept."""
    specs = site.problem.all_batteries
    broken = {
        "reserve": any(spec.soc_pct < spec.reserve_pct - _TINY for spec in specs)
        or replay.lack_kwh_h > _SOME_KWH,
        "max_soc": any(
            spec.soc_pct > max(spec.max_soc_pct, spec.reserve_pct)
            or spec.max_soc_pct < spec.reserve_pct
            for spec in specs
        ),
        "import_limit": replay.over_import_kwh > _SOME_OVER_KWH,
        "car_departure": replay.car_short_kwh > _SOME_CAR_KWH,
    }
    return tuple(name for name, is_broken in broken.items() if is_broken)


def _slots(
    site: Site,
    chosen: Chosen,
    orders: list[list[Order]],
    replay: SiteReplay,
    without: SiteReplay,
) -> tuple[PlannedSlot, ...]:
    problem, hours = site.problem, site.step_h
    reasons, worths = _why(site, chosen, orders, replay)
    slots = []
    for index in range(site.count):
        told = overridden(site, index, orders[index])
        step = replay.steps[index]
        kwh = sum(step.battery)
        fleet = _fleet_order(told, kwh / hours)
        cars_kw = tuple(powers[index] for powers in replay.cars_kw)
        slots.append(
            PlannedSlot(
                mode=fleet.mode,
                power_kw=fleet.power_kw,
                battery_kw=kwh / hours,
                solar_kw=problem.solar_kw[index],
                load_kw=problem.load_kw[index] + sum(cars_kw),
                grid_kw=(step.imported - step.exported) / hours,
                curtailed_kw=step.curtailed / hours,
                soc_pct=_soc_pct(site, replay.energy[index]),
                import_per_kwh=problem.import_per_kwh[index],
                export_per_kwh=problem.export_per_kwh[index],
                firm=problem.firm[index],
                cost=replay.costs[index],
                baseline_cost=without.costs[index],
                baseline_soc_pct=_soc_pct(site, without.energy[index]),
                stored_value_per_kwh=worths[index],
                reason=reasons[index],
                batteries=_parts(
                    site, told, replay, index, _Why(fleet, reasons[index])
                ),
                cars_kw=cars_kw,
            )
        )
    return tuple(slots)


class _Why(NamedTuple):
    """What the fleet does in a slot, and why."""

    order: Order
    reason: Reason

    def of(self, order: Order, soc_pct: float, spec: BatterySpec) -> Reason:
        """Return why one of its batteries is told its own order."""
        if order.mode is self.order.mode:
            return self.reason
        if soc_pct >= spec.max_soc_pct - _NEAR_PCT:
            return Reason(ReasonKey.FULL)
        if soc_pct <= spec.reserve_pct + _NEAR_PCT:
            return Reason(ReasonKey.EMPTY)
        still = (Mode.NO_DISCHARGE, Mode.STANDBY)
        if order.mode in still and self.order.mode not in still:
            return Reason(ReasonKey.OTHER_BATTERY)
        return self.reason


def _parts(
    site: Site, told: list[Order], replay: SiteReplay, index: int, why: _Why
) -> tuple[PlannedBattery, ...]:
    parts = []
    for place, (unit, order) in enumerate(zip(site.units, told, strict=True)):
        capacity, energy = unit.spec.capacity_kwh, replay.energy[index][place]
        soc = unit.spec.soc_pct if capacity <= TINY_KWH else energy / capacity * 100
        parts.append(
            PlannedBattery(
                mode=order.mode,
                power_kw=order.power_kw,
                battery_kw=replay.steps[index].battery[place] / site.step_h,
                soc_pct=soc,
                reason=why.of(order, soc, unit.spec),
            )
        )
    return tuple(parts)


def _soc_pct(site: Site, energy: tuple[float, ...]) -> float:
    """Return how full the fleet is."""
    capacity = sum(unit.spec.capacity_kwh for unit in site.units)
    if capacity <= TINY_KWH:
        return site.units[0].spec.soc_pct
    return sum(energy) / capacity * 100


def _fleet_order(told: list[Order], battery_kw: float) -> Order:
    """Return what the fleet is told together, in the one word that fits best."""
    modes = {order.mode for order in told}
    if len(modes) == 1:
        powers = [order.power_kw for order in told]
        known = [kw for kw in powers if kw is not None]
        return Order(told[0].mode, sum(known) if len(known) == len(powers) else None)
    if Mode.CHARGE in modes and battery_kw < 0:
        return Order(Mode.CHARGE, -battery_kw)
    if Mode.DISCHARGE in modes and battery_kw > 0:
        return Order(Mode.DISCHARGE, battery_kw)
    return FOLLOW


def _why(
    site: Site, chosen: Chosen, orders: list[list[Order]], replay: SiteReplay
) -> tuple[list[Reason], list[float]]:
    """Return the reason and the worth of stored energy of each slot, for the fleet."""
    values = chosen.outcome.values
    if values is None:
        return [Reason(ReasonKey.BALANCED)] * site.count, [0.0] * site.count
    home = fleet_home(site, replay.cars_kw, [float("inf")] * site.count)
    floor = sum(unit.floor for unit in site.units)
    battery = [sum(step.battery) for step in replay.steps]
    fleet = [
        _fleet_order(told, kwh / site.step_h)
        for told, kwh in zip(orders, battery, strict=True)
    ]
    energy = [sum(levels) - floor for levels in replay.energy]
    judged = judge(home, battery, energy)
    explainer = Explainer(home, values, fleet, judged)
    reasons = [
        replace(explainer.reason(at), limit=limit)
        for at, limit in enumerate(limits_of(home, judged))
    ]
    return reasons, [explainer.stored_value(at) for at in range(site.count)]
