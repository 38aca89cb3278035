"""The sensors of how well a battery is controlled: for those who look closely."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Final, override

from homeassistant.components.sensor import (
    RestoreSensor,
    SensorDeviceClass,
    SensorEntity,
    SensorEntityDescription,
    SensorStateClass,
)
from homeassistant.const import EntityCategory, UnitOfPower, UnitOfTime
from homeassistant.util import dt as dt_util

from .control.owner_rules import able
from .control.quality import commanded_w, commands_in_last_hour
from .control.view import Master
from .entity import BatteryEntity
from .site import Site

HOUR: Final = timedelta(hours=1)
TIME_DIGITS: Final = 1
"""Six minutes: a finer one would fill the database and say no more."""


@dataclass(frozen=True, kw_only=True)
class QualitySensorDescription(SensorEntityDescription):
    """Describe a figure of the control of one battery, by its serial."""

    value_fn: Callable[[Site, str], float | None]
    entity_category: EntityCategory | None = EntityCategory.DIAGNOSTIC
    entity_registry_enabled_default: bool = False


@dataclass(frozen=True, kw_only=True)
class RuleTimeDescription(SensorEntityDescription):
    """Describe the time that a master decides for a battery."""

    master: Master
    entity_category: EntityCategory | None = EntityCategory.DIAGNOSTIC
    entity_registry_enabled_default: bool = False


def _commanded(site: Site, battery_id: str) -> float | None:
    """Return what it was told last, where that was followed."""
    battery = site.controller.batteries[battery_id]
    followed = battery.outcome is not None and battery.outcome.good
    if battery.order is None or not followed:
        return None
    return commanded_w(battery.order.command, able(battery))


def _deviation(site: Site, battery_id: str) -> float | None:
    told_w = _commanded(site, battery_id)
    reading = site.readings.get(battery_id)
    if told_w is None or reading is None or reading.battery_power_w is None:
        return None
    return reading.battery_power_w - told_w


def _commands(site: Site, battery_id: str) -> float:
    entries = site.controller.log.entries
    return commands_in_last_hour(entries, battery_id, dt_util.utcnow())


def _power(
    key: str, value: Callable[[Site, str], float | None]
) -> QualitySensorDescription:
    return QualitySensorDescription(
        key=key,
        device_class=SensorDeviceClass.POWER,
        state_class=SensorStateClass.MEASUREMENT,
        native_unit_of_measurement=UnitOfPower.WATT,
        suggested_display_precision=0,
        value_fn=value,
    )


QUALITY_SENSORS: Final = (
    _power("commanded_power", _commanded),
    _power("command_deviation", _deviation),
    QualitySensorDescription(
        key="commands_per_hour",
        state_class=SensorStateClass.MEASUREMENT,
        value_fn=_commands,
    ),
)
RULE_TIMES: Final = tuple(
    RuleTimeDescription(
        key=f"time_{master.value}",
        device_class=SensorDeviceClass.DURATION,
        state_class=SensorStateClass.TOTAL_INCREASING,
        native_unit_of_measurement=UnitOfTime.HOURS,
        suggested_display_precision=TIME_DIGITS,
        master=master,
    )
    for master in Master
)


class QualitySensor(BatteryEntity, SensorEntity):
    """A figure of the control of one battery."""

    entity_description: QualitySensorDescription

    @property
    @override
    def native_value(self) -> float | None:
        """The figure now."""
        return self.entity_description.value_fn(self.site, self.coordinator.battery_id)


class RuleTime(BatteryEntity, RestoreSensor):
    """How long a master has decided for a battery since ever, over restarts."""

    entity_description: RuleTimeDescription
    _before_h = 0.0

    @override
    async def async_added_to_hass(self) -> None:
        """Go on from where the last run stopped."""
        await super().async_added_to_hass()
        last = await self.async_get_last_sensor_data()
        if last is not None and isinstance(last.native_value, int | float):
            self._before_h = float(last.native_value)

    @property
    @override
    def native_value(self) -> float:
        """The hours."""
        battery = self.site.controller.batteries[self.coordinator.battery_id]
        spent = battery.times.by.get(self.entity_description.master, timedelta(0))
        return round(self._before_h + spent / HOUR, TIME_DIGITS)
