"""Chargers that would take what a battery sells: stopped before, and set back after."""

import asyncio
from typing import TYPE_CHECKING, Final

from homeassistant.core import callback
from homeassistant.util import dt as dt_util

from .bridges.car_stop_store import CarStopStore
from .control.car_stop import CarStops
from .control.reasons import ControlReason
from .model.battery import Mode
from .model.charger import ChargeMode
from .notices import async_tell

if TYPE_CHECKING:
    from .site import Site

GIVE_BACK_S: Final = 5


class CarStopping:
    """Has the chargers of one site follow what its batteries do."""

    def __init__(self, site: Site) -> None:
        """Do nothing before `async_restore`."""
        self._site = site
        chargers = site.coordinators.chargers
        self._stops = CarStops(
            CarStopStore(site.hass, site.entry.entry_id),
            self._set_mode,
            frozenset(
                key
                for key, each in chargers.items()
                if ChargeMode.STOPPED in each.charger.modes
            ),
            dt_util.utcnow,
        )
        self._lock = asyncio.Lock()
        self._told: list[str] = []

    async def async_restore(self) -> None:
        """Know what was stopped before a restart."""
        await self._stops.start()

    @callback
    def async_follow(self) -> None:
        """Act on what control decides, and on what chargers say, from now on."""
        site = self._site
        site.entry.async_on_unload(site.controller.listen(self._look))
        for charger in site.coordinators.chargers.values():
            charger.owner_chose = self._async_owner_chose
            site.entry.async_on_unload(charger.async_add_listener(self._look))

    async def async_close(self) -> list[str]:
        """Set everything back before a stop; name what was not told."""
        async with self._lock:
            try:
                async with asyncio.timeout(GIVE_BACK_S):
                    left = await self._stops.give_back()
            except TimeoutError:
                left = list(self._stops.stopped)
        return [self._title(charger_id) for charger_id in left]

    @property
    def wanted(self) -> bool:
        """Whether a battery sells for real, or waits for a charger to stop."""
        controller = self._site.controller
        if controller.dry_run or controller.stopped:
            return False
        return any(
            battery.lease.mode is Mode.DISCHARGE
            or battery.lease.reason == ControlReason.CAR_WOULD_TAKE
            for battery in controller.batteries.values()
        )

    @callback
    def _look(self) -> None:
        nothing = not (self._stops.stopped or self.wanted)
        if nothing or self._lock.locked() or self._site.controller.stopped:
            return
        self._site.entry.async_create_background_task(
            self._site.hass, self._async_act(), "power_sync chargers"
        )

    async def _async_act(self) -> None:
        async with self._lock:
            readings = {
                key: each.reading
                for key, each in self._site.coordinators.chargers.items()
            }
            await self._stops.act(readings, wanted=self.wanted)
        if self._stops.failing and not self._told:
            names = ", ".join(self._title(key) for key in self._stops.failing)
            async_tell(self._site, "charger", "charger_not_back", charger=names)
        self._told = self._stops.failing

    async def _async_owner_chose(self, charger_id: str) -> None:
        # What is being told a charger at this moment is told before.
        async with self._lock:
            await self._stops.owner_chose(charger_id)

    async def _set_mode(self, charger_id: str, mode: ChargeMode) -> None:
        await self._site.coordinators.chargers[charger_id].async_set_mode(mode)

    def _title(self, charger_id: str) -> str:
        charger = self._site.coordinators.chargers.get(charger_id)
        return charger_id if charger is None else charger.title
