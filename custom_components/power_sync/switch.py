"""Switches: whether PowerSync acts, whether for real, and what it may do."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, override

from homeassistant.components.switch import SwitchEntity, SwitchEntityDescription
from homeassistant.const import EntityCategory
from homeassistant.core import HomeAssistant
from homeassistant.helpers.entity_platform import AddConfigEntryEntitiesCallback

from .entity import SiteEntity
from .settings import Settings
from .site import PowerSyncConfigEntry

PARALLEL_UPDATES = 1


@dataclass(frozen=True, kw_only=True)
class SettingSwitchDescription(SwitchEntityDescription):
    """Describe a switch over one of the settings; `setting` is its name."""

    setting: str
    is_on_fn: Callable[[Settings], bool]


SWITCHES = (
    SettingSwitchDescription(
        key="automatic_control",
        setting="automatic",
        is_on_fn=lambda settings: settings.automatic,
    ),
    SettingSwitchDescription(
        key="dry_run",
        setting="dry_run",
        is_on_fn=lambda settings: settings.dry_run,
        entity_category=EntityCategory.CONFIG,
    ),
    SettingSwitchDescription(
        key="grid_charging",
        setting="grid_charging",
        is_on_fn=lambda settings: settings.grid_charging,
        entity_category=EntityCategory.CONFIG,
    ),
    SettingSwitchDescription(
        key="battery_export",
        setting="battery_export",
        is_on_fn=lambda settings: settings.battery_export,
        entity_category=EntityCategory.CONFIG,
    ),
)


async def async_setup_entry(
    hass: HomeAssistant,
    entry: PowerSyncConfigEntry,
    async_add_entities: AddConfigEntryEntitiesCallback,
) -> None:
    """Set up the switches of a site."""
    async_add_entities(SettingSwitch(entry, description) for description in SWITCHES)


class SettingSwitch(SiteEntity, SwitchEntity):
    """A switch over one of the site's settings."""

    entity_description: SettingSwitchDescription

    @property
    @override
    def is_on(self) -> bool:
        """Whether it is on."""
        return self.entity_description.is_on_fn(self.site.settings)

    @override
    async def async_turn_on(self, **kwargs: Any) -> None:
        """Switch it on."""
        await self.site.async_set(**{self.entity_description.setting: True})

    @override
    async def async_turn_off(self, **kwargs: Any) -> None:
        """Switch it off."""
        await self.site.async_set(**{self.entity_description.setting: False})
