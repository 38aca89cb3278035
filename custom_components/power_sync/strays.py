"""Batteries that left a site while they could not be reached."""

import asyncio
from collections.abc import Mapping
from datetime import datetime
from typing import TYPE_CHECKING, Any

from homeassistant.core import HomeAssistant, callback
from homeassistant.exceptions import HomeAssistantError

from .bridges.access import temporary_driver
from .const import LOGGER
from .control.controller import Controller
from .devices.batteries.stored import StoredConfigError

if TYPE_CHECKING:
    from .site import PowerSyncConfigEntry


class Strays:
    """Gives them back as soon as they answer, one try at a time."""

    def __init__(
        self, hass: HomeAssistant, entry: PowerSyncConfigEntry, controller: Controller
    ) -> None:
        """Know of none yet: they are in the journal."""
        self._hass = hass
        self._entry = entry
        self._controller = controller
        self._left: dict[str, Mapping[str, Any]] = {}
        self._task: asyncio.Task[None] | None = None

    def find(self) -> None:
        """Look into the journal, which has been read by now."""
        self._left = dict(self._controller.strays())

    @callback
    def async_look(self, _now: datetime) -> None:
        """Try again in a task that ends with the site."""
        if self._left and (self._task is None or self._task.done()):
            self._task = self._entry.async_create_background_task(
                self._hass, self._async_give_back(), "power_sync strays"
            )

    async def _async_give_back(self) -> None:
        for battery_id, device in list(self._left.items()):
            try:
                async with temporary_driver(self._hass, device) as driver:
                    if await self._controller.restore_stray(driver, dict(device)):
                        del self._left[battery_id]
            except (StoredConfigError, HomeAssistantError, KeyError) as err:
                LOGGER.debug("A removed battery is not given back yet: %s", err)
