"""What the plan has for one battery: its action, power and level."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import override

from homeassistant.components.sensor import (
    SensorDeviceClass,
    SensorEntity,
    SensorEntityDescription,
)
from homeassistant.const import PERCENTAGE, UnitOfPower
from homeassistant.util import dt as dt_util

from .battery_coordinator import BatteryCoordinator
from .entity import BatteryEntity, Followed
from .forecast_points import Point, forecast_points
from .model.battery import Mode
from .model.plan import PlannedBattery
from .plan_points import PlanPoints
from .planning import Planning
from .site import PowerSyncConfigEntry
from .site_values import fresh_planning

_DIGITS = 1


@dataclass(frozen=True, kw_only=True)
class PlannedSensorDescription(SensorEntityDescription):
    """Describe a sensor of a battery's part in the plan.

    `points_fn` is the figure of a slot for the attribute `forecast`; None where the
    sensor has no figure.
    """

    value_fn: Callable[[PlannedBattery], float | str]
    points_fn: Callable[[PlannedBattery], float] | None = None


def _power_w(part: PlannedBattery) -> float:
    return round(part.battery_kw * 1000, _DIGITS) + 0.0


def _level_pct(part: PlannedBattery) -> float:
    return round(part.soc_pct, _DIGITS)


# A plan has no state class: its history is of what was meant, not of what was.
PLANNED_SENSORS = (
    PlannedSensorDescription(
        key="planned_action",
        device_class=SensorDeviceClass.ENUM,
        options=[mode.value for mode in Mode],
        value_fn=lambda part: part.mode.value,
    ),
    PlannedSensorDescription(
        key="planned_power",
        device_class=SensorDeviceClass.POWER,
        native_unit_of_measurement=UnitOfPower.WATT,
        suggested_display_precision=0,
        value_fn=_power_w,
        points_fn=_power_w,
    ),
    PlannedSensorDescription(
        key="planned_level",
        native_unit_of_measurement=PERCENTAGE,
        suggested_display_precision=0,
        value_fn=_level_pct,
        points_fn=_level_pct,
    ),
)


class PlannedSensor(PlanPoints, BatteryEntity, SensorEntity):
    """What the plan has for one battery in the present slot.

    With one battery alone that is what the home's own sensors say: then it is off
    until somebody wants it.
    """

    entity_description: PlannedSensorDescription

    def __init__(
        self,
        entry: PowerSyncConfigEntry,
        coordinator: BatteryCoordinator,
        site_device_id: str,
        description: PlannedSensorDescription,
    ) -> None:
        """Show a battery's part in the plan."""
        super().__init__(entry, coordinator, site_device_id, description)
        several = len(self.site.controller.batteries) > 1
        self._attr_entity_registry_enabled_default = several

    @property
    @override
    def followed(self) -> Followed:
        """The plan."""
        return (self.site.coordinators.plan,)

    @override
    async def async_added_to_hass(self) -> None:
        """Start to follow, and look up each slot as it begins."""
        await super().async_added_to_hass()
        self.async_follow_slots()

    @property
    @override
    def native_value(self) -> float | str | None:
        """What is planned for now; None where the battery is not planned."""
        now = dt_util.utcnow()
        planning = fresh_planning(self.site, now)
        slot = None if planning is None else planning.plan.slot_at(now)
        if planning is None or slot is None:
            return None
        part = planning.plan.part_of(self.coordinator.battery_id, slot)
        return None if part is None else self.entity_description.value_fn(part)

    @override
    def _points_from(self, planning: Planning) -> list[Point] | None:
        points_fn, plan = self.entity_description.points_fn, planning.plan
        parts = [plan.part_of(self.coordinator.battery_id, slot) for slot in plan.slots]
        known = [part for part in parts if part is not None]
        if points_fn is None or not known:
            return None
        return forecast_points(
            plan.grid,
            [points_fn(part) for part in known],
            dt_util.get_default_time_zone(),
            _DIGITS,
        )
