"""From what a home knows to the planner's problem."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta, tzinfo

from custom_components.power_sync.forecast.load import LoadHistory, forecast_load
from custom_components.power_sync.model.battery import Mode
from custom_components.power_sync.model.forecast import Forecast
from custom_components.power_sync.model.prices import PriceCurve
from custom_components.power_sync.model.timegrid import TimeGrid
from custom_components.power_sync.prices.extend import extend

from .problem import DEFAULT_WEAR_PER_KWH, BatterySpec, Objective, Problem

DAY = timedelta(days=1)
W_PER_KW = 1000.0
RESERVE_MARGIN_PCT = 2.0
POWER_GRAIN_KW = 0.01


@dataclass(frozen=True, slots=True, kw_only=True)
class FleetMember:
    """One battery of the home, as the planner needs it."""

    capacity_kwh: float
    soc_pct: float
    max_charge_w: float
    max_discharge_w: float
    floor_pct: float
    max_soc_pct: float
    modes: frozenset[Mode]
    min_power_w: float


@dataclass(frozen=True, slots=True, kw_only=True)
class PlanInputs:
    """What is known at `now`. Limits are at the meter in W, None = no limit.

    `zone` is the home's; `recent_load_w` the mean load of the last hour, as far as
    it is known. The levels and power limits are the user's, for the whole site; each
    battery's own count where they are tighter.
    """

    now: datetime
    zone: tzinfo
    curve: PriceCurve
    solar: Forecast | None
    load_history: LoadHistory
    recent_load_w: float | None
    fleet: tuple[FleetMember, ...]
    reserve_pct: float
    import_limit_w: float | None
    export_limit_w: float | None
    grid_charging: bool
    battery_export: bool
    max_soc_pct: float = 100.0
    charge_limit_w: float | None = None
    discharge_limit_w: float | None = None
    wear_per_kwh: float = DEFAULT_WEAR_PER_KWH
    objective: Objective = Objective.LOWEST_COST


@dataclass(frozen=True, slots=True)
class Outlook:
    """Prices, sun and load on the planning grid.

    The grid is shorter than 48 hours where prices are. `learned_days` is how
    many days of its own history the load forecast stands on.
    """

    grid: TimeGrid
    currency: str
    import_per_kwh: tuple[float, ...]
    export_per_kwh: tuple[float, ...]
    firm: tuple[bool, ...]
    solar_w: tuple[float, ...]
    load_w: tuple[float, ...]
    solar_known: bool
    learned_days: int | None


def outlook(inputs: PlanInputs, grid: TimeGrid | None = None) -> Outlook | None:
    """Return the outlook, or None where there are no prices or no load at all.

    `grid` is the planning grid unless another is given.
    """
    grid = grid or TimeGrid.horizon(inputs.now)
    curve = extend(inputs.curve.from_time(inputs.now - 15 * DAY), grid.end)
    bought, sold = curve.import_series.on(grid), curve.export_series.on(grid)
    known = 0
    while known < grid.count and bought[known] is not None and sold[known] is not None:
        known += 1
    grid = TimeGrid(grid.start, grid.step, known)
    load = forecast_load(
        inputs.load_history, grid, inputs.zone, inputs.now, inputs.recent_load_w
    )
    if not known or load is None:
        return None
    firm_until = curve.firm_until or grid.start
    return Outlook(
        grid=grid,
        currency=curve.currency,
        import_per_kwh=tuple(price for price in bought[:known] if price is not None),
        export_per_kwh=tuple(price for price in sold[:known] if price is not None),
        firm=tuple(start + grid.step <= firm_until for start in grid.starts()),
        solar_w=_solar_on(inputs.solar, grid),
        load_w=tuple(watts or 0.0 for watts in load.p50_w.on(grid)),
        solar_known=inputs.solar is not None,
        learned_days=load.learned_days,
    )


def _solar_on(solar: Forecast | None, grid: TimeGrid) -> tuple[float, ...]:
    """Return the sun on the grid; beyond the forecast, as a day earlier.

    Without any forecast no sun is counted on: what comes is a gain.
    """
    if solar is None:
        return (0.0,) * grid.count
    series = solar.p50_w
    watts = []
    for start in grid.starts():
        value = series.mean(start, start + grid.step)
        if value is None:
            value = series.mean(start - DAY, start - DAY + grid.step)
        watts.append(max(0.0, value or 0.0))
    return tuple(watts)


def problem_from(inputs: PlanInputs, ahead: Outlook) -> Problem:
    """Return the problem for the whole fleet, merged to one battery."""
    return Problem(
        grid=ahead.grid,
        currency=ahead.currency,
        made_at=inputs.now,
        import_per_kwh=ahead.import_per_kwh,
        export_per_kwh=ahead.export_per_kwh,
        firm=ahead.firm,
        solar_kw=tuple(watts / W_PER_KW for watts in ahead.solar_w),
        load_kw=tuple(watts / W_PER_KW for watts in ahead.load_w),
        battery=merged_battery(inputs),
        import_limit_kw=kw(inputs.import_limit_w),
        export_limit_kw=kw(inputs.export_limit_w),
        grid_charging=inputs.grid_charging,
        battery_export=inputs.battery_export,
        objective=inputs.objective,
    )


def kw(watts: float | None) -> float | None:
    """Return a limit in kW; None stays none."""
    return None if watts is None else watts / W_PER_KW


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
    )


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
        min_power_kw=sum(m.min_power_w for m in fleet) / W_PER_KW,
        power_step_kw=POWER_GRAIN_KW,
        resume_margin_pct=RESERVE_MARGIN_PCT,
    )
