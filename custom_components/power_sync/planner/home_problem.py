"""From what a home knows to the planner's problem."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from zoneinfo import ZoneInfo

from .held import while_held
from .inputs import FleetMember, PlanInputs
from .outlook import Outlook
from .problem import BatterySpec, Problem, Scenario
from .scenarios import scenarios_of
from .terms_ahead import caps_on, credits_on

W_PER_KW = 1000.0
RESERVE_MARGIN_PCT = 2.0
POWER_GRAIN_KW = 0.01


def problem_from(inputs: PlanInputs, ahead: Outlook) -> Problem:
    """Return the problem of a home, each battery on its own."""
    load_kw = tuple(watts / W_PER_KW for watts in ahead.load_w)
    bought, sold = _counted(inputs, ahead)
    battery, *others = fleet_specs(inputs)
    problem = Problem(
        grid=ahead.grid,
        currency=ahead.currency,
        made_at=inputs.now,
        import_per_kwh=ahead.import_per_kwh,
        export_per_kwh=ahead.export_per_kwh,
        firm=ahead.firm,
        solar_kw=tuple(watts / W_PER_KW for watts in ahead.solar_w),
        load_kw=load_kw,
        scenarios=_scenarios(ahead, load_kw),
        battery=battery,
        batteries=tuple(others),
        import_limit_kw=kw(inputs.import_limit_w),
        export_limit_kw=kw(inputs.export_limit_w),
        grid_charging=inputs.grid_charging,
        battery_export=inputs.battery_export,
        objective=inputs.objective,
        price_spread=ahead.price_spread,
        counted_import_per_kwh=bought,
        counted_export_per_kwh=sold,
        demand=None
        if inputs.demand is None
        else inputs.demand.charge_on(ahead.grid, inputs.zone),
        credits=credits_on(inputs.curve, ahead.grid),
        caps=caps_on(inputs.curve, ahead.grid),
    )
    return while_held(problem, inputs.held)


def _counted(
    inputs: PlanInputs, ahead: Outlook
) -> tuple[tuple[float, ...], tuple[float, ...]]:
    """Return the prices that the user wants to be counted; empty where true ones."""
    shaping, zone = inputs.shaping, ZoneInfo(inputs.curve.zone)
    sold = shaping.sold(ahead.export_per_kwh, list(ahead.grid.starts()), zone)
    bought = shaping.bought(
        ahead.import_per_kwh, sold, ahead.spiking or (False,) * ahead.grid.count
    )
    if (bought, sold) == (ahead.import_per_kwh, ahead.export_per_kwh):
        return (), ()
    return bought, sold


def _scenarios(ahead: Outlook, load_kw: tuple[float, ...]) -> tuple[Scenario, ...]:
    """Return what may come, where it is known how the sun may come out."""
    if ahead.solar_spread_w is None:
        return ()
    low_w, high_w = ahead.solar_spread_w
    suns = [
        [watts / W_PER_KW for watts in sun_w]
        for sun_w in (low_w, ahead.solar_w, high_w)
    ]
    return scenarios_of(suns, load_kw)


def kw(watts: float | None) -> float | None:
    """Return a limit in kW; None stays none."""
    return None if watts is None else watts / W_PER_KW


def merged(problem: Problem, inputs: PlanInputs) -> Problem:
    """Return a problem with the fleet merged to one battery."""
    return replace(problem, battery=merged_battery(inputs), batteries=())


def fleet_specs(inputs: PlanInputs) -> list[BatterySpec]:
    """Return each battery, with its share of the user's limits of power.

    The shares are those of control: by what each can do at most.
    """
    charge_w = sum(member.max_charge_w for member in inputs.fleet)
    discharge_w = sum(member.max_discharge_w for member in inputs.fleet)
    return [
        merged_battery(
            replace(
                inputs,
                fleet=(member,),
                charge_limit_w=_part(
                    inputs.charge_limit_w, member.max_charge_w, charge_w
                ),
                discharge_limit_w=_part(
                    inputs.discharge_limit_w, member.max_discharge_w, discharge_w
                ),
            )
        )
        for member in inputs.fleet
    ]


def _part(limit_w: float | None, own_w: float, all_w: float) -> float | None:
    return None if limit_w is None or not all_w else limit_w * own_w / all_w


def merged_battery(inputs: PlanInputs) -> BatterySpec:
    """Return the fleet as one battery that keeps to the user's limits."""
    fleet = [
        replace(member, max_soc_pct=min(member.max_soc_pct, inputs.max_soc_pct))
        for member in inputs.fleet
    ]
    able = merged_fleet(fleet, inputs.reserve_pct)
    return replace(
        able,
        max_charge_kw=_limited(able.max_charge_kw, kw(inputs.charge_limit_w)),
        max_discharge_kw=_limited(able.max_discharge_kw, kw(inputs.discharge_limit_w)),
        wear_per_kwh=inputs.wear_per_kwh,
        slot_offset_minutes=_offset_minutes(inputs) if able.slot_minutes else 0,
    )


def _offset_minutes(inputs: PlanInputs) -> int:
    """Return how far the home's clock is ahead of UTC."""
    ahead = inputs.now.astimezone(inputs.zone).utcoffset()
    return (ahead or timedelta(0)) // timedelta(minutes=1)


def _limited(most: float, limit: float | None) -> float:
    return most if limit is None else min(most, limit)


def merged_fleet(fleet: Sequence[FleetMember], reserve_pct: float) -> BatterySpec:
    """Return a fleet as one battery; each keeps its own floor and ceiling."""
    capacity = sum(member.capacity_kwh for member in fleet)

    def mean(values: list[float]) -> float:
        if not capacity:
            return values[0] if values else 0.0
        weighted = zip(values, fleet, strict=True)
        return sum(value * m.capacity_kwh for value, m in weighted) / capacity

    floors = [max(m.floor_pct, reserve_pct) for m in fleet]
    modes = [m.modes for m in fleet]
    return BatterySpec(
        capacity_kwh=capacity,
        max_charge_kw=sum(m.max_charge_w for m in fleet) / W_PER_KW,
        max_discharge_kw=sum(m.max_discharge_w for m in fleet) / W_PER_KW,
        soc_pct=min(100.0, mean([m.soc_pct for m in fleet])),
        reserve_pct=mean(floors),
        max_soc_pct=mean([m.max_soc_pct for m in fleet]),
        modes=frozenset.intersection(*modes) if modes else frozenset(),
        slot_minutes=max((m.slot_minutes for m in fleet), default=0),
        min_dwell_minutes=max((m.min_dwell_minutes for m in fleet), default=0),
        min_power_kw=sum(m.min_power_w for m in fleet) / W_PER_KW,
        power_step_kw=POWER_GRAIN_KW,
        resume_margin_pct=RESERVE_MARGIN_PCT,
    )
