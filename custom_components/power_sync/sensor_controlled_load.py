"""The sensor of what a kWh of the controlled load costs, where a home has one."""

from collections.abc import Mapping
from typing import Any, Final, override

from homeassistant.components.sensor import (
    DOMAIN as SENSOR_DOMAIN,
    SensorEntity,
    SensorEntityDescription,
    SensorStateClass,
)
from homeassistant.core import callback
from homeassistant.helpers import entity_registry as er
from homeassistant.helpers.entity_platform import AddConfigEntryEntitiesCallback
from homeassistant.util import dt as dt_util

from .const import DOMAIN
from .entity import Followed, SiteEntity
from .model.prices import PriceCurve, PriceSlot
from .plan_points import ATTR_FORECAST
from .sensor_prices import ATTR_FIRM
from .sensor_site import PRICE_SHOWN_DIGITS
from .site import PowerSyncConfigEntry
from .site_values import PRICE_DIGITS, currency

CONTROLLED_LOAD: Final = SensorEntityDescription(
    key="controlled_load_price",
    state_class=SensorStateClass.MEASUREMENT,
    suggested_display_precision=PRICE_SHOWN_DIGITS,
)


class ControlledLoadPrice(SiteEntity, SensorEntity):
    """The price now, and those ahead as far as the provider tells them."""

    _unrecorded_attributes = frozenset({ATTR_FORECAST})

    @property
    @override
    def followed(self) -> Followed:
        """The prices."""
        return (self.site.coordinators.prices,)

    @override
    async def async_added_to_hass(self) -> None:
        """Start to follow; another price may begin with each slot."""
        await super().async_added_to_hass()
        self.async_follow_slots()

    @property
    def _curve(self) -> PriceCurve | None:
        curve = self.site.coordinators.prices.curve
        return None if curve is None else curve.controlled_load

    @property
    def _slot(self) -> PriceSlot | None:
        return None if self._curve is None else self._curve.at(dt_util.utcnow())

    @property
    @override
    def native_unit_of_measurement(self) -> str:
        """The unit, in the currency of the prices."""
        return f"{currency(self.site)}/kWh"

    @property
    @override
    def native_value(self) -> float | None:
        """The price now; unknown where the provider has told none."""
        slot = self._slot
        return None if slot is None else round(slot.import_per_kwh, PRICE_DIGITS)

    @property
    @override
    def extra_state_attributes(self) -> Mapping[str, Any] | None:
        """Whether that is certain, and the prices from now on, by their starts."""
        curve, slot = self._curve, self._slot
        if curve is None or slot is None:
            return None
        ahead = curve.from_time(dt_util.utcnow()).slots
        return {
            ATTR_FIRM: slot.firm,
            ATTR_FORECAST: [
                {
                    "time": dt_util.as_local(each.start).isoformat(),
                    "value": round(each.import_per_kwh, PRICE_DIGITS),
                }
                for each in ahead
            ],
        }


@callback
def async_follow_controlled_load(
    entry: PowerSyncConfigEntry, add: AddConfigEntryEntitiesCallback
) -> None:
    """Add the sensor once prices say that there is one, and forget one that is gone.

    Only the prices say it, and they are fetched after the set-up. One that ends while
    the site runs is unknown until the site is loaded anew.
    """
    prices = entry.runtime_data.coordinators.prices
    found = False

    @callback
    def look() -> None:
        nonlocal found
        curve = prices.curve
        if found or curve is None or not curve.slots:
            return
        sensor = ControlledLoadPrice(entry, CONTROLLED_LOAD)
        if curve.controlled_load is not None:
            found = True
            add((sensor,))
            return
        registry = er.async_get(prices.hass)
        unique_id = str(sensor.unique_id)
        if known := registry.async_get_entity_id(SENSOR_DOMAIN, DOMAIN, unique_id):
            registry.async_remove(known)

    entry.async_on_unload(prices.async_add_listener(look))
