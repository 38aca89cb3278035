"""Two batteries behind one grid meter, each with an inverter of its own.

All of the sun is the first one's. Each inverter sees the meter, and so its neighbour
as load, or as less of it: one that follows the home serves a neighbour that charges,
and takes what a neighbour sells. A real one sees that with the delay of its meter;
here it is what the neighbour did when it was looked at last.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import override

from .clock import Clock
from .energies import Flows
from .home import Cells, SimulatedHome
from .profile import Profile

_NOTHING = Flows(0.0, 0.0, 0.0, 0.0, 0.0)


class NeighbourHome(SimulatedHome):
    """A home as one of its two inverters sees it."""

    last = _NOTHING
    """The powers when they were worked out last."""

    @override
    def _solve(self) -> Flows:
        self.last = super()._solve()
        return self.last


@dataclass(slots=True)
class _SeenBy(Profile):
    """Load and sun as an inverter sees them."""

    whole: Profile
    has_sun: bool
    neighbour: NeighbourHome | None = None

    @property
    @override
    def step(self) -> timedelta:
        """How long a value holds, if the neighbour lets it."""
        return self.whole.step

    @override
    def load_w(self, at: datetime) -> float:
        """Return what the home and the neighbour draw; below zero if that one gives."""
        last = _NOTHING if self.neighbour is None else self.neighbour.last
        sun_w = 0.0 if self.has_sun else last.solar_w
        return self.whole.load_w(at) - last.battery_w - sun_w

    @override
    def solar_w(self, at: datetime) -> float:
        """Return the sun on this inverter."""
        return self.whole.solar_w(at) if self.has_sun else 0.0


def neighbours(
    clock: Clock,
    profile: Profile,
    first: tuple[Cells, float],
    second: tuple[Cells, float],
) -> tuple[NeighbourHome, NeighbourHome]:
    """Return a home as each of two inverters sees it; each has cells and an SOC."""
    seen = [_SeenBy(profile, has_sun=True), _SeenBy(profile, has_sun=False)]
    one, other = (
        NeighbourHome(clock, each, cells=cells, soc_pct=soc_pct)
        for each, (cells, soc_pct) in zip(seen, (first, second), strict=True)
    )
    seen[0].neighbour, seen[1].neighbour = other, one
    return one, other
