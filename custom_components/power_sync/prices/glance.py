"""Prices at a glance: the slots ahead, a day's figures, how dear it is, when it is not.

All figures are of what the provider has published or forecast itself; what is not
known is left out, and never made up.
"""

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum
from itertools import accumulate, groupby, pairwise
from math import inf

from custom_components.power_sync.model.prices import PriceCurve, PriceSlot

AROUND = timedelta(hours=24)
"""A price is cheap or dear beside those of this long before and after it."""
MOST_WINDOWS_A_DAY = 12
"""Where a tariff has more, those of one level are drawn together."""
TIE_PER_KWH = 1e-9


class Level(StrEnum):
    """How a price is beside those of the day before and after it."""

    VERY_CHEAP = "very_cheap"
    CHEAP = "cheap"
    NORMAL = "normal"
    EXPENSIVE = "expensive"
    VERY_EXPENSIVE = "very_expensive"


THRESHOLDS = (
    (0.6, Level.VERY_CHEAP),
    (0.9, Level.CHEAP),
    (1.15, Level.NORMAL),
    (1.4, Level.EXPENSIVE),
    (inf, Level.VERY_EXPENSIVE),
)
"""Up to which share of the mean a price has a level."""


@dataclass(frozen=True, slots=True)
class DayPrices:
    """The import prices of a day, per kWh, as far as they are known."""

    least_per_kwh: float
    most_per_kwh: float
    mean_per_kwh: float
    least_at: datetime
    most_at: datetime
    known: timedelta
    firm: bool


@dataclass(frozen=True, slots=True)
class Window:
    """A time, and the mean import price in it; `firm` where none is a forecast."""

    start: datetime
    end: datetime
    mean_per_kwh: float
    firm: bool


@dataclass(frozen=True, slots=True)
class TariffWindow:
    """A time in which the prices, or at least their level, stay the same."""

    start: datetime
    end: datetime
    level: Level
    import_per_kwh: tuple[float, float]
    export_per_kwh: tuple[float, float]
    """The least and the greatest."""
    firm: bool


class _Means:
    """Means in time over any interval of some slots; gaps do not count."""

    def __init__(self, slots: Sequence[PriceSlot]) -> None:
        """Take slots in time order."""
        lengths = [(slot.end - slot.start).total_seconds() for slot in slots]
        paid = (s.import_per_kwh * t for s, t in zip(slots, lengths, strict=True))
        self._slots = slots
        self._paid = list(accumulate(paid, initial=0.0))
        self._known_s = list(accumulate(lengths, initial=0.0))

    def of(self, start: datetime, end: datetime) -> float:
        """Return the mean import price. Something of the time has to be known."""
        (paid, known_s), (before, before_s) = self._until(end), self._until(start)
        return (paid - before) / (known_s - before_s)

    def _until(self, when: datetime) -> tuple[float, float]:
        """Return what 1 kW has paid until a moment, and in how long, in seconds."""
        place = bisect_left(self._slots, when, key=lambda slot: slot.start) - 1
        if place < 0:
            return 0.0, 0.0
        slot = self._slots[place]
        part_s = (min(when, slot.end) - slot.start).total_seconds()
        return (
            self._paid[place] + slot.import_per_kwh * part_s,
            self._known_s[place] + part_s,
        )


def slots_between(
    curve: PriceCurve, start: datetime, end: datetime
) -> Sequence[PriceSlot]:
    """Return the slots that overlap a time, whole."""
    first = bisect_right(curve.slots, start, key=lambda slot: slot.end)
    last = bisect_left(curve.slots, end, key=lambda slot: slot.start)
    return curve.slots[first:last]


def slot_ahead(curve: PriceCurve, now: datetime, count: int) -> PriceSlot | None:
    """Return the `count`-th slot after the present one."""
    first = bisect_right(curve.slots, now, key=lambda slot: slot.start)
    place = first + count - 1
    return curve.slots[place] if place < len(curve.slots) else None


def day_prices(curve: PriceCurve, start: datetime, end: datetime) -> DayPrices | None:
    """Return the figures of a day; None where less than half of it is known."""
    slots = slots_between(curve, start, end)
    parts = (min(slot.end, end) - max(slot.start, start) for slot in slots)
    known = sum(parts, timedelta(0))
    if 2 * known < end - start:
        return None
    least = min(slots, key=lambda slot: slot.import_per_kwh)
    most = max(slots, key=lambda slot: slot.import_per_kwh)
    return DayPrices(
        least_per_kwh=least.import_per_kwh,
        most_per_kwh=most.import_per_kwh,
        mean_per_kwh=_Means(slots).of(start, end),
        least_at=max(least.start, start),
        most_at=max(most.start, start),
        known=known,
        firm=all(slot.firm for slot in slots),
    )


def level_at(curve: PriceCurve, when: datetime) -> Level | None:
    """Return the level of the import price at a moment; None where it is unknown."""
    near = slots_between(curve, when - AROUND, when + AROUND)
    slot = next((slot for slot in near if slot.start <= when < slot.end), None)
    return None if slot is None else _level(_Means(near), slot, when)


def _level(means: _Means, slot: PriceSlot, when: datetime) -> Level:
    """Return a price's level; what costs nothing is very cheap beside anything."""
    price, mean = slot.import_per_kwh, means.of(when - AROUND, when + AROUND)
    if price <= 0:
        return Level.VERY_CHEAP
    if mean <= 0:
        return Level.VERY_EXPENSIVE
    return next(level for most, level in THRESHOLDS if price <= most * mean)


def cheapest_window(
    curve: PriceCurve,
    length: timedelta,
    start: datetime,
    end: datetime,
) -> Window | None:
    """Return the time of one length that costs least, between `start` and `end`.

    Of several it is the first. None where the prices of no such time are known
    without a gap.
    """
    best: Window | None = None
    for run in _without_gaps(slots_between(curve, start, end)):
        first, last = max(start, run[0].start), min(end, run[-1].end)
        means = _Means(run)
        for begin in _starts(run, length, start):
            over = begin + length
            if begin < first or last < over:
                continue
            mean = means.of(begin, over)
            if best is None or mean < best.mean_per_kwh - TIE_PER_KWH:
                best = Window(begin, over, mean, firm=True)
    if best is None:
        return None
    slots = slots_between(curve, best.start, best.end)
    return replace(best, firm=all(slot.firm for slot in slots))


def _starts(run: list[PriceSlot], length: timedelta, start: datetime) -> list[datetime]:
    """Return the starts among which the cheapest window's is, in their order.

    What a window costs is piecewise linear in its start, with bends where it begins or
    ends on a boundary: the least is at one of those, or at the first start allowed.
    """
    begun = {slot.start for slot in run}
    return sorted({start, *begun, *(slot.end - length for slot in run)})


def _without_gaps(slots: Iterable[PriceSlot]) -> Iterator[list[PriceSlot]]:
    run: list[PriceSlot] = []
    for slot in slots:
        if run and run[-1].end != slot.start:
            yield run
            run = []
        run.append(slot)
    if run:
        yield run


def tariff_windows(
    curve: PriceCurve, start: datetime, end: datetime
) -> list[TariffWindow]:
    """Return the windows of a tariff that overlap a time, whole.

    Slots of the same prices are one window. Where a tariff has more of them than
    anybody reads, slots of the same level are.
    """
    slots = slots_between(curve, start - AROUND, end + AROUND)
    if not slots:
        return []
    means = _Means(slots)
    levels = [_level(means, slot, slot.start) for slot in slots]
    changes = sum(_prices(a) != _prices(b) for a, b in pairwise(slots))
    many = changes * timedelta(days=1) > MOST_WINDOWS_A_DAY * (
        slots[-1].end - slots[0].start
    )
    marked = zip(slots, levels, strict=True)
    found: list[TariffWindow] = []
    for (level, _), group in groupby(
        marked, lambda each: (each[1], None if many else _prices(each[0]))
    ):
        found += [
            _window(run, level) for run in _without_gaps(slot for slot, _ in group)
        ]
    return [each for each in found if each.start < end and start < each.end]


def _prices(slot: PriceSlot) -> tuple[float, float]:
    return round(slot.import_per_kwh, 5), round(slot.export_per_kwh, 5)


def _window(run: Sequence[PriceSlot], level: Level) -> TariffWindow:
    bought = [slot.import_per_kwh for slot in run]
    sold = [slot.export_per_kwh for slot in run]
    return TariffWindow(
        run[0].start,
        run[-1].end,
        level,
        (min(bought), max(bought)),
        (min(sold), max(sold)),
        all(slot.firm for slot in run),
    )
