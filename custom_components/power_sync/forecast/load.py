"""Load forecast: what the home usually uses at this time of day.

A recency-weighted mean per half hour of the local day, with a mild weight for
the kind of day. On recorded homes averaging beats persistence by a fifth to a
quarter, and finer weights are worth a few percent. The planner's is the mean and
not the median: the median is short of energy where appliances run now and then.

Median and tenths are those of earlier days that went as this one does, where
enough days are known; else the mean and the tenths of the half hour.
"""

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta, tzinfo
from functools import lru_cache
from math import exp, isfinite
from typing import NamedTuple

from custom_components.power_sync.model.forecast import Forecast
from custom_components.power_sync.model.series import Series
from custom_components.power_sync.model.timegrid import TimeGrid

from .alike import HALF_HOUR_S, DaysAlike, Tenths

SOURCE = "home_history"
RECENT = timedelta(hours=1)
"""`recent_w` is the mean load over this long before now."""
HISTORY = timedelta(days=30)
"""Older samples do not count."""
HALF_LIFE_DAYS = 6.0
LEAST_AGE_WEIGHT = 0.2
"""Old days keep this much: without it few days count, and a regular home's
forecast carries their noise."""
OTHER_WEEKDAY_WEIGHT = 0.85
OTHER_DAY_TYPE_WEIGHT = 0.3
RECENT_SHARE = 0.5
"""How much of the recent error is taken to last, at no lead at all."""
RECENT_DECAY = timedelta(hours=1)

_BUCKET = timedelta(minutes=30)
_BUCKET_S = int(_BUCKET.total_seconds())
_BUCKETS = timedelta(days=1) // _BUCKET
_LEAST_SAMPLES = 2
MOST_W = 30_000.0
"""No home draws more for an hour; a meter that jumps says it does. One such hour
would weigh on the forecast for a month."""
_SATURDAY = 5
_SUNDAY = 6


@dataclass(frozen=True, slots=True)
class LoadSample:
    """Mean home load in W over an interval (hour or 5 minutes) from `start`, UTC."""

    start: datetime
    mean_w: float


@dataclass(frozen=True, slots=True)
class LoadHistory:
    """What the home used. Where nothing is known there is no sample.

    `step` is the length of the samples, which are in time order. `holidays` are
    the public holidays of those days and of the next: a home lives as on a Sunday.
    """

    samples: tuple[LoadSample, ...]
    step: timedelta
    holidays: frozenset[date] = frozenset()

    def weekday(self, day: date) -> int:
        """Return which day of the week a home lives on; Monday is 0."""
        return _SUNDAY if day in self.holidays else day.weekday()

    @classmethod
    def of(cls, samples: Iterable[LoadSample], step: timedelta) -> LoadHistory:
        """Take samples in any order, without those that cannot be a load."""
        usable = (s for s in samples if isfinite(s.mean_w) and 0 <= s.mean_w <= MOST_W)
        return cls(tuple(sorted(usable, key=lambda s: s.start)), step)

    def without(self, parts: Iterable[Mapping[float, float]]) -> LoadHistory:
        """Return it less parts of the load, as far as they were measured.

        Each part is W by the epoch second at which a sample of the same length starts.
        """
        every = list(parts)

        def left_w(sample: LoadSample) -> float:
            at = sample.start.timestamp()
            return max(0.0, sample.mean_w - sum(part.get(at, 0.0) for part in every))

        samples = (LoadSample(s.start, left_w(s)) for s in self.samples)
        return replace(self, samples=tuple(samples))


class _Cell(NamedTuple):
    """The mean over one half hour of one local day."""

    day: date
    mean_w: float


@dataclass(frozen=True, slots=True)
class _Level:
    """What is expected in a half hour of a kind of day, in W."""

    mean_w: float
    p10_w: float
    p90_w: float


def forecast_load(  # noqa: PLR0913 - what is known, and where and when it is
    history: LoadHistory,
    grid: TimeGrid,
    zone: tzinfo,
    now: datetime,
    recent_w: float | None,
    *,
    alike: bool = True,
) -> Forecast | None:
    """Return the expected load on `grid`, or None where nothing is known.

    Only samples that ended by `now` count. `recent_w` is the mean load over
    `RECENT` before `now`: what it was above or below the profile is partly
    expected to go on for a while. Without any history the forecast is flat at
    `recent_w`, without a spread and with `learned_days` 0.

    Without `alike` no days like today are looked for: who needs the mean alone
    has the same mean in a fraction of the time. `p50_w` is the mean then.
    """
    profile = _Profile(history, zone, now)
    if not profile:
        if recent_w is None or not isfinite(recent_w):
            return None
        flat = Series.regular(grid.start, grid.step, [recent_w] * grid.count)
        return Forecast(flat, SOURCE, now, learned_days=0)
    if recent_w is not None and not isfinite(recent_w):
        recent_w = None
    residual_w = 0.0
    if recent_w is not None:
        residual_w = recent_w - profile.over(now - RECENT, now).mean_w
    days = _days_alike(history, zone, now, recent_w) if alike else None
    usual: list[Tenths] = []
    spread: list[Tenths] = []
    for start in grid.starts():
        level = profile.over(start, start + grid.step)
        lead = max(timedelta(0), start - now)
        shift_w = RECENT_SHARE * exp(-(lead / RECENT_DECAY)) * residual_w
        known = Tenths(
            max(0.0, level.p10_w + shift_w),
            max(0.0, level.mean_w + shift_w),
            max(0.0, level.p90_w + shift_w),
        )
        usual.append(known)
        spread.append((days and _alike_over(days, start, grid.step)) or known)

    def series(values: Iterable[float]) -> Series:
        return Series.regular(grid.start, grid.step, list(values))

    return Forecast(
        series(tenths.p50_w for tenths in spread),
        SOURCE,
        now,
        series(tenths.p10_w for tenths in spread),
        series(tenths.p90_w for tenths in spread),
        profile.learned_days,
        series(tenths.p50_w for tenths in usual),
    )


def _days_alike(
    history: LoadHistory, zone: tzinfo, now: datetime, recent_w: float | None
) -> DaysAlike:
    return DaysAlike(
        _halves(history, now),
        zone,
        now,
        recent_w,
        hourly=history.step > _BUCKET,
        holidays=history.holidays,
    )


def _alike_over(alike: DaysAlike, start: datetime, length: timedelta) -> Tenths | None:
    """Return the tenths over a slot; None where one of its half hours has none."""
    first = int(start.timestamp()) // HALF_HOUR_S
    last = int((start + length).timestamp() - 1) // HALF_HOUR_S
    known = [alike.at(half) for half in range(first, last + 1)]
    parts = [tenths for tenths in known if tenths is not None]
    if len(parts) < len(known):
        return None
    return Tenths(*(sum(each) / len(parts) for each in zip(*parts, strict=True)))


def _halves(history: LoadHistory, now: datetime) -> dict[int, float]:
    """Return the mean W per half hour since the epoch, of what ended by `now`.

    A half hour known for less than half is left out.
    """
    sums: dict[int, tuple[float, float]] = {}
    step_s = history.step.total_seconds()
    first = bisect_left(history.samples, now - HISTORY, key=_start)
    last = bisect_right(history.samples, now - history.step, key=_start)
    for sample in history.samples[first:last]:
        at = sample.start.timestamp()
        end = at + step_s
        while at < end:
            half = int(at) // HALF_HOUR_S
            until = min(end, float((half + 1) * HALF_HOUR_S))
            total, known = sums.get(half, (0.0, 0.0))
            sums[half] = total + sample.mean_w * (until - at), known + until - at
            at = until
    return {
        half: max(0.0, total / known)
        for half, (total, known) in sums.items()
        if known >= HALF_HOUR_S / 2
    }


class _Profile:
    """The home's usual load per half hour of the local day."""

    def __init__(self, history: LoadHistory, zone: tzinfo, now: datetime) -> None:
        """Sort the samples that ended by `now` into half hours."""
        self._zone = zone
        self._weekday = history.weekday
        self._levels: dict[tuple[int, int], _Level] = {}
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

    def over(self, start: datetime, end: datetime) -> _Level:
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
        return _Level(mean_w, p10_w, p90_w)

    def _level(self, weekday: int, bucket: int) -> _Level:
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


def _start(sample: LoadSample) -> datetime:
    return sample.start


def _cells(
    history: LoadHistory, zone: tzinfo, now: datetime
) -> tuple[list[list[_Cell]], dict[date, timedelta]]:
    """Return the mean per half hour and day, and how much of each day is known.

    Only time that was observed counts, so a missing hour is never 0 W. A half
    hour known for less than half is left out.
    """
    totals: dict[date, list[float]] = {}
    knowns: dict[date, list[float]] = {}
    first = bisect_left(history.samples, now - HISTORY, key=_start)
    last = bisect_right(history.samples, now - history.step, key=_start)
    for sample in history.samples[first:last]:
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


def _level(samples: Sequence[tuple[float, float]]) -> _Level:
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
    return _Level(mean_w, min(mean_w, quantile(0.1)), max(mean_w, quantile(0.9)))
