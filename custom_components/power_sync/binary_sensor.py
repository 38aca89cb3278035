"""What is so or is not: a price spike, the demand window, a hold for a car."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import override

from homeassistant.components.binary_sensor import (
    BinarySensorEntity,
    BinarySensorEntityDescription,
)
from homeassistant.components.binary_sensor.const import BinarySensorDeviceClass
from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers import device_registry as dr
from homeassistant.helpers.entity_platform import AddConfigEntryEntitiesCallback
from homeassistant.helpers.event import async_track_utc_time_change
from homeassistant.util import dt as dt_util

from .const import CONF_PROVIDER
from .entity import ChargerEntity, Followed, SiteEntity, async_register_site_device
from .model.prices import Spike
from .prices.registry import MARK_SPIKES
from .sensor_bill import has_demand
from .site import PowerSyncConfigEntry, Site
from .site_coordinators import Coordinators
from .site_values import Value, holding, price_slot

PARALLEL_UPDATES = 0


@dataclass(frozen=True, kw_only=True)
class SiteBinarySensorDescription(BinarySensorEntityDescription):
    """Describe what is so or is not at a moment; None where nobody knows.

    It is looked up anew each minute, too.
    """

    is_on_fn: Callable[[Site, datetime], bool | None]
    follows_fn: Callable[[Coordinators], Followed]
    attributes_fn: Callable[[Site], Mapping[str, Value]] = lambda _: {}
    exists_fn: Callable[[PowerSyncConfigEntry], bool] = lambda _: True


def _watched(entry: PowerSyncConfigEntry) -> bool:
    return entry.runtime_data.coordinators.spike is not None


def _marked(entry: PowerSyncConfigEntry) -> bool:
    return not _watched(entry) and entry.data[CONF_PROVIDER] in MARK_SPIKES


def _spikes(site: Site, _now: datetime) -> bool | None:
    spike = site.coordinators.spike
    status = None if spike is None else spike.status
    return None if status is None else status.active


def _spike_attributes(site: Site) -> Mapping[str, Value]:
    spike = site.coordinators.spike
    status = None if spike is None else spike.status
    if status is None:
        return {}
    return {
        "region": str(status.region),
        "price_per_mwh": status.price_per_mwh,
        "since": None if status.since is None else status.since.isoformat(),
    }


def _marked_now(site: Site, now: datetime) -> bool | None:
    slot = price_slot(site, now)
    return None if slot is None else slot.spike is Spike.SPIKE


def _marked_attributes(site: Site) -> Mapping[str, Value]:
    """Return what the provider says of now, and since when it has said so."""
    slot = price_slot(site, dt_util.utcnow())
    curve = site.coordinators.prices.curve
    if slot is None or curve is None:
        return {}
    since = None
    for each in reversed(curve.slots[: curve.slots.index(slot) + 1]):
        if each.spike is not Spike.SPIKE:
            break
        since = each.start.isoformat()
    return {"spike_status": str(slot.spike), "since": since}


def _in_demand_window(site: Site, now: datetime) -> bool:
    charges = site.coordinators.accounts.charges
    return charges.covers(now, dt_util.get_default_time_zone())


BINARY_SENSORS = (
    SiteBinarySensorDescription(
        key="price_spike",
        is_on_fn=_spikes,
        attributes_fn=_spike_attributes,
        follows_fn=lambda coordinators: (
            () if coordinators.spike is None else (coordinators.spike,)
        ),
        exists_fn=_watched,
    ),
    SiteBinarySensorDescription(
        key="price_spike",
        is_on_fn=_marked_now,
        attributes_fn=_marked_attributes,
        follows_fn=lambda coordinators: (coordinators.prices,),
        exists_fn=_marked,
    ),
    SiteBinarySensorDescription(
        key="holding_for_car",
        is_on_fn=lambda site, _: holding(site),
        follows_fn=lambda coordinators: (
            coordinators.control,
            *coordinators.batteries.values(),
        ),
    ),
    SiteBinarySensorDescription(
        key="demand_window",
        is_on_fn=_in_demand_window,
        follows_fn=lambda coordinators: (coordinators.accounts,),
        exists_fn=lambda entry: has_demand(entry.runtime_data),
    ),
)
"""Of those with the same key, a site has one."""

PLUGGED = BinarySensorEntityDescription(
    key="plugged", device_class=BinarySensorDeviceClass.PLUG
)


async def async_setup_entry(
    hass: HomeAssistant,
    entry: PowerSyncConfigEntry,
    async_add_entities: AddConfigEntryEntitiesCallback,
) -> None:
    """Set up the binary sensors of a site and of its chargers."""
    site_device_id = async_register_site_device(dr.async_get(hass), entry)
    async_add_entities(
        SiteBinarySensor(entry, description)
        for description in BINARY_SENSORS
        if description.exists_fn(entry)
    )
    for coordinator in entry.runtime_data.coordinators.chargers.values():
        async_add_entities(
            [PluggedSensor(entry, coordinator, site_device_id, PLUGGED)],
            config_subentry_id=coordinator.subentry_id,
        )


class SiteBinarySensor(SiteEntity, BinarySensorEntity):
    """What is so or is not."""

    entity_description: SiteBinarySensorDescription

    @property
    @override
    def followed(self) -> Followed:
        """The coordinators whose news may change it."""
        return self.entity_description.follows_fn(self.site.coordinators)

    @override
    async def async_added_to_hass(self) -> None:
        """Start to follow."""
        await super().async_added_to_hass()
        self.async_on_remove(
            async_track_utc_time_change(self.hass, self._async_minute, second=0)
        )

    @callback
    def _async_minute(self, _now: datetime) -> None:
        self.async_write_ha_state()

    @property
    @override
    def is_on(self) -> bool | None:
        """Whether it is so; None where nobody knows."""
        return self.entity_description.is_on_fn(self.site, dt_util.utcnow())

    @property
    @override
    def extra_state_attributes(self) -> Mapping[str, Value]:
        """What belongs to it."""
        return self.entity_description.attributes_fn(self.site)


class PluggedSensor(ChargerEntity, BinarySensorEntity):
    """Whether a car is plugged in."""

    @property
    @override
    def is_on(self) -> bool | None:
        """Whether one is."""
        return None if self.reading is None else self.reading.plugged
