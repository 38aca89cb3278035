"""What the planner is asked: a home, its prices and its forecasts."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from math import isfinite
from typing import Final

from custom_components.power_sync.model.battery import Mode
from custom_components.power_sync.model.timegrid import TimeGrid

DEFAULT_WEAR_PER_KWH: Final = 0.02


class Objective(StrEnum):
    """What a plan is for."""

    LOWEST_COST = "lowest_cost"
    """The least money."""
    SELF_CONSUMPTION = "self_consumption"
    """The fewest kWh bought: the home lives on its own energy."""


class ProblemError(ValueError):
    """A problem that says nothing sensible. `field` names the culprit."""

    def __init__(self, field: str, what: str) -> None:
        """Name the field and what is wrong with it."""
        super().__init__(f"{field}: {what}")
        self.field = field


def _check(field: str, value: float, low: float, high: float = float("inf")) -> None:
    if not isfinite(value) or not low <= value <= high:
        span = f"from {low:g}" if high == float("inf") else f"in {low:g}..{high:g}"
        raise ProblemError(field, f"must be a finite number {span}, not {value}")


@dataclass(frozen=True, slots=True, kw_only=True)
class BatterySpec:
    """One battery, or a fleet merged to one.

    Powers are at its AC side. Charging 1 kWh there stores `charge_efficiency`
    kWh; delivering 1 kWh there takes 1 / `discharge_efficiency` kWh out of the
    cells. `wear_per_kwh` is money per kWh delivered at the AC side. The SOC at
    the start may be outside of `reserve_pct` and `max_soc_pct`. Where the
    reserve is above the maximum, the reserve holds. Once down at its reserve the
    battery discharges again from `resume_margin_pct` points above it.

    `modes` are what the battery can be told; self-consumption is always
    possible. Forced powers are whole multiples of `power_step_kw` and not below
    `min_power_kw`. Raises ProblemError.
    """

    capacity_kwh: float
    max_charge_kw: float
    max_discharge_kw: float
    soc_pct: float
    reserve_pct: float
    max_soc_pct: float = 100.0
    charge_efficiency: float = 0.95
    discharge_efficiency: float = 0.95
    wear_per_kwh: float = DEFAULT_WEAR_PER_KWH
    modes: frozenset[Mode] = frozenset(Mode)
    power_step_kw: float = 0.001
    min_power_kw: float = 0.0
    resume_margin_pct: float = 2.0

    def __post_init__(self) -> None:
        """Refuse what no battery can be."""
        _check("battery.capacity_kwh", self.capacity_kwh, 0.0)
        _check("battery.max_charge_kw", self.max_charge_kw, 0.0)
        _check("battery.max_discharge_kw", self.max_discharge_kw, 0.0)
        _check("battery.soc_pct", self.soc_pct, 0.0, 100.0)
        _check("battery.reserve_pct", self.reserve_pct, 0.0, 100.0)
        _check("battery.max_soc_pct", self.max_soc_pct, 0.0, 100.0)
        _check("battery.charge_efficiency", self.charge_efficiency, 0.01, 1.0)
        _check("battery.discharge_efficiency", self.discharge_efficiency, 0.01, 1.0)
        _check("battery.wear_per_kwh", self.wear_per_kwh, 0.0)
        _check("battery.power_step_kw", self.power_step_kw, 0.0)
        _check("battery.min_power_kw", self.min_power_kw, 0.0)
        _check("battery.resume_margin_pct", self.resume_margin_pct, 0.0, 100.0)


@dataclass(frozen=True, slots=True, kw_only=True)
class Problem:
    """One home over one horizon. Every series has one value per slot of `grid`.

    Prices are in `currency` per kWh; both may be negative. Solar and load are
    mean kW and never negative. The limits are at the meter in kW, None where
    there is none. Without `grid_charging` the battery is charged by the sun
    only; without `battery_export` it never delivers more than the home takes.
    `leftover_value_per_kwh` is what a kWh in the cells at the horizon's end is
    worth; None lets the planner say (`planner/leftover.py`). What other objectives
    than the lowest cost change is in `planner/aim.py`. Raises ProblemError.
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

    def __post_init__(self) -> None:
        """Refuse what cannot be planned on: never guess a missing number."""
        if self.grid.count < 1:
            raise ProblemError("grid", "has no slot")
        if self.made_at.utcoffset() != timedelta(0):
            raise ProblemError("made_at", "must be an aware UTC time")
        for field, values in (
            ("import_per_kwh", self.import_per_kwh),
            ("export_per_kwh", self.export_per_kwh),
        ):
            self._check_series(field, values, float("-inf"))
        self._check_series("solar_kw", self.solar_kw, 0.0)
        self._check_series("load_kw", self.load_kw, 0.0)
        if len(self.firm) != self.grid.count:
            raise ProblemError("firm", f"needs {self.grid.count} values")
        for field, limit in (
            ("import_limit_kw", self.import_limit_kw),
            ("export_limit_kw", self.export_limit_kw),
            ("leftover_value_per_kwh", self.leftover_value_per_kwh),
        ):
            if limit is not None:
                _check(field, limit, 0.0)

    def _check_series(self, field: str, values: Sequence[float], low: float) -> None:
        if len(values) != self.grid.count:
            raise ProblemError(
                field, f"has {len(values)} values for {self.grid.count} slots"
            )
        for value in values:
            if not isfinite(value) or value < low:
                raise ProblemError(field, f"must be finite numbers, not {value}")
