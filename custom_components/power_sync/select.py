"""Selects: how long a forced mode lasts, what the plan is for, how it is drawn."""

from dataclasses import dataclass
from typing import override

from homeassistant.components.select import SelectEntity, SelectEntityDescription
from homeassistant.const import EntityCategory
from homeassistant.core import HomeAssistant
from homeassistant.exceptions import HomeAssistantError
from homeassistant.helpers import device_registry as dr
from homeassistant.helpers.entity_platform import AddConfigEntryEntitiesCallback

from .charger_coordinator import ChargerCoordinator
from .const import DOMAIN, FORCE_DURATIONS_MIN
from .control.view import HoldMethod, PlannedBy
from .devices.batteries.actions import GRID_EXPORT, OPERATION_MODE
from .devices.protocols import DeviceError
from .entity import (
    BatteryEntity,
    ChargerEntity,
    SiteEntity,
    async_register_site_device,
)
from .model.battery import OwnerChoice
from .model.charger import ChargeMode
from .owner_actions import async_set_one
from .owner_entities import OwnerDescription, async_add_owner_entities
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

HOLD_METHOD = SelectEntityDescription(
    key="hold_method",
    options=[method.value for method in HoldMethod],
    entity_category=EntityCategory.CONFIG,
)

CHARGE_MODE = SelectEntityDescription(key="charge_mode")

PLANNED_BY = SelectEntityDescription(
    key="planned_by",
    options=[planner.value for planner in PlannedBy],
    entity_category=EntityCategory.CONFIG,
)


@dataclass(frozen=True, kw_only=True)
class OwnerSelectDescription(OwnerDescription, SelectEntityDescription):
    """Describe a select over one of a battery's own settings."""


OWNER_SELECTS = (
    OwnerSelectDescription(
        key="operation_mode",
        action=OPERATION_MODE,
        entity_category=EntityCategory.CONFIG,
    ),
    OwnerSelectDescription(
        key="grid_export", action=GRID_EXPORT, entity_category=EntityCategory.CONFIG
    ),
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
            HowToHold(entry, HOLD_METHOD),
        ]
    )
    site_device_id = async_register_site_device(dr.async_get(hass), entry)
    for battery in entry.runtime_data.coordinators.batteries.values():
        if battery.driver.capabilities.plans_itself:
            async_add_entities(
                [Planner(entry, battery, site_device_id, PLANNED_BY)],
                config_subentry_id=battery.subentry_id,
            )
    async_add_owner_entities(
        hass, entry, async_add_entities, OwnerSelect, OWNER_SELECTS
    )
    for coordinator in entry.runtime_data.coordinators.chargers.values():
        if coordinator.charger.modes:
            async_add_entities(
                [ChargerMode(entry, coordinator, site_device_id, CHARGE_MODE)],
                config_subentry_id=coordinator.subentry_id,
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


class HowToHold(SiteEntity, SelectEntity):
    """How batteries are kept from discharging into a car."""

    @property
    @override
    def current_option(self) -> str:
        """The method."""
        return self.site.settings.hold_method.value

    @override
    async def async_select_option(self, option: str) -> None:
        """Hold so from now on."""
        await self.site.async_set(hold_method=HoldMethod(option))


class Planner(BatteryEntity, SelectEntity):
    """Who plans what a battery does, where it can plan for itself as well."""

    @property
    @override
    def current_option(self) -> str:
        """The planner."""
        return self.site.controller.batteries[
            self.coordinator.battery_id
        ].planned_by.value

    @override
    async def async_select_option(self, option: str) -> None:
        """Hand the battery to another planner; the one before gives it back."""
        subentry_id, planner = self.coordinator.subentry_id, PlannedBy(option)
        planned_by = dict(self.site.settings.planned_by)
        planned_by.pop(subentry_id, None)
        if planner is not PlannedBy.POWERSYNC:
            planned_by[subentry_id] = planner
        await self.site.async_set(planned_by=planned_by)


class OwnerSelect(BatteryEntity, SelectEntity):
    """A battery's own setting that is one of a few: its owner's to set, for good."""

    entity_description: OwnerSelectDescription

    @property
    @override
    def options(self) -> list[str]:
        """What it can be, as the battery says."""
        setting = self.entity_description.action.setting
        allowed = self.coordinator.driver.owner_range(setting)
        options = allowed.options if isinstance(allowed, OwnerChoice) else ()
        return [str(option) for option in options]

    @property
    @override
    def current_option(self) -> str | None:
        """What its owner has chosen; None where the battery has not told."""
        value = self.owner_value(self.entity_description.action.setting)
        return value if isinstance(value, str) and value in self.options else None

    @override
    async def async_select_option(self, option: str) -> None:
        """Set it for good."""
        await async_set_one(self, self.entity_description.action, option)


class ChargerMode(ChargerEntity, SelectEntity):
    """How a charger decides when its car charges."""

    def __init__(
        self,
        entry: PowerSyncConfigEntry,
        coordinator: ChargerCoordinator,
        site_device_id: str,
        description: SelectEntityDescription,
    ) -> None:
        """Offer the modes that the charger has."""
        super().__init__(entry, coordinator, site_device_id, description)
        modes = coordinator.charger.modes
        self._attr_options = [mode.value for mode in ChargeMode if mode in modes]

    @property
    @override
    def current_option(self) -> str | None:
        """The mode that it was last seen in."""
        mode = None if self.reading is None else self.reading.mode
        return None if mode is None else mode.value

    @override
    async def async_select_option(self, option: str) -> None:
        """Set the mode; batteries are held before the car may start."""
        try:
            await self.coordinator.async_choose_mode(ChargeMode(option))
        except DeviceError as err:
            raise HomeAssistantError(
                translation_domain=DOMAIN,
                translation_key="charger_failed",
                translation_placeholders={"error": str(err)},
            ) from err
