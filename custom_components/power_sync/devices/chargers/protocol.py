"""What the control side needs of a car charger, whatever its kind."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import timedelta
from typing import Protocol

from custom_components.power_sync.model.charger import (
    ChargeMode,
    ChargerIdentity,
    ChargerReading,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class ChargerKind:
    """A kind of charger, as the user chooses it."""

    key: str
    manufacturer: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Polling:
    """How often a charger is read: with a car plugged in, without, and at most."""

    plugged: timedelta
    idle: timedelta
    slowest: timedelta

    def after(self, *, plugged: bool, failures: int) -> timedelta:
        """Return when to read next, the later the more reads have failed in a row."""
        if failures:
            wait: timedelta = self.plugged * (1 << min(failures, 8))
            return min(wait, self.slowest)
        return self.plugged if plugged else self.idle


class Charger(Protocol):
    """One charger. Methods raise DeviceError and nothing else."""

    @property
    def identity(self) -> ChargerIdentity:
        """Which charger it was set up for."""

    @property
    def modes(self) -> frozenset[ChargeMode]:
        """The modes that it can be set to; none where it is only read."""

    @property
    def polling(self) -> Polling:
        """How often it is read."""

    @property
    def followed(self) -> Iterable[str]:
        """Entities whose changes are news of it, between two reads."""

    async def read(self) -> ChargerReading:
        """Read it."""

    async def set_mode(self, mode: ChargeMode) -> None:
        """Set its mode for good. Taken is not yet done: the next reads tell."""

    async def close(self) -> None:
        """Let go of what was opened."""
