"""Times of day between which prices count otherwise."""

from dataclasses import dataclass
from datetime import time
from typing import override

from homeassistant.components.time import TimeEntity, TimeEntityDescription
from homeassistant.const import EntityCategory
from homeassistant.core import HomeAssistant
from homeassistant.helpers.entity_platform import AddConfigEntryEntitiesCallback

from .entity import SiteEntity
from .planner.shaping import time_of
from .site import PowerSyncConfigEntry

PARALLEL_UPDATES = 1


@dataclass(frozen=True, kw_only=True)
class SettingTimeDescription(TimeEntityDescription):
    """Describe a time over a setting in minutes after midnight."""

    setting: str
    entity_category: EntityCategory | None = EntityCategory.CONFIG


TIMES = (
    SettingTimeDescription(key="boost_start", setting="boost_start_min"),
    SettingTimeDescription(key="boost_end", setting="boost_end_min"),
    SettingTimeDescription(key="chip_start", setting="chip_start_min"),
    SettingTimeDescription(key="chip_end", setting="chip_end_min"),
)


async def async_setup_entry(
    hass: HomeAssistant,
    entry: PowerSyncConfigEntry,
    async_add_entities: AddConfigEntryEntitiesCallback,
) -> None:
    """Set up the times of a site."""
    async_add_entities(SettingTime(entry, description) for description in TIMES)


class SettingTime(SiteEntity, TimeEntity):
    """A time of day, on the clock of the tariff."""

    entity_description: SettingTimeDescription

    @property
    @override
    def native_value(self) -> time:
        """The time."""
        return time_of(getattr(self.site.settings, self.entity_description.setting))

    @override
    async def async_set_value(self, value: time) -> None:
        """Set it, to the minute."""
        minutes = value.hour * 60 + value.minute
        await self.site.async_set(**{self.entity_description.setting: minutes})
