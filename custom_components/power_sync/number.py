"""Numbers: the power that is forced, and those over the settings."""

from typing import override

from homeassistant.components.number import (
    NumberDeviceClass,
    NumberEntity,
    NumberEntityDescription,
    NumberMode,
)
from homeassistant.const import UnitOfPower
from homeassistant.core import HomeAssistant
from homeassistant.helpers.entity_platform import AddConfigEntryEntitiesCallback

from .entity import SiteEntity
from .forcing import least_w, most_w
from .model.battery import Mode
from .number_settings import setting_numbers
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


async def async_setup_entry(
    hass: HomeAssistant,
    entry: PowerSyncConfigEntry,
    async_add_entities: AddConfigEntryEntitiesCallback,
) -> None:
    """Set up the numbers of a site."""
    async_add_entities([ForcePower(entry, FORCE_POWER), *setting_numbers(entry)])


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
