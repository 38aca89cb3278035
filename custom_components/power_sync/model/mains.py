"""A home's connection to the grid: its phases, its main fuse, who is on which."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Final

NOMINAL_V: Final = 230.0
FUSE_MARGIN_A: Final = 2.0
"""So much below its rating the fuse is kept: loads come faster than commands."""
THREE_PHASES: Final = 3


class Connection(StrEnum):
    """The phases that a battery is connected to."""

    ALL = "all"
    L1 = "l1"
    L2 = "l2"
    L3 = "l3"

    def on(self, phases: int) -> tuple[int, ...]:
        """Return the places of its phases in a home of so many."""
        if self is Connection.ALL or phases == 1:
            return tuple(range(phases))
        return (int(self.value[1]) - 1,)


@dataclass(frozen=True, slots=True, kw_only=True)
class Mains:
    """The connection to the grid; without `fuse_a` nothing is known of a fuse.

    The fuse holds for each phase, both ways, at 230 V. Where each phase is metered
    for itself (`metered_per_phase`), what one exports makes up for nothing that
    another imports.
    """

    phases: int = 1
    fuse_a: float | None = None
    metered_per_phase: bool = False

    @property
    def phase_limit_w(self) -> float | None:
        """The most that batteries may bring one phase to, in W; None = no fuse."""
        if self.fuse_a is None:
            return None
        return max(0.0, self.fuse_a - FUSE_MARGIN_A) * NOMINAL_V

    @property
    def limit_w(self) -> float | None:
        """The most of all phases together, in W; None = no fuse."""
        limit_w = self.phase_limit_w
        return None if limit_w is None else limit_w * self.phases


@dataclass(frozen=True, slots=True)
class PhasePowers:
    """What the home takes from each phase of the grid in W, + importing."""

    at: datetime
    powers_w: tuple[float, ...]
