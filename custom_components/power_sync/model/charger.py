"""Car chargers: what they say, and what they can be told."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

DRAWS_W = 100.0
"""A car that takes more than this is charging, whatever the charger calls it."""


class CarState(StrEnum):
    """What the car at a charger does."""

    DISCONNECTED = "disconnected"
    CONNECTED = "connected"
    CHARGING = "charging"
    COMPLETE = "complete"
    FAULT = "fault"


class ChargeMode(StrEnum):
    """How a charger decides when the car charges."""

    FAST = "fast"
    """At once, with all it can."""
    ECO = "eco"
    """At least its minimum, more with spare energy."""
    ECO_PLUS = "eco_plus"
    """Only with spare energy."""
    STOPPED = "stopped"


FOLLOWS_EXPORT = frozenset({ChargeMode.ECO, ChargeMode.ECO_PLUS})
"""Modes in which the car takes what the home would export."""


@dataclass(frozen=True, slots=True)
class ChargerIdentity:
    """Which charger it is. `serial` identifies the hardware, or its entities."""

    kind: str
    serial: str = field(repr=False)
    model: str
    sw_version: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ChargerReading:
    """What a charger says. None stands for not known.

    `power_w` is what flows into the car, never negative. `at` is when it was read;
    a cloud may have had it up to two minutes before.
    """

    at: datetime
    state: CarState | None = None
    power_w: float | None = None
    mode: ChargeMode | None = None
    session_energy_kwh: float | None = None
    local: bool = False
    """Whether the power is of now; what a cloud tells may be of minutes ago."""
    extra: Mapping[str, float | str | None] = field(default_factory=dict)
    """What only this kind knows, for diagnostics."""

    @property
    def charging(self) -> bool:
        """Whether the car draws power."""
        return self.state is CarState.CHARGING

    @property
    def plugged(self) -> bool | None:
        """Whether a car is plugged in."""
        if self.state is None:
            return None
        return self.state is not CarState.DISCONNECTED
