"""The time of a simulation: the computer's own, or a test's."""

from datetime import UTC, datetime, timedelta
from typing import Protocol, override


class Clock(Protocol):
    """Says what time it is."""

    def now(self) -> datetime:
        """Return the time, aware and in UTC."""


class RealClock(Clock):
    """The computer's clock."""

    @override
    def now(self) -> datetime:
        """Return the time, aware and in UTC."""
        return datetime.now(UTC)


class ManualClock(Clock):
    """A clock that moves only when it is told to, and never back."""

    def __init__(self, start: datetime) -> None:
        """Start at an aware time."""
        self._now = _utc(start)

    @override
    def now(self) -> datetime:
        """Return the time, aware and in UTC."""
        return self._now

    def set(self, at: datetime) -> None:
        """Move to `at`. Raises ValueError where that lies in the past."""
        at = _utc(at)
        if at < self._now:
            raise ValueError("a simulation cannot go back in time")
        self._now = at

    def advance(self, by: timedelta) -> None:
        """Move on by `by`."""
        self.set(self._now + by)


def _utc(at: datetime) -> datetime:
    """Return `at` in UTC. Raises ValueError for a naive time."""
    if at.tzinfo is None:
        raise ValueError("the time of a simulation is aware")
    return at.astimezone(UTC)
