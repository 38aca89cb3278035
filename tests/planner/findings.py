"""A finding for tests that need any."""

from datetime import UTC, date, datetime
from typing import Final

from custom_components.power_sync.planner.findings import Backtest, Costs, DayCosts

BACKTEST: Final = Backtest(
    made_at=datetime(2026, 1, 14, 12, tzinfo=UTC),
    start=datetime(2026, 1, 7, 12, tzinfo=UTC),
    end=datetime(2026, 1, 14, 12, tzinfo=UTC),
    currency="GBP",
    hours=160.0,
    missing_hours=8.0,
    learned_days=10,
    costs=Costs(no_battery=30.0, self_consumption=25.5, power_sync=18.25),
    by_day=(
        DayCosts(
            date(2026, 1, 7),
            12.0,
            Costs(no_battery=30.0, self_consumption=25.5, power_sync=18.25),
        ),
    ),
    assumptions={
        "battery_kwh": 9.408,
        "max_charge_kw": 10.6,
        "max_discharge_kw": 10.6,
        "reserve_pct": 10.0,
        "max_level_pct": 100.0,
        "charge_loss_pct": 5.0,
        "discharge_loss_pct": 5.0,
        "wear_per_kwh": 0.02,
        "objective": "lowest_cost",
        "grid_charging": True,
        "battery_export": False,
        "price_shaping": None,
        "spike_protection": True,
        "import_limit_kw": None,
        "export_limit_kw": None,
        "standing_charge": False,
    },
)
