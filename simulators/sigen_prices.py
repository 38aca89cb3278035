"""Prices as an owner enters them in the app of a Sigenergy system."""


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
