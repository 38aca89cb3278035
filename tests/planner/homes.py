"""Small homes to plan for."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from random import Random
from typing import TypedDict, Unpack

from custom_components.power_sync.model.battery import Mode
from custom_components.power_sync.model.timegrid import TimeGrid
from custom_components.power_sync.planner import BatterySpec, Problem
from custom_components.power_sync.planner.specs import Override

START = datetime(2026, 6, 1, tzinfo=UTC)
HOUR = timedelta(hours=1)


class _More(TypedDict, total=False):
    """What only some batteries have."""

    charge_taper: tuple[tuple[float, float], ...]
    reserves_pct: tuple[float, ...]
    max_socs_pct: tuple[float, ...]
    ac_limit_kw: float | None
    dc_solar_share: float
    override: Override | None


def battery(  # noqa: PLR0913 - a test changes one of many
    *,
    capacity_kwh: float = 10.0,
    max_charge_kw: float = 5.0,
    max_discharge_kw: float = 5.0,
    soc_pct: float = 50.0,
    reserve_pct: float = 10.0,
    max_soc_pct: float = 100.0,
    efficiency: float = 0.9,
    wear_per_kwh: float = 0.0,
    modes: frozenset[Mode] = frozenset(Mode),
    min_power_kw: float = 0.0,
    resume_margin_pct: float = 2.0,
    **more: Unpack[_More],
) -> BatterySpec:
    """Return 10 kWh at 5 kW, 90 % each way, half full, without wear."""
    return BatterySpec(
        capacity_kwh=capacity_kwh,
        max_charge_kw=max_charge_kw,
        max_discharge_kw=max_discharge_kw,
        soc_pct=soc_pct,
        reserve_pct=reserve_pct,
        max_soc_pct=max_soc_pct,
        charge_efficiency=efficiency,
        discharge_efficiency=efficiency,
        wear_per_kwh=wear_per_kwh,
        modes=modes,
        min_power_kw=min_power_kw,
        resume_margin_pct=resume_margin_pct,
        **more,
    )


def home(  # noqa: PLR0913 - a test changes one of many
    buy: Sequence[float],
    sell: Sequence[float] | float = 0.05,
    *,
    solar_kw: Sequence[float] | float = 0.0,
    load_kw: Sequence[float] | float = 1.0,
    spec: BatterySpec | None = None,
    step: timedelta = HOUR,
    start: datetime = START,
    import_limit_kw: float | None = None,
    export_limit_kw: float | None = None,
    grid_charging: bool = True,
    battery_export: bool = True,
    leftover_value_per_kwh: float | None = 0.0,
) -> Problem:
    """Return a home with one slot per import price; one number holds throughout."""
    count = len(buy)

    def series(values: Sequence[float] | float) -> tuple[float, ...]:
        return (values,) * count if isinstance(values, float | int) else tuple(values)

    return Problem(
        grid=TimeGrid(start, step, count),
        currency="EUR",
        made_at=start,
        import_per_kwh=tuple(buy),
        export_per_kwh=series(sell),
        firm=(True,) * count,
        solar_kw=series(solar_kw),
        load_kw=series(load_kw),
        battery=spec or battery(),
        import_limit_kw=import_limit_kw,
        export_limit_kw=export_limit_kw,
        grid_charging=grid_charging,
        battery_export=battery_export,
        leftover_value_per_kwh=leftover_value_per_kwh,
    )


def random_convex(seed: int) -> Problem:
    """Return a home whose costs are convex, with every kind of limit."""
    random = Random(seed)  # noqa: S311 - made-up homes need no secrecy
    count = random.randint(1, 72)
    hours = random.choice((0.25, 0.5, 1.0))
    buy, sell, solar, load = [], [], [], []
    for slot in range(count):
        hour = slot * hours % 24
        price = random.choice((0.0, 0.12, 0.3, random.uniform(0, 1.2)))
        buy.append(price)
        sell.append(random.choice((0.0, -0.05, price, random.uniform(0, price))))
        sun = 8 < hour < 18
        solar.append(random.uniform(0, 9) if sun else 0.0)
        load.append(random.uniform(0.1, 4))
    reserve_pct = random.choice((0.0, 10.0, 30.0))
    return home(
        buy,
        sell,
        solar_kw=solar,
        load_kw=load,
        step=timedelta(hours=hours),
        spec=BatterySpec(
            capacity_kwh=random.uniform(3, 40),
            max_charge_kw=random.uniform(0.5, 11),
            max_discharge_kw=random.uniform(0.5, 11),
            soc_pct=random.uniform(reserve_pct, 90),
            reserve_pct=reserve_pct,
            max_soc_pct=random.choice((100.0, 90.0)),
            charge_efficiency=random.uniform(0.8, 1),
            discharge_efficiency=random.uniform(0.8, 1),
            wear_per_kwh=random.choice((0.0, 0.02, 0.1)),
        ),
        import_limit_kw=random.choice((None, 3.0, 6.0, 15.0)),
        export_limit_kw=random.choice((None, 0.0, 1.5, 5.0)),
        grid_charging=random.random() < 0.7,
        battery_export=random.random() < 0.7,
        leftover_value_per_kwh=random.choice((None, 0.0, 0.2, 0.6)),
    )
