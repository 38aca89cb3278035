"""The command log: what was sent to which battery, why, and what came of it."""

from collections import deque
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from custom_components.power_sync.model.battery import Command, Settings, Write

LOG_LENGTH = 200


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
    SUPERSEDED = "superseded"
    """A newer command came first."""
    NOT_STORED = "not_stored"
    """The owner's settings could not be stored, so nothing was sent."""
    FOREIGN = "foreign"
    """Something else controls the battery: left alone for a while."""
    BUDGET = "budget"
    """The day's writes to flash memory are used up."""

    TOO_SOON = "too_soon"
    """The device takes commands less often: it comes a little later."""

    @property
    def good(self) -> bool:
        """Whether the battery is as it was told to be."""
        return self in (Outcome.FOLLOWED, Outcome.ALREADY)


@dataclass(frozen=True, slots=True, kw_only=True)
class LogEntry:
    """One command (None = given back to its owner) and what came of it."""

    at: datetime
    battery_id: str
    master: str
    reason: str
    command: Command | None
    writes: tuple[Write, ...]
    read_back: Settings
    outcome: Outcome
    error: str | None = None


class CommandLog:
    """The newest commands, oldest first."""

    def __init__(self, length: int = LOG_LENGTH) -> None:
        """Keep at most `length` entries."""
        self._entries: deque[LogEntry] = deque(maxlen=length)

    @property
    def entries(self) -> tuple[LogEntry, ...]:
        """The entries, oldest first."""
        return tuple(self._entries)

    def add(self, entry: LogEntry) -> None:
        """Add an entry, unless it repeats the last one of its battery.

        A command that fails is tried again and again; its repetitions say
        nothing new and would push the rest out of a bounded log.
        """
        for earlier in reversed(self._entries):
            if earlier.battery_id == entry.battery_id:
                if _same(earlier, entry):
                    return
                break
        self._entries.append(entry)


def _same(earlier: LogEntry, entry: LogEntry) -> bool:
    if entry.outcome in (Outcome.FOLLOWED, Outcome.SUPERSEDED):
        return False
    return (
        earlier.master,
        earlier.reason,
        _what(earlier.command),
        earlier.writes,
        earlier.outcome,
    ) == (entry.master, entry.reason, _what(entry.command), entry.writes, entry.outcome)


def _what(command: Command | None) -> tuple[str, float | None] | None:
    return None if command is None else (command.mode.value, command.power_w)
