"""Coupled homes to plan for."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from random import Random

from custom_components.power_sync.model.battery import Mode
from custom_components.power_sync.planner import Problem
from custom_components.power_sync.planner.problem import BatterySpec, Scenario
from custom_components.power_sync.planner.specs import (
    CarSpec,
    DemandCharge,
    Fuse,
    Override,
    charging_ranges_kw,
)

from .homes import HOUR, START, battery, home


def day(seed: int, *, tricky: bool = False) -> Problem:
    """Return a day in hours: one to three batteries, a car, a demand charge.

    A `tricky` one pays for import in some hours, and for export more than import
    costs in others.
    """
    random = Random(seed)  # noqa: S311 - made-up homes need no secrecy
    hours = range(24)
    buy = [random.choice((0.12, 0.2, 0.3, 0.45)) for _ in hours]
    sell = [0.3 * price for price in buy]
    for hour in hours if tricky else ():
        kind = random.random()
        if kind < 0.3:
            buy[hour], sell[hour] = -random.uniform(0, 0.3), -0.1
        elif kind < 0.45:
            sell[hour] = buy[hour] + 0.05
    base = home(
        buy,
        sell,
        solar_kw=[random.uniform(0, 6) if 8 < hour < 18 else 0.0 for hour in hours],
        load_kw=[random.uniform(0.2, 3) for _ in hours],
        spec=_battery(random),
        import_limit_kw=14.0,
        export_limit_kw=random.choice((None, 5.0)),
        battery_export=random.random() < 0.7,
        leftover_value_per_kwh=0.1,
    )
    car = CarSpec(
        energy_kwh=random.uniform(5, 30),
        departure=START + random.randint(8, 24) * HOUR,
        ranges_kw=charging_ranges_kw(
            16, random.choice((1, 3)), switches=random.random() < 0.5
        ),
        may_battery_feed=random.random() < 0.5,
    )
    demand = DemandCharge(
        rate_per_kw=random.choice((0.0, 0.3, 1.0)),
        window=tuple(16 <= hour < 21 for hour in hours),
        interval=HOUR,
        peak_kw=random.choice((0.0, 2.0)),
    )
    others = tuple(_battery(random) for _ in range(seed % 3))
    return replace(base, batteries=others, cars=(car,), demand=demand)


def _battery(random: Random) -> BatterySpec:
    return battery(
        capacity_kwh=random.uniform(3, 15),
        max_charge_kw=random.uniform(2, 5),
        max_discharge_kw=random.uniform(2, 5),
        soc_pct=random.uniform(10, 100),
        efficiency=random.uniform(0.85, 0.98),
        wear_per_kwh=0.02,
        resume_margin_pct=0.0,
    )


def hostile(seed: int) -> Problem:
    """Return a home that nobody would want to plan for."""
    random = Random(1000 + seed)  # noqa: S311 - made-up homes need no secrecy
    hours = random.choice((0.25, 0.5, 1.0))
    # A local day has 23, 24 or 25 hours; some horizons end after one slot.
    count = random.choice(
        (1, 2, round(23 / hours), round(24 / hours), round(25 / hours))
    )
    slots = range(count)

    def price() -> float:
        return random.choice((-1.0, 20.0, 0.0, random.uniform(-0.3, 0.6)))

    base = home(
        [price() for _ in slots],
        [price() for _ in slots],
        solar_kw=[random.choice((0.0, random.uniform(0, 9))) for _ in slots],
        load_kw=[random.choice((0.0, random.uniform(0, 12))) for _ in slots],
        spec=_odd_battery(random, count),
        step=timedelta(hours=hours),
        start=datetime(2026, 3, 28, 23, tzinfo=UTC),
        import_limit_kw=random.choice((None, 0.0, 3.0, 8.0)),
        export_limit_kw=random.choice((None, 0.0, 3.0)),
        grid_charging=random.random() < 0.7,
        battery_export=random.random() < 0.7,
        leftover_value_per_kwh=random.choice((None, 0.0, 0.3)),
    )
    limits = tuple(random.uniform(0, 12) for _ in slots)
    return replace(
        base,
        batteries=tuple(_odd_battery(random, count) for _ in range(seed % 3)),
        cars=tuple(_odd_car(random, base) for _ in range(random.randint(0, 2))),
        demand=random.choice((None, _odd_demand(random, count))),
        import_limits_kw=random.choice(((), limits)),
        export_limits_kw=random.choice(((), limits)),
        fuse=random.choice((None, Fuse(16), Fuse(25, phases=1))),
        curtail_per_kwh=random.choice((0.0, 0.05, 3.0)),
        scenarios=random.choice(
            ((), (Scenario(weight=1, solar_kw=base.load_kw, load_kw=base.solar_kw),))
        ),
    )


def _odd_battery(random: Random, count: int) -> BatterySpec:
    levels = tuple(random.uniform(0, 100) for _ in range(count))
    return BatterySpec(
        capacity_kwh=random.choice((0.0, random.uniform(1, 30))),
        max_charge_kw=random.choice((0.0, random.uniform(0.5, 10))),
        max_discharge_kw=random.choice((0.0, random.uniform(0.5, 10))),
        soc_pct=random.uniform(0, 100),
        reserve_pct=random.choice((0.0, 20.0, 100.0, random.uniform(0, 60))),
        max_soc_pct=random.choice((100.0, 90.0, random.uniform(0, 100))),
        charge_efficiency=random.uniform(0.6, 1),
        discharge_efficiency=random.uniform(0.6, 1),
        wear_per_kwh=random.choice((0.0, 0.02, 1.0)),
        modes=random.choice((frozenset(Mode), frozenset({Mode.CHARGE}), frozenset())),
        min_power_kw=random.choice((0.0, 0.5)),
        charge_taper=random.choice(((), ((80.0, 1.0), (95.0, 0.5), (100.0, 0.1)))),
        reserves_pct=random.choice(((), levels)),
        max_socs_pct=random.choice(((), levels)),
        ac_limit_kw=random.choice((None, 0.0, 4.0)),
        dc_solar_share=random.choice((0.0, 0.3)),
        override=random.choice(
            (None, Override(random.choice(list(Mode)), random.choice((None, 2.0)), 2))
        ),
    )


def _odd_car(random: Random, base: Problem) -> CarSpec:
    return CarSpec(
        energy_kwh=random.choice((0.0, random.uniform(0, 80))),
        departure=base.grid.start + timedelta(hours=random.choice((-2, 1, 9, 60))),
        ranges_kw=charging_ranges_kw(
            random.choice((6, 16, 32)),
            random.choice((1, 3)),
            switches=bool(base.grid.count % 2),
        ),
        phases=random.choice((1, 3)),
        may_battery_feed=random.random() < 0.5,
    )


def _odd_demand(random: Random, count: int) -> DemandCharge:
    return DemandCharge(
        rate_per_kw=random.choice((0.0, 0.5, 15.0)),
        window=tuple(random.random() < 0.4 for _ in range(count)),
        interval=timedelta(minutes=random.choice((15, 30, 60))),
        peak_kw=random.choice((0.0, 3.0)),
    )
