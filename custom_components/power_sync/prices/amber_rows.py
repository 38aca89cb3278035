"""From Amber's rows to slots: each row of a channel, then both channels together."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from datetime import datetime

from custom_components.power_sync.model.layers import Layers
from custom_components.power_sync.model.prices import Doubt, PriceSlot, Spike
from custom_components.power_sync.model.timegrid import SLOT

from .amber_client import Channel, Interval, Kind

PLANNED = frozenset({Channel.GENERAL, Channel.FEED_IN})

type _Part = tuple[datetime, datetime, Interval]


def slots_of(rows: Iterable[Interval], feeds_in: bool) -> tuple[PriceSlot, ...]:  # noqa: FBT001 - what the home is
    """Return slots of rows; of those that overlap, the first one counts.

    A home that does not feed in is paid 0.0.
    """
    channels = _channels(rows)
    bought, sold = channels[Channel.GENERAL], channels[Channel.FEED_IN]
    return tuple(_pairs(bought, sold) if feeds_in else map(_unsold, bought))


def controlled_load_of(rows: Iterable[Interval]) -> tuple[PriceSlot, ...]:
    """Return the slots of the circuit that the network switches; () without one."""
    return tuple(map(_unsold, _channels(rows)[Channel.CONTROLLED_LOAD]))


def _channels(rows: Iterable[Interval]) -> Mapping[Channel, Layers[Interval]]:
    channels: Mapping[Channel, Layers[Interval]] = {each: Layers() for each in Channel}
    for row in rows:
        channels[row.channel].add(row.start, row.end, row)
    return channels


def doubt_of(rows: Iterable[Interval]) -> Doubt | None:
    """Return how far Amber's dear case is from what it expects to be paid."""
    # A row that is told twice counts once.
    apart = {
        row.start: row.apart_aud_per_kwh
        for row in rows
        if row.channel is Channel.GENERAL and row.apart_aud_per_kwh is not None
    }
    return Doubt.of([*apart.values()])


def bridged(rows: Iterable[Interval]) -> Iterator[Interval]:
    """Yield rows, with five minutes more of the present where no spike may come.

    They are its own rows of the next interval, as if they were of now.
    """
    rows = list(rows)
    until = {row.channel: row.end for row in rows if row.kind is Kind.CURRENT}
    calm = all(
        row.spike is Spike.NONE
        for row in rows
        if row.start == until.get(row.channel) and row.channel in PLANNED
    )
    for row in rows:
        if calm and row.kind is Kind.FORECAST and row.start == until.get(row.channel):
            yield _present(row)
        yield row


def _present(row: Interval) -> Interval:
    """Return the first five minutes of a forecast, as if they were of now."""
    return replace(row, end=row.start + SLOT, kind=Kind.CURRENT, estimate=True)


def _pairs(bought: Iterable[_Part], sold: Iterable[_Part]) -> Iterator[PriceSlot]:
    """Yield slots for the times at which both prices are known."""
    purchases, sales = list(bought), list(sold)
    b = s = 0
    while b < len(purchases) and s < len(sales):
        (begin, until, row), (since, end, sale) = purchases[b], sales[s]
        if max(begin, since) < min(until, end):
            yield _slot(max(begin, since), min(until, end), row, sale)
        if until <= end:
            b += 1
        if end <= until:
            s += 1


def _slot(start: datetime, end: datetime, row: Interval, sale: Interval) -> PriceSlot:
    return PriceSlot(
        start,
        end,
        row.aud_per_kwh,
        sale.aud_per_kwh,
        firm=Kind.FORECAST not in (row.kind, sale.kind),
        spike=row.spike,
        estimate=row.estimate or sale.estimate,
    )


def _unsold(part: _Part) -> PriceSlot:
    """Return the slot of what is only bought."""
    start, end, row = part
    return PriceSlot(
        start,
        end,
        row.aud_per_kwh,
        0.0,
        firm=row.kind is not Kind.FORECAST,
        spike=row.spike,
        estimate=row.estimate,
    )


def cut(
    slots: Iterable[PriceSlot], start: datetime, end: datetime
) -> Iterator[PriceSlot]:
    """Yield the parts of slots that lie between two moments."""
    for slot in slots:
        begin, until = max(slot.start, start), min(slot.end, end)
        if begin < until:
            yield replace(slot, start=begin, end=until)
