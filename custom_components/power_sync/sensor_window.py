"""The sensor of the cheapest time to come, as long as the user wants it."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any, Final, override

from homeassistant.components.sensor import (
    SensorDeviceClass,
    SensorEntity,
    SensorEntityDescription,
)
from homeassistant.core import callback
from homeassistant.util import dt as dt_util

from .entity import Followed, SiteEntity
from .prices.glance import Window, cheapest_window
from .site_values import PRICE_DIGITS

CHEAPEST_WINDOW: Final = SensorEntityDescription(
    key="cheapest_window", device_class=SensorDeviceClass.TIMESTAMP
)


class CheapestWindow(SiteEntity, SensorEntity):
    """When the cheapest time begins, among the prices that are known.

    Once it has begun it stays what it is until it is over, whatever else becomes
    known: an automation that follows it is not left in the middle.
    """

    _window: Window | None = None

    @property
    @override
    def followed(self) -> Followed:
        """The prices, and control, which tells of changed settings."""
        coordinators = self.site.coordinators
        return (coordinators.prices, coordinators.control)

    @override
    async def async_added_to_hass(self) -> None:
        """Start to follow; a time is over at the end of a slot."""
        await super().async_added_to_hass()
        self._look(dt_util.utcnow())
        self.async_follow_slots()

    @callback
    @override
    def _async_news(self) -> None:
        """Look anew, and show it where it is another."""
        before = self._window
        self._look(dt_util.utcnow())
        if self._window != before:
            self.async_write_ha_state()

    def _look(self, now: datetime) -> None:
        length = timedelta(hours=self.site.settings.cheapest_window_h)
        window = self._window
        under_way = window is not None and window.start <= now < window.end
        if window is not None and under_way and window.end - window.start == length:
            return
        curve = self.site.coordinators.prices.curve
        self._window = (
            None
            if curve is None or not curve.slots
            else cheapest_window(curve, length, now, curve.slots[-1].end)
        )

    @property
    @override
    def native_value(self) -> datetime | None:
        """When it begins, or has begun."""
        return None if self._window is None else self._window.start

    @property
    @override
    def extra_state_attributes(self) -> Mapping[str, Any] | None:
        """When it ends, what a kWh costs, and whether that is certain."""
        return None if self._window is None else window_answer(self._window)


def window_answer(window: Window) -> dict[str, str | float | bool]:
    """Return a window; times are local with their offset."""
    return {
        "start": dt_util.as_local(window.start).isoformat(),
        "end": dt_util.as_local(window.end).isoformat(),
        "mean_per_kwh": round(window.mean_per_kwh, PRICE_DIGITS),
        "firm": window.firm,
    }
