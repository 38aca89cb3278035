"""What entities measure, in the units of the protocols."""

from math import isfinite

from homeassistant.const import ATTR_UNIT_OF_MEASUREMENT, PERCENTAGE, UnitOfPower
from homeassistant.core import HomeAssistant
from homeassistant.util.unit_conversion import PowerConverter


def number(hass: HomeAssistant, entity_id: str) -> float | None:
    """Return an entity's state as a number; None where it is none."""
    state = hass.states.get(entity_id)
    try:
        value = float(state.state) if state is not None else None
    except ValueError:
        return None
    return value if value is not None and isfinite(value) else None


def power_w(hass: HomeAssistant, entity_id: str) -> float | None:
    """Return what a power sensor says, in W; None also where it is no power."""
    value, unit = number(hass, entity_id), unit_of(hass, entity_id)
    if value is None or unit not in PowerConverter.VALID_UNITS:
        return None
    return PowerConverter.convert(value, unit, UnitOfPower.WATT)


def unit_of(hass: HomeAssistant, entity_id: str) -> str | None:
    """Return the unit that an entity has now."""
    state = hass.states.get(entity_id)
    return None if state is None else state.attributes.get(ATTR_UNIT_OF_MEASUREMENT)


def percent(hass: HomeAssistant, entity_id: str) -> float | None:
    """Return what a sensor of a level says, in percent."""
    value = number(hass, entity_id)
    return value if unit_of(hass, entity_id) == PERCENTAGE else None
