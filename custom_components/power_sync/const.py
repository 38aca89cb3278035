"""Constants of the Home Assistant side."""

from datetime import timedelta
import logging
from typing import Final

from homeassistant.const import Platform

DOMAIN: Final = "power_sync"
LOGGER = logging.getLogger(__package__)

PLATFORMS: Final = [
    Platform.BUTTON,
    Platform.IMAGE,
    Platform.NUMBER,
    Platform.SELECT,
    Platform.SENSOR,
    Platform.SWITCH,
]

ENTRY_VERSION: Final = 10
"""Older versions belong to another integration of the same domain."""

SUBENTRY_BATTERY: Final = "battery"

# Entry data
CONF_PROVIDER: Final = "provider"
CONF_PRICES: Final = "prices"
CONF_DRY_RUN: Final = "dry_run"

# Entry options
CONF_RESERVE_PCT: Final = "reserve_pct"
CONF_IMPORT_LIMIT_W: Final = "import_limit_w"
CONF_EXPORT_LIMIT_W: Final = "export_limit_w"
CONF_GRID_CHARGING: Final = "grid_charging"
CONF_BATTERY_EXPORT: Final = "battery_export"
CONF_SOLAR_SOURCE: Final = "solar_source"
CONF_SOLAR_PROVIDERS: Final = "solar_providers"
CONF_SOLAR_SENSORS: Final = "solar_sensors"

# Battery subentry data beside what `devices/batteries/stored.py` keeps
CONF_UNIT_ID: Final = "unit_id"
CONF_BAUD_RATE: Final = "baud_rate"
CONF_PARITY: Final = "parity"
CONF_STOP_BITS: Final = "stop_bits"

POLL_EVERY: Final = timedelta(seconds=10)
"""How often the fastest battery is read."""
TICK_EVERY: Final = timedelta(seconds=10)
WATCH_EVERY: Final = timedelta(seconds=30)
FORECAST_EVERY: Final = timedelta(minutes=30)
STRAY_EVERY: Final = timedelta(seconds=60)

RELEASE_AT_STOP_S: Final = 10
RELEASE_AT_REMOVAL_S: Final = 30

FORCE_DURATIONS_MIN: Final = (15, 30, 45, 60, 75, 90, 105, 120, 150, 180, 210, 240)
FORCE_DURATION_DEFAULT_MIN: Final = 30
FORCE_DURATION_MAX_MIN: Final = 1440
