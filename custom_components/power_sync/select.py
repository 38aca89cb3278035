"""Selects: how long a forced mode lasts, what the plan is for, how it is drawn."""

from typing import override

from homeassistant.components.select import SelectEntity, SelectEntityDescription
from homeassistant.const import EntityCategory
from homeassistant.core import HomeAssistant
from homeassistant.helpers.entity_platform import AddConfigEntryEntitiesCallback

from .const import FORCE_DURATIONS_MIN
from .entity import SiteEntity
from .picture import Theme
from .planner import Objective
from .site import PowerSyncConfigEntry

PARALLEL_UPDATES = 1

FORCE_DURATION = SelectEntityDescription(
    key="force_duration",
    options=[str(minutes) for minutes in FORCE_DURATIONS_MIN],
)

OBJECTIVE = SelectEntityDescription(
    key="objective",
    options=[objective.value for objective in Objective],
    entity_category=EntityCategory.CONFIG,
)

PICTURE_THEME = SelectEntityDescription(
    key="picture_theme",
    options=[theme.value for theme in Theme],
    entity_category=EntityCategory.CONFIG,
)


async def async_setup_entry(
    hass: HomeAssistant,
    entry: PowerSyncConfigEntry,
    async_add_entities: AddConfigEntryEntitiesCallback,
) -> None:
    """Set up the selects of a site."""
    async_add_entities(
        [
            ForceDuration(entry, FORCE_DURATION),
            PlanObjective(entry, OBJECTIVE),
            PictureTheme(entry, PICTURE_THEME),
        ]
    )


class ForceDuration(SiteEntity, SelectEntity):
    """The minutes that a forced mode lasts. Each option is a number of minutes."""

    @property
    @override
    def current_option(self) -> str:
        """The minutes."""
        return str(self.site.settings.force_duration_min)

    @override
    async def async_select_option(self, option: str) -> None:
        """Set the minutes for the next time."""
        await self.site.async_set(force_duration_min=int(option))


class PlanObjective(SiteEntity, SelectEntity):
    """What the plan is for."""

    @property
    @override
    def current_option(self) -> str:
        """The objective."""
        return self.site.settings.objective.value

    @override
    async def async_select_option(self, option: str) -> None:
        """Plan for another objective from now on."""
        await self.site.async_set(objective=Objective(option))


class PictureTheme(SiteEntity, SelectEntity):
    """On which ground the plan is drawn."""

    @property
    @override
    def current_option(self) -> str:
        """The theme."""
        return self.site.settings.picture_theme.value

    @override
    async def async_select_option(self, option: str) -> None:
        """Draw the picture anew."""
        await self.site.async_set(picture_theme=Theme(option))
