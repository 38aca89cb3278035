"""From what a home knows to the planner's problem."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta, tzinfo
from zoneinfo import ZoneInfo

from custom_components.power_sync.forecast.load import forecast_load
from custom_components.power_sync.forecast.load_history import LoadHistory
from custom_components.power_sync.model.battery import Mode
from custom_components.power_sync.model.forecast import Forecast
from custom_components.power_sync.model.prices import PriceCurve, Spike
from custom_components.power_sync.model.series import Series
from custom_components.power_sync.model.timegrid import TimeGrid
from custom_components.power_sync.prices.extend import extend
from custom_components.power_sync.prices.spread import PriceSpread, learn

from .demand_ahead import DemandAhead
from .held import Held, while_held
from .problem import (
    DEFAULT_WEAR_PER_KWH,
    BatterySpec,
    Objective,
    Problem,
    Scenario,
)
from .scenarios import scenarios_of
from .shaping import TRUE_PRICES, Shaping
from .terms_ahead import caps_on, credits_on

DAY = timedelta(days=1)
W_PER_KW = 1000.0
RESERVE_MARGIN_PCT = 2.0
POWER_GRAIN_KW = 0.01
PRESENT_ONLY = timedelta(hours=2)
"""Where prices are known no further than this, their spread is learned."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FleetMember:
    """One battery of the home, as the planner needs it; `battery_id` is its serial."""

    capacity_kwh: float
    soc_pct: float
    max_charge_w: float
    max_discharge_w: float
    floor_pct: float
    max_soc_pct: float
    modes: frozenset[Mode]
    min_power_w: float
    slot_minutes: int = 0
    """It can be told something new only so often, by the home's clock; 0: always."""
    min_dwell_minutes: int = 0
    """What it has begun it goes on with for so long, whatever the clock says."""
    battery_id: str = field(default="", repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class PlanInputs:
    """What is known at `now`. Limits are at the meter in W, None = no limit.

    Of the credits and caps of `curve`, the energies are what is left of them.
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
    shaping: Shaping = TRUE_PRICES
    demand: DemandAhead | None = None
    held: Held | None = None


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
    price_spread: PriceSpread | None = None
    solar_spread_w: tuple[tuple[float, ...], tuple[float, ...]] | None = None
    """Little and much sun, where the forecast says what may come."""
    spiking: tuple[bool, ...] = ()
    """Where the provider says that a price spike may come; empty where it never."""


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
    # It is the mean that is planned with: the median is short of energy.
    load = forecast_load(
        inputs.load_history,
        grid,
        inputs.zone,
        inputs.now,
        inputs.recent_load_w,
        alike=False,
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
        solar_spread_w=_spread_on(inputs.solar, grid),
        load_w=tuple(watts or 0.0 for watts in load.expected_w.on(grid)),
        solar_known=inputs.solar is not None,
        learned_days=load.learned_days,
        price_spread=_spread_of(inputs),
        spiking=_spiking(curve, grid),
    )


def _spiking(curve: PriceCurve, grid: TimeGrid) -> tuple[bool, ...]:
    """Return for each slot whether there may be a spike in it."""
    spikes = [slot for slot in curve.slots if slot.spike is not Spike.NONE]
    if not spikes:
        return ()
    return tuple(
        any(slot.start < start + grid.step and slot.end > start for slot in spikes)
        for start in grid.starts()
    )


def _spread_of(inputs: PlanInputs) -> PriceSpread | None:
    """Return what prices may become, where hardly more than the present is known.

    A provider's own forecast says more than the past does, and a day ahead that is
    published is no chain of half-hours: there it is None.
    """
    until = inputs.curve.firm_until
    if until is None or until > inputs.now + PRESENT_ONLY:
        return None
    if not inputs.curve.slots[-1].firm:
        return None
    return learn(inputs.curve, until)


def _solar_on(solar: Forecast | None, grid: TimeGrid) -> tuple[float, ...]:
    """Return the sun on the grid; beyond the forecast, as a day earlier.

    Without any forecast no sun is counted on: what comes is a gain.
    """
    if solar is None:
        return (0.0,) * grid.count
    return _watts_on(solar.p50_w, grid)


def _spread_on(
    solar: Forecast | None, grid: TimeGrid
) -> tuple[tuple[float, ...], tuple[float, ...]] | None:
    """Return little and much sun on the grid; None where they are not known."""
    if solar is None or solar.p10_w is None or solar.p90_w is None:
        return None
    return _watts_on(solar.p10_w, grid), _watts_on(solar.p90_w, grid)


def _watts_on(series: Series, grid: TimeGrid) -> tuple[float, ...]:
    watts = []
    for start in grid.starts():
        value = series.mean(start, start + grid.step)
        if value is None:
            value = series.mean(start - DAY, start - DAY + grid.step)
        watts.append(max(0.0, value or 0.0))
    return tuple(watts)


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
