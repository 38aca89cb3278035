"""What the battery and its meter measure."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta

from homeassistant.components.sensor import (
    SensorDeviceClass,
    SensorEntity,
    SensorEntityDescription,
)
from homeassistant.const import PERCENTAGE, UnitOfPower
from homeassistant.core import HomeAssistant
from homeassistant.helpers.entity_platform import AddConfigEntryEntitiesCallback
from simulators.home import SimulatedHome

from . import BatteryEntry

SCAN_INTERVAL = timedelta(seconds=5)
PARALLEL_UPDATES = 0


@dataclass(frozen=True, kw_only=True)
class Measured(SensorEntityDescription):
    """A sensor that is a function of the home."""

    value: Callable[[SimulatedHome], float]


def _power(key: str, value: Callable[[SimulatedHome], float]) -> Measured:
    return Measured(
        key=key,
        name=key.replace("_", " ").capitalize(),
        device_class=SensorDeviceClass.POWER,
        native_unit_of_measurement=UnitOfPower.WATT,
        value=value,
    )


SENSORS = (
    Measured(
        key="level",
        name="Level",
        device_class=SensorDeviceClass.BATTERY,
        native_unit_of_measurement=PERCENTAGE,
        value=lambda home: home.soc_pct,
    ),
    # Many integrations count what goes into the battery as positive.
    _power("power", lambda home: -home.flows.battery_w),
    _power("solar_power", lambda home: home.flows.solar_w),
    _power("grid_power", lambda home: home.flows.grid_w),
)


async def async_setup_entry(
    hass: HomeAssistant,
    entry: BatteryEntry,
    async_add_entities: AddConfigEntryEntitiesCallback,
) -> None:
    """Add the sensors."""
    async_add_entities(
        (Measurement(entry, description) for description in SENSORS),
        update_before_add=True,
    )


class Measurement(SensorEntity):
    """One sensor."""

    entity_description: Measured

    def __init__(self, entry: BatteryEntry, description: Measured) -> None:
        """Measure at the battery of `entry`."""
        self.entity_description = description
        self.entity_id = f"sensor.cellar_battery_{description.key}"
        self._attr_unique_id = f"cellar_{description.key}"
        self._home = entry.runtime_data.home

    def update(self) -> None:
        """Read it."""
        self._attr_native_value = round(self.entity_description.value(self._home), 1)
