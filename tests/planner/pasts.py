"""Homes with a past to plan again."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from random import Random
from typing import Final
from zoneinfo import ZoneInfo

from custom_components.power_sync.forecast.load_history import LoadHistory, LoadSample
from custom_components.power_sync.model.battery import Mode
from custom_components.power_sync.model.prices import PriceCurve, PriceSlot
from custom_components.power_sync.model.series import Series, Span
from custom_components.power_sync.planner.backtest import Past
from custom_components.power_sync.planner.inputs import FleetMember, PlanInputs
from custom_components.power_sync.prices.octopus import AGILE

NOW: Final = datetime(2026, 5, 20, 9, 20, tzinfo=UTC)
LONDON: Final = ZoneInfo("Europe/London")
HOUR: Final = timedelta(hours=1)
HALF_HOUR: Final = timedelta(minutes=30)
DAY: Final = timedelta(days=1)

type AtHour = Callable[[datetime], float | None]


def cheap_nights(start: datetime) -> float:
    """Return 10 p at night, 30 p by day (in UTC)."""
    return 0.10 if start.hour < 6 else 0.30


def a_kilowatt(start: datetime) -> float:
    """Return a load that never changes."""
    return 1000.0


def some_load(seed: int) -> AtHour:
    """Return a load that nobody can know before."""

    def load(start: datetime) -> float:
        return Random(f"load {seed} {start.isoformat()}").uniform(100, 3000)  # noqa: S311 - made-up homes need no secrecy

    return load


def some_sun(seed: int) -> AtHour:
    """Return a sun that differs from day to day."""

    def sun(start: datetime) -> float:
        by_day = 8 <= start.hour < 18
        return Random(f"sun {seed} {start.isoformat()}").uniform(0, 4000) * by_day  # noqa: S311 - made-up homes need no secrecy

    return sun


def some_price(seed: int) -> Callable[[datetime], float]:
    """Return prices that differ in every half hour."""

    def price(start: datetime) -> float:
        return Random(f"price {seed} {start.isoformat()}").uniform(0.02, 0.45)  # noqa: S311 - made-up homes need no secrecy

    return price


def known_by_day(when: datetime) -> datetime:
    """Return until when Agile prices are known."""
    return AGILE.due_until(when)


def past(  # noqa: PLR0913 - a test changes one of many
    *,
    days: int = 7,
    load: AtHour = a_kilowatt,
    sun: AtHour | None = None,
    price: Callable[[datetime], float] = cheap_nights,
    price_days: int = 24,
    sold: float = 0.05,
    known_until: Callable[[datetime], datetime] = known_by_day,
    now: datetime = NOW,
) -> Past:
    """Return the past of a home: hours of load and sun, half-hours of prices."""
    last = now.replace(minute=0)
    hours = [last - HOUR * back for back in range(days * 24, 0, -1)]
    halves = [last - HALF_HOUR * back for back in range(price_days * 48, -96, -1)]
    watts = {start: load(start) for start in hours}
    samples = [LoadSample(start, w) for start, w in watts.items() if w is not None]
    spans = [
        Span(start, start + HOUR, w)
        for start in hours
        if sun is not None and (w := sun(start)) is not None
    ]
    slots = [
        PriceSlot(start, start + HALF_HOUR, price(start), sold) for start in halves
    ]
    return Past(
        load=LoadHistory.of(samples, HOUR),
        solar_w=None if sun is None else Series(spans),
        curve=PriceCurve.of("GBP", "Europe/London", slots),
        known_until=known_until,
        measured_by="test",
    )


def inputs(
    of: Past,
    *,
    now: datetime = NOW,
    capacity_kwh: float = 10.0,
    battery_export: bool = False,
    import_limit_w: float | None = None,
) -> PlanInputs:
    """Return a home with a battery of 10 kWh at 5 kW, its reserve at 10 %."""
    return PlanInputs(
        now=now,
        zone=LONDON,
        curve=of.curve,
        solar=None,
        load_history=of.load,
        recent_load_w=None,
        fleet=(
            FleetMember(
                capacity_kwh=capacity_kwh,
                soc_pct=73.0,
                max_charge_w=5000.0,
                max_discharge_w=5000.0,
                floor_pct=5.0,
                max_soc_pct=100.0,
                modes=frozenset(Mode),
                min_power_w=0.0,
            ),
        ),
        reserve_pct=10.0,
        import_limit_w=import_limit_w,
        export_limit_w=None,
        grid_charging=True,
        battery_export=battery_export,
    )
