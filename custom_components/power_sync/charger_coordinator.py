"""The rhythm of one car charger: slower without a car, slower yet after failures."""

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Mapping
from contextlib import suppress
from datetime import timedelta
from typing import TYPE_CHECKING, Final, override

from homeassistant.core import Event, EventStateChangedData, HomeAssistant, callback
from homeassistant.helpers.event import async_track_state_change_event
from homeassistant.helpers.update_coordinator import DataUpdateCoordinator, UpdateFailed
from homeassistant.util import dt as dt_util

from .const import CONF_SUBENTRY_ID, DOMAIN, LOGGER
from .control.controller import Controller
from .devices.chargers.protocol import Charger
from .devices.protocols import DeviceAuthError, DeviceError
from .model.charger import ChargeMode, ChargerReading

if TYPE_CHECKING:
    from .site import PowerSyncConfigEntry

REFUSED_TIMES: Final = 3
"""A cloud in trouble may refuse a key that is right."""
POLLS_BRIDGED: Final = 3
LASTS_LEAST: Final = timedelta(minutes=3)
"""What a charger said holds for so long at least; then nothing is known."""
LOOKS_FOR_S: Final = 5
SETTLES: Final = timedelta(seconds=20)
"""After a command, the charger is looked at again."""
STARTS: Final = frozenset({ChargeMode.FAST, ChargeMode.ECO})
"""Modes that have a car charge at once, whether or not there is energy to spare."""


async def _heard_by_none(_charger_id: str) -> None:
    pass


class ChargerCoordinator(DataUpdateCoordinator[ChargerReading]):
    """Reads one charger, and tells control of every reading."""

    config_entry: PowerSyncConfigEntry

    def __init__(
        self,
        hass: HomeAssistant,
        entry: PowerSyncConfigEntry,
        subentry_id: str,
        charger: Charger,
        controller: Controller,
    ) -> None:
        """Poll `charger`, and tell `controller` of every reading."""
        self.title = entry.subentries[subentry_id].title
        super().__init__(
            hass,
            LOGGER,
            config_entry=entry,
            name=self.title,
            update_interval=charger.polling.plugged,
            always_update=False,
        )
        self.subentry_id = subentry_id
        self.charger = charger
        self._controller = controller
        self._failures = 0
        self._refusals = 0
        self.owner_chose: Callable[[str], Awaitable[None]] = _heard_by_none

    @property
    def charger_id(self) -> str:
        """The serial of the charger."""
        return self.charger.identity.serial

    @property
    def reading(self) -> ChargerReading | None:
        """The last reading, or None while the charger cannot be read."""
        # Home Assistant leaves `data` at None until there is some.
        reading: ChargerReading | None = self.data
        return reading if self.last_update_success else None

    @callback
    def async_follow(self, news: Callable[[], None]) -> None:
        """Go on reading; `news` is called after each reading.

        Changes of its entities are read at once.
        """
        entry, followed = self.config_entry, list(self.charger.followed)
        entry.async_on_unload(self.async_add_listener(news))
        if followed:
            entry.async_on_unload(
                async_track_state_change_event(self.hass, followed, self._async_changed)
            )
        if self.reading is None:
            entry.async_create_background_task(
                self.hass, self.async_refresh(), "power_sync first look at a charger"
            )

    async def _async_changed(self, _event: Event[EventStateChangedData]) -> None:
        await self.async_refresh()

    @override
    async def _async_update_data(self) -> ChargerReading:
        """Return a reading, or say why there is none."""
        try:
            reading = await self.charger.read()
        except DeviceError as err:
            self._failures += 1
            self._note_refusal(err)
            self.update_interval = self._interval(plugged=True)
            raise UpdateFailed(
                translation_domain=DOMAIN,
                translation_key="charger_unreachable",
                translation_placeholders={"error": str(err)},
                # What it came from names the address, and would be logged.
            ) from None
        self._failures = self._refusals = 0
        self.update_interval = self._interval(plugged=reading.plugged is not False)
        self._controller.sight.cars.read(self.charger_id, reading, self._lasts)
        return reading

    def _interval(self, *, plugged: bool) -> timedelta:
        return self.charger.polling.after(plugged=plugged, failures=self._failures)

    @property
    def _lasts(self) -> timedelta:
        return max(POLLS_BRIDGED * self.charger.polling.idle, LASTS_LEAST)

    @callback
    def _note_refusal(self, err: DeviceError) -> None:
        """Ask the user for the key, once, where it is refused again and again."""
        self._refusals = self._refusals + 1 if isinstance(err, DeviceAuthError) else 0
        if self._refusals == REFUSED_TIMES:
            self.config_entry.async_start_reauth(
                self.hass, data={CONF_SUBENTRY_ID: self.subentry_id}
            )

    async def async_choose_mode(self, mode: ChargeMode) -> None:
        """Set the mode that the owner wants from now on. Raises DeviceError."""
        await self.owner_chose(self.charger_id)
        await self.async_set_mode(mode)

    async def async_set_mode(self, mode: ChargeMode) -> None:
        """Set the mode; a battery is held before a car may start.

        Raises DeviceError.
        """
        reading = self.reading
        starts = mode in STARTS
        if starts and (reading is None or (reading.plugged and not reading.charging)):
            self._controller.sight.cars.starting(dt_util.utcnow())
            await self._controller.tick()
        await self.charger.set_mode(mode)
        self.update_interval = SETTLES
        self._schedule_refresh()


def charger_coordinators(
    hass: HomeAssistant,
    entry: PowerSyncConfigEntry,
    chargers: Mapping[str, Charger],
    controller: Controller,
) -> dict[str, ChargerCoordinator]:
    """Return what reads the chargers, by serial; `chargers` are by subentry."""
    return {
        charger.identity.serial: ChargerCoordinator(
            hass, entry, subentry_id, charger, controller
        )
        for subentry_id, charger in chargers.items()
    }


async def async_look_at_cars(chargers: Iterable[ChargerCoordinator]) -> None:
    """Read the chargers, as far as they answer soon: nothing waits for a cloud."""
    with suppress(TimeoutError):
        async with asyncio.timeout(LOOKS_FOR_S):
            await asyncio.gather(*(each.async_refresh() for each in chargers))
