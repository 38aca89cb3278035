"""Energy counted at a price that was an estimate: corrected once that is settled.

A market settles the price of five minutes only after they have begun. What was counted
until then is kept, and the difference paid when the settled price is known.
"""

from collections import deque
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from custom_components.power_sync.model.prices import PriceCurve, PriceSlot

from .both import Both

KEPT = timedelta(hours=3)
"""An estimate that has not been settled by then stays what it is."""


@dataclass(slots=True)
class Estimated:
    """What both homes took (+) or gave within one slot, and its estimated prices."""

    start: datetime
    import_per_kwh: float
    export_per_kwh: float
    bought: list[float]
    sold: list[float]


@dataclass(slots=True)
class Settling:
    """All that still has the price of an estimate, in the order of time."""

    estimated: deque[Estimated] = field(default_factory=deque)

    def add(self, price: PriceSlot, start: datetime, grid_kwh: Both) -> None:
        """Keep what was counted at a price, where that is an estimate."""
        if not price.estimate:
            return
        known = self.estimated[-1] if self.estimated else None
        prices = (price.import_per_kwh, price.export_per_kwh)
        if known is None or known.start < price.start or _prices(known) != prices:
            known = Estimated(start, *prices, [0.0, 0.0], [0.0, 0.0])
            self.estimated.append(known)
        for home, kwh in enumerate(grid_kwh):
            known.bought[home] += max(0.0, kwh)
            known.sold[home] += max(0.0, -kwh)

    def settle(self, curve: PriceCurve, now: datetime) -> Both:
        """Return what is to be paid more for all whose price is settled now."""
        if not self.estimated:
            return Both(0.0, 0.0)
        more, left = [0.0, 0.0], deque[Estimated]()
        for each in self.estimated:
            slot = curve.at(each.start)
            if slot is None or slot.estimate or not slot.firm:
                if now - each.start < KEPT:
                    left.append(each)
                continue
            dearer = slot.import_per_kwh - each.import_per_kwh
            better = slot.export_per_kwh - each.export_per_kwh
            for home in (0, 1):
                more[home] += each.bought[home] * dearer - each.sold[home] * better
        self.estimated = left
        return Both(*more)


def _prices(each: Estimated) -> tuple[float, float]:
    return each.import_per_kwh, each.export_per_kwh
