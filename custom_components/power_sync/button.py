"""Buttons: what the user wants at once."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import override

from homeassistant.components.button import ButtonEntity, ButtonEntityDescription
from homeassistant.const import EntityCategory
from homeassistant.core import HomeAssistant
from homeassistant.helpers.entity_platform import AddConfigEntryEntitiesCallback

from .entity import SiteEntity
from .forcing import Asked, async_force, async_replan, async_restore_normal
from .model.battery import Mode
from .site import PowerSyncConfigEntry, Site

PARALLEL_UPDATES = 1


@dataclass(frozen=True, kw_only=True)
class SiteButtonDescription(ButtonEntityDescription):
    """Describe a button and what it does."""

    press_fn: Callable[[Site], Awaitable[object]]
    available_fn: Callable[[Site], bool] = lambda _: True


def _force(mode: Mode) -> Callable[[Site], Awaitable[object]]:
    """Return what forces all batteries as the select and the number say."""

    async def async_press(site: Site) -> None:
        minutes = site.settings.force_duration_min
        await async_force(site, Asked(mode=mode, duration=timedelta(minutes=minutes)))

    return async_press


BUTTONS = (
    SiteButtonDescription(
        key="force_charge",
        press_fn=_force(Mode.CHARGE),
        available_fn=lambda site: site.controller.limits.grid_charging,
    ),
    SiteButtonDescription(
        key="force_discharge",
        press_fn=_force(Mode.DISCHARGE),
        available_fn=lambda site: site.controller.limits.battery_export,
    ),
    SiteButtonDescription(key="restore_normal", press_fn=async_restore_normal),
    SiteButtonDescription(key="replan", press_fn=async_replan),
    SiteButtonDescription(
        key="backtest",
        entity_category=EntityCategory.DIAGNOSTIC,
        press_fn=lambda site: site.coordinators.backtest.async_run(),
    ),
)


async def async_setup_entry(
    hass: HomeAssistant,
    entry: PowerSyncConfigEntry,
    async_add_entities: AddConfigEntryEntitiesCallback,
) -> None:
    """Set up the buttons of a site."""
    async_add_entities(SiteButton(entry, description) for description in BUTTONS)


class SiteButton(SiteEntity, ButtonEntity):
    """A button of the home."""

    entity_description: SiteButtonDescription

    @property
    @override
    def available(self) -> bool:
        """Whether the options of the site allow it."""
        return self.entity_description.available_fn(self.site)

    @override
    async def async_press(self) -> None:
        """Do it."""
        await self.entity_description.press_fn(self.site)
