"""Putting prices together from answers that overlap."""

from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime

from custom_components.power_sync.model.prices import PriceCurve, PriceSlot


class Layers[T]:
    """Values on disjoint intervals; where two overlap, the first one stays."""

    def __init__(self) -> None:
        """Begin with nothing."""
        self._starts: list[datetime] = []
        self._parts: list[tuple[datetime, datetime, T]] = []

    def __iter__(self) -> Iterator[tuple[datetime, datetime, T]]:
        """Yield start, end and value in time order."""
        return iter(self._parts)

    def add(self, start: datetime, end: datetime, value: T) -> None:
        """Give `value` whatever of `start` to `end` is not yet taken."""
        index = max(0, bisect_right(self._starts, start) - 1)
        cursor = start
        while cursor < end:
            while index < len(self._parts) and self._parts[index][1] <= cursor:
                index += 1
            taken = self._parts[index][:2] if index < len(self._parts) else (end, end)
            until = min(taken[0], end)
            if cursor < until:
                self._starts.insert(index, cursor)
                self._parts.insert(index, (cursor, until, value))
            cursor = taken[1]


def merge(old: PriceCurve | None, new: PriceCurve) -> PriceCurve:
    """Return `new`, with the slots of `old` wherever `new` has none.

    An outage or a short answer therefore never loses a price that was already
    known. An old slot that the new answer covers in part keeps the rest; a
    price per kWh needs no scaling for that. Curves of different currency or
    zone do not belong together: then `new` stands alone. Give `old` cut with
    `from_time`, or the past grows without end, and never the curve of another
    tariff.
    """
    if old is None or (old.currency, old.zone) != (new.currency, new.zone):
        return new
    layers: Layers[PriceSlot] = Layers()
    for slot in (*new.slots, *old.slots):
        layers.add(slot.start, slot.end, slot)
    return PriceCurve(
        new.currency,
        new.zone,
        tuple(replace(slot, start=start, end=end) for start, end, slot in layers),
    )
