"""The sensors of each inverter, where several make one battery."""

from collections.abc import Iterable
from typing import Final, override

from homeassistant.components.sensor import SensorDeviceClass, SensorEntity
from homeassistant.const import EntityCategory
from homeassistant.core import HomeAssistant
from homeassistant.helpers import device_registry as dr
from homeassistant.helpers.device_registry import DeviceInfo

from .battery_coordinator import BatteryCoordinator
from .const import DOMAIN
from .devices.batteries import BRANDS
from .entity import BatteryEntity, battery_device
from .model.battery import InverterReading
from .sensor_figures import FigureDescription, health, level, power, temperature
from .site import PowerSyncConfigEntry

STATES: Final = ("running", "standby", "fault", "shutdown", "environment")


type InverterSensorDescription = FigureDescription[InverterReading]

INVERTER_SENSORS: Final[tuple[InverterSensorDescription, ...]] = (
    power("inverter_power", lambda reading: reading.power_w),
    power("battery_power", lambda reading: reading.battery_power_w),
    power("solar_power", lambda reading: reading.solar_power_w),
    level(),
    health(),
    temperature(),
    FigureDescription(
        key="inverter_state",
        device_class=SensorDeviceClass.ENUM,
        options=list(STATES),
        entity_category=EntityCategory.DIAGNOSTIC,
        # A code without a name is in the diagnostics.
        value_fn=lambda reading: reading.state if reading.state in STATES else None,
    ),
)


class InverterSensor(BatteryEntity, SensorEntity):
    """A figure of one of the inverters of a battery."""

    entity_description: InverterSensorDescription

    def __init__(
        self,
        entry: PowerSyncConfigEntry,
        coordinator: BatteryCoordinator,
        battery_device_id: str,
        unit_id: int,
        description: InverterSensorDescription,
    ) -> None:
        """Describe a sensor on the device of the inverter with a unit id."""
        super().__init__(entry, coordinator, battery_device_id, description)
        self._unit_id = unit_id
        name = f"{coordinator.battery_id}_inverter_{unit_id}"
        self._attr_unique_id = f"{name}_{description.key}"
        self._attr_device_info = DeviceInfo(
            identifiers={(DOMAIN, name)},
            translation_key="inverter",
            translation_placeholders={
                "battery": entry.subentries[coordinator.subentry_id].title,
                "unit": str(unit_id),
            },
            manufacturer=BRANDS[coordinator.driver.identity.brand].manufacturer,
            via_device_id=battery_device_id,
        )

    @property
    @override
    def available(self) -> bool:
        """Whether the battery can be read."""
        return self.reading is not None

    @property
    @override
    def native_value(self) -> float | str | None:
        """The figure of the last reading; None while this inverter is silent."""
        reading = self.reading
        own = None if reading is None else reading.inverters.get(str(self._unit_id))
        return None if own is None else self.entity_description.value_fn(own)


def inverter_sensors(
    hass: HomeAssistant,
    entry: PowerSyncConfigEntry,
    coordinator: BatteryCoordinator,
    site_device_id: str,
) -> Iterable[InverterSensor]:
    """Return the sensors of a battery's inverters: none where there is only one."""
    units = coordinator.driver.capabilities.inverters
    if not units:
        return ()
    # The battery's device comes first: those of its inverters point to it.
    device = dr.async_get(hass).async_get_or_create(
        config_entry_id=entry.entry_id,
        config_subentry_id=coordinator.subentry_id,
        **battery_device(
            entry.subentries[coordinator.subentry_id], coordinator, site_device_id
        ),
    )
    return [
        InverterSensor(entry, coordinator, device.id, unit, each)
        for unit in units
        for each in INVERTER_SENSORS
    ]
