"""What a backtest takes for granted, as keys and numbers."""

from collections.abc import Mapping

from custom_components.power_sync.forecast import days_before

from .home_problem import kw, merged_battery
from .inputs import PlanInputs
from .leftover import leftover_value_per_kwh
from .problem import Problem
from .rehearsal import DECIDE_EVERY

type Assumption = str | float | bool | None


def home_assumptions(home: PlanInputs) -> dict[str, Assumption]:
    """Return what is assumed of battery and limits: it changes with the options."""
    battery = merged_battery(home)
    return {
        "battery_kwh": round(battery.capacity_kwh, 3),
        "max_charge_kw": battery.max_charge_kw,
        "max_discharge_kw": battery.max_discharge_kw,
        "reserve_pct": battery.reserve_pct,
        "max_level_pct": battery.max_soc_pct,
        "charge_loss_pct": round(100 * (1 - battery.charge_efficiency), 3),
        "discharge_loss_pct": round(100 * (1 - battery.discharge_efficiency), 3),
        "wear_per_kwh": battery.wear_per_kwh,
        "objective": home.objective.value,
        "grid_charging": home.grid_charging,
        "battery_export": home.battery_export,
        "price_shaping": home.shaping.said,
        "spike_protection": home.shaping.spike_protection,
        "import_limit_kw": kw(home.import_limit_w),
        "export_limit_kw": kw(home.export_limit_w),
    }


def assumptions_of(
    home: PlanInputs, problem: Problem, *, measured_by: str, has_sun: bool
) -> Mapping[str, Assumption]:
    """Return all that a figure stands on.

    `standing_charge` and `other_loads_moved` say what is not in it: what is paid
    per day whatever is used, and anything but the battery.
    """
    return {
        **home_assumptions(home),
        "measured_by": measured_by,
        "load_forecast": "from_days_before",
        "solar_forecast": days_before.SOURCE if has_sun else "no_sun",
        "solar_forecast_days": days_before.DAYS if has_sun else None,
        "prices_known": "when_published",
        "replanned_every_min": DECIDE_EVERY.total_seconds() / 60,
        "slot_min": problem.grid.step.total_seconds() / 60,
        "start_level_pct": problem.battery.soc_pct,
        "leftover_value_per_kwh": round(leftover_value_per_kwh(problem), 5),
        "wear_counted_as_money": False,
        "standing_charge": False,
        "other_loads_moved": False,
    }
