"""The sensors of holding a battery while a car charges."""

from typing import override

from homeassistant.components.sensor import (
    RestoreSensor,
    SensorDeviceClass,
    SensorEntityDescription,
    SensorStateClass,
)
from homeassistant.const import EntityCategory, UnitOfEnergy

from .control.view import HoldStatus
from .entity import Followed, SiteEntity
from .sensor_site import SiteSensorDescription
from .site_coordinators import Coordinators
from .site_values import hold_status

OFF = "off"
WH_PER_KWH = 1000.0
LEAK_DIGITS = 1


def _cars(coordinators: Coordinators) -> Followed:
    return (
        coordinators.control,
        *coordinators.batteries.values(),
        *coordinators.chargers.values(),
    )


HOLD_SENSORS = (
    SiteSensorDescription(
        key="car_hold",
        device_class=SensorDeviceClass.ENUM,
        options=[OFF, *(status.value for status in HoldStatus)],
        value_fn=lambda site, _: status.value if (status := hold_status(site)) else OFF,
        follows_fn=_cars,
    ),
    SiteSensorDescription(
        key="car_leak_session",
        device_class=SensorDeviceClass.ENERGY,
        native_unit_of_measurement=UnitOfEnergy.WATT_HOUR,
        suggested_display_precision=LEAK_DIGITS,
        entity_category=EntityCategory.DIAGNOSTIC,
        value_fn=lambda site, _: round(
            site.controller.sight.leak.session_kwh * WH_PER_KWH, LEAK_DIGITS
        ),
        follows_fn=_cars,
    ),
    SiteSensorDescription(
        key="car_false_holds",
        state_class=SensorStateClass.TOTAL_INCREASING,
        entity_category=EntityCategory.DIAGNOSTIC,
        entity_registry_enabled_default=False,
        value_fn=lambda site, _: site.controller.sight.cars.false_alarms,
        follows_fn=_cars,
    ),
)

LEAKED_IN_TOTAL = SensorEntityDescription(
    key="car_leak_total",
    device_class=SensorDeviceClass.ENERGY,
    state_class=SensorStateClass.TOTAL_INCREASING,
    native_unit_of_measurement=UnitOfEnergy.WATT_HOUR,
    suggested_display_precision=LEAK_DIGITS,
    entity_category=EntityCategory.DIAGNOSTIC,
)


class LeakedInTotal(SiteEntity, RestoreSensor):
    """What went from the batteries into cars since ever, over restarts."""

    _before_wh = 0.0

    @property
    @override
    def followed(self) -> Followed:
        """The readings that it is counted from."""
        return self.site.coordinators.batteries.values()

    @override
    async def async_added_to_hass(self) -> None:
        """Go on from where the last run stopped."""
        await super().async_added_to_hass()
        last = await self.async_get_last_sensor_data()
        if last is not None and isinstance(last.native_value, int | float):
            self._before_wh = float(last.native_value)

    @property
    @override
    def native_value(self) -> float:
        """The energy in Wh."""
        leaked_wh = self.site.controller.sight.leak.total_kwh * WH_PER_KWH
        return round(self._before_wh + leaked_wh, LEAK_DIGITS)
