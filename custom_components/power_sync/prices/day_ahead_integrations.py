"""Home Assistant's integrations that have day-ahead prices, and how each is asked."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from types import MappingProxyType
from zoneinfo import ZoneInfo

from custom_components.power_sync.model.plain import JsonObject

# Kept here so that the zone is read from disk on import and never in the loop.
MARKET = ZoneInfo("Europe/Brussels")
DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Asked:
    """What is asked for: a day's prices of one entry, and of one place in it."""

    entry_id: str
    place: str
    day: date


@dataclass(frozen=True, slots=True)
class Integration:
    """How an integration is asked, and where the rows are in its answer.

    `scale` makes money per kWh of its prices.
    """

    action: str
    data: Callable[[Asked], JsonObject]
    rows: Callable[[Mapping[str, object], Asked], object]
    scale: float = 1.0


def _named(answer: Mapping[str, object], asked: Asked) -> object:
    homes = answer.get("prices")
    return homes.get(asked.place) if isinstance(homes, Mapping) else None


def midnight(day: date) -> datetime:
    """Return when a day of the market begins, on its own clock."""
    return datetime.combine(day, time(0), tzinfo=MARKET)


INTEGRATIONS: Mapping[str, Integration] = MappingProxyType(
    {
        "nordpool": Integration(
            "get_prices_for_date",
            lambda asked: {
                "config_entry": asked.entry_id,
                "date": asked.day.isoformat(),
                "areas": [asked.place],
            },
            lambda answer, asked: answer.get(asked.place),
            scale=0.001,
        ),
        "energyzero": Integration(
            "get_energy_prices",
            lambda asked: {
                "config_entry": asked.entry_id,
                "incl_vat": False,
                "interval": "quarter",
                "start": asked.day.isoformat(),
                "end": asked.day.isoformat(),
            },
            lambda answer, _: answer.get("prices"),
        ),
        "easyenergy": Integration(
            "get_energy_usage_prices",
            lambda asked: {
                "config_entry": asked.entry_id,
                "incl_vat": False,
                "granularity": "quarter",
                "start": asked.day.isoformat(),
                "end": asked.day.isoformat(),
            },
            lambda answer, _: answer.get("prices"),
        ),
        "tibber": Integration(
            "get_prices",
            lambda asked: {
                "start": midnight(asked.day).isoformat(),
                "end": midnight(asked.day + DAY).isoformat(),
            },
            _named,
        ),
    }
)
"""By domain. A new one is an entry here."""
