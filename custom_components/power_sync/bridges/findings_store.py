"""Durable storage of what a backtest found, and of whether a site has been live."""

from custom_components.power_sync.const import DOMAIN, LOGGER
from custom_components.power_sync.planner.findings import Finding
from custom_components.power_sync.planner.findings_json import (
    finding_from_json,
    finding_to_json,
)
from homeassistant.core import HomeAssistant
from homeassistant.exceptions import HomeAssistantError
from homeassistant.helpers.storage import Store

VERSION = 1


class FindingsStore:
    """What one site found out before it went live.

    Nothing of it is needed for control: what cannot be read is found anew.
    """

    def __init__(self, hass: HomeAssistant, entry_id: str) -> None:
        """Use one file per site."""
        self._store: Store[dict[str, object]] = Store(
            hass, VERSION, f"{DOMAIN}.backtest.{entry_id}", atomic_writes=True
        )
        self.finding: Finding | None = None
        self.been_live = False

    async def load(self) -> None:
        """Read what is stored."""
        try:
            data: object = await self._store.async_load()
            if isinstance(data, dict):
                self.been_live = data.get("been_live") is True
                if (stored := data.get("finding")) is not None:
                    self.finding = finding_from_json(stored)
        except (
            HomeAssistantError,
            OSError,
            AttributeError,
            TypeError,
            ValueError,
        ) as err:
            LOGGER.debug("What was found before cannot be read: %s", err)

    async def save(self) -> None:
        """Store it. The store itself logs a write error and goes on."""
        found = None if self.finding is None else finding_to_json(self.finding)
        await self._store.async_save({"been_live": self.been_live, "finding": found})

    async def remove(self) -> None:
        """Delete the file."""
        await self._store.async_remove()
