"""Sensors: prices, powers, what PowerSync does and why, the plan, forecasts."""

from collections.abc import Iterator, Mapping
from typing import Any, override

from homeassistant.components.sensor import SensorEntity
from homeassistant.core import HomeAssistant
from homeassistant.helpers import device_registry as dr
from homeassistant.helpers.entity_platform import AddConfigEntryEntitiesCallback
from homeassistant.util import dt as dt_util

from .battery_coordinator import BatteryCoordinator
from .command_log import UNRECORDED_ATTRIBUTES
from .entity import (
    BatteryEntity,
    Followed,
    SiteEntity,
    async_add_in_turns,
    async_register_site_device,
)
from .finding_answer import ATTR_ASSUMPTIONS, ATTR_BY_DAY
from .forecast_points import Point, forecast_points
from .plan_points import PlanPoints
from .planning import Planning
from .sensor_backtest import BACKTEST_SENSORS
from .sensor_battery import (
    BATTERY_SENSORS,
    LEASE_SENSORS,
    BatterySensorDescription,
    LeaseSensorDescription,
)
from .sensor_bill import BILL_SENSORS
from .sensor_charger import CHARGER_SENSORS, ChargerSensor
from .sensor_controlled_load import async_follow_controlled_load
from .sensor_hold import HOLD_SENSORS, LEAKED_IN_TOTAL, LeakedInTotal
from .sensor_inverter import inverter_sensors
from .sensor_money import MONEY_SENSORS, MoneySensor
from .sensor_planned import PLANNED_SENSORS, PlannedSensor
from .sensor_prices import PRICE_SENSORS
from .sensor_quality import QUALITY_SENSORS, RULE_TIMES, QualitySensor, RuleTime
from .sensor_scores import SCORE_ATTRIBUTES, SCORE_SENSORS
from .sensor_site import (
    FORECAST_SENSORS,
    SITE_SENSORS,
    ForecastSensorDescription,
    SiteSensorDescription,
)
from .sensor_tariff import TARIFF, TariffSensor
from .sensor_window import CHEAPEST_WINDOW, CheapestWindow
from .sensor_words import PLAN_IN_WORDS, PlanInWords
from .site import PowerSyncConfigEntry
from .site_values import Value, currency

PARALLEL_UPDATES = 0


async def async_setup_entry(
    hass: HomeAssistant,
    entry: PowerSyncConfigEntry,
    async_add_entities: AddConfigEntryEntitiesCallback,
) -> None:
    """Set up the sensors of a site and of its batteries."""
    # The home's device comes first: those of the batteries point to it.
    site_device_id = async_register_site_device(dr.async_get(hass), entry)
    await async_add_in_turns(async_add_entities, _site_sensors(entry))
    async_follow_controlled_load(entry, async_add_entities)
    for charger in entry.runtime_data.coordinators.chargers.values():
        await async_add_in_turns(
            async_add_entities,
            (
                ChargerSensor(entry, charger, site_device_id, each)
                for each in CHARGER_SENSORS
            ),
            charger.subentry_id,
        )
    for coordinator in entry.runtime_data.coordinators.batteries.values():
        await async_add_in_turns(
            async_add_entities,
            _battery_sensors(hass, entry, coordinator, site_device_id),
            coordinator.subentry_id,
        )


def _site_sensors(entry: PowerSyncConfigEntry) -> Iterator[SensorEntity]:
    for each in (
        *SITE_SENSORS,
        *PRICE_SENSORS,
        *BILL_SENSORS,
        *BACKTEST_SENSORS,
        *SCORE_SENSORS,
        *HOLD_SENSORS,
    ):
        if each.exists_fn(entry.runtime_data):
            yield SiteSensor(entry, each)
    yield LeakedInTotal(entry, LEAKED_IN_TOTAL)
    yield from (ForecastSensor(entry, each) for each in FORECAST_SENSORS)
    yield PlanInWords(entry, PLAN_IN_WORDS)
    yield CheapestWindow(entry, CHEAPEST_WINDOW)
    yield from (MoneySensor(entry, each) for each in MONEY_SENSORS)


def _battery_sensors(
    hass: HomeAssistant,
    entry: PowerSyncConfigEntry,
    coordinator: BatteryCoordinator,
    site_device_id: str,
) -> Iterator[SensorEntity]:
    for measured in BATTERY_SENSORS:
        if measured.exists_fn(coordinator.driver.capabilities):
            yield BatterySensor(entry, coordinator, site_device_id, measured)
    for leased in LEASE_SENSORS:
        yield LeaseSensor(entry, coordinator, site_device_id, leased)
    if coordinator.driver.capabilities.plans_itself:
        yield TariffSensor(entry, coordinator, site_device_id, TARIFF)
    for planned in PLANNED_SENSORS:
        yield PlannedSensor(entry, coordinator, site_device_id, planned)
    for figure in QUALITY_SENSORS:
        yield QualitySensor(entry, coordinator, site_device_id, figure)
    for spent in RULE_TIMES:
        yield RuleTime(entry, coordinator, site_device_id, spent)
    yield from inverter_sensors(hass, entry, coordinator, site_device_id)


class SlotSensor(SiteEntity, SensorEntity):
    """A sensor of the home whose value changes when a slot begins."""

    entity_description: SiteSensorDescription | ForecastSensorDescription

    @property
    @override
    def native_unit_of_measurement(self) -> str | None:
        """The unit; that of money follows from the currency of the prices."""
        unit_fn = self.entity_description.unit_fn
        if unit_fn is None:
            return self.entity_description.native_unit_of_measurement
        code = currency(self.site)
        return None if code is None else unit_fn(code)


class SiteSensor(SlotSensor):
    """A figure of the home."""

    entity_description: SiteSensorDescription
    _unrecorded_attributes = (
        UNRECORDED_ATTRIBUTES | SCORE_ATTRIBUTES | {ATTR_ASSUMPTIONS, ATTR_BY_DAY}
    )

    @property
    @override
    def followed(self) -> Followed:
        """The coordinators whose news may change this sensor."""
        return self.entity_description.follows_fn(self.site.coordinators)

    @override
    async def async_added_to_hass(self) -> None:
        """Start to follow."""
        await super().async_added_to_hass()
        if self.entity_description.each_slot:
            self.async_follow_slots()

    @property
    @override
    def available(self) -> bool:
        """Whether what it shows can be reached."""
        return self.entity_description.available_fn(self.site)

    @property
    @override
    def native_value(self) -> Value:
        """The figure now."""
        return self.entity_description.value_fn(self.site, dt_util.utcnow())

    @property
    @override
    def extra_state_attributes(self) -> Mapping[str, Any] | None:
        """What belongs to the figure."""
        attributes_fn = self.entity_description.attributes_fn
        return None if attributes_fn is None else attributes_fn(self.site)


class ForecastSensor(PlanPoints, SlotSensor):
    """What is expected in the present slot, and in all slots ahead."""

    entity_description: ForecastSensorDescription

    @property
    @override
    def followed(self) -> Followed:
        """The plan, which is made from the forecasts."""
        return (self.site.coordinators.plan,)

    @override
    async def async_added_to_hass(self) -> None:
        """Start to follow."""
        await super().async_added_to_hass()
        self.async_follow_slots()

    @property
    @override
    def native_value(self) -> float | None:
        """The figure of the present slot."""
        planning = self.site.coordinators.plan.planning
        if planning is None:
            return None
        values = self.entity_description.values_fn(planning)
        index = planning.outlook.grid.index_at(dt_util.utcnow())
        if values is None or index is None:
            return None
        return round(values[index], self.entity_description.digits)

    @override
    def _points_from(self, planning: Planning) -> list[Point] | None:
        values = self.entity_description.values_fn(planning)
        if values is None:
            return None
        return forecast_points(
            planning.outlook.grid,
            values,
            dt_util.get_default_time_zone(),
            self.entity_description.digits,
        )


class BatterySensor(BatteryEntity, SensorEntity):
    """A figure of one battery."""

    entity_description: BatterySensorDescription

    @property
    @override
    def available(self) -> bool:
        """Whether the battery can be read."""
        return self.reading is not None

    @property
    @override
    def native_value(self) -> float | str | None:
        """The figure of the last reading."""
        reading = self.reading
        return None if reading is None else self.entity_description.value_fn(reading)


class LeaseSensor(BatteryEntity, SensorEntity):
    """What one battery is told, and by whom. Known also while it is silent."""

    entity_description: LeaseSensorDescription

    @property
    @override
    def native_value(self) -> str:
        """What holds now."""
        battery = self.site.controller.batteries[self.coordinator.battery_id]
        return self.entity_description.value_fn(battery.lease)
