"""The calendar: one event of a whole day, tomorrow."""

from datetime import datetime, timedelta
from typing import override

from homeassistant.components.calendar import CalendarEntity, CalendarEvent
from homeassistant.config_entries import ConfigEntry
from homeassistant.core import HomeAssistant
from homeassistant.helpers.entity_platform import AddConfigEntryEntitiesCallback
from homeassistant.util import dt as dt_util

DAY = timedelta(days=1)


async def async_setup_entry(
    hass: HomeAssistant,
    entry: ConfigEntry,
    async_add_entities: AddConfigEntryEntitiesCallback,
) -> None:
    """Add it."""
    async_add_entities([HolidayCalendar(entry)])


class HolidayCalendar(CalendarEntity):
    """Knows one holiday."""

    def __init__(self, entry: ConfigEntry) -> None:
        """Have a name."""
        self._attr_name = entry.title
        self._attr_unique_id = entry.entry_id
        first = dt_util.now().date() + DAY
        self._holiday = CalendarEvent(first, first + DAY, "Public holiday")

    @property
    @override
    def event(self) -> CalendarEvent:
        """Return the next holiday."""
        return self._holiday

    @override
    async def async_get_events(
        self, hass: HomeAssistant, start_date: datetime, end_date: datetime
    ) -> list[CalendarEvent]:
        """Return it, where it lies in the time that is asked for."""
        holiday = self._holiday
        if holiday.start_datetime_local < end_date and (
            start_date < holiday.end_datetime_local
        ):
            return [holiday]
        return []
