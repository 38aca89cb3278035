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

from .devices.batteries.actions import (
    BACKUP_RESERVE,
    CHARGE_RATE,
    DISCHARGE_RATE,
    EXPORT_LIMIT,
)
from .devices.batteries.brand import OwnerAction
from .entity import BatteryEntity, SiteEntity
from .forcing import least_w, most_w
from .model.battery import NO_LIMIT, Mode, OwnerRange
from .number_settings import setting_numbers
from .owner_actions import async_set_one
from .owner_entities import OwnerDescription, async_add_owner_entities
from .site import PowerSyncConfigEntry

PARALLEL_UPDATES = 1

STEP_W = 100.0
_NO_RANGE = OwnerRange(0, 0, 1)

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
    """Describe a number over one of a battery's own settings.

    With `top_is_no_limit` no limit is shown as the top of the range, and set by it.
    """

    top_is_no_limit: bool = False
    entity_category: EntityCategory | None = EntityCategory.CONFIG


def _power(
    key: str, action: OwnerAction, *, top_is_no_limit: bool = False
) -> OwnerNumberDescription:
    return OwnerNumberDescription(
        key=key,
        action=action,
        device_class=NumberDeviceClass.POWER,
        native_unit_of_measurement=UnitOfPower.WATT,
        mode=NumberMode.BOX,
        top_is_no_limit=top_is_no_limit,
    )


OWNER_NUMBERS = (
    OwnerNumberDescription(
        key="backup_reserve",
        action=BACKUP_RESERVE,
        native_unit_of_measurement=PERCENTAGE,
    ),
    _power("charge_rate", CHARGE_RATE),
    _power("discharge_rate", DISCHARGE_RATE),
    _power("own_export_limit", EXPORT_LIMIT, top_is_no_limit=True),
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

    @property
    @override
    def native_min_value(self) -> float:
        """The least that the battery can have."""
        return self._range.least

    @property
    @override
    def native_max_value(self) -> float:
        """The most that the battery can have."""
        return self._range.most

    @property
    @override
    def native_step(self) -> float:
        """In which steps the battery has it."""
        return self._range.step

    @property
    def _range(self) -> OwnerRange:
        setting = self.entity_description.action.setting
        allowed = self.coordinator.driver.owner_range(setting)
        return allowed if isinstance(allowed, OwnerRange) else _NO_RANGE

    @property
    @override
    def native_value(self) -> float | None:
        """What its owner has set; None where the battery has not told.

        More than the battery has is as much as it has.
        """
        value = self._value
        return None if value is None else min(value, self.native_max_value)

    @property
    @override
    def extra_state_attributes(self) -> dict[str, bool] | None:
        """Whether the top of the range stands for no limit now."""
        if not self.entity_description.top_is_no_limit or self._value is None:
            return None
        return {"no_limit": self._value == NO_LIMIT}

    @property
    def _value(self) -> float | None:
        value = self.owner_value(self.entity_description.action.setting)
        return None if isinstance(value, str | bool) else value

    @override
    async def async_set_native_value(self, value: float) -> None:
        """Set it for good."""
        description = self.entity_description
        no_limit = description.top_is_no_limit and value >= self.native_max_value
        await async_set_one(self, description.action, None if no_limit else value)


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
