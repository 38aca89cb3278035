"""Control as entities follow it: it tells them where something has changed."""

from typing import TYPE_CHECKING

from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers.update_coordinator import DataUpdateCoordinator
from homeassistant.util import dt as dt_util

from .const import LOGGER
from .control.controller import Controller

if TYPE_CHECKING:
    from .site import PowerSyncConfigEntry


class ControlCoordinator(DataUpdateCoordinator[None]):
    """Tells entities that control has changed: not that it has looked."""

    config_entry: PowerSyncConfigEntry

    def __init__(
        self,
        hass: HomeAssistant,
        entry: PowerSyncConfigEntry,
        controller: Controller,
    ) -> None:
        """Follow `controller`."""
        super().__init__(hass, LOGGER, config_entry=entry, name="control")
        self.controller = controller
        self._told: object = None
        entry.async_on_unload(controller.listen(self._async_changed))

    @callback
    def _async_changed(self) -> None:
        """Tell entities where something that they show is another."""
        controller, now = self.controller, dt_util.utcnow()
        shown = (
            controller.plan,
            controller.automatic,
            controller.dry_run,
            controller.problems,
            controller.log.last,
            [
                (battery.lease, battery.outcome, battery.health.trouble(now))
                for battery in controller.batteries.values()
            ],
        )
        if shown != self._told:
            self._told = shown
            self.async_update_listeners()
