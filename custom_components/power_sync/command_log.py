"""The command log on its way to the user: kept on disk, told as events."""

from datetime import datetime
from typing import TYPE_CHECKING, Final

from homeassistant.const import ATTR_CONFIG_ENTRY_ID, ATTR_DEVICE_ID
from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers import device_registry as dr
from homeassistant.util import dt as dt_util

from .answers import Plain, log_answer
from .bridges.kept import KeptFile, KeptStore
from .const import DOMAIN
from .control.log import CommandLog, LogEntry, Outcome
from .control.log_codec import entries_from_json, entries_to_json

if TYPE_CHECKING:
    from .site import PowerSyncConfigEntry, Site

EVENT_COMMAND: Final = f"{DOMAIN}_command"

LOG_FILE = KeptFile("command_log", version=1, delay_s=60.0)

UNRECORDED_ATTRIBUTES = frozenset({"sent", "read_back"})
"""What the log itself keeps: the recorder need not."""


class KeptCommandLog:
    """The command log of one site, across restarts."""

    def __init__(
        self, hass: HomeAssistant, entry: PowerSyncConfigEntry, log: CommandLog
    ) -> None:
        """Keep `log`, and tell Home Assistant of what comes in from now on."""
        self._hass = hass
        self._entry = entry
        self._log = log
        self._store = command_log_store(hass, entry.entry_id, log)
        self._restored = False
        entry.async_on_unload(log.listen(self._async_added))

    async def async_restore(self) -> None:
        """Put what was kept before what has been added since.

        Nothing is written before this: it would replace what has not been read.
        """
        self._log.restore(entries_from_json(await self._store.load()))
        self._restored = True
        if self._log.last is not None:
            self._store.async_changed()

    async def async_close(self) -> None:
        """Write what is not written yet, and nothing after it."""
        await self._store.async_close()

    @callback
    def _async_added(self, entry: LogEntry) -> None:
        if self._restored:
            self._store.async_changed()
        title = battery_title(self._entry, entry.battery_id)
        device = dr.async_get(self._hass).async_get_device_by_identifier(
            (DOMAIN, entry.battery_id), self._entry.entry_id
        )
        self._hass.bus.async_fire(
            EVENT_COMMAND,
            {
                ATTR_CONFIG_ENTRY_ID: self._entry.entry_id,
                ATTR_DEVICE_ID: None if device is None else device.id,
                **log_answer(entry, title, dt_util.get_default_time_zone()),
            },
        )


def command_log_store(
    hass: HomeAssistant, entry_id: str, log: CommandLog | None = None
) -> KeptStore:
    """Return the file of a site's command log."""
    return KeptStore(
        hass,
        entry_id,
        LOG_FILE,
        lambda: entries_to_json(() if log is None else log.entries),
    )


def battery_title(entry: PowerSyncConfigEntry, battery_id: str) -> str:
    """Return what the user calls a battery; the site's name for one that has left.

    A serial number would not be understood, and is not for events.
    """
    for subentry in entry.subentries.values():
        if subentry.unique_id == battery_id:
            return subentry.title
    return entry.title


def last_command_at(site: Site, _now: datetime) -> datetime | None:
    """Return when a battery was last told something."""
    last = site.controller.log.last
    return None if last is None else last.at


def _mode(entry: LogEntry) -> str:
    """Return the mode; given back, a battery is in its owner's own operation."""
    if entry.owner_setting is not None:
        return "owner_setting"
    return "given_back" if entry.command is None else entry.command.mode.value


def last_command(site: Site) -> dict[str, Plain] | None:
    """Return what it was told, why, and what came of it."""
    last = site.controller.log.last
    if last is None:
        return None
    command = last.command
    return {
        "battery": battery_title(site.entry, last.battery_id),
        "mode": _mode(last),
        "power_w": None if command is None else command.power_w,
        "master": last.master,
        "reason": last.reason,
        "outcome": last.outcome.value,
        "dry_run": last.outcome is Outcome.DRY_RUN,
        "error": last.error,
        "sent": [f"{write.setting} = {write.value}" for write in last.writes],
        "read_back": [
            f"{key} = {value}" for key, value in sorted(last.read_back.items())
        ],
    }
