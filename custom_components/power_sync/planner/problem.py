"""What the planner is asked: a home, its prices and its forecasts."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from math import isfinite

from custom_components.power_sync.model.timegrid import TimeGrid
from custom_components.power_sync.prices.spread import PriceSpread

from .specs import (
    DEFAULT_WEAR_PER_KWH,
    BatterySpec,
    CarSpec,
    DemandCharge,
    Fuse,
    ImportCredit,
    PriceCap,
    ProblemError,
    check,
)

__all__ = [
    "DEFAULT_WEAR_PER_KWH",
    "BatterySpec",
    "Objective",
    "Problem",
    "ProblemError",
    "Scenario",
]


_TINY = 1e-9


class Objective(StrEnum):
    """What a plan is for."""

    LOWEST_COST = "lowest_cost"
    """The least money."""
    SELF_CONSUMPTION = "self_consumption"
    """The fewest kWh bought: the home lives on its own energy."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Scenario:
    """What may come instead of the forecast: mean kW per slot of the grid.

    `weight` is how likely it is, compared with the other scenarios.
    """

    weight: float
    solar_kw: tuple[float, ...]
    load_kw: tuple[float, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Problem:
    """One home over one horizon. Every series has one value per slot of `grid`.

    Prices are in `currency` per kWh; both may be negative. Solar and load are
    mean kW and never negative. The limits are at the meter in kW, None where
    there is none. Without `grid_charging` the battery is charged by the sun
    only; without `battery_export` it never delivers more than the home takes.
    `leftover_value_per_kwh` is what a kWh in the cells at the horizon's end is
    worth; None lets the planner say (`planner/leftover.py`). What other objectives
    than the lowest cost change is in `planner/aim.py`. With a `price_spread` the firm
    slots are decided on what prices may become (`planner/price_policy.py`), and not
    on the one guess in the slots after them. The `counted` prices are those that the
    plan is the cheapest at, where the user wants others than the true ones
    (`planner/shaping.py`).

    `batteries` are those beside `battery`; `cars` those that are plugged in. The
    limits by slot hold beside the others, and so does the main `fuse`, of which
    each battery and the home load all phases alike. `curtail_per_kwh` is what a kWh
    of sun held back costs: at 0 sun is never sold below zero. Where any of these is
    given the problem is coupled (`planner/coupled.py`). `credits` and `caps` are what
    a contract says beside its prices (`planner/terms.py`). Raises ProblemError.
    """

    grid: TimeGrid
    currency: str
    made_at: datetime
    import_per_kwh: tuple[float, ...]
    export_per_kwh: tuple[float, ...]
    firm: tuple[bool, ...]
    solar_kw: tuple[float, ...]
    load_kw: tuple[float, ...]
    battery: BatterySpec
    import_limit_kw: float | None = None
    export_limit_kw: float | None = None
    grid_charging: bool = True
    battery_export: bool = False
    leftover_value_per_kwh: float | None = None
    objective: Objective = Objective.LOWEST_COST
    price_spread: PriceSpread | None = None
    scenarios: tuple[Scenario, ...] = ()
    batteries: tuple[BatterySpec, ...] = ()
    cars: tuple[CarSpec, ...] = ()
    demand: DemandCharge | None = None
    import_limits_kw: tuple[float, ...] = ()
    export_limits_kw: tuple[float, ...] = ()
    fuse: Fuse | None = None
    curtail_per_kwh: float = 0.0
    counted_import_per_kwh: tuple[float, ...] = ()
    counted_export_per_kwh: tuple[float, ...] = ()
    credits: tuple[ImportCredit, ...] = ()
    caps: tuple[PriceCap, ...] = ()

    def __post_init__(self) -> None:
        """Refuse what cannot be planned on: never guess a missing number."""
        if self.grid.count < 1:
            raise ProblemError("grid", "has no slot")
        if self.made_at.utcoffset() != timedelta(0):
            raise ProblemError("made_at", "must be an aware UTC time")
        self._check_prices()
        self._check_series("solar_kw", self.solar_kw, 0.0)
        self._check_series("load_kw", self.load_kw, 0.0)
        for scenario in self.scenarios:
            check("scenarios.weight", scenario.weight, 0.0)
            self._check_series("scenarios.solar_kw", scenario.solar_kw, 0.0)
            self._check_series("scenarios.load_kw", scenario.load_kw, 0.0)
        if self.scenarios and not any(each.weight > 0 for each in self.scenarios):
            raise ProblemError("scenarios.weight", "must be above 0 for one of them")
        if len(self.firm) != self.grid.count:
            raise ProblemError("firm", f"needs {self.grid.count} values")
        for field, limit in (
            ("import_limit_kw", self.import_limit_kw),
            ("export_limit_kw", self.export_limit_kw),
            ("leftover_value_per_kwh", self.leftover_value_per_kwh),
        ):
            if limit is not None:
                check(field, limit, 0.0)
        self._check_coupled()

    def _check_coupled(self) -> None:
        check("curtail_per_kwh", self.curtail_per_kwh, 0.0)
        for field, values in (
            ("import_limits_kw", self.import_limits_kw),
            ("export_limits_kw", self.export_limits_kw),
        ):
            if values:
                self._check_series(field, values, 0.0)
        for battery in self.all_batteries:
            for field, values in (
                ("battery.reserves_pct", battery.reserves_pct),
                ("battery.max_socs_pct", battery.max_socs_pct),
            ):
                if values:
                    self._check_series(field, values, 0.0)
        if sum(battery.dc_solar_share for battery in self.all_batteries) > 1 + _TINY:
            raise ProblemError("battery.dc_solar_share", "is more than all of the sun")
        for field, windows in (
            ("demand.window", () if self.demand is None else (self.demand.window,)),
            ("credits.window", tuple(each.window for each in self.credits)),
            ("caps.beyond_per_kwh", tuple(each.beyond_per_kwh for each in self.caps)),
        ):
            if any(len(window) != self.grid.count for window in windows):
                raise ProblemError(field, f"needs {self.grid.count} values")

    @property
    def all_batteries(self) -> tuple[BatterySpec, ...]:
        """The battery and those beside it."""
        return (self.battery, *self.batteries)

    @property
    def has_terms(self) -> bool:
        """Whether the contract says more than prices."""
        return bool(self.credits or self.caps)

    @property
    def is_coupled(self) -> bool:
        """Whether there is more to decide than what one battery does."""
        return bool(
            self.batteries
            or self.cars
            or self.demand is not None
            or self.import_limits_kw
            or self.export_limits_kw
            or self.fuse is not None
            or self.curtail_per_kwh
            or not self.battery.is_plain
        )

    def _check_prices(self) -> None:
        for field, values, needed in (
            ("import_per_kwh", self.import_per_kwh, True),
            ("export_per_kwh", self.export_per_kwh, True),
            ("counted_import_per_kwh", self.counted_import_per_kwh, False),
            ("counted_export_per_kwh", self.counted_export_per_kwh, False),
        ):
            if needed or values:
                self._check_series(field, values, float("-inf"))

    def _check_series(self, field: str, values: Sequence[float], low: float) -> None:
        if len(values) != self.grid.count:
            raise ProblemError(
                field, f"has {len(values)} values for {self.grid.count} slots"
            )
        for value in values:
            if not isfinite(value) or value < low:
                raise ProblemError(field, f"must be finite numbers, not {value}")
