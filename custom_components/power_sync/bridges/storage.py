"""Durable storage: the control journal, and what the user sets on entities."""

import asyncio
from dataclasses import asdict
import json
from pathlib import Path

from custom_components.power_sync.const import DOMAIN, LOGGER
from custom_components.power_sync.control.journal import (
    JournalCorruptError,
    JournalError,
    Records,
)
from custom_components.power_sync.control.journal_codec import (
    records_from_json,
    records_to_json,
)
from custom_components.power_sync.settings import (
    Settings,
    safe_settings,
    settings_from,
)
from homeassistant.core import HomeAssistant
from homeassistant.exceptions import HomeAssistantError
from homeassistant.helpers.storage import Store

JOURNAL_VERSION = 1
SETTINGS_VERSION = 1


def _stored(path: Path) -> object:
    content: dict[str, object] = json.loads(path.read_text(encoding="utf-8"))
    return content["data"]


async def async_stored(hass: HomeAssistant, path: Path) -> object:
    """Return what a store has on the disk: the only proof that it was stored.

    Raises OSError, ValueError, KeyError or TypeError where it cannot be read back.
    """
    return await hass.async_add_executor_job(_stored, path)


class JournalStore:
    """The control journal of one site on disk."""

    def __init__(self, hass: HomeAssistant, entry_id: str) -> None:
        """Use one private file per site, replaced as a whole."""
        self._hass = hass
        self._store: Store[dict[str, object]] = Store(
            hass,
            JOURNAL_VERSION,
            f"{DOMAIN}.journal.{entry_id}",
            private=True,
            atomic_writes=True,
        )
        self._path = Path(self._store.path)

    async def load(self) -> Records:
        """Return what is stored. Raises JournalCorruptError.

        A file that cannot be read is told apart from none at all: the store
        itself moves a broken file aside and then returns nothing.
        """
        exists = await self._hass.async_add_executor_job(self._path.exists)
        try:
            data = await self._store.async_load()
        except (HomeAssistantError, OSError, KeyError, TypeError, ValueError) as err:
            raise JournalCorruptError(str(err)) from err
        if data is not None:
            return records_from_json(data)
        if exists:
            raise JournalCorruptError("the journal file is damaged")
        return {}

    async def save(self, records: Records) -> None:
        """Store the records and read them back. Raises JournalError.

        The store logs write errors and goes on, and puts writes off while Home
        Assistant stops; only the file itself is proof.
        """
        wanted = records_to_json(records)
        await self._store.async_save(dict(wanted))
        try:
            found = await async_stored(self._hass, self._path)
        except (OSError, ValueError, KeyError, TypeError) as err:
            raise JournalError(f"the journal cannot be read back: {err}") from err
        if found != json.loads(json.dumps(wanted)):
            raise JournalError("the journal was not stored")

    async def remove(self) -> None:
        """Delete the file, and the damaged ones that were moved aside."""
        await self._store.async_remove()
        await self._hass.async_add_executor_job(self._remove_damaged)

    def _remove_damaged(self) -> None:
        for path in self._path.parent.glob(f"{self._path.name}.corrupt.*"):
            path.unlink(missing_ok=True)


class SettingsStore:
    """The settings of one site on disk."""

    def __init__(self, hass: HomeAssistant, entry_id: str) -> None:
        """Use one file per site."""
        self._hass = hass
        self._store: Store[dict[str, object]] = Store(
            hass, SETTINGS_VERSION, f"{DOMAIN}.settings.{entry_id}", atomic_writes=True
        )
        self._path = Path(self._store.path)
        self._lock = asyncio.Lock()

    async def load(self, defaults: Settings) -> Settings:
        """Return what is stored; what is missing or odd is as in `defaults`.

        Control has to start whatever is in here. Where it cannot be read at all,
        the settings are safe ones, and they are stored: the store moves a broken
        file aside, and by the next start there would seem to be none.
        """
        exists = await self._hass.async_add_executor_job(self._path.exists)
        data: object = None
        try:
            data = await self._store.async_load()
        except (HomeAssistantError, OSError, KeyError, TypeError, ValueError) as err:
            LOGGER.debug("The settings cannot be read: %s", err)
        if isinstance(data, dict):
            return settings_from(data, defaults)
        if not exists:
            return defaults
        LOGGER.warning("The settings cannot be read, so PowerSync starts in a dry run")
        safe = safe_settings(defaults)
        await self.save(safe)
        return safe

    async def save(self, settings: Settings) -> bool:
        """Store the settings; say whether they are on the disk.

        The store itself logs a write error and goes on.
        """
        wanted = asdict(settings)
        # One at a time: what is read back must be what this call stored.
        async with self._lock:
            await self._store.async_save(wanted)
            try:
                found = await async_stored(self._hass, self._path)
            except OSError, ValueError, KeyError, TypeError:
                return False
        return found == wanted

    async def remove(self) -> None:
        """Delete the file."""
        await self._store.async_remove()
