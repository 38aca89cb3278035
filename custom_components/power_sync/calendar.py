"""The calendar of the tariff: when electricity costs what."""

from datetime import datetime, timedelta
from typing import override

from homeassistant.components.calendar import (
    CalendarEntity,
    CalendarEntityDescription,
    CalendarEvent,
)
from homeassistant.core import HomeAssistant
from homeassistant.helpers.entity_platform import AddConfigEntryEntitiesCallback
from homeassistant.util import dt as dt_util

from .bridges.texts import async_texts
from .entity import Followed, SiteEntity
from .prices.glance import TariffWindow, tariff_windows
from .site import PowerSyncConfigEntry
from .words import Texts
from .words.money import price_range

PARALLEL_UPDATES = 0

TARIFF = CalendarEntityDescription(key="tariff")
LOOKS_AHEAD = timedelta(days=2)


async def async_setup_entry(
    hass: HomeAssistant,
    entry: PowerSyncConfigEntry,
    async_add_entities: AddConfigEntryEntitiesCallback,
) -> None:
    """Set up the calendar of a site."""
    async_add_entities([TariffCalendar(entry, await async_texts(hass))])


class TariffCalendar(SiteEntity, CalendarEntity):
    """The windows of the tariff, as far as prices are known."""

    def __init__(self, entry: PowerSyncConfigEntry, texts: Texts) -> None:
        """Take the texts of the events."""
        super().__init__(entry, TARIFF)
        self._texts = texts

    @property
    @override
    def followed(self) -> Followed:
        """The prices."""
        return (self.site.coordinators.prices,)

    @property
    @override
    def event(self) -> CalendarEvent | None:
        """The window of now, or the next one."""
        now = dt_util.utcnow()
        return next(iter(self._events(now, now + LOOKS_AHEAD)), None)

    @override
    async def async_get_events(
        self, hass: HomeAssistant, start_date: datetime, end_date: datetime
    ) -> list[CalendarEvent]:
        """Return the windows of a time."""
        return self._events(dt_util.as_utc(start_date), dt_util.as_utc(end_date))

    def _events(self, start: datetime, end: datetime) -> list[CalendarEvent]:
        curve = self.site.coordinators.prices.curve
        if curve is None:
            return []
        return [
            self._event(window, curve.currency)
            for window in tariff_windows(curve, start, end)
        ]

    def _event(self, window: TariffWindow, currency: str) -> CalendarEvent:
        texts = self._texts
        bought = price_range(*window.import_per_kwh, currency, texts)
        sold = price_range(*window.export_per_kwh, currency, texts)
        key = "tariff_sold" if window.firm else "tariff_sold_forecast"
        start, end = dt_util.as_local(window.start), dt_util.as_local(window.end)
        # Home Assistant compares the clock's faces. Where the clock goes back, a
        # window would end before it begins: it is shown until that time comes again.
        end = max(end, start.replace(fold=1))
        return CalendarEvent(
            start,
            end,
            texts(f"tariff_{window.level}", price=bought),
            texts(key, price=sold),
        )
