"""The tariff for a battery that plans itself: the coming day in half hours.

It rolls: half hours that have passed hold what they will cost tomorrow. The present
one holds the live price. Prices are as the user wants them to count (`shaping.py`),
as those of the plan are.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta, tzinfo
from typing import Final

from custom_components.power_sync.model.prices import PriceCurve, PriceSlot, Spike
from custom_components.power_sync.model.tariff import (
    HALF_HOUR,
    SLOTS,
    DayTariff,
    slot_of,
)

from .shaping import Shaping

MOST_MISSING: Final = 10
"""Of the 48 prices to buy and the 48 to sell at: with more, none is sent."""
PEAK_PER_KWH: Final = 2.0
"""So much more a kWh is said to cost where it counts for a demand charge."""
_DAY: Final = timedelta(days=1)
_MINUTE: Final = timedelta(minutes=1)


def _never(_when: datetime) -> bool:
    return False


@dataclass(frozen=True, slots=True)
class _Half:
    """One half hour: when it comes next, and what is known of it.

    `spikes` is whether a price spike may come in it.
    """

    start: datetime
    slots: tuple[PriceSlot, ...]
    spikes: bool


def _spiking(slots: Iterable[PriceSlot]) -> bool:
    return any(each.spike is not Spike.NONE for each in slots)


def day_tariff(  # noqa: PLR0913 - the last by keyword
    curve: PriceCurve,
    now: datetime,
    zone: tzinfo,
    shaping: Shaping,
    tariff: tzinfo,
    *,
    counts: Callable[[datetime], bool] = _never,
) -> DayTariff | None:
    """Return the tariff from `now` on, for a battery whose clock is in `zone`.

    `tariff` is the zone in which the user's own windows are meant. `counts` says
    whether what is bought at a moment counts for a demand charge: a tariff has no
    other way to say that it is not to be bought then. None where too many prices are
    missing: what a battery has is better than what would be made up.
    """
    local = now.astimezone(zone)
    present = slot_of(local)
    near = _near(curve, local)
    halves = [_half(near, local, slot) for slot in range(SLOTS)]
    live = curve.at(now)
    if live is not None:
        half = halves[present]
        left = (slot for slot in half.slots if slot.end > now)
        halves[present] = _Half(half.start, (live,), _spiking(left))
    order = [(present + each) % SLOTS for each in range(SLOTS)]
    # Gaps are filled in the order in which the half hours come.
    coming = [halves[slot] for slot in order]
    bought = [_mean(each, lambda slot: slot.import_per_kwh) for each in coming]
    sold = [_mean(each, lambda slot: slot.export_per_kwh) for each in coming]
    filled = filled_up(bought, sold)
    if filled is None:
        return None
    known_bought, known_sold = filled
    counted_sold = shaping.sold(known_sold, [each.start for each in coming], tariff)
    counted_bought = shaping.bought(
        known_bought, counted_sold, [each.spikes for each in coming]
    )
    counted_bought = tuple(
        price + PEAK_PER_KWH * _touches(each.start, counts)
        for price, each in zip(counted_bought, coming, strict=True)
    )
    back = [order.index(slot) for slot in range(SLOTS)]
    return DayTariff(
        day=local.date(),
        currency=curve.currency,
        bought=tuple(round(counted_bought[each], 4) for each in back),
        sold=tuple(round(counted_sold[each], 4) for each in back),
    )


def _touches(start: datetime, counts: Callable[[datetime], bool]) -> bool:
    """Whether a half hour has any part of a window in it."""
    minutes = range(HALF_HOUR // _MINUTE)
    return any(counts(start + minute * _MINUTE) for minute in minutes)


def filled_up(
    bought: Sequence[float | None], sold: Sequence[float | None]
) -> tuple[list[float], list[float]] | None:
    """Return prices without gaps; None where more than ten are missing.

    A gap has the price before it, one at the beginning the first that is known.
    """
    if sum(price is None for price in (*bought, *sold)) > MOST_MISSING:
        return None
    return _without_gaps(bought), _without_gaps(sold)


def _without_gaps(prices: Sequence[float | None]) -> list[float]:
    last = next((price for price in prices if price is not None), 0.0)
    filled = []
    for price in prices:
        last = last if price is None else price
        filled.append(last)
    return filled


def _near(curve: PriceCurve, now: datetime) -> PriceCurve:
    """Return today's and tomorrow's part of a curve that may have two months."""
    first, last = now - _DAY, now + 2 * _DAY
    slots = (slot for slot in curve.slots if slot.end > first and slot.start < last)
    return PriceCurve(curve.currency, curve.zone, tuple(slots))


def _half(curve: PriceCurve, now: datetime, slot: int) -> _Half:
    """Return a half hour of the day: when it comes next, and its prices.

    Where none are known for that day, those of the other day stand in for them.
    """
    today = now.date()
    spans = [
        span
        for day in (today, today + _DAY)
        for span in _spans(day, slot, now.tzinfo)
        if span[1] > now
    ]
    start = spans[0][0]
    # A half hour that the clocks turned back bring twice has both in its price.
    of_its_day = [
        span for span in spans if _day_of(span, now) == _day_of(spans[0], now)
    ]
    found = _within(curve, of_its_day)
    if not found:
        other = today if _day_of(spans[0], now) != today else today + _DAY
        found = _within(curve, list(_spans(other, slot, now.tzinfo)))
    return _Half(start, found, _spiking(found))


def _spans(
    day: date, slot: int, zone: tzinfo | None
) -> Iterator[tuple[datetime, datetime]]:
    """Yield when a half hour begins and ends on a day: twice, if clocks go back.

    One that clocks going forward leave out is the one that follows after the change.
    """
    hour, half = divmod(slot, 2)
    wall = datetime(day.year, day.month, day.day, hour, 30 * half, tzinfo=zone)
    both = [wall.replace(fold=fold).astimezone(UTC) for fold in (0, 1)]
    told = [each for each in both if each.astimezone(zone).replace(fold=0) == wall]
    for start in sorted(set(told)) or both[:1]:
        yield start, start + HALF_HOUR


def _day_of(span: tuple[datetime, datetime], now: datetime) -> date:
    return span[0].astimezone(now.tzinfo).date()


def _within(
    curve: PriceCurve, spans: Sequence[tuple[datetime, datetime]]
) -> tuple[PriceSlot, ...]:
    """Return the slots of a curve in some spans of time, cut to them."""
    return tuple(
        PriceSlot(
            max(slot.start, start),
            min(slot.end, end),
            slot.import_per_kwh,
            slot.export_per_kwh,
            spike=slot.spike,
        )
        for start, end in spans
        for slot in curve.slots
        if slot.start < end and slot.end > start
    )


def _mean(half: _Half, price: Callable[[PriceSlot], float]) -> float | None:
    """Return the mean of a half hour's prices by how long they last."""
    if not half.slots:
        return None
    lasting = [(each.end - each.start) / HALF_HOUR for each in half.slots]
    return sum(
        part * price(each) for part, each in zip(lasting, half.slots, strict=True)
    ) / sum(lasting)
