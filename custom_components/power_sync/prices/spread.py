"""What prices may become where only the present one is known.

A wholesale price is not a schedule: one guess at tonight's says nothing of the few
hours that earn most. So the past is learned as a Markov chain, one step per
half-hour `h` of the local day. With the past half-hours of that time of day, of age
`a` in days, `n` of them in the last three years:

    weight   w = (1 - 0.5) * 2 ** (-a / 15) / sum(2 ** (-a / 15))  +  0.5 / n
    classes  shares of the summed weight, from the lowest price (import + export)
             to the highest, cut at `EDGES`: fine at the top, where spikes are.
             A class costs the weighted mean of its share.
    chances  of every pair of a half-hour and the next, both prices are put between
             their two nearest classes in proportion to the distance, and `w` is
             added there; every row is divided by its sum.

The last weeks say what prices are now, and the three years what a spike is and how
often it comes: they are rare, and a month may have none.

On AEMO's Victorian prices of 2025 (a battery of 13.5 kWh and 5 kW, only the present
half-hour known) plans on this capture 72 % of what knowing all prices would save;
on the prices of the day before it is 47 %. With 60 days of history instead of three
years it is about 53 %. The settings were chosen on 2023 and 2024: shares of the long
past from 0.5 to 0.9 and half-lives from 7 to 20 days differ by 2 points there.
"""

from bisect import bisect_right
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import accumulate
from math import isfinite
from zoneinfo import ZoneInfo

from custom_components.power_sync.model.prices import PriceCurve
from custom_components.power_sync.model.timegrid import floor_time

HALF_HOUR = timedelta(minutes=30)
DAY = timedelta(days=1)
DAY_SLOTS = 48
HISTORY = timedelta(days=1095)
HALF_LIFE_DAYS = 15.0
LONG_SHARE = 0.5
LEAST_DAYS = 14
"""With fewer days at any time of day nothing is said."""
EDGES = (
    *(0.0, 0.05, 0.15, 0.25, 0.35, 0.45, 0.55, 0.65, 0.75, 0.85),
    *(0.91, 0.95, 0.98, 0.993, 1.0),
)
CLASSES = len(EDGES) - 1

_UNSEEN = 1e-6
"""A class that was never seen to go anywhere stays: this weight says so."""

type Prices = tuple[float, float]
"""Import and export price per kWh."""
type Place = tuple[tuple[int, float], ...]
"""Neighbouring classes with the share of each; the shares add up to 1."""


@dataclass(frozen=True, slots=True)
class PriceSpread:
    """Price classes of each half-hour of the local day, and how they follow.

    `prices[h]` are the classes' import and export prices, the lowest first.
    `chances[h][i][j]` is how likely class `j` of the next half-hour comes after
    class `i` of half-hour `h`.
    """

    zone: str
    prices: tuple[tuple[Prices, ...], ...]
    chances: tuple[tuple[tuple[float, ...], ...], ...]

    def half_hour(self, when: datetime) -> int:
        """Return in which half-hour of the local day `when` lies."""
        return _half_hour(when, ZoneInfo(self.zone))

    def place(self, half_hour: int, prices: Prices) -> Place:
        """Return the classes that `prices` lie between."""
        return _place(_sums(self.prices[half_hour]), sum(prices))


@dataclass(frozen=True, slots=True)
class _Sample:
    """A past half-hour, and the next one where that is known."""

    age_days: float
    prices: Prices
    following: Prices | None


def learn(curve: PriceCurve, until: datetime) -> PriceSpread | None:
    """Return the spread of firm prices in the three years before `until`.

    None where fewer than `LEAST_DAYS` are known at some time of day. Nothing that
    ends after `until` is looked at.
    """
    zone = ZoneInfo(curve.zone)
    known = _half_hours(curve, until)
    slot_of = {start: _half_hour(start, zone) for start in known}
    samples: dict[int, list[_Sample]] = defaultdict(list)
    for start, prices in known.items():
        half_hour, after = slot_of[start], start + HALF_HOUR
        # Where the clock changes, another half-hour follows.
        goes_on = slot_of.get(after) == (half_hour + 1) % DAY_SLOTS
        following = known[after] if goes_on else None
        samples[half_hour].append(_Sample((until - start) / DAY, prices, following))
    if any(len(samples[slot]) < LEAST_DAYS for slot in range(DAY_SLOTS)):
        return None
    weighted = [_weighted(samples[slot]) for slot in range(DAY_SLOTS)]
    classes = [_classes(each) for each in weighted]
    return PriceSpread(
        curve.zone,
        tuple(classes),
        tuple(
            _chances(weighted[slot], classes[slot], classes[(slot + 1) % DAY_SLOTS])
            for slot in range(DAY_SLOTS)
        ),
    )


def _half_hour(when: datetime, zone: ZoneInfo) -> int:
    local = when.astimezone(zone)
    return (local.hour * 60 + local.minute) // 30


def _half_hours(curve: PriceCurve, until: datetime) -> dict[datetime, Prices]:
    """Return the mean prices of all half-hours that are wholly known."""
    first = floor_time(until - HISTORY, HALF_HOUR)
    known: dict[datetime, Prices] = {}
    parts: dict[datetime, list[tuple[float, Prices]]] = defaultdict(list)
    for slot in curve.slots:
        if not slot.firm or slot.start < first or slot.end > until:
            continue
        prices = (slot.import_per_kwh, slot.export_per_kwh)
        if not isfinite(sum(prices)):
            continue
        start = floor_time(slot.start, HALF_HOUR)
        if slot.start == start and slot.end - start == HALF_HOUR:
            known[start] = prices
            continue
        while start < slot.end:
            end = start + HALF_HOUR
            share = (min(end, slot.end) - max(start, slot.start)) / HALF_HOUR
            parts[start].append((share, prices))
            start = end
    for start, pieces in parts.items():
        if sum(share for share, _ in pieces) > 1 - 1e-9:
            known[start] = _mean(pieces)
    return known


def _mean(parts: Sequence[tuple[float, Prices]]) -> Prices:
    total = sum(weight for weight, _ in parts)
    return (
        sum(weight * prices[0] for weight, prices in parts) / total,
        sum(weight * prices[1] for weight, prices in parts) / total,
    )


def _weighted(samples: list[_Sample]) -> list[tuple[float, _Sample]]:
    """Return the samples with their weights, which add up to 1."""
    recent = [2 ** (-sample.age_days / HALF_LIFE_DAYS) for sample in samples]
    scale, long = (1 - LONG_SHARE) / sum(recent), LONG_SHARE / len(samples)
    return [
        (scale * weight + long, sample)
        for weight, sample in zip(recent, samples, strict=True)
    ]


def _classes(weighted: list[tuple[float, _Sample]]) -> tuple[Prices, ...]:
    """Return the mean prices of each class; a sample may be in two."""
    ranked = sorted(weighted, key=lambda each: sum(each[1].prices))
    parts: list[list[tuple[float, Prices]]] = [[] for _ in range(CLASSES)]
    reached, place = 0.0, 0
    for weight, sample in ranked:
        until = reached + weight
        while place < CLASSES - 1 and until > EDGES[place + 1]:
            parts[place].append((EDGES[place + 1] - reached, sample.prices))
            reached = EDGES[place + 1]
            place += 1
        parts[place].append((until - reached, sample.prices))
        reached = until
    return tuple(_mean(part) for part in parts)


def _sums(classes: Sequence[Prices]) -> list[float]:
    """Return what classes are told apart by; equal ones differ by no rounding."""
    return list(accumulate((sum(prices) for prices in classes), max))


def _place(sums: Sequence[float], value: float) -> Place:
    """Return between which of the ascending `sums` a value lies."""
    above = bisect_right(sums, value)
    if above == 0:
        return ((0, 1.0),)
    if above == len(sums):
        return ((above - 1, 1.0),)
    low, high = sums[above - 1], sums[above]
    share = (value - low) / (high - low)
    return ((above - 1, 1 - share), (above, share))


def _chances(
    weighted: list[tuple[float, _Sample]],
    classes: tuple[Prices, ...],
    following: tuple[Prices, ...],
) -> tuple[tuple[float, ...], ...]:
    here, there = _sums(classes), _sums(following)
    table = [
        [_UNSEEN if row == column else 0.0 for column in range(CLASSES)]
        for row in range(CLASSES)
    ]
    for weight, sample in weighted:
        if sample.following is None:
            continue
        landing = _place(there, sum(sample.following))
        for row, share in _place(here, sum(sample.prices)):
            for column, part in landing:
                table[row][column] += weight * share * part
    totals = [sum(row) for row in table]
    return tuple(
        tuple(chance / total for chance in row)
        for row, total in zip(table, totals, strict=True)
    )
