"""What is good to keep, and no harm to lose: written late, read with indulgence.

The journal and the user's settings are kept elsewhere (`storage.py`), with proof.
"""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
import json
from pathlib import Path

from custom_components.power_sync.const import DOMAIN, LOGGER
from custom_components.power_sync.model.plain import Json, JsonObject
from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers.storage import Store

FLUSH_PATIENCE_S = 5.0

type Content = JsonObject | list[Json]


@dataclass(frozen=True, slots=True)
class KeptFile:
    """What a file holds, its version, and how many seconds a write may wait."""

    what: str
    version: int
    delay_s: float


class KeptStore:
    """One private file of a site, written now and then, and at a stop.

    Few writes spare the flash memory that Home Assistant often runs on.
    """

    def __init__(
        self,
        hass: HomeAssistant,
        entry_id: str,
        file: KeptFile,
        content: Callable[[], Content],
    ) -> None:
        """Keep what `content` returns as JSON can hold it."""
        self._hass = hass
        self._file = file
        self._content = content
        self._pending = False
        self._closed = False
        self._store: Store[Content] = Store(
            hass,
            file.version,
            f"{DOMAIN}.{file.what}.{entry_id}",
            private=True,
            atomic_writes=True,
        )
        self._path = Path(self._store.path)

    async def load(self) -> object:
        """Return what is kept; None where there is nothing, or nothing of use.

        A file that cannot be read is set aside and not made a repair issue of,
        as Home Assistant's store would: nobody has to act on it.
        """
        try:
            return await self._hass.async_add_executor_job(self._read)
        except OSError as err:
            LOGGER.debug("%s cannot be read: %s", self._path.name, err)
            return None

    def _read(self) -> object:
        try:
            content = json.loads(self._path.read_text(encoding="utf-8"))
            if content["version"] == self._file.version:
                return content["data"]
            why = f"its version is {content['version']}"
        except FileNotFoundError:
            return None
        except (ValueError, KeyError, TypeError) as err:
            why = str(err)
        LOGGER.debug(
            "The %s cannot be used, so it is set aside: %s", self._file.what, why
        )
        self._path.replace(self._aside)
        return None

    @property
    def _aside(self) -> Path:
        return self._path.with_name(f"{self._path.name}.corrupt")

    @callback
    def async_changed(self) -> None:
        """Have the present content written, a while from now."""
        # Home Assistant puts a write off with each further call, without end.
        if not self._pending and not self._closed:
            self._pending = True
            self._store.async_delay_save(self._take, self._file.delay_s)

    def _take(self) -> Content:
        self._pending = False
        return self._content()

    async def async_close(self) -> None:
        """Write what is not written yet, and nothing after it.

        While Home Assistant stops, it is written at its end.
        """
        self._closed = True
        if not self._pending:
            return
        try:
            async with asyncio.timeout(FLUSH_PATIENCE_S):
                await self._store.async_save(self._take())
        except TimeoutError:
            LOGGER.debug("%s takes too long to be written", self._path.name)

    async def remove(self) -> None:
        """Delete the file, and the one that was set aside."""
        await self._store.async_remove()
        await self._hass.async_add_executor_job(self._remove_aside)

    def _remove_aside(self) -> None:
        self._aside.unlink(missing_ok=True)
