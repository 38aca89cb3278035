"""Durable storage: the control journal, and what the user sets on entities."""

from dataclasses import asdict, dataclass, replace
import json
from pathlib import Path

from custom_components.power_sync.const import (
    DOMAIN,
    FORCE_DURATION_DEFAULT_MIN,
    LOGGER,
)
from custom_components.power_sync.control.journal import (
    JournalCorruptError,
    JournalError,
    Records,
    records_from_json,
    records_to_json,
)
from homeassistant.core import HomeAssistant
from homeassistant.exceptions import HomeAssistantError
from homeassistant.helpers.storage import Store

JOURNAL_VERSION = 1
SETTINGS_VERSION = 1


def _stored(path: Path) -> object:
    """Return what a store has on the disk."""
    content: dict[str, object] = json.loads(path.read_text(encoding="utf-8"))
    return content["data"]


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
            found = await self._hass.async_add_executor_job(_stored, self._path)
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


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """What the user sets on entities. Changing them reloads nothing."""

    automatic: bool = True
    dry_run: bool = True
    force_duration_min: int = FORCE_DURATION_DEFAULT_MIN
    force_power_w: float | None = None


class SettingsStore:
    """The settings of one site on disk."""

    def __init__(self, hass: HomeAssistant, entry_id: str) -> None:
        """Use one file per site."""
        self._hass = hass
        self._store: Store[dict[str, object]] = Store(
            hass, SETTINGS_VERSION, f"{DOMAIN}.settings.{entry_id}", atomic_writes=True
        )

    async def load(self, defaults: Settings) -> Settings:
        """Return what is stored; what is missing or odd is as in `defaults`."""
        try:
            data: object = await self._store.async_load() or {}
        except (HomeAssistantError, OSError, KeyError, TypeError, ValueError) as err:
            # Control has to start whatever is in here: without writes, then.
            LOGGER.warning("The settings cannot be read, dry run: %s", err)
            return replace(defaults, dry_run=True)
        if not isinstance(data, dict):
            return replace(defaults, dry_run=True)
        automatic, dry_run = data.get("automatic"), data.get("dry_run")
        duration, power_w = data.get("force_duration_min"), data.get("force_power_w")
        return Settings(
            automatic=automatic if isinstance(automatic, bool) else defaults.automatic,
            dry_run=dry_run if isinstance(dry_run, bool) else defaults.dry_run,
            force_duration_min=(
                duration if isinstance(duration, int) else defaults.force_duration_min
            ),
            force_power_w=(
                float(power_w)
                if isinstance(power_w, int | float)
                else defaults.force_power_w
            ),
        )

    async def save(self, settings: Settings) -> bool:
        """Store the settings; say whether they are on the disk.

        The store itself logs a write error and goes on.
        """
        wanted = asdict(settings)
        await self._store.async_save(wanted)
        path = Path(self._store.path)
        try:
            return await self._hass.async_add_executor_job(_stored, path) == wanted
        except OSError, ValueError, KeyError, TypeError:
            return False

    async def remove(self) -> None:
        """Delete the file."""
        await self._store.async_remove()
