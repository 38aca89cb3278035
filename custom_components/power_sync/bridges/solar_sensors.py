"""The solar forecast that chosen sensors hold in their attributes."""

from collections.abc import Sequence
import logging

from custom_components.power_sync.forecast.sensors import Found, Sensor, from_sensors
from custom_components.power_sync.forecast.shapes import read_sensor
from homeassistant.const import (
    ATTR_UNIT_OF_MEASUREMENT,
    STATE_UNAVAILABLE,
    STATE_UNKNOWN,
)
from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers import entity_registry as er
from homeassistant.util import dt as dt_util
from homeassistant.util.hass_dict import HassKey

_LOGGER = logging.getLogger(__name__)

_NOTED: HassKey[dict[str, str]] = HassKey("power_sync_solar_sensors_noted")
"""What was last logged of each sensor, so that it is logged once."""


@callback
def read_sensors(hass: HomeAssistant, entity_ids: Sequence[str]) -> Found:
    """Return what the sensors forecast together, and which of them do not."""
    sensors = [_sensor(hass, entity_id) for entity_id in dict.fromkeys(entity_ids)]
    found = from_sensors(sensors, dt_util.utcnow())
    for sensor in sensors:
        _note(hass, sensor.entity_id, found.unusable.get(sensor.entity_id, ""))
    return found


def _sensor(hass: HomeAssistant, entity_id: str) -> Sensor:
    """Return a sensor as it is now."""
    registered = er.async_get(hass).async_get(entity_id)
    identity = entity_id
    if registered is not None:
        entry_id, unique_id = registered.config_entry_id, registered.unique_id
        identity = f"{registered.platform} {entry_id} {unique_id}"
    state = hass.states.get(entity_id)
    if state is None or state.state in (STATE_UNAVAILABLE, STATE_UNKNOWN):
        return Sensor(entity_id, identity, None, None)
    unit: str | None = state.attributes.get(ATTR_UNIT_OF_MEASUREMENT)
    forecast = read_sensor(state.attributes, unit, dt_util.get_default_time_zone())
    return Sensor(entity_id, identity, state.last_reported, forecast)


def _note(hass: HomeAssistant, entity_id: str, what: str) -> None:
    """Log what is wrong with a sensor when that changes; "" is nothing."""
    noted = hass.data.setdefault(_NOTED, {})
    if noted.get(entity_id, "") == what:
        return
    noted[entity_id] = what
    _LOGGER.info("Solar forecast of %s: %s", entity_id, what or "available again")
