"""Prices as an owner enters them in the app of a Sigenergy system."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any


def static_price(name: str, cents: float) -> dict[str, object]:
    """Return a price that an owner has entered, the same at all hours."""
    week = {
        "weekRange": "1-7",
        "timeRange": [{"timeRange": "00:00-24:00", "price": cents}],
    }
    return {
        "dynamicPricing": None,
        "staticPricing": {
            "providerName": name,
            "tariffCode": "",
            "tariffName": "",
            "currencyCode": "Cent",
            "subAreaName": "",
            "planName": f"{name} plan",
            "combinedPrices": [{"monthRange": "01-12", "weekPrices": [week]}],
        },
    }


def owners_tariff() -> dict[str, object]:
    """Return what an owner has entered in the app."""
    return {
        "priceMode": 1,
        "buyPrice": static_price("Energy", 28.5),
        "sellPrice": static_price("Energy", 8.0),
    }


def bought_at(tariff: Mapping[str, Any], local: datetime) -> tuple[str, float | None]:
    """Return the plan of what is bought, and its price per kWh at a time of day."""
    return _price_at(tariff["buyPrice"], local)


def sold_at(tariff: Mapping[str, Any], local: datetime) -> tuple[str, float | None]:
    """Return the plan of what is sold, and its price per kWh at a time of day."""
    return _price_at(tariff["sellPrice"], local)


def _price_at(prices: Mapping[str, Any], local: datetime) -> tuple[str, float | None]:
    static = prices["staticPricing"]
    now = f"{local:%H:%M}"
    for row in static["combinedPrices"][0]["weekPrices"][0]["timeRange"]:
        start, end = str(row["timeRange"]).split("-")
        if start <= now < end:
            return str(static["planName"]), float(row["price"]) / 100
    return str(static["planName"]), None
