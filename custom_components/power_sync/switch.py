"""Switches: whether PowerSync acts, whether for real, and what it may do."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, override

from homeassistant.components.switch import SwitchEntity, SwitchEntityDescription
from homeassistant.const import EntityCategory
from homeassistant.core import HomeAssistant
from homeassistant.helpers.entity_platform import AddConfigEntryEntitiesCallback

from .devices.batteries.actions import GRID_CHARGING, STORM_MODE
from .entity import BatteryEntity, SiteEntity
from .owner_actions import async_set_one
from .owner_entities import OwnerDescription, async_add_owner_entities
from .site import PowerSyncConfigEntry, Site
from .site_values import answers_spikes
from .tariff_sync import syncs_tariffs

PARALLEL_UPDATES = 1


@dataclass(frozen=True, kw_only=True)
class SettingSwitchDescription(SwitchEntityDescription):
    """Describe a switch over one of the settings; `setting` is its name."""

    setting: str
    exists_fn: Callable[[Site], bool] = lambda _: True


SWITCHES = (
    SettingSwitchDescription(key="automatic_control", setting="automatic"),
    *(
        SettingSwitchDescription(
            key=setting, setting=setting, entity_category=EntityCategory.CONFIG
        )
        for setting in (
            "dry_run",
            "car_hold",
            "grid_charging",
            "battery_export",
            "spike_protection",
            "export_boost",
            "chip_mode",
            "pause_dear_charge",
        )
    ),
    SettingSwitchDescription(
        key="tou_sync",
        setting="tou_sync",
        entity_category=EntityCategory.CONFIG,
        exists_fn=syncs_tariffs,
    ),
    SettingSwitchDescription(
        key="spike_response",
        setting="spike_response",
        entity_category=EntityCategory.CONFIG,
        exists_fn=answers_spikes,
    ),
)


@dataclass(frozen=True, kw_only=True)
class OwnerSwitchDescription(OwnerDescription, SwitchEntityDescription):
    """Describe a switch over one of a battery's own settings."""


OWNER_SWITCHES = (
    OwnerSwitchDescription(
        key="storm_watch", action=STORM_MODE, entity_category=EntityCategory.CONFIG
    ),
    OwnerSwitchDescription(
        key="own_grid_charging",
        action=GRID_CHARGING,
        entity_category=EntityCategory.CONFIG,
    ),
)


async def async_setup_entry(
    hass: HomeAssistant,
    entry: PowerSyncConfigEntry,
    async_add_entities: AddConfigEntryEntitiesCallback,
) -> None:
    """Set up the switches of a site."""
    async_add_entities(
        SettingSwitch(entry, description)
        for description in SWITCHES
        if description.exists_fn(entry.runtime_data)
    )
    async_add_owner_entities(
        hass, entry, async_add_entities, OwnerSwitch, OWNER_SWITCHES
    )


class OwnerSwitch(BatteryEntity, SwitchEntity):
    """A battery's own setting that is on or off: its owner's to set, for good."""

    entity_description: OwnerSwitchDescription

    @property
    @override
    def is_on(self) -> bool | None:
        """Whether it is on for its owner; None where the battery has not told."""
        value = self.owner_value(self.entity_description.action.setting)
        return value if isinstance(value, bool) else None

    @override
    async def async_turn_on(self, **kwargs: Any) -> None:
        """Switch it on, for good."""
        await self._async_set(value=True)

    @override
    async def async_turn_off(self, **kwargs: Any) -> None:
        """Switch it off, for good."""
        await self._async_set(value=False)

    async def _async_set(self, *, value: bool) -> None:
        await async_set_one(self, self.entity_description.action, value)


class SettingSwitch(SiteEntity, SwitchEntity):
    """A switch over one of the site's settings."""

    entity_description: SettingSwitchDescription

    @property
    @override
    def is_on(self) -> bool:
        """Whether it is on."""
        is_on: bool = getattr(self.site.settings, self.entity_description.setting)
        return is_on

    @override
    async def async_turn_on(self, **kwargs: Any) -> None:
        """Switch it on."""
        await self.site.async_set(**{self.entity_description.setting: True})

    @override
    async def async_turn_off(self, **kwargs: Any) -> None:
        """Switch it off."""
        await self.site.async_set(**{self.entity_description.setting: False})
