"""Switches: whether PowerSync acts, whether for real, and what it may do."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, override

from homeassistant.components.switch import SwitchEntity, SwitchEntityDescription
from homeassistant.const import EntityCategory
from homeassistant.core import HomeAssistant
from homeassistant.helpers import device_registry as dr
from homeassistant.helpers.entity_platform import AddConfigEntryEntitiesCallback

from .devices.batteries.actions import STORM_MODE
from .entity import BatteryEntity, SiteEntity, async_register_site_device
from .model.battery import OwnerSetting
from .owner_actions import async_set_owner
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


STORM_WATCH = SwitchEntityDescription(
    key="storm_watch", entity_category=EntityCategory.CONFIG
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
    site_device_id = async_register_site_device(dr.async_get(hass), entry)
    for battery in entry.runtime_data.coordinators.batteries.values():
        if battery.driver.owner_range(OwnerSetting.STORM_MODE) is not None:
            async_add_entities(
                [StormWatch(entry, battery, site_device_id, STORM_WATCH)],
                config_subentry_id=battery.subentry_id,
            )


class StormWatch(BatteryEntity, SwitchEntity):
    """Whether a battery fills up before a storm by itself: its owner's to set."""

    @property
    @override
    def is_on(self) -> bool | None:
        """Whether it is on; None where the battery has not told."""
        reading = self.reading
        told = None if reading is None else reading.extra.get("storm_mode_enabled")
        return None if told is None else told == "true"

    @override
    async def async_turn_on(self, **kwargs: Any) -> None:
        """Switch it on, for good."""
        await self._async_set(1)

    @override
    async def async_turn_off(self, **kwargs: Any) -> None:
        """Switch it off, for good."""
        await self._async_set(0)

    async def _async_set(self, value: float) -> None:
        await async_set_owner(
            self.site, STORM_MODE, value, [self.coordinator.battery_id]
        )
        await self.coordinator.async_refresh()


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
