"""What the home did next on earlier days that were going as this one is.

Each of the last days speaks for today, at this time of day and half an hour
either side: more the nearer it is, the more its last hours were like those of
today, and if it is the same kind of day. The weighted tenths of what followed are
the spread, their middle is the median. With growing lead the likeness of the last
hours counts less, and the kind of day and its age count more.
"""

from bisect import bisect_left
from collections.abc import Mapping, Sequence, Set as AbstractSet
from datetime import UTC, date, datetime, tzinfo
from itertools import accumulate
from math import exp, log
from typing import NamedTuple

HALF_HOUR_S = 1800
LEAST = 30
"""Values for a median worth the name: ten days, each read three times."""
_DAYS = 30
_DAY = 48
_HALF_LIFE_DAYS = 14.0
_LEAST_AGE_WEIGHT = 0.2
_OTHER_DAY_TYPE_WEIGHT = 0.3
_SHIFTS = {-1: exp(-0.2), 0: 1.0, 1: exp(-0.2)}
"""What a day weighs that is read half an hour earlier or later."""
_SHARPNESS = 1 / 0.6
"""How fast a day loses weight with the square of its distance from today."""
_UNKNOWN_DISTANCE = 4.0
_LASTING_LIKENESS = 0.25
_LIKENESS_DECAY = 12.0
_CARRY = 0.4
"""How much of the difference of the last hour is taken to last, at no lead."""
_CARRY_DECAY = 3.0
_SOFTENING_W = 60.0
"""Loads are compared by their ratio; below this much they are nearly alike."""
_SPANS = (4, 16)
"""The level of the last 2 and 8 hours is compared, in half hours."""
_RECENT = 2
_HIDDEN_SHARE = 0.15
"""How far half hours are taken to lie from the mean of their hour, as a part of it. On
two recorded homes that is 0.16 and 0.11 on average."""
_PARTS = (1 - _HIDDEN_SHARE, 1.0, 1 + _HIDDEN_SHARE)
_SATURDAY = 5


class Tenths(NamedTuple):
    """The low tenth, the median and the high tenth, in W."""

    p10_w: float
    p50_w: float
    p90_w: float


class _Day(NamedTuple):
    """One earlier day at one shift, as it speaks for today."""

    days: int
    shift: int
    weight: float
    distance: float
    carry_w: float


class DaysAlike:
    """Earlier days, weighed by how much they were like this one until now."""

    def __init__(  # noqa: PLR0913 - what is known, and where and when it is
        self,
        halves_w: Mapping[int, float],
        zone: tzinfo,
        now: datetime,
        recent_w: float | None,
        *,
        hourly: bool = False,
        holidays: AbstractSet[date] = frozenset(),
    ) -> None:
        """Take the mean W per half hour since the epoch that ended by `now`.

        `recent_w` is the mean load of the last hour. `hourly` says that only the mean
        of hours is known, so that both halves of one have the same: what half hours
        come to then lies further apart than what is known. `holidays` are days
        like those of a weekend.
        """
        self._halves_w = halves_w
        self._hourly = hourly
        self._holidays = holidays
        self._zone = zone
        self._now = int(now.timestamp()) // HALF_HOUR_S
        self._clocks: dict[int, tuple[int, bool]] = {}
        self._tenths: dict[int, Tenths | None] = {}
        if recent_w is None:
            recent_w = self._before(self._now, _RECENT)
        else:
            recent_w = max(0.0, recent_w)
        today = [recent_w, *(self._before(self._now, span) for span in _SPANS)]
        self._days = [
            self._day(days, shift, weight, today)
            for days in range(1, _DAYS + 1)
            for shift, weight in _SHIFTS.items()
        ]

    def at(self, half: int) -> Tenths | None:
        """Return the tenths of a half hour since the epoch; None where too few."""
        if half not in self._tenths:
            values = self._followed(half)
            known = len(values) >= LEAST
            self._tenths[half] = self._tenths_of(values) if known else None
        return self._tenths[half]

    def _tenths_of(self, values: list[tuple[float, float]]) -> Tenths:
        """Return the tenths of (W, weight), which may be the means of hours."""
        tenths = _tenths(values)
        if not self._hourly:
            return tenths
        halves = _tenths(
            [(w * part, weight) for w, weight in values for part in _PARTS]
        )
        return Tenths(halves.p10_w, tenths.p50_w, halves.p90_w)

    def _followed(self, half: int) -> list[tuple[float, float]]:
        """Return (W, weight) of what the days did at this time of day."""
        lead = max(0, half - self._now)
        likeness = _LASTING_LIKENESS + (1 - _LASTING_LIKENESS) * exp(
            -lead / _LIKENESS_DECAY
        )
        sharpness = _SHARPNESS * likeness
        carry = _CARRY * exp(-lead / _CARRY_DECAY)
        weekend = self._clock(half)[1]
        values = []
        for day in self._days:
            then = self._earlier(half, day.days) + day.shift
            value_w = self._halves_w.get(then)
            if value_w is None:
                continue
            weight = day.weight * exp(-sharpness * day.distance)
            if self._clock(then)[1] != weekend:
                weight *= _OTHER_DAY_TYPE_WEIGHT
            values.append((max(0.0, value_w + carry * day.carry_w), weight))
        return values

    def _day(
        self, days: int, shift: int, weight: float, today: Sequence[float | None]
    ) -> _Day:
        """Weigh an earlier day by its age and by its last hours."""
        then = self._earlier(self._now, days) + shift
        past = [self._before(then, span) for span in (_RECENT, *_SPANS)]
        distance = 0.0
        for now_w, then_w in zip(today, past, strict=True):
            if now_w is None:
                continue
            if then_w is None:
                distance = _UNKNOWN_DISTANCE
                break
            ratio = (now_w + _SOFTENING_W) / (then_w + _SOFTENING_W)
            distance += log(ratio) ** 2
        age = max(_LEAST_AGE_WEIGHT, 0.5 ** (days / _HALF_LIFE_DAYS))
        recent_w, past_w = today[0], past[0]
        carry_w = 0.0 if recent_w is None or past_w is None else recent_w - past_w
        return _Day(days, shift, weight * age, distance, carry_w)

    def _before(self, half: int, span: int) -> float | None:
        """Return the mean W of the half hours before; None if any is unknown."""
        known = [
            self._halves_w[each]
            for each in range(half - span, half)
            if each in self._halves_w
        ]
        return sum(known) / span if len(known) == span else None

    def _earlier(self, half: int, days: int) -> int:
        """Return the half hour at the same local time some days before."""
        then = half - _DAY * days
        return then + (self._clock(half)[0] - self._clock(then)[0]) // HALF_HOUR_S

    def _clock(self, half: int) -> tuple[int, bool]:
        """Return the local clock's offset in s, and whether it is a day off."""
        if (clock := self._clocks.get(half)) is None:
            local = datetime.fromtimestamp(half * HALF_HOUR_S, UTC).astimezone(
                self._zone
            )
            offset = local.utcoffset()
            clock = self._clocks[half] = (
                0 if offset is None else int(offset.total_seconds()),
                local.weekday() >= _SATURDAY or local.date() in self._holidays,
            )
        return clock


def _tenths(values: list[tuple[float, float]]) -> Tenths:
    """Return the weighted low tenth, median and high tenth."""
    values.sort()
    total = sum(weight for _, weight in values)
    if total <= 0:  # all so unlike today that none weighs anything
        values = [(value_w, 1.0) for value_w, _ in values]
        total = float(len(values))
    cumulated = list(accumulate(weight for _, weight in values))
    last = len(values) - 1
    return Tenths(
        *(
            values[min(last, bisect_left(cumulated, share * total))][0]
            for share in (0.1, 0.5, 0.9)
        )
    )
