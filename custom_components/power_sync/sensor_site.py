"""The sensors of a home, as a table."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime

from homeassistant.components.sensor import (
    SensorDeviceClass,
    SensorEntityDescription,
    SensorStateClass,
)
from homeassistant.const import PERCENTAGE, EntityCategory, UnitOfPower

from . import site_values as values
from .command_log import last_command, last_command_at
from .control.log import Outcome
from .control.view import Master
from .decision import REASONS
from .entity import Followed
from .market_response import SpikeAnswer
from .model.battery import Mode
from .planning import Planning
from .site import Site
from .site_coordinators import Coordinators
from .site_values import PER_MWH, PRICE_DIGITS, Value
from .totals import SiteReading

MONEY_DIGITS = 4
"""What is left of rounding beyond this would only be noise."""
POWER_DIGITS = 0
PRICE_SHOWN_DIGITS = 4
"""A hundredth of a penny or cent."""


def _readings(coordinators: Coordinators) -> Followed:
    return (coordinators.control, *coordinators.batteries.values())


def _decisions(coordinators: Coordinators) -> Followed:
    return (coordinators.control, coordinators.plan)


def _prices(coordinators: Coordinators) -> Followed:
    return (coordinators.prices,)


def _plans(coordinators: Coordinators) -> Followed:
    return (coordinators.plan,)


def _market(coordinators: Coordinators) -> Followed:
    return () if coordinators.spike is None else (coordinators.spike,)


@dataclass(frozen=True, kw_only=True)
class SiteSensorDescription(SensorEntityDescription):
    """Describe a sensor of the home; its value is a function of site and time.

    `unit_fn` makes the unit from the currency of the prices. With `each_slot` the
    value is also looked up anew when a slot of five minutes begins.
    """

    value_fn: Callable[[Site, datetime], Value]
    follows_fn: Callable[[Coordinators], Followed]
    attributes_fn: Callable[[Site], Mapping[str, object] | None] | None = None
    available_fn: Callable[[Site], bool] = lambda _: True
    unit_fn: Callable[[str], str] | None = None
    each_slot: bool = False
    exists_fn: Callable[[Site], bool] = lambda _: True


@dataclass(frozen=True, kw_only=True)
class ForecastSensorDescription(SensorEntityDescription):
    """Describe a forecast: the figures of an outlook, None where not known."""

    values_fn: Callable[[Planning], tuple[float, ...] | None]
    digits: int
    unit_fn: Callable[[str], str] | None = None


def _per_kwh(currency: str) -> str:
    return f"{currency}/kWh"


def _in_currency(currency: str) -> str:
    return currency


def _power(
    key: str, value: Callable[[SiteReading], float | None]
) -> SiteSensorDescription:
    return SiteSensorDescription(
        key=key,
        device_class=SensorDeviceClass.POWER,
        state_class=SensorStateClass.MEASUREMENT,
        native_unit_of_measurement=UnitOfPower.WATT,
        suggested_display_precision=POWER_DIGITS,
        value_fn=lambda site, _: value(site.reading),
        available_fn=values.readable,
        follows_fn=_readings,
    )


def _price(key: str, *, sold: bool) -> SiteSensorDescription:
    def value(site: Site, now: datetime) -> float | None:
        slot = values.price_slot(site, now)
        if slot is None:
            return None
        return slot.export_per_kwh if sold else slot.import_per_kwh

    return SiteSensorDescription(
        key=key,
        state_class=SensorStateClass.MEASUREMENT,
        suggested_display_precision=PRICE_SHOWN_DIGITS,
        unit_fn=_per_kwh,
        value_fn=value,
        follows_fn=_prices,
        each_slot=True,
    )


def _money(key: str, amount: Callable[[Planning], float]) -> SiteSensorDescription:
    def value(site: Site, now: datetime) -> float | None:
        planning = values.fresh_planning(site, now)
        return None if planning is None else round(amount(planning), MONEY_DIGITS)

    # A forecast has no state class: its history says nothing about money paid.
    return SiteSensorDescription(
        key=key,
        device_class=SensorDeviceClass.MONETARY,
        suggested_display_precision=2,
        unit_fn=_in_currency,
        value_fn=value,
        follows_fn=_plans,
        each_slot=True,
    )


SITE_SENSORS = (
    _price("import_price", sold=False),
    _price("export_price", sold=True),
    _power("solar_power", lambda reading: reading.solar_power_w),
    _power("grid_power", lambda reading: reading.grid_power_w),
    _power("battery_power", lambda reading: reading.battery_power_w),
    _power("home_load", lambda reading: reading.load_power_w),
    SiteSensorDescription(
        key="battery_level",
        device_class=SensorDeviceClass.BATTERY,
        state_class=SensorStateClass.MEASUREMENT,
        native_unit_of_measurement=PERCENTAGE,
        suggested_display_precision=0,
        value_fn=lambda site, _: site.reading.soc_pct,
        available_fn=values.readable,
        follows_fn=_readings,
    ),
    SiteSensorDescription(
        key="current_action",
        device_class=SensorDeviceClass.ENUM,
        options=[mode.value for mode in Mode],
        value_fn=values.current_action,
        attributes_fn=values.action_attributes,
        follows_fn=_decisions,
    ),
    SiteSensorDescription(
        key="outcome",
        device_class=SensorDeviceClass.ENUM,
        options=[outcome.value for outcome in Outcome],
        value_fn=values.outcome,
        follows_fn=_decisions,
    ),
    SiteSensorDescription(
        key="next_action",
        device_class=SensorDeviceClass.ENUM,
        options=[mode.value for mode in Mode],
        value_fn=values.next_mode,
        follows_fn=_decisions,
    ),
    SiteSensorDescription(
        key="next_action_at",
        device_class=SensorDeviceClass.TIMESTAMP,
        value_fn=values.next_change_at,
        follows_fn=_decisions,
    ),
    SiteSensorDescription(
        key="controlled_by",
        device_class=SensorDeviceClass.ENUM,
        options=[master.value for master in Master],
        value_fn=values.master,
        follows_fn=_decisions,
    ),
    SiteSensorDescription(
        key="because",
        device_class=SensorDeviceClass.ENUM,
        options=REASONS,
        value_fn=values.reason,
        attributes_fn=values.reason_attributes,
        follows_fn=_decisions,
    ),
    SiteSensorDescription(
        key="until",
        device_class=SensorDeviceClass.TIMESTAMP,
        value_fn=values.until,
        follows_fn=_decisions,
    ),
    SiteSensorDescription(
        key="last_command",
        device_class=SensorDeviceClass.TIMESTAMP,
        value_fn=last_command_at,
        attributes_fn=last_command,
        follows_fn=_decisions,
    ),
    _money("plan_cost", lambda planning: planning.plan.cost),
    _money("baseline_cost", lambda planning: planning.plan.baseline_cost),
    _money("saving", lambda planning: planning.plan.saving),
    _money("saving_today", values.saving_today),
    SiteSensorDescription(
        key="plan_made_at",
        device_class=SensorDeviceClass.TIMESTAMP,
        entity_category=EntityCategory.DIAGNOSTIC,
        entity_registry_enabled_default=False,
        value_fn=values.made_at,
        follows_fn=_plans,
    ),
    SiteSensorDescription(
        key="solver",
        entity_category=EntityCategory.DIAGNOSTIC,
        entity_registry_enabled_default=False,
        value_fn=values.solver,
        follows_fn=_plans,
    ),
    SiteSensorDescription(
        key="prices_known_until",
        device_class=SensorDeviceClass.TIMESTAMP,
        entity_category=EntityCategory.DIAGNOSTIC,
        value_fn=values.prices_known_until,
        follows_fn=_prices,
    ),
    SiteSensorDescription(
        key="wholesale_price",
        state_class=SensorStateClass.MEASUREMENT,
        native_unit_of_measurement=PER_MWH,
        suggested_display_precision=2,
        value_fn=values.wholesale_price,
        follows_fn=_market,
        each_slot=True,
        exists_fn=values.watches_market,
    ),
    SiteSensorDescription(
        key="spike_answer",
        device_class=SensorDeviceClass.ENUM,
        options=[answer.value for answer in SpikeAnswer],
        value_fn=lambda site, _: site.market.answer.value,
        follows_fn=lambda coordinators: (*_market(coordinators), coordinators.control),
        exists_fn=values.watches_market,
    ),
)

FORECAST_SENSORS = (
    ForecastSensorDescription(
        key="price_import_forecast",
        suggested_display_precision=PRICE_SHOWN_DIGITS,
        digits=PRICE_DIGITS,
        unit_fn=_per_kwh,
        values_fn=lambda planning: planning.outlook.import_per_kwh,
    ),
    ForecastSensorDescription(
        key="price_export_forecast",
        suggested_display_precision=PRICE_SHOWN_DIGITS,
        digits=PRICE_DIGITS,
        unit_fn=_per_kwh,
        values_fn=lambda planning: planning.outlook.export_per_kwh,
    ),
    ForecastSensorDescription(
        key="solar_forecast",
        device_class=SensorDeviceClass.POWER,
        native_unit_of_measurement=UnitOfPower.WATT,
        suggested_display_precision=POWER_DIGITS,
        digits=POWER_DIGITS,
        # Without a forecast the outlook counts on no sun, which is not to know.
        values_fn=lambda planning: (
            planning.outlook.solar_w if planning.outlook.solar_known else None
        ),
    ),
    ForecastSensorDescription(
        key="load_forecast",
        device_class=SensorDeviceClass.POWER,
        native_unit_of_measurement=UnitOfPower.WATT,
        suggested_display_precision=POWER_DIGITS,
        digits=POWER_DIGITS,
        values_fn=lambda planning: planning.outlook.load_w,
    ),
)
