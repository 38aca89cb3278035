"""All batteries of a site as one: what stored energy is worth whoever has it.

The schedule of the coupled solver says where the energy of each battery should be,
and what it is worth there. What it is worth elsewhere, and in every single slot, the
exact solver says: for the fleet merged to one battery, with the cars charging as the
schedule has it and imports no higher than its peak.
"""

from collections.abc import Callable, Sequence
from dataclasses import replace
from math import fsum, inf
from operator import add

from .blocks import highest_import_kw
from .exact import solve_exact
from .home import Home
from .problem import Problem, Scenario
from .site import Site
from .site_replay import CarPowers
from .specs import BatterySpec
from .stages import convex_hull, stages_of
from .values import Values

_USEFUL_KWH = 0.001


def merged_spec(specs: Sequence[BatterySpec]) -> BatterySpec:
    """Return batteries as one: powers add up, levels and losses are means."""
    if len(specs) == 1:
        return specs[0]
    capacity = fsum(spec.capacity_kwh for spec in specs)

    def mean(of: Callable[[BatterySpec], float]) -> float:
        if capacity <= 0:
            return of(specs[0])
        return fsum(of(spec) * spec.capacity_kwh for spec in specs) / capacity

    return BatterySpec(
        capacity_kwh=capacity,
        max_charge_kw=fsum(spec.max_charge_kw for spec in specs),
        max_discharge_kw=fsum(spec.max_discharge_kw for spec in specs),
        soc_pct=_percent(mean(lambda spec: spec.soc_pct)),
        reserve_pct=_percent(mean(lambda spec: spec.reserve_pct)),
        max_soc_pct=_percent(
            mean(lambda spec: max(spec.max_soc_pct, spec.reserve_pct))
        ),
        charge_efficiency=min(1.0, mean(lambda spec: spec.charge_efficiency)),
        discharge_efficiency=min(1.0, mean(lambda spec: spec.discharge_efficiency)),
        wear_per_kwh=mean(lambda spec: spec.wear_per_kwh),
        modes=frozenset.intersection(*(spec.modes for spec in specs)),
        slot_minutes=max(spec.slot_minutes for spec in specs),
        slot_offset_minutes=specs[0].slot_offset_minutes,
        min_dwell_minutes=max(spec.min_dwell_minutes for spec in specs),
        min_power_kw=fsum(spec.min_power_kw for spec in specs),
        power_step_kw=max(spec.power_step_kw for spec in specs),
        resume_margin_pct=_percent(mean(lambda spec: spec.resume_margin_pct)),
    )


def _percent(value: float) -> float:
    return min(100.0, max(0.0, value))


def merged_problem(problem: Problem, cars_kw: CarPowers) -> Problem:
    """Return the problem of the fleet as one battery, the cars as load."""
    drawn_kw = [
        fsum(powers[index] for powers in cars_kw) for index in range(problem.grid.count)
    ]
    load_kw = tuple(map(add, problem.load_kw, drawn_kw, strict=True))
    limit_kw = inf if problem.import_limit_kw is None else problem.import_limit_kw
    return replace(
        problem,
        battery=merged_spec([_plain(spec) for spec in problem.all_batteries]),
        load_kw=load_kw,
        batteries=(),
        cars=(),
        demand=None,
        import_limits_kw=(),
        export_limits_kw=(),
        fuse=None,
        curtail_per_kwh=0.0,
        scenarios=tuple(
            replace(each, load_kw=_with_cars(each, drawn_kw, limit_kw))
            for each in problem.scenarios
        ),
    )


def _with_cars(
    scenario: Scenario, drawn_kw: Sequence[float], limit_kw: float
) -> tuple[float, ...]:
    """Return the load with cars, which would draw less with less sun at the limit."""
    return tuple(
        load + min(drawn, max(0.0, limit_kw - load + sun))
        for load, sun, drawn in zip(
            scenario.load_kw, scenario.solar_kw, drawn_kw, strict=True
        )
    )


def _plain(spec: BatterySpec) -> BatterySpec:
    return replace(
        spec,
        charge_taper=(),
        reserves_pct=(),
        max_socs_pct=(),
        ac_limit_kw=None,
        dc_solar_share=0.0,
        override=None,
    )


def fleet_home(site: Site, cars_kw: CarPowers, peaks: Sequence[float]) -> Home:
    """Return the site as a home with one battery.

    `peaks` is the import of each slot beyond which the demand charge rises.
    """
    home = Home(
        replace(
            merged_problem(site.problem, cars_kw),
            leftover_value_per_kwh=_leftover(site),
        )
    )
    draw = site.draw(cars_kw)
    home.export_price = site.sell
    home.export_max = site.export_max
    home.import_max = [
        min(most, peak) for most, peak in zip(site.import_max, peaks, strict=True)
    ]
    home.fold_limits()
    for index, (drawn, fed) in enumerate(zip(draw.all, draw.fed, strict=True)):
        if fed < drawn:
            most = home.discharge_max[index]
            home.discharge_max[index] = min(most, max(0.0, fed))
    return home


def _leftover(site: Site) -> float:
    whole = fsum(unit.spec.capacity_kwh for unit in site.units)
    if whole <= 0:
        return 0.0
    worth = fsum(unit.leftover * unit.spec.capacity_kwh for unit in site.units)
    return worth / whole


def fleet_values(home: Home) -> Values | None:
    """Return what the fleet's energy is worth; None where it can store none."""
    if home.span_kwh < _USEFUL_KWH:
        return None
    stages, convex = stages_of(home)
    return solve_exact(home, stages if convex else convex_hull(stages))


def peaks_of(site: Site, imported: Sequence[float]) -> list[float]:
    """Return the import of each slot beyond which the demand charge rises.

    No slot may be above what the intervals are in the mean: a schedule buys all that
    an interval may have in one of its slots as soon as in all of them.
    """
    demand = site.problem.demand
    if demand is None:
        return [inf] * site.count
    peak = max(demand.peak_kw, highest_import_kw(site, imported)) * site.step_h
    return [peak if on else inf for on in demand.window]
