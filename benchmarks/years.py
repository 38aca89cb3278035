"""Recorded years to plan: a home, its prices, and what was known of them when.

The data is not part of the repository: `POWER_SYNC_DATA` names the folder. Prices
and homes are from different places and years; they are put together by whole weeks,
so that weekdays stay weekdays. Half hours that the home does not know are those of
a week earlier.

`agile`: Octopus Agile of 2023 (the next day known from 16:00 UTC up to 22:30 UTC)
with the home of EMHASS 364 days later and the solar forecast recorded there. `vic1`:
wholesale prices of Victoria 2025 with losses, tax and a made-up network charge, and
the home 12 of Ausgrid 13 * 364 days earlier with its sun scaled to 6.6 kW.

So paired, neither home is on record for the whole year: up to 1 March 2023 the first
uses 500 W, and from July 2025 on the second 600 W, all day and without any sun. There
every forecast of load and sun is right, so a share captured of the year is more of
what prices allow, and less of what forecasts are worth, than it would be in a home.
"""

from collections.abc import Callable, Iterator
import csv
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
import gzip
import os
from pathlib import Path

from custom_components.power_sync.model.prices import PriceCurve, PriceSlot

STEP = timedelta(minutes=30)
DAY = timedelta(days=1)
WEEK = timedelta(days=7)
_AGILE_SHIFT = timedelta(days=364)
_VIC1_SHIFT = timedelta(days=364 * 13)
_AUSGRID_YEAR = timedelta(days=364)
_SUN_SCALE = 6.35
_LOSSES_AND_TAX = 1.155
_NETWORK = (*(0.10,) * 10, *(0.05,) * 5, *(0.18,) * 6, *(0.10,) * 3)
_UTC_PLUS_10 = timedelta(hours=10)
_PUBLISHED_HOUR = 16

type _Row = list[float | None]


@dataclass(frozen=True, slots=True)
class Year:
    """Half hours from `start` on: prices per kWh, load, sun and its forecast in kW.

    `past` are the prices before `start`. `solar_forecast_kw` is None where none was
    recorded. `known_until` says up to when prices were known at a moment.
    """

    zone: str
    start: datetime
    past: PriceCurve
    bought: list[float]
    sold: list[float]
    load_kw: list[float]
    solar_kw: list[float]
    solar_forecast_kw: list[float] | None
    known_until: Callable[[datetime], datetime]


def _rows(name: str) -> Iterator[tuple[datetime, _Row]]:
    folder = os.environ.get("POWER_SYNC_DATA")
    if folder is None:
        raise SystemExit("Set POWER_SYNC_DATA to the folder of the recorded homes.")
    with gzip.open(Path(folder) / name, "rt", encoding="utf-8", newline="") as file:
        rows = csv.reader(file)
        next(rows)
        for start, *values in rows:
            yield (
                datetime.fromisoformat(start).astimezone(UTC),
                [float(value) if value else None for value in values],
            )


def _fair(bought: float, sold: float, *, clamped: bool) -> tuple[float, float]:
    """Return prices without negative and inverted ones, if they are `clamped`."""
    if not clamped:
        return bought, sold
    bought = max(bought, 0.0)
    return bought, min(max(sold, 0.0), bought)


def _curve(zone: str, prices: dict[datetime, tuple[float, float]]) -> PriceCurve:
    slots = (PriceSlot(at, at + STEP, *both) for at, both in prices.items())
    return PriceCurve.of("GBP" if zone == "Europe/London" else "AUD", zone, slots)


def agile(count: int, *, clamped: bool = True) -> Year:
    """Return `count` half hours of 2023."""
    prices = {
        at: _fair(bought / 100, sold / 100, clamped=clamped)
        for at, (bought, sold) in _rows("agile_uk_30min.csv.gz")
        if bought is not None and sold is not None
    }
    home = dict(_rows("household_emhass_30min.csv.gz"))
    start = datetime(2023, 1, 1, tzinfo=UTC)
    bought, sold, load, sun, forecast = [], [], [], [], []
    last = (0.3, 0.1)
    for at in (start + n * STEP for n in range(count)):
        last = prices.get(at, last)
        bought.append(last[0])
        sold.append(last[1])
        row = home.get(at + _AGILE_SHIFT) or home.get(at + _AGILE_SHIFT - WEEK)
        load_w, sun_w, forecast_w = row or [500.0, 0.0, 0.0]
        load.append((load_w or 800.0) / 1000)
        sun.append(max(sun_w or 0.0, 0.0) / 1000)
        forecast.append(max(forecast_w or 0.0, 0.0) / 1000)

    def known_until(now: datetime) -> datetime:
        end = now.replace(hour=22, minute=30) + DAY * (now.hour >= _PUBLISHED_HOUR)
        return max(end, now + 4 * STEP)

    past = {at: both for at, both in prices.items() if at < start}
    return Year(
        zone="Europe/London",
        start=start,
        past=_curve("Europe/London", past),
        bought=bought,
        sold=sold,
        load_kw=load,
        solar_kw=sun,
        solar_forecast_kw=forecast,
        known_until=known_until,
    )


def vic1(count: int, known: timedelta, *, clamped: bool = True) -> Year:
    """Return `count` half hours of 2025, of which prices are `known` ahead."""
    start = datetime(2025, 1, 1, tzinfo=UTC)
    wholesale = {
        at: row[0] / 1000
        for at, row in _rows("aemo_vic1_30min.csv.gz")
        if row[0] is not None
    }

    def retail(at: datetime, rrp: float) -> tuple[float, float]:
        network = _NETWORK[(at + _UTC_PLUS_10).hour]
        return _fair(rrp * _LOSSES_AND_TAX + network, rrp, clamped=clamped)

    home = dict(_rows("household_ausgrid12_30min.csv.gz"))
    bought, sold, load, sun = [], [], [], []
    for at in (start + n * STEP for n in range(count)):
        both = retail(at, wholesale.get(at, 0.05))
        bought.append(both[0])
        sold.append(both[1])
        then = at - _VIC1_SHIFT
        row = home.get(then) or home.get(then + _AUSGRID_YEAR) or home.get(then - WEEK)
        load_kw, sun_kw = row or [0.6, 0.0]
        load.append(load_kw or 0.0)
        sun.append((sun_kw or 0.0) * _SUN_SCALE)
    zone = "Etc/GMT-10"
    past = {at: retail(at, rrp) for at, rrp in wholesale.items() if at < start}
    return Year(
        zone=zone,
        start=start,
        past=_curve(zone, past),
        bought=bought,
        sold=sold,
        load_kw=load,
        solar_kw=sun,
        solar_forecast_kw=None,
        known_until=lambda now: now + known,
    )
