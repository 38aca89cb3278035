"""Constants of the Home Assistant side."""

from datetime import timedelta
import logging
from typing import Final

from homeassistant.const import Platform

DOMAIN: Final = "power_sync"
LOGGER = logging.getLogger(__package__)

PLATFORMS: Final = [
    Platform.BINARY_SENSOR,
    Platform.BUTTON,
    Platform.CALENDAR,
    Platform.IMAGE,
    Platform.NUMBER,
    Platform.SELECT,
    Platform.SENSOR,
    Platform.SWITCH,
    Platform.TIME,
]

ENTRY_VERSION: Final = 10
"""Older versions belong to another integration of the same domain."""

SUBENTRY_BATTERY: Final = "battery"
SUBENTRY_CHARGER: Final = "charger"

# Entry data
CONF_PROVIDER: Final = "provider"
CONF_PRICES: Final = "prices"
CONF_DRY_RUN: Final = "dry_run"

# What the user may change at will: settings (`settings.py`), which start from the
# entry options that the set-up dialogue leaves
CONF_RESERVE_PCT: Final = "reserve_pct"
CONF_MIN_SOC_PCT: Final = "min_soc_pct"
CONF_MAX_SOC_PCT: Final = "max_soc_pct"
CONF_CHARGE_LIMIT_W: Final = "charge_limit_w"
CONF_DISCHARGE_LIMIT_W: Final = "discharge_limit_w"
CONF_IMPORT_LIMIT_W: Final = "import_limit_w"
CONF_EXPORT_LIMIT_W: Final = "export_limit_w"
CONF_EXPORT_CEILING_W: Final = "export_ceiling_w"
CONF_GRID_CHARGING: Final = "grid_charging"
CONF_BATTERY_EXPORT: Final = "battery_export"
CONF_WEAR_PER_KWH: Final = "wear_per_kwh"
CONF_OBJECTIVE: Final = "objective"
CONF_SPIKE_ENTER_PER_MWH: Final = "spike_enter_per_mwh"
CONF_SPIKE_LEAVE_PER_MWH: Final = "spike_leave_per_mwh"
CONF_SPIKE_PAID_PER_KWH: Final = "spike_paid_per_kwh"

# Entry options that only a new start brings into force
CONF_BATTERY_POLL_S: Final = "battery_poll_s"
CONF_PLAN_EVERY_MIN: Final = "plan_every_min"
CONF_FORECAST_EVERY_MIN: Final = "forecast_every_min"
CONF_BILLING: Final = "billing"
"""The charges beside energy (`prices/demand.py`)."""
CONF_PHASE_SENSORS: Final = "phase_sensors"
CONF_MARKET: Final = "market"
"""The wholesale market that is watched, unless the prices' settings say it."""
CONF_SOLAR_SOURCE: Final = "solar_source"
CONF_SOLAR_PROVIDERS: Final = "solar_providers"
CONF_SOLAR_SENSORS: Final = "solar_sensors"
CONF_HISTORY_SOURCE: Final = "history_source"
CONF_LOAD_SENSOR: Final = "load_sensor"
CONF_SOLAR_SENSOR: Final = "solar_sensor"

# Battery subentry data beside what `devices/batteries/stored.py` keeps
CONF_UNIT_ID: Final = "unit_id"
CONF_BAUD_RATE: Final = "baud_rate"
CONF_PARITY: Final = "parity"
CONF_STOP_BITS: Final = "stop_bits"

CONF_SUBENTRY_ID: Final = "subentry_id"
"""Which battery a dialogue is about, where it is about one."""

POLL_EVERY: Final = timedelta(seconds=10)
"""How often a battery is read where nothing says otherwise."""
TRACE_EVERY: Final = timedelta(seconds=1)
TICK_EVERY: Final = timedelta(seconds=10)
WATCH_EVERY: Final = timedelta(seconds=30)
STRAY_EVERY: Final = timedelta(seconds=60)

RELEASE_AT_STOP_S: Final = 10
RELEASE_AT_REMOVAL_S: Final = 30

FORCE_DURATIONS_MIN: Final = (15, 30, 45, 60, 75, 90, 105, 120, 150, 180, 210, 240)
FORCE_DURATION_MAX_MIN: Final = 1440
