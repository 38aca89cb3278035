"""The price of now, with today's and tomorrow's in its attributes."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from homeassistant.components.sensor import SensorEntity
from homeassistant.core import HomeAssistant
from homeassistant.helpers.entity_platform import AddConfigEntryEntitiesCallback
from homeassistant.util import dt as dt_util
from simulators.day_ahead import DAY, MARKET, DayAhead, Quarter

from . import NordPoolEntry
from .const import AREA, CURRENCY

SCAN_INTERVAL = timedelta(seconds=15)
PARALLEL_UPDATES = 0


async def async_setup_entry(
    hass: HomeAssistant,
    entry: NordPoolEntry,
    async_add_entities: AddConfigEntryEntitiesCallback,
) -> None:
    """Set up the sensor."""
    async_add_entities([NordPoolSensor(entry)], update_before_add=True)


class NordPoolSensor(SensorEntity):
    """Prices as the community's integration shows them: lists of an entity."""

    _attr_name = f"Nord Pool {AREA}"
    _attr_native_unit_of_measurement = f"{CURRENCY}/kWh"
    _unrecorded_attributes = frozenset({"raw_today", "raw_tomorrow"})

    def __init__(self, entry: NordPoolEntry) -> None:
        """Take the prices of the entry."""
        self._attr_unique_id = entry.entry_id
        self._prices: DayAhead = entry.runtime_data

    def update(self) -> None:
        """Look up the prices."""
        now = dt_util.utcnow()
        today = now.astimezone(MARKET).date()
        known, ahead = self._prices.day(today, now), self._prices.day(today + DAY, now)
        self._attr_native_value = next(
            (per_kwh(each) for each in known if each.start <= now < each.end), None
        )
        self._attr_extra_state_attributes = {
            "tomorrow_valid": bool(ahead),
            "raw_today": [_row(each) for each in known],
            "raw_tomorrow": [_row(each) for each in ahead],
        }


def per_kwh(quarter: Quarter) -> float:
    """Return the price of a quarter in money per kWh."""
    return round(quarter.price_per_mwh / 1000, 5)


def _row(quarter: Quarter) -> Mapping[str, Any]:
    return {
        "start": _local(quarter.start),
        "end": _local(quarter.end),
        "value": per_kwh(quarter),
    }


def _local(when: datetime) -> str:
    return when.astimezone(MARKET).isoformat()
