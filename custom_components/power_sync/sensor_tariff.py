"""The sensor of what tariff a battery has that can plan for itself."""

from collections.abc import Mapping
from enum import StrEnum
from typing import Any, override

from homeassistant.components.sensor import (
    SensorDeviceClass,
    SensorEntity,
    SensorEntityDescription,
)
from homeassistant.const import EntityCategory
from homeassistant.util import dt as dt_util

from .control.controlled import Controlled
from .devices.batteries.tariff_text import prices_among
from .entity import BatteryEntity
from .model.tariff import DayTariff, clock_of


class OnDevice(StrEnum):
    """Whose tariff a battery has."""

    OWN = "own"
    """The owner's."""
    PRICES = "prices"
    """The prices of the day, to plan from."""
    COMMAND = "command"
    """What a command of ours needs meanwhile."""


TARIFF = SensorEntityDescription(
    key="tariff",
    device_class=SensorDeviceClass.ENUM,
    options=[each.value for each in OnDevice],
    entity_category=EntityCategory.DIAGNOSTIC,
)


class TariffSensor(BatteryEntity, SensorEntity):
    """Whose tariff a battery has, and since when, with the prices in it."""

    _unrecorded_attributes = frozenset({"schedule"})

    @property
    def _battery(self) -> Controlled:
        return self.site.controller.batteries[self.coordinator.battery_id]

    @property
    def _prices(self) -> DayTariff | None:
        """The prices of ours that the battery had when it was read last."""
        battery = self._battery
        if battery.tariff_since is None or not battery.executor.held:
            return None
        _, found = battery.executor.last_read
        return prices_among(found.values())

    @property
    @override
    def native_value(self) -> str:
        """Whose it is."""
        if self._prices is not None:
            return OnDevice.PRICES
        return OnDevice.COMMAND if self._battery.executor.held else OnDevice.OWN

    @property
    @override
    def extra_state_attributes(self) -> Mapping[str, Any]:
        """Since when, and the 48 prices; None where they are not ours."""
        prices, since = self._prices, self._battery.tariff_since
        if prices is None or since is None:
            return {"since": None, "currency": None, "schedule": None}
        return {
            "since": dt_util.as_local(since).isoformat(),
            "currency": prices.currency,
            "schedule": [
                {"time": clock_of(slot), "buy": bought, "sell": sold}
                for slot, (bought, sold) in enumerate(
                    zip(prices.bought, prices.sold, strict=True)
                )
            ],
        }
