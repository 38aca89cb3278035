"""Flow Power's customer in Victoria, in the simulated market."""

from custom_components.power_sync.model.plain import Json
from simulators.aemo import AemoSimulator


def flow_power_settings(aemo: AemoSimulator) -> dict[str, Json]:
    """Return what the dialogue stores."""
    return {
        "region": "VIC1",
        "source": "aemo",
        "zone": "Australia/Melbourne",
        "base_per_kwh": 0.34,
        "benchmark_per_kwh": 0.017,
        "standing_per_day": 1.5,
        "happy_hour": {"start": "17:30", "end": "19:30", "price_per_kwh": 0.35},
        "network": None,
        **aemo.addresses,
    }


NETWORK: dict[str, Json] = {
    "price_per_kwh": 0.05,
    "rates": [
        {"start": "10:00", "end": "15:00", "price_per_kwh": 0.02},
        {"start": "16:00", "end": "21:00", "price_per_kwh": 0.15},
    ],
}
"""15 c for 5 hours, 2 c for 5 and 5 c for 14: 155 c by 24 are 6.458333 c."""
