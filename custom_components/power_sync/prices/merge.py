"""Putting prices together from answers that overlap."""

from dataclasses import replace
from datetime import datetime

from custom_components.power_sync.model.layers import Layers
from custom_components.power_sync.model.prices import PriceCurve, PriceSlot


def merge(old: PriceCurve | None, new: PriceCurve) -> PriceCurve:
    """Return `new`, with the slots of `old` wherever `new` has none.

    An outage or a short answer therefore never loses a price that was already
    known. An old slot that the new answer covers in part keeps the rest; a
    price per kWh needs no scaling for that. Curves of different currency or
    zone do not belong together: then `new` stands alone. Give `old` cut with
    `from_time`, or the past grows without end, and never the curve of another
    tariff. A controlled load's prices are put together likewise.
    """
    if old is None or (old.currency, old.zone) != (new.currency, new.zone):
        return new
    layers: Layers[PriceSlot] = Layers()
    for slot in (*new.slots, *old.slots):
        layers.add(slot.start, slot.end, slot)
    return replace(
        new,
        slots=tuple(cut(slot, start, end) for start, end, slot in layers),
        controlled_load=_beside(old.controlled_load, new.controlled_load),
    )


def _beside(old: PriceCurve | None, new: PriceCurve | None) -> PriceCurve | None:
    """Return a controlled load's prices; an answer that lacks them loses none."""
    return old if new is None else merge(old, new)


def cut(slot: PriceSlot, start: datetime, end: datetime) -> PriceSlot:
    """Return what of a slot lies between two moments; most lie there as a whole."""
    if start <= slot.start and slot.end <= end:
        return slot
    return replace(slot, start=max(slot.start, start), end=min(slot.end, end))
