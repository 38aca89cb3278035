"""What a gateway makes of a tariff: the prices now, and what to do about them.

Days are counted from Monday (0). A tariff has no time zone: its times are those of
the site's own clock.
"""

from collections.abc import Iterator, Mapping
from datetime import date, datetime
from typing import NamedTuple

type Tree = Mapping[str, object]

MINUTES = 24 * 60
LAST_DAY = 6


class Prices(NamedTuple):
    """Prices per kWh at a moment; None where the tariff has none."""

    buy: float | None
    sell: float | None


def prices_at(tariff: Tree, when: datetime) -> Prices:
    """Return what a tariff says of a moment of the site's own clock."""
    sold = tariff.get("sell_tariff")
    return Prices(
        _price(tariff, when), _price(sold, when) if isinstance(sold, Mapping) else None
    )


def season_at(tariff: Tree, day: date) -> str | None:
    """Return which season a day is in; None where it is in none."""
    for name, season in _children(tariff, "seasons"):
        first = (_number(season, "fromMonth"), _number(season, "fromDay"))
        last = (_number(season, "toMonth"), _number(season, "toDay"))
        if first == (0, 0):
            continue
        this = (day.month, day.day)
        inside = (
            first <= this <= last if first <= last else (this >= first or this <= last)
        )
        if inside:
            return name
    return None


def _price(tariff: Tree, when: datetime) -> float | None:
    season = season_at(tariff, when.date())
    if season is None:
        return None
    periods = dict(_children(tariff, "seasons"))[season].get("tou_periods")
    for name, period in periods.items() if isinstance(periods, Mapping) else ():
        if any(_covers(window, when) for window in _windows(period)):
            return _rate(tariff, season, name)
    return None


def _rate(tariff: Tree, season: str, period: str) -> float | None:
    charges = dict(_children(tariff, "energy_charges"))
    for key in (season, "ALL"):
        rates = charges.get(key, {}).get("rates")
        for each in (period, "ALL"):
            if isinstance(rates, Mapping) and isinstance(rates.get(each), int | float):
                return float(rates[each])
    return None


def _windows(period: object) -> list[Tree]:
    rows = period.get("periods") if isinstance(period, Mapping) else period
    return list(rows) if isinstance(rows, list) else []


def _covers(window: Tree, when: datetime) -> bool:
    first = _number(window, "fromDayOfWeek")
    last = _number(window, "toDayOfWeek") if "toDayOfWeek" in window else LAST_DAY
    if not first <= when.weekday() <= last:
        return False
    start = 60 * _number(window, "fromHour") + _number(window, "fromMinute")
    end = 60 * _number(window, "toHour") + _number(window, "toMinute")
    minute = 60 * when.hour + when.minute
    if start < end:
        return start <= minute < end
    return minute >= start or minute < end


def _children(tariff: Tree, key: str) -> Iterator[tuple[str, Tree]]:
    part = tariff.get(key)
    for name, child in part.items() if isinstance(part, Mapping) else ():
        if isinstance(child, Mapping) and child:
            yield name, child


def _number(tree: Tree, key: str) -> int:
    value = tree.get(key, 0)
    return int(value) if isinstance(value, int | float) else 0


def in_old_shape(tariff: Tree) -> dict[str, object]:
    """Return a tariff as `tariff_content` tells it: without rates and periods."""
    old: dict[str, object] = {}
    for key, value in tariff.items():
        if key in {"energy_charges", "demand_charges"}:
            old[key] = {
                name: charge.get("rates", {})
                for name, charge in _all_children(tariff, key)
            }
        elif key == "seasons":
            old[key] = {
                name: {
                    **season,
                    "tou_periods": {
                        period: _windows(told)
                        for period, told in _all_children(season, "tou_periods")
                    },
                }
                for name, season in _all_children(tariff, key)
            }
        elif key == "sell_tariff" and isinstance(value, Mapping):
            old[key] = in_old_shape(value)
        elif key != "version":
            old[key] = value
    return old


def _all_children(tree: Tree, key: str) -> Iterator[tuple[str, Tree]]:
    part = tree.get(key)
    for name, child in part.items() if isinstance(part, Mapping) else ():
        yield name, child if isinstance(child, Mapping) else {"periods": child}


def uncovered(tariff: Tree) -> str | None:
    """Return what a cloud refuses a tariff for; None where it takes it."""
    for part in (tariff, tariff.get("sell_tariff")):
        if not isinstance(part, Mapping):
            return "sell_tariff is missing"
        if not list(_children(part, "seasons")):
            return "no season"
        for _, season in _children(part, "seasons"):
            periods = season.get("tou_periods")
            every = periods.values() if isinstance(periods, Mapping) else ()
            if not all(isinstance(each, Mapping) for each in every):
                return "periods are missing"
        for _, charge in _children(part, "energy_charges"):
            rates = charge.get("rates")
            if not isinstance(rates, Mapping):
                return "rates are missing"
            prices = rates.values() if isinstance(rates, Mapping) else ()
            if any(isinstance(each, int | float) and each < 0 for each in prices):
                return "a price is negative"
    return None
