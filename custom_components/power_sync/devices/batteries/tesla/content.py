"""How Tesla's cloud takes a tariff: `tariff_content_v2`, of 48 half hours a day.

Sources: the public Python package `tesla-fleet-api`, and `batpred`'s public tracker.
"""

from collections.abc import Iterable, Iterator, Mapping
from datetime import date
from typing import Final

from custom_components.power_sync.model.tariff import SLOTS

from .access import Answer

SEASON: Final = "Summer"
"""What the season is called that is the whole year, or one day of it."""


def tariff_of(  # noqa: PLR0913 - the parts of a tariff, by keyword
    *,
    code: str,
    name: str,
    utility: str,
    currency: str,
    bought: Iterable[float],
    sold: Iterable[float],
    day: date | None = None,
) -> Answer:
    """Return a `tariff_content_v2` of 48 half hours, the same each day, or on one.

    Prices are per kWh in `currency`, and no negative ones: Tesla refuses those.
    """
    seasons = _seasons(day)

    def side(prices: Iterable[float]) -> dict[str, object]:
        rates = {period_of(slot): price_of(price) for slot, price in enumerate(prices)}
        return {
            "name": name,
            "utility": utility,
            "daily_charges": [{"name": "Charge"}],
            "demand_charges": {
                "ALL": {"rates": {"ALL": 0}},
                SEASON: {},
                "Winter": {},
            },
            "energy_charges": {
                "ALL": {"rates": {"ALL": 0}},
                SEASON: {"rates": rates},
                "Winter": {},
            },
            "seasons": seasons,
        }

    return {
        "version": 1,
        "code": code,
        **({"currency": currency} if currency else {}),
        **side(bought),
        "sell_tariff": side(sold),
    }


def in_present_shape(tariff: Answer) -> Answer:
    """Return a tariff of the oldest form in the present one, which alone is taken.

    The oldest has prices and hours without a level of their own around them.
    """
    return {"version": 1, **_side_in_present_shape(tariff)} if tariff else {}


def _side_in_present_shape(side: Answer) -> dict[str, object]:
    present = dict(side)
    for key in ("energy_charges", "demand_charges"):
        if key in side:
            present[key] = {
                season: {"rates": prices}
                if prices and "rates" not in prices
                else prices
                for season, prices in _parts(side, key)
            }
    if "seasons" in side:
        present["seasons"] = {
            name: {
                **season,
                "tou_periods": {
                    period: {"periods": hours} if isinstance(hours, list) else hours
                    for period, hours in _object(season.get("tou_periods")).items()
                },
            }
            for name, season in _parts(side, "seasons")
        }
    if isinstance(sold := side.get("sell_tariff"), Mapping):
        present["sell_tariff"] = _side_in_present_shape(sold)
    return present


def _parts(tree: Answer, key: str) -> Iterator[tuple[str, Answer]]:
    for name, part in _object(tree.get(key)).items():
        yield name, _object(part)


def _object(value: object) -> Answer:
    return value if isinstance(value, Mapping) else {}


def _seasons(day: date | None) -> dict[str, object]:
    """Return one season, and an empty one, which older versions of the app need."""
    first, last = (
        (day, day) if day is not None else (date(2000, 1, 1), date(2000, 12, 31))
    )
    return {
        SEASON: {
            "fromDay": first.day,
            "fromMonth": first.month,
            "toDay": last.day,
            "toMonth": last.month,
            "tou_periods": {
                period_of(slot): {"periods": [_hours(slot)]} for slot in range(SLOTS)
            },
        },
        "Winter": {
            "fromDay": 0,
            "fromMonth": 0,
            "toDay": 0,
            "toMonth": 0,
            "tou_periods": {},
        },
    }


def _hours(slot: int) -> dict[str, int]:
    """Return a half hour of every day; what is 0 is left out, and midnight is 24."""
    (first_hour, first_half), (last_hour, last_half) = (
        divmod(slot, 2),
        divmod(slot + 1, 2),
    )
    hours = {
        "toDayOfWeek": 6,
        "fromHour": first_hour,
        "fromMinute": 30 * first_half,
        "toHour": last_hour,
        "toMinute": 30 * last_half,
    }
    return {key: value for key, value in hours.items() if value}


def period_of(slot: int) -> str:
    """Return what a half hour is called."""
    hour, half = divmod(slot, 2)
    return f"PERIOD_{hour:02}_{30 * half:02}"


def price_of(price: float) -> float:
    """Return a price as Tesla takes it: none is negative."""
    return round(max(0.0, price), 4)
