"""Numbers: the power that is forced, and those over the settings."""

from dataclasses import dataclass
from typing import override

from homeassistant.components.number import (
    NumberDeviceClass,
    NumberEntity,
    NumberEntityDescription,
    NumberMode,
)
from homeassistant.const import PERCENTAGE, EntityCategory, UnitOfPower
from homeassistant.core import HomeAssistant
from homeassistant.helpers.entity_platform import AddConfigEntryEntitiesCallback

from .coordinators import BatteryCoordinator
from .devices.batteries.actions import BACKUP_RESERVE
from .entity import BatteryEntity, SiteEntity
from .forcing import least_w, most_w
from .model.battery import Mode, OwnerRange
from .number_settings import setting_numbers
from .owner_actions import async_set_one
from .owner_entities import OwnerDescription, async_add_owner_entities
from .site import PowerSyncConfigEntry

PARALLEL_UPDATES = 1

STEP_W = 100.0

FORCE_POWER = NumberEntityDescription(
    key="force_power",
    device_class=NumberDeviceClass.POWER,
    native_unit_of_measurement=UnitOfPower.WATT,
    native_step=STEP_W,
    # Thousands of watts cannot be set on a slider.
    mode=NumberMode.BOX,
)


@dataclass(frozen=True, kw_only=True)
class OwnerNumberDescription(OwnerDescription, NumberEntityDescription):
    """Describe a number over one of a battery's own settings."""


OWNER_NUMBERS = (
    OwnerNumberDescription(
        key="backup_reserve",
        action=BACKUP_RESERVE,
        native_unit_of_measurement=PERCENTAGE,
        entity_category=EntityCategory.CONFIG,
    ),
)


async def async_setup_entry(
    hass: HomeAssistant,
    entry: PowerSyncConfigEntry,
    async_add_entities: AddConfigEntryEntitiesCallback,
) -> None:
    """Set up the numbers of a site."""
    async_add_entities([ForcePower(entry, FORCE_POWER), *setting_numbers(entry)])
    async_add_owner_entities(
        hass, entry, async_add_entities, OwnerNumber, OWNER_NUMBERS
    )


class OwnerNumber(BatteryEntity, NumberEntity):
    """A battery's own setting that is a number: its owner's to set, for good."""

    entity_description: OwnerNumberDescription

    def __init__(
        self,
        entry: PowerSyncConfigEntry,
        coordinator: BatteryCoordinator,
        site_device_id: str,
        description: OwnerNumberDescription,
    ) -> None:
        """Take the range from the battery: another one reloads the site."""
        super().__init__(entry, coordinator, site_device_id, description)
        allowed = coordinator.driver.owner_range(description.action.setting)
        if isinstance(allowed, OwnerRange):
            self._attr_native_min_value = allowed.least
            self._attr_native_max_value = allowed.most
            self._attr_native_step = allowed.step

    @property
    @override
    def native_value(self) -> float | None:
        """What its owner has set; None where the battery has not told."""
        value = self.owner_value(self.entity_description.action.setting)
        return None if isinstance(value, str | bool) else value

    @override
    async def async_set_native_value(self, value: float) -> None:
        """Set it for good."""
        await async_set_one(self, self.entity_description.action, value)


class ForcePower(SiteEntity, NumberEntity):
    """The power of all batteries together; the most they can until it is set."""

    def __init__(
        self, entry: PowerSyncConfigEntry, description: NumberEntityDescription
    ) -> None:
        """Take the range from the batteries: a change of theirs reloads the site."""
        super().__init__(entry, description)
        batteries = self.site.controller.batteries.values()
        self._attr_native_min_value = max(STEP_W, float(least_w(batteries)))
        self._attr_native_max_value = max(
            self._attr_native_min_value,
            most_w(batteries, Mode.CHARGE),
            most_w(batteries, Mode.DISCHARGE),
        )

    @property
    @override
    def native_value(self) -> float:
        """The power in W, at most what the batteries can now."""
        power_w = self.site.settings.force_power_w
        if power_w is None:
            return self.native_max_value
        return min(power_w, self.native_max_value)

    @override
    async def async_set_native_value(self, value: float) -> None:
        """Set the power for the next time."""
        await self.site.async_set(force_power_w=value)
