"""Durable storage of the chargers that were stopped for a sale, with proof."""

from collections.abc import Mapping
from pathlib import Path

from custom_components.power_sync.const import DOMAIN, LOGGER
from custom_components.power_sync.control.car_stop import (
    StopNotStoredError,
    Stopped,
    stopped_from_json,
    stopped_to_json,
)
from homeassistant.core import HomeAssistant
from homeassistant.exceptions import HomeAssistantError
from homeassistant.helpers.storage import Store

from .storage import async_stored

VERSION = 1


class CarStopStore:
    """The chargers of one site that were stopped, on disk."""

    def __init__(self, hass: HomeAssistant, entry_id: str) -> None:
        """Use one private file per site, replaced as a whole."""
        self._hass = hass
        self._store: Store[dict[str, object]] = Store(
            hass,
            VERSION,
            f"{DOMAIN}.chargers.{entry_id}",
            private=True,
            atomic_writes=True,
        )
        self._path = Path(self._store.path)

    async def load(self) -> dict[str, Stopped]:
        """Return what is stored; nothing where there is none, or none of use.

        A charger whose mode is lost stays as it is: none can be guessed for it.
        """
        try:
            return stopped_from_json(await self._store.async_load())
        except (HomeAssistantError, OSError, KeyError, TypeError, ValueError) as err:
            LOGGER.warning("What was stored of stopped chargers is lost: %s", err)
            return {}

    async def save(self, stopped: Mapping[str, Stopped]) -> None:
        """Store and read back. Raises StopNotStoredError."""
        wanted = stopped_to_json(stopped)
        await self._store.async_save(wanted)
        try:
            found = await async_stored(self._hass, self._path)
        except (OSError, ValueError, KeyError, TypeError) as err:
            raise StopNotStoredError(str(err)) from err
        if found != wanted:
            raise StopNotStoredError("it was not stored")

    async def remove(self) -> None:
        """Delete the file."""
        await self._store.async_remove()
