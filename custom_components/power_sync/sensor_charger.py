"""The sensors of a car charger, as a table."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import override

from homeassistant.components.sensor import (
    SensorDeviceClass,
    SensorEntity,
    SensorEntityDescription,
    SensorStateClass,
)
from homeassistant.const import UnitOfEnergy, UnitOfPower

from .entity import ChargerEntity
from .model.charger import CarState, ChargerReading


@dataclass(frozen=True, kw_only=True)
class ChargerSensorDescription(SensorEntityDescription):
    """Describe a sensor that is a part of the charger's reading."""

    value_fn: Callable[[ChargerReading], float | str | None]


CHARGER_SENSORS = (
    ChargerSensorDescription(
        key="car_state",
        device_class=SensorDeviceClass.ENUM,
        options=[state.value for state in CarState],
        value_fn=lambda reading: reading.state,
    ),
    ChargerSensorDescription(
        key="car_power",
        device_class=SensorDeviceClass.POWER,
        state_class=SensorStateClass.MEASUREMENT,
        native_unit_of_measurement=UnitOfPower.WATT,
        suggested_display_precision=0,
        value_fn=lambda reading: reading.power_w,
    ),
    ChargerSensorDescription(
        key="car_session_energy",
        device_class=SensorDeviceClass.ENERGY,
        state_class=SensorStateClass.TOTAL_INCREASING,
        native_unit_of_measurement=UnitOfEnergy.KILO_WATT_HOUR,
        suggested_display_precision=1,
        value_fn=lambda reading: reading.session_energy_kwh,
    ),
)


class ChargerSensor(ChargerEntity, SensorEntity):
    """A figure of one charger."""

    entity_description: ChargerSensorDescription

    @property
    @override
    def native_value(self) -> float | str | None:
        """The figure of the last reading."""
        reading = self.reading
        return None if reading is None else self.entity_description.value_fn(reading)
