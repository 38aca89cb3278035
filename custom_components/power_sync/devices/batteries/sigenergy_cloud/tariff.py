"""The tariff in a station's app, as one value of a setting.

One that PowerSync has made is known again by its provider and plan; as a value it is
the prices in it. Any other is its name and, after a tab, all of it, so that it can be
put back. What is read and could not be saved again as it is, is no tariff to replace.

Sources: the public project `amber2sigen` for the shape, in cents, with the last half
hour ending at "24:00"; negative prices are taken.
"""

from collections.abc import Iterable, Mapping
from datetime import date
import re
from typing import Any, Final

from custom_components.power_sync.devices.batteries.tariff_text import (
    packed,
    prices_of,
    prices_text,
    unpacked,
)
from custom_components.power_sync.model.battery import SettingValue
from custom_components.power_sync.model.tariff import SLOTS, DayTariff, clock_of

STATIC: Final = 1
"""The mode of prices that are entered, not fetched by Sigenergy itself."""
PROVIDER: Final = "PowerSync"
CENTS: Final = 100
_PLAN: Final = re.compile(r"Prices (\d{4}-\d\d-\d\d) ([A-Z]{3})")
_SIDES: Final = ("buyPrice", "sellPrice")

type Content = Mapping[str, object]


def value_of(told: object) -> str | None:
    """Return a tariff as the value of a setting; None where it could not be saved."""
    if not isinstance(told, dict) or told.get("priceMode") != STATIC:
        return None
    sides = [_static(told.get(side)) for side in _SIDES]
    bought, sold = sides
    if bought is None or sold is None:
        return None
    if bought.get("providerName") == PROVIDER and (ours := _ours(bought, sold)):
        return prices_text(ours)
    name = bought.get("planName") or bought.get("providerName") or ""
    kept = {key: told[key] for key in ("priceMode", *_SIDES)}
    return packed(str(name), kept)


def is_ours(value: SettingValue) -> bool:
    """Whether a tariff is one of ours, and so never the owner's."""
    return prices_of(value) is not None


def value_for(prices: DayTariff) -> str:
    """Return the value that stands for prices, as far as a station takes them."""
    sides = (tuple(_price(each) / CENTS for each in s) for s in _both(prices))
    bought, sold = (tuple(round(each, 4) for each in side) for side in sides)
    return prices_text(DayTariff(prices.day, prices.currency, bought, sold))


def content_of(value: SettingValue) -> Content:
    """Return what is saved for a value. Raises DeviceRefusedError."""
    prices = prices_of(value)
    if prices is None:
        return unpacked(value)
    plan = f"Prices {prices.day} {prices.currency}"
    bought, sold = (_side(plan, each) for each in _both(prices))
    return {"priceMode": STATIC, "buyPrice": bought, "sellPrice": sold}


def _both(prices: DayTariff) -> tuple[tuple[float, ...], tuple[float, ...]]:
    return prices.bought, prices.sold


def _price(per_kwh: float) -> float:
    """Return a price in cents, as a station takes it: with two digits."""
    return round(CENTS * per_kwh, 2)


def _side(plan: str, prices: Iterable[float]) -> Content:
    hours = [
        {"timeRange": time_range(slot), "price": _price(each)}
        for slot, each in enumerate(prices)
    ]
    week = {"weekRange": "1-7", "timeRange": hours}
    return {
        "dynamicPricing": None,
        "staticPricing": {
            "providerName": PROVIDER,
            "tariffCode": "",
            "tariffName": "",
            "currencyCode": "Cent",
            "subAreaName": "",
            "planName": plan,
            "combinedPrices": [{"monthRange": "01-12", "weekPrices": [week]}],
        },
    }


def time_range(slot: int) -> str:
    """Return a half hour as a station has it; the day ends at "24:00"."""
    return f"{clock_of(slot)}-{clock_of(slot + 1)}"


def _static(side: object) -> Mapping[str, Any] | None:
    """Return the entered prices of one direction; None where there are none."""
    if not isinstance(side, dict) or side.get("dynamicPricing") is not None:
        return None
    static = side.get("staticPricing")
    if not isinstance(static, dict):
        return None
    prices = static.get("combinedPrices")
    return static if isinstance(prices, list) and prices else None


def _ours(bought: Mapping[str, Any], sold: Mapping[str, Any]) -> DayTariff | None:
    """Return the prices in a tariff of ours; None where they were changed since."""
    plan = _PLAN.fullmatch(str(bought.get("planName")))
    if plan is None:
        return None
    try:
        sides = [_prices_in(side) for side in (bought, sold)]
        return DayTariff(date.fromisoformat(plan[1]), plan[2], *sides)
    except LookupError, TypeError, ValueError:
        return None


def _prices_in(side: Mapping[str, Any]) -> tuple[float, ...]:
    (months,) = side["combinedPrices"]
    (week,) = months["weekPrices"]
    told = {row["timeRange"]: float(row["price"]) for row in week["timeRange"]}
    return tuple(round(told[time_range(slot)] / CENTS, 4) for slot in range(SLOTS))
