"""Entities over batteries' own settings: which there are follows from the drivers."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from homeassistant.core import HomeAssistant
from homeassistant.helpers import device_registry as dr
from homeassistant.helpers.entity import EntityDescription
from homeassistant.helpers.entity_platform import AddConfigEntryEntitiesCallback

from .battery_coordinator import BatteryCoordinator
from .devices.batteries.brand import OwnerAction
from .entity import BatteryEntity, async_register_site_device
from .site import PowerSyncConfigEntry


@dataclass(frozen=True, kw_only=True)
class OwnerDescription(EntityDescription):
    """Describe an entity over one of a battery's own settings."""

    action: OwnerAction


def async_add_owner_entities[Described: OwnerDescription](
    hass: HomeAssistant,
    entry: PowerSyncConfigEntry,
    add: AddConfigEntryEntitiesCallback,
    make: Callable[
        [PowerSyncConfigEntry, BatteryCoordinator, str, Described], BatteryEntity
    ],
    descriptions: Iterable[Described],
) -> None:
    """Add an entity of each battery for each of the settings that it has."""
    site_device_id = async_register_site_device(dr.async_get(hass), entry)
    for battery in entry.runtime_data.coordinators.batteries.values():
        add(
            [
                make(entry, battery, site_device_id, description)
                for description in descriptions
                if battery.driver.owner_range(description.action.setting) is not None
            ],
            config_subentry_id=battery.subentry_id,
        )
