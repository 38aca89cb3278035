"""The powers of the grid's phases, from sensors that Home Assistant has."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import datetime
from functools import partial
from math import isfinite

from custom_components.power_sync.const import CONF_PHASE_SENSORS
from custom_components.power_sync.model.mains import PhasePowers
from homeassistant.config_entries import ConfigEntry
from homeassistant.const import ATTR_UNIT_OF_MEASUREMENT, UnitOfPower
from homeassistant.core import HomeAssistant, State
from homeassistant.exceptions import HomeAssistantError
from homeassistant.util.unit_conversion import PowerConverter

PHASE_KEYS = ("phase_1", "phase_2", "phase_3")
EXPORT_KEYS = ("phase_1_export", "phase_2_export", "phase_3_export")
"""What a meter tells of export, where it has sensors of its own for that."""


def phase_meter(
    hass: HomeAssistant, entry: ConfigEntry
) -> Callable[[], PhasePowers | None]:
    """Return what reads the sensors that a site's options name."""
    sensors: Mapping[str, str] = entry.options.get(CONF_PHASE_SENSORS, {})
    return partial(phase_powers, hass, sensors)


def phase_powers(hass: HomeAssistant, sensors: Mapping[str, str]) -> PhasePowers | None:
    """Return the power of each phase, as old as the oldest of them; else None."""
    if not all(key in sensors for key in PHASE_KEYS):
        return None
    used = {key: hass.states.get(entity_id) for key, entity_id in sensors.items()}
    watts = {key: power_w(state) for key, state in used.items()}
    powers = [
        _less(watts[phase], watts.get(export, 0.0))
        for phase, export in zip(PHASE_KEYS, EXPORT_KEYS, strict=True)
    ]
    known = tuple(power for power in powers if power is not None)
    if len(known) < len(powers):
        return None
    return PhasePowers(min(_reported(used.values())), known)


def power_w(state: State | None) -> float | None:
    """Return the power in W that a sensor shows; None where it shows none."""
    if state is None:
        return None
    unit = state.attributes.get(ATTR_UNIT_OF_MEASUREMENT)
    try:
        watts = PowerConverter.convert(float(state.state), unit, UnitOfPower.WATT)
    except ValueError, HomeAssistantError:
        return None
    return watts if isfinite(watts) else None


def _less(imported: float | None, exported: float | None) -> float | None:
    return None if imported is None or exported is None else imported - exported


def _reported(states: Iterable[State | None]) -> Iterator[datetime]:
    return (state.last_reported for state in states if state is not None)
