"""The home's usual load per half hour of the local day.

A recency-weighted mean, with a mild weight for the kind of day, and the tenths
around it.
"""

from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta, tzinfo
from functools import lru_cache
from typing import NamedTuple

from .load_history import LoadHistory

HALF_LIFE_DAYS = 6.0
LEAST_AGE_WEIGHT = 0.2
"""Old days keep this much: without it few days count, and a regular home's
forecast carries their noise."""
OTHER_WEEKDAY_WEIGHT = 0.85
OTHER_DAY_TYPE_WEIGHT = 0.3

_BUCKET = timedelta(minutes=30)
_BUCKET_S = int(_BUCKET.total_seconds())
_BUCKETS = timedelta(days=1) // _BUCKET
_LEAST_SAMPLES = 2
_SATURDAY = 5


class _Cell(NamedTuple):
    """The mean over one half hour of one local day."""

    day: date
    mean_w: float


@dataclass(frozen=True, slots=True)
class Level:
    """What is expected in a half hour of a kind of day, in W."""

    mean_w: float
    p10_w: float
    p90_w: float


class LoadProfile:
    """The home's usual load per half hour of the local day."""

    def __init__(self, history: LoadHistory, zone: tzinfo, now: datetime) -> None:
        """Sort the samples that ended by `now` into half hours."""
        self._zone = zone
        self._weekday = history.weekday
        self._levels: dict[tuple[int, int], Level] = {}
        self._kin_weights: dict[int, dict[date, float]] = {}
        self._cells, observed = _cells(history, zone, now)
        today = now.astimezone(zone).date()
        self._age_weight = {
            day: max(LEAST_AGE_WEIGHT, 0.5 ** ((today - day).days / HALF_LIFE_DAYS))
            for day in observed
        }
        half_day = timedelta(hours=12)
        self.learned_days = sum(1 for known in observed.values() if known >= half_day)

    def __bool__(self) -> bool:
        """Whether anything is known."""
        return any(self._cells)

    def over(self, start: datetime, end: datetime) -> Level:
        """Return what is expected over an interval."""
        pieces = _pieces(start, end - start, self._zone)
        if len(pieces) == 1:
            day, bucket, _ = pieces[0]
            return self._level(self._weekday(day), bucket)
        whole_s = (end - start).total_seconds()
        mean_w = p10_w = p90_w = 0.0
        for day, bucket, length_s in pieces:
            level = self._level(self._weekday(day), bucket)
            share = length_s / whole_s
            mean_w += level.mean_w * share
            p10_w += level.p10_w * share
            p90_w += level.p90_w * share
        return Level(mean_w, p10_w, p90_w)

    def _level(self, weekday: int, bucket: int) -> Level:
        """Return the level of a half hour on a weekday (Monday is 0)."""
        key = (weekday, bucket)
        if (level := self._levels.get(key)) is None:
            level = self._levels[key] = _level(self._weighted(weekday, bucket))
        return level

    def _weighted(self, weekday: int, bucket: int) -> list[tuple[float, float]]:
        """Return (W, weight) of the samples that speak for a half hour.

        Where the kind of day has too few of them, all days count alike; where
        those are too few, the next half hours speak (the home has never seen
        the hour that a clock change skips), and at last everything known.
        """
        cells = self._cells[bucket]
        weekend = weekday >= _SATURDAY
        alike = sum((self._weekday(c.day) >= _SATURDAY) == weekend for c in cells)
        if alike >= _LEAST_SAMPLES:
            kin = self._kin(weekday)
            return [(cell.mean_w, kin[cell.day]) for cell in cells]
        for later in range(3):
            cells = self._cells[(bucket + later) % _BUCKETS]
            if len(cells) >= _LEAST_SAMPLES:
                return [(c.mean_w, self._age_weight[c.day]) for c in cells]
        return [
            (c.mean_w, self._age_weight[c.day]) for cells in self._cells for c in cells
        ]

    def _kin(self, weekday: int) -> dict[date, float]:
        """Return what each day of the history weighs for a weekday."""
        if (weights := self._kin_weights.get(weekday)) is None:
            weights = self._kin_weights[weekday] = {
                day: weight * _kinship(weekday, self._weekday(day))
                for day, weight in self._age_weight.items()
            }
        return weights


def _cells(
    history: LoadHistory, zone: tzinfo, now: datetime
) -> tuple[list[list[_Cell]], dict[date, timedelta]]:
    """Return the mean per half hour and day, and how much of each day is known.

    Only time that was observed counts, so a missing hour is never 0 W. A half
    hour known for less than half is left out.
    """
    totals: dict[date, list[float]] = {}
    knowns: dict[date, list[float]] = {}
    for sample in history.until(now):
        for day, bucket, length_s in _pieces(sample.start, history.step, zone):
            if day not in totals:
                totals[day], knowns[day] = [0.0] * _BUCKETS, [0.0] * _BUCKETS
            totals[day][bucket] += sample.mean_w * length_s
            knowns[day][bucket] += length_s
    cells: list[list[_Cell]] = [[] for _ in range(_BUCKETS)]
    for day, known in knowns.items():
        for bucket, known_s in enumerate(known):
            if known_s >= _BUCKET_S / 2:
                cells[bucket].append(_Cell(day, totals[day][bucket] / known_s))
    observed = {day: timedelta(seconds=sum(known)) for day, known in knowns.items()}
    return cells, observed


@lru_cache(maxsize=4096)
def _pieces(
    start: datetime, length: timedelta, zone: tzinfo
) -> Sequence[tuple[date, int, float]]:
    """Cut an interval at the half hours of the local clock: (day, bucket, seconds).

    Remembered, as every forecast looks at nearly the same hours again.
    """
    pieces: list[tuple[date, int, float]] = []
    end = start + length
    while start < end:
        local = start.astimezone(zone)
        second = local.hour * 3600 + local.minute * 60 + local.second
        bucket, into_s = divmod(second, _BUCKET_S)
        part = min(timedelta(seconds=_BUCKET_S - into_s), end - start)
        pieces.append((local.date(), bucket, part.total_seconds()))
        start += part
    return pieces


def _kinship(weekday: int, other: int) -> float:
    """Return how much one day of the week says about another."""
    if other == weekday:
        return 1.0
    if (other >= _SATURDAY) == (weekday >= _SATURDAY):
        return OTHER_WEEKDAY_WEIGHT
    return OTHER_DAY_TYPE_WEIGHT


def _level(samples: Sequence[tuple[float, float]]) -> Level:
    """Return the weighted mean and the tenths around it."""
    ordered = sorted(samples)
    cumulated: list[float] = []
    total = energy = 0.0
    for value_w, weight in ordered:
        total += weight
        energy += value_w * weight
        cumulated.append(total)
    mean_w = energy / total

    def quantile(share: float) -> float:
        index = bisect_left(cumulated, share * total)
        return ordered[min(index, len(ordered) - 1)][0]

    # A rare peak lifts the mean above nine tenths of the samples.
    return Level(mean_w, min(mean_w, quantile(0.1)), max(mean_w, quantile(0.9)))
