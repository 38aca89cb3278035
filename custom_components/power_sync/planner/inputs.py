"""What a home knows, and wants: all that its plan is made from."""

from dataclasses import dataclass, field
from datetime import datetime, tzinfo

from custom_components.power_sync.forecast.load_history import LoadHistory
from custom_components.power_sync.model.battery import Mode
from custom_components.power_sync.model.forecast import Forecast
from custom_components.power_sync.model.prices import PriceCurve

from .demand_ahead import DemandAhead
from .held import Held
from .problem import DEFAULT_WEAR_PER_KWH, Objective
from .shaping import TRUE_PRICES, Shaping


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
