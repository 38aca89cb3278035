"""Sensors that are a figure of a reading, and those that several tables share."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from homeassistant.components.sensor import (
    SensorDeviceClass,
    SensorEntityDescription,
    SensorStateClass,
)
from homeassistant.const import (
    PERCENTAGE,
    EntityCategory,
    UnitOfPower,
    UnitOfTemperature,
)

from .model.battery import Capabilities


@dataclass(frozen=True, kw_only=True)
class FigureDescription[ReadingT](SensorEntityDescription):
    """Describe a sensor that is a figure of a reading."""

    value_fn: Callable[[ReadingT], float | str | None]
    exists_fn: Callable[[Capabilities], bool] = lambda _: True
    """Whether a battery may have it."""


def power[ReadingT](
    key: str, value: Callable[[ReadingT], float | None]
) -> FigureDescription[ReadingT]:
    """Return the sensor of a power."""
    return FigureDescription(
        key=key,
        device_class=SensorDeviceClass.POWER,
        state_class=SensorStateClass.MEASUREMENT,
        native_unit_of_measurement=UnitOfPower.WATT,
        suggested_display_precision=0,
        value_fn=value,
    )


class CellsReading(Protocol):
    """What a battery and one of its inverters tell alike; None is not known."""

    @property
    def soc_pct(self) -> float | None:
        """State of charge."""

    @property
    def soh_pct(self) -> float | None:
        """State of health."""

    @property
    def temperature_c(self) -> float | None:
        """Temperature of the cells."""


def level[ReadingT: CellsReading]() -> FigureDescription[ReadingT]:
    """Return the sensor of the state of charge."""
    return FigureDescription(
        key="battery_level",
        device_class=SensorDeviceClass.BATTERY,
        state_class=SensorStateClass.MEASUREMENT,
        native_unit_of_measurement=PERCENTAGE,
        suggested_display_precision=0,
        value_fn=lambda reading: reading.soc_pct,
    )


def health[ReadingT: CellsReading]() -> FigureDescription[ReadingT]:
    """Return the sensor of the state of health."""
    return FigureDescription(
        key="health",
        state_class=SensorStateClass.MEASUREMENT,
        native_unit_of_measurement=PERCENTAGE,
        suggested_display_precision=0,
        entity_category=EntityCategory.DIAGNOSTIC,
        value_fn=lambda reading: reading.soh_pct,
    )


def temperature[ReadingT: CellsReading]() -> FigureDescription[ReadingT]:
    """Return the sensor of the temperature of the cells."""
    return FigureDescription(
        key="temperature",
        device_class=SensorDeviceClass.TEMPERATURE,
        state_class=SensorStateClass.MEASUREMENT,
        native_unit_of_measurement=UnitOfTemperature.CELSIUS,
        suggested_display_precision=1,
        entity_category=EntityCategory.DIAGNOSTIC,
        value_fn=lambda reading: reading.temperature_c,
    )
