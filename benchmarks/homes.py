"""Homes to plan for: synthetic, and the same on every machine."""

from datetime import UTC, datetime
from math import exp, pi, sin
from random import Random

from custom_components.power_sync.model.timegrid import TimeGrid
from custom_components.power_sync.planner.problem import BatterySpec, Problem

_START = datetime(2026, 3, 20, tzinfo=UTC)


def _bump(hour: float, at: float, width: float) -> float:
    return exp(-(((hour - at) / width) ** 2))


def _flat_bands(hour: float, noise: float) -> tuple[float, float]:
    """Return a tariff of three bands with a fixed feed-in price."""
    prices = [0.18] * 7 + [0.26] * 8 + [0.42] * 6 + [0.26] + [0.18] * 2
    return prices[int(hour)], 0.08


def _half_hourly(hour: float, noise: float) -> tuple[float, float]:
    """Return a day-ahead tariff; the noise is drawn once per half-hour."""
    market = 0.11 + 0.16 * _bump(hour, 18.2, 1.7) + 0.06 * _bump(hour, 8, 1.8)
    market += 0.018 * noise - 0.075 * _bump(hour, 13, 2.6)
    return max(0.015, 1.05 * market + 0.09), max(0.0, 0.62 * market)


def _wholesale(hour: float, noise: float) -> tuple[float, float]:
    """Return 5-minute market prices with a sun-fed dip and no two slots alike."""
    market = 0.09 + 0.2 * _bump(hour, 18.4, 1.6) + 0.07 * _bump(hour, 7.5, 1.3)
    market += 0.02 * noise - 0.13 * _bump(hour, 12.5, 2.7)
    return max(0.01, market + 0.11), market - 0.015


_TARIFFS = {
    "bands": (_flat_bands, 1),
    "half_hourly": (_half_hourly, 6),
    "wholesale": (_wholesale, 1),
}
TARIFFS = tuple(_TARIFFS)


def home(tariff: str) -> Problem:
    """Return 48 hours of a home with 6 kW of sun and a 13.5 kWh battery."""
    price, hold = _TARIFFS[tariff]
    random = Random(tariff)  # noqa: S311 - made-up weather needs no secrecy
    grid = TimeGrid.horizon(_START)
    prices, solar, load = [], [], []
    noise, cloud = 0.0, 0.0
    for index in range(grid.count):
        hour = index * grid.step_h % 24
        if index % hold == 0:
            noise = random.gauss()
        cloud = 0.85 * cloud + 0.15 * random.gauss()
        sun = max(0.0, sin(pi * (hour - 5.7) / 13.6))
        prices.append(price(index // hold * hold * grid.step_h % 24, noise))
        solar.append(5.9 * sun * min(1.0, max(0.08, 0.75 + cloud)))
        use = 0.32 + 0.55 * _bump(hour, 7.3, 1.1) + 1.25 * _bump(hour, 18.9, 2.1)
        load.append(use * random.uniform(0.8, 1.3))
    return Problem(
        grid=grid,
        currency="EUR",
        made_at=_START,
        import_per_kwh=tuple(buy for buy, _ in prices),
        export_per_kwh=tuple(sell for _, sell in prices),
        firm=(True,) * grid.count,
        solar_kw=tuple(solar),
        load_kw=tuple(load),
        battery=BatterySpec(
            capacity_kwh=13.5,
            max_charge_kw=5.0,
            max_discharge_kw=5.0,
            soc_pct=40.0,
            reserve_pct=10.0,
        ),
        import_limit_kw=10.0,
        export_limit_kw=5.0,
        battery_export=True,
    )
