"""The sensors of one battery, as a table."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from homeassistant.components.sensor import (
    SensorDeviceClass,
    SensorEntityDescription,
    SensorStateClass,
)
from homeassistant.const import (
    PERCENTAGE,
    EntityCategory,
    UnitOfElectricPotential,
    UnitOfEnergy,
)

from .control.authority import Lease
from .control.view import Master
from .model.battery import BatteryReading, Mode
from .sensor_figures import FigureDescription, health, level, power, temperature

type BatterySensorDescription = FigureDescription[BatteryReading]


@dataclass(frozen=True, kw_only=True)
class LeaseSensorDescription(SensorEntityDescription):
    """Describe a sensor of who decides for the battery, and what."""

    value_fn: Callable[[Lease], str]


def _energy(
    key: str, value: Callable[[BatteryReading], float | None]
) -> BatterySensorDescription:
    return FigureDescription(
        key=key,
        device_class=SensorDeviceClass.ENERGY,
        state_class=SensorStateClass.TOTAL_INCREASING,
        native_unit_of_measurement=UnitOfEnergy.KILO_WATT_HOUR,
        suggested_display_precision=1,
        value_fn=value,
    )


def _voltage(phase: int) -> BatterySensorDescription:
    def value(reading: BatteryReading) -> float | None:
        told = reading.phase_voltages_v
        return told[phase - 1] if phase <= len(told) else None

    return FigureDescription(
        key=f"voltage_phase_{phase}",
        device_class=SensorDeviceClass.VOLTAGE,
        state_class=SensorStateClass.MEASUREMENT,
        native_unit_of_measurement=UnitOfElectricPotential.VOLT,
        suggested_display_precision=1,
        entity_category=EntityCategory.DIAGNOSTIC,
        entity_registry_enabled_default=False,
        value_fn=value,
        exists_fn=lambda able: able.tells_phases,
    )


BATTERY_SENSORS: Final[tuple[BatterySensorDescription, ...]] = (
    level(),
    power("battery_power", lambda reading: reading.battery_power_w),
    power("solar_power", lambda reading: reading.solar_power_w),
    power("grid_power", lambda reading: reading.grid_power_w),
    power("load_power", lambda reading: reading.load_power_w),
    _energy("solar_energy", lambda reading: reading.solar_energy_kwh),
    _energy("import_energy", lambda reading: reading.import_energy_kwh),
    _energy("export_energy", lambda reading: reading.export_energy_kwh),
    _energy("charge_energy", lambda reading: reading.charge_energy_kwh),
    _energy("discharge_energy", lambda reading: reading.discharge_energy_kwh),
    health(),
    temperature(),
    FigureDescription(
        key="capacity",
        device_class=SensorDeviceClass.ENERGY_STORAGE,
        native_unit_of_measurement=UnitOfEnergy.KILO_WATT_HOUR,
        suggested_display_precision=1,
        entity_category=EntityCategory.DIAGNOSTIC,
        value_fn=lambda reading: reading.capacity_kwh,
    ),
    FigureDescription(
        key="present_capacity",
        device_class=SensorDeviceClass.ENERGY_STORAGE,
        state_class=SensorStateClass.MEASUREMENT,
        native_unit_of_measurement=UnitOfEnergy.KILO_WATT_HOUR,
        suggested_display_precision=1,
        entity_category=EntityCategory.DIAGNOSTIC,
        value_fn=lambda reading: reading.present_capacity_kwh,
    ),
    FigureDescription(
        key="full_cycles",
        state_class=SensorStateClass.TOTAL_INCREASING,
        suggested_display_precision=0,
        entity_category=EntityCategory.DIAGNOSTIC,
        value_fn=lambda reading: reading.full_cycles,
    ),
    FigureDescription(
        key="minimum_level",
        native_unit_of_measurement=PERCENTAGE,
        suggested_display_precision=0,
        entity_category=EntityCategory.DIAGNOSTIC,
        value_fn=lambda reading: reading.min_soc_pct,
    ),
    *(_voltage(phase) for phase in (1, 2, 3)),
)

LEASE_SENSORS = (
    LeaseSensorDescription(
        key="action",
        device_class=SensorDeviceClass.ENUM,
        options=[mode.value for mode in Mode],
        entity_category=EntityCategory.DIAGNOSTIC,
        entity_registry_enabled_default=False,
        value_fn=lambda lease: lease.mode.value,
    ),
    LeaseSensorDescription(
        key="controlled_by",
        device_class=SensorDeviceClass.ENUM,
        options=[master.value for master in Master],
        entity_category=EntityCategory.DIAGNOSTIC,
        entity_registry_enabled_default=False,
        value_fn=lambda lease: lease.master.value,
    ),
)
