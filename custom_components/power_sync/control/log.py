"""The command log: what was sent to which battery, why, and what came of it."""

from collections import deque
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
import logging

from custom_components.power_sync.model.battery import (
    Command,
    OwnerSetting,
    OwnerValue,
    Settings,
    Write,
)

LOGGER = logging.getLogger(__name__)

LOG_LENGTH = 500
LOG_KEPT = timedelta(days=7)


class Outcome(StrEnum):
    """What came of a command."""

    FOLLOWED = "followed"
    """Written, and read back as written."""
    ALREADY = "already"
    """Nothing had to be written: it was so already."""
    DRY_RUN = "dry_run"
    """Nothing was sent: this is what would have been."""
    NOT_FOLLOWED = "not_followed"
    """Acknowledged, but the device does not hold it."""
    REFUSED = "refused"
    """The device refused a write."""
    UNREACHABLE = "unreachable"
    """The device did not answer."""
    NOT_READY = "not_ready"
    """What reaches the device has not started yet: it comes a little later."""
    SUPERSEDED = "superseded"
    """A newer command came first."""
    NOT_STORED = "not_stored"
    """The owner's settings could not be stored, so nothing was sent."""
    FOREIGN = "foreign"
    """Something else controls the battery: left alone for a while."""
    BUDGET = "budget"
    """The day's writes to flash memory are used up."""

    WHEN_GIVEN_BACK = "when_given_back"
    """A setting of the owner's that a command of ours overrides until it ends."""
    TOO_SOON = "too_soon"
    """The device takes commands less often: it comes a little later."""

    @property
    def good(self) -> bool:
        """Whether the battery is as it was told to be."""
        return self in (Outcome.FOLLOWED, Outcome.ALREADY)


@dataclass(frozen=True, slots=True, kw_only=True)
class LogEntry:
    """One command (None = given back to its owner) and what came of it.

    Or, with `owner_setting`, one setting of the owner's that was set for good:
    `owner_value` None is no export limit.
    """

    at: datetime
    battery_id: str = field(repr=False)
    master: str
    reason: str
    command: Command | None
    writes: tuple[Write, ...]
    read_back: Settings
    outcome: Outcome
    error: str | None = None
    owner_setting: OwnerSetting | None = None
    owner_value: OwnerValue = None


type Listener = Callable[[LogEntry], None]


class CommandLog:
    """The commands of the last days, oldest first."""

    def __init__(self, length: int = LOG_LENGTH, kept: timedelta = LOG_KEPT) -> None:
        """Keep at most `length` entries, and none that is older than `kept`."""
        self._entries: deque[LogEntry] = deque(maxlen=length)
        self._kept = kept
        self._listeners: list[Listener] = []

    @property
    def entries(self) -> tuple[LogEntry, ...]:
        """The entries, oldest first."""
        return tuple(self._entries)

    @property
    def last(self) -> LogEntry | None:
        """The newest entry."""
        return self._entries[-1] if self._entries else None

    def listen(self, listener: Listener) -> Callable[[], None]:
        """Have `listener` told of every new entry; returns how to stop that."""
        self._listeners.append(listener)
        return lambda: self._listeners.remove(listener)

    def add(self, entry: LogEntry) -> None:
        """Add an entry, unless it repeats the last one of its battery.

        A command that fails is tried again and again; its repetitions say
        nothing new and would push the rest out of a bounded log.
        """
        if not self._keep(entry):
            return
        for listener in list(self._listeners):
            try:
                listener(entry)
            except Exception:
                LOGGER.exception("A listener of the command log failed")

    def restore(self, earlier: Iterable[LogEntry]) -> None:
        """Put what was kept of the last run before what is new since; tell nobody."""
        newer = list(self._entries)
        self._entries.clear()
        for entry in (*earlier, *newer):
            self._keep(entry)

    def _keep(self, entry: LogEntry) -> bool:
        """Take an entry in, if it is news; say if it is."""
        for before in reversed(self._entries):
            if before.battery_id == entry.battery_id:
                if _same(before, entry):
                    return False
                break
        self._entries.append(entry)
        while self._entries[0].at < entry.at - self._kept:
            self._entries.popleft()
        return True


def _same(earlier: LogEntry, entry: LogEntry) -> bool:
    if entry.outcome in (Outcome.FOLLOWED, Outcome.SUPERSEDED):
        return False
    return (
        earlier.master,
        earlier.reason,
        _what(earlier.command),
        (earlier.owner_setting, earlier.owner_value),
        earlier.writes,
        earlier.outcome,
    ) == (
        entry.master,
        entry.reason,
        _what(entry.command),
        (entry.owner_setting, entry.owner_value),
        entry.writes,
        entry.outcome,
    )


def _what(command: Command | None) -> tuple[str, float | None] | None:
    # Its prices change from hour to hour, and are in the writes.
    return None if command is None else (command.mode.value, command.power_w)
