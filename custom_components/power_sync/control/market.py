"""What market and contract mean for control, where no plan knows of it."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class SpikeView:
    """A spike that pays for discharging, and that the home's prices do not show.

    `known_until` (UTC) is from when on nobody knows any more whether it lasts;
    `paid_per_kwh` is the market's price, None where that is not known.
    """

    since: datetime
    known_until: datetime
    paid_per_kwh: float | None = None


def _never(_now: datetime) -> bool:
    return False


def _no_peak(_now: datetime) -> float | None:
    return None


@dataclass(slots=True)
class Market:
    """What the site says of the market, and of its contract.

    `spike` is None where there is none, or none is to be answered. `too_dear` says
    whether buying costs more at a moment than a forced charge is worth to the user.
    `peak_w` is the import at a moment beyond which a demand charge rises above what is
    planned; None where what is imported then does not count.
    """

    spike: SpikeView | None = None
    too_dear: Callable[[datetime], bool] = _never
    peak_w: Callable[[datetime], float | None] = _no_peak

    def spike_at(self, now: datetime) -> SpikeView | None:
        """Return the spike that lasts, as far as anybody knows at that moment."""
        spike = self.spike
        return None if spike is None or now >= spike.known_until else spike
