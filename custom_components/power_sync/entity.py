"""What all entities of PowerSync have in common."""

import asyncio
from collections.abc import Iterable
from datetime import datetime
from itertools import batched
from typing import Any, Final, override

from homeassistant.config_entries import ConfigSubentry
from homeassistant.core import callback
from homeassistant.helpers import device_registry as dr
from homeassistant.helpers.device_registry import DeviceEntryType, DeviceInfo
from homeassistant.helpers.entity import Entity, EntityDescription
from homeassistant.helpers.entity_platform import AddConfigEntryEntitiesCallback
from homeassistant.helpers.event import async_track_utc_time_change
from homeassistant.helpers.update_coordinator import DataUpdateCoordinator

from .battery_coordinator import BatteryCoordinator
from .charger_coordinator import ChargerCoordinator
from .const import DOMAIN
from .control.owner_rules import owner_value_of
from .devices.batteries import BRANDS
from .devices.chargers import CHARGERS
from .model.battery import BatteryReading, OwnerSetting, OwnerValue
from .model.charger import ChargerReading
from .site import PowerSyncConfigEntry, Site

type Followed = Iterable[DataUpdateCoordinator[Any]]

ADDED_AT_ONCE: Final = 16
"""Some 15 ms of work on a small computer; the loop has others to serve."""


async def async_add_in_turns(
    add: AddConfigEntryEntitiesCallback,
    entities: Iterable[Entity],
    subentry_id: str | None = None,
) -> None:
    """Add many entities a few at a time, and let others have their turn between."""
    for few in batched(entities, ADDED_AT_ONCE, strict=False):
        add(few, config_subentry_id=subentry_id)
        await asyncio.sleep(0)


class PowerSyncEntity(Entity):
    """An entity that follows one or more coordinators.

    The figures of a home depend on several at once: its batteries, and control,
    which notices when one of them has fallen silent.
    """

    _attr_has_entity_name = True
    _attr_should_poll = False

    def __init__(
        self, site: Site, owner_id: str, description: EntityDescription
    ) -> None:
        """Describe an entity of the home, or of a battery, with id `owner_id`."""
        self.site = site
        self.entity_description = description
        self._attr_translation_key = description.key
        self._attr_unique_id = f"{owner_id}_{description.key}"

    @property
    def followed(self) -> Followed:
        """The coordinators whose news may change this entity."""
        return (self.site.coordinators.control,)

    @override
    async def async_added_to_hass(self) -> None:
        """Start to follow."""
        await super().async_added_to_hass()
        for coordinator in self.followed:
            self.async_on_remove(coordinator.async_add_listener(self._async_news))

    @callback
    def async_follow_slots(self) -> None:
        """Take the begin of each slot for news, too, from now on."""
        self.async_on_remove(
            async_track_utc_time_change(
                self.hass, self._async_slot_begins, minute=range(0, 60, 5), second=0
            )
        )

    @callback
    def _async_slot_begins(self, _now: datetime) -> None:
        self._async_news()

    @callback
    def _async_news(self) -> None:
        """Show what has changed."""
        self.async_write_ha_state()


class SiteEntity(PowerSyncEntity):
    """An entity of the home as a whole.

    It stays available while batteries are not: what the user has set and what
    PowerSync decides are known regardless.
    """

    def __init__(
        self, entry: PowerSyncConfigEntry, description: EntityDescription
    ) -> None:
        """Describe an entity on the home's device."""
        super().__init__(entry.runtime_data, entry.entry_id, description)
        self._attr_device_info = site_device(entry)


class BatteryEntity(PowerSyncEntity):
    """An entity of one battery."""

    def __init__(
        self,
        entry: PowerSyncConfigEntry,
        coordinator: BatteryCoordinator,
        site_device_id: str,
        description: EntityDescription,
    ) -> None:
        """Describe an entity on a battery's device."""
        super().__init__(entry.runtime_data, coordinator.battery_id, description)
        self.coordinator = coordinator
        self._attr_device_info = battery_device(
            entry.subentries[coordinator.subentry_id], coordinator, site_device_id
        )

    @property
    @override
    def followed(self) -> Followed:
        """The battery's readings, and control, which judges them."""
        return (self.coordinator, self.site.coordinators.control)

    @property
    def reading(self) -> BatteryReading | None:
        """The last reading, or None while the battery cannot be read.

        A single lost answer does not count; `control/health.py` says what does.
        """
        return self.site.readings.get(self.coordinator.battery_id)

    def owner_value(self, setting: OwnerSetting) -> OwnerValue:
        """Return what its owner has set; None where that is not known."""
        if self.reading is None:
            return None
        return owner_value_of(
            self.site.controller.batteries[self.coordinator.battery_id], setting
        )


class ChargerEntity(PowerSyncEntity):
    """An entity of one car charger."""

    def __init__(
        self,
        entry: PowerSyncConfigEntry,
        coordinator: ChargerCoordinator,
        site_device_id: str,
        description: EntityDescription,
    ) -> None:
        """Describe an entity on a charger's device."""
        super().__init__(entry.runtime_data, coordinator.charger_id, description)
        self.coordinator = coordinator
        identity = coordinator.charger.identity
        self._attr_device_info = DeviceInfo(
            identifiers={(DOMAIN, identity.serial)},
            name=coordinator.title,
            manufacturer=CHARGERS[identity.kind].manufacturer or None,
            model=identity.model,
            sw_version=identity.sw_version,
            via_device_id=site_device_id,
        )

    @property
    @override
    def followed(self) -> Followed:
        """The charger's readings."""
        return (self.coordinator,)

    @property
    @override
    def available(self) -> bool:
        """Whether the charger can be read."""
        return self.reading is not None

    @property
    def reading(self) -> ChargerReading | None:
        """The last reading, or None while the charger cannot be read."""
        return self.coordinator.reading


def site_device(entry: PowerSyncConfigEntry) -> DeviceInfo:
    """Return the device of the home."""
    return DeviceInfo(
        identifiers={(DOMAIN, entry.entry_id)},
        name=entry.title,
        manufacturer="PowerSync",
        entry_type=DeviceEntryType.SERVICE,
    )


def battery_device(
    subentry: ConfigSubentry, coordinator: BatteryCoordinator, site_device_id: str
) -> DeviceInfo:
    """Return the device of a battery."""
    identity = coordinator.driver.identity
    return DeviceInfo(
        identifiers={(DOMAIN, identity.serial)},
        name=subentry.title,
        manufacturer=BRANDS[identity.brand].manufacturer,
        model=identity.model,
        serial_number=identity.serial,
        sw_version=identity.sw_version,
        via_device_id=site_device_id,
    )


def async_register_site_device(
    registry: dr.DeviceRegistry, entry: PowerSyncConfigEntry
) -> str:
    """Register the home's device, which those of batteries point to; return its id."""
    device = registry.async_get_or_create(
        config_entry_id=entry.entry_id, **site_device(entry)
    )
    return device.id
