"""The sun to expect: a forecast, put right by how it and the last days came out.

For a half hour `i` steps ahead at the time of day `s`, with the last 14 days of what
was measured (`A`) and of what had been forecast (`F`):

    ratio(s)  = (sum(A) + k) / (sum(F) + k)   over s and 90 minutes either side,
                                              within 0.5..2
    usual(s)  = mean(A)                       of the newest 5 days known
    base      = w * ratio(s) * F + (1 - w) * usual(s)
    today     = (sum(A) + c) / (sum(base) + c)  over the last hour, within 0.3..2.5
    expected  = base * (1 + (today - 1) * exp(-i / 8 h))

`w`, in tenths, is what would have had the least absolute error on those days; half
where no forecasts are on record. Where there is no forecast, `base` is the usual.

On a year of a French home whose vendor forecast is a fifth too low, every 13th half
hour of daylight, the mean absolute error falls from 618 to 342 W half an hour ahead,
from 643 to 431 W two hours and from 629 to 549 W twelve hours ahead (with w = 0.4;
decay, share and limits were chosen on that same year).
"""

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from math import exp
from typing import Final

from custom_components.power_sync.model.forecast import Forecast
from custom_components.power_sync.model.series import Series, Span
from custom_components.power_sync.model.timegrid import TimeGrid, floor_time

from .days_before import SOURCE

LEARNED_DAYS: Final = 14
USUAL_DAYS: Final = 5
LOOK_BACK_DAYS: Final = 7
"""A day that nothing is known of is passed over, but none before these."""
KEPT: Final = timedelta(days=LEARNED_DAYS + LOOK_BACK_DAYS + 1)
"""How long what was forecast and what came is looked back at."""

_STEP = timedelta(minutes=30)
_DAY = timedelta(days=1)
_SLOTS = 48
_AROUND = 3
_SHRINK_W = 2000.0
_RATIO = (0.5, 2.0)
_TODAY = (0.3, 2.5)
_TODAY_SLOTS = 2
_TODAY_DECAY = timedelta(hours=8)
_LEAST_W = 50.0
_LEAST_SHARE = 0.05
_UNPROVEN_WEIGHT = 0.5
_LEAST_PAIRS = 48
"""With fewer half hours of sun than about three days have, `w` is not learned."""
_UNSEEN_LEVELS = (0.35, 0.8, 1.1, 1.4)
_LEAST_DAY_W = 2000.0
"""A day of fewer half-hourly W in all has no level: there is no sun to speak of."""

type _Rows = list[list[float | None]]
"""By days back (the last 24 hours first), then by half hours from now on."""


class SunRecord:
    """How the sun came out lately, against what had been forecast."""

    def __init__(self, measured_w: Series, forecast_w: Series, now: datetime) -> None:
        """Learn from what had ended by `now`; `forecast_w` may be empty.

        Both are in W, and reach back as far as `KEPT` where they can.
        """
        self._now = floor_time(now, _STEP)
        days = LEARNED_DAYS + LOOK_BACK_DAYS
        self._measured = _rows(measured_w, self._now, days)
        self._forecast = _rows(forecast_w, self._now, LEARNED_DAYS)
        self._usuals = [
            [self._usual(back, slot) for slot in range(_SLOTS)]
            for back in range(LEARNED_DAYS + 1)
        ]
        self._ratios = self._ratios_by_slot()
        self.weight = self._best_weight()
        """How much of what is expected is the forecast, the rest being the usual."""
        self._today = self._factor_of_today()
        self.levels = self._day_levels()
        """What the worst and the best quarter of the days came to, of the expected."""

    def expected(self, source: Forecast | None, until: datetime) -> Forecast:
        """Return the sun to expect from the last half hour up to `until`, in W.

        A half hour of which nothing is known is left out.
        """
        spans = tuple(self._spans(source, until))
        low, high = (
            Series(replace(span, value=span.value * level) for span in spans)
            for level in self.levels
        )
        return Forecast(
            Series(spans),
            SOURCE if source is None else source.source,
            self._now if source is None else source.made_at,
            low,
            high,
        )

    def _spans(self, source: Forecast | None, until: datetime) -> Iterator[Span]:
        usual = self._usuals[0]
        grid = TimeGrid(self._now, _STEP, max(0, -((self._now - until) // _STEP)))
        for index, start in enumerate(grid.starts()):
            end = start + _STEP
            forecast_w = None if source is None else source.p50_w.mean(start, end)
            slot = index % _SLOTS
            base_w = self._base(forecast_w, usual[slot], slot)
            if base_w is not None:
                fading = exp(-(index * _STEP / _TODAY_DECAY))
                yield Span(start, end, base_w * (1 + (self._today - 1) * fading))

    def _base(
        self, forecast_w: float | None, usual_w: float | None, slot: int
    ) -> float | None:
        if forecast_w is None:
            return usual_w
        right_w = max(0.0, forecast_w) * self._ratios[slot]
        if usual_w is None:
            return right_w
        return self.weight * right_w + (1 - self.weight) * usual_w

    def _usual(self, back: int, slot: int) -> float | None:
        """Return the mean over the newest days before the one `back` days ago."""
        rows = self._measured[back : back + LOOK_BACK_DAYS]
        known = [watts for row in rows if (watts := row[slot]) is not None]
        newest = known[:USUAL_DAYS]
        return sum(newest) / len(newest) if newest else None

    def _ratios_by_slot(self) -> list[float]:
        sums = [self._sums(slot) for slot in range(_SLOTS)]
        ratios = []
        for slot in range(_SLOTS):
            measured = forecast = _SHRINK_W
            for around in range(slot - _AROUND, slot + _AROUND + 1):
                came, said = sums[around % _SLOTS]
                measured, forecast = measured + came, forecast + said
            ratios.append(min(max(measured / forecast, _RATIO[0]), _RATIO[1]))
        return ratios

    def _sums(self, slot: int) -> tuple[float, float]:
        """Return all that was measured and forecast where both are known."""
        measured = forecast = 0.0
        for row, said in zip(self._measured, self._forecast, strict=False):
            came, told = row[slot], said[slot]
            if came is not None and told is not None:
                measured, forecast = measured + came, forecast + told
        return measured, forecast

    def _best_weight(self) -> float:
        errors = [0.0] * 11
        pairs = 0
        for back in range(LEARNED_DAYS):
            for slot in range(_SLOTS):
                came, told = self._measured[back][slot], self._forecast[back][slot]
                usual = self._usuals[back + 1][slot]
                if came is None or told is None or usual is None:
                    continue
                right = max(0.0, told) * self._ratios[slot]
                pairs += came > _LEAST_W
                if not (right or usual or came):
                    continue  # At night nothing is wrong, whatever the weight.
                for tenths in range(11):
                    weight = tenths / 10
                    guess = weight * right + (1 - weight) * usual
                    errors[tenths] += abs(guess - came)
        if pairs < _LEAST_PAIRS:
            return _UNPROVEN_WEIGHT
        return errors.index(min(errors)) / 10

    def _day_levels(self) -> tuple[float, float]:
        """Return the mean level of the quarter of days below and above the rest.

        Those of `_UNSEEN_LEVELS` are added, so that a few days do not claim to know
        the weather.
        """
        came = [0.0] * LEARNED_DAYS
        said = [0.0] * LEARNED_DAYS
        for back in range(LEARNED_DAYS):
            for slot in range(_SLOTS):
                watts = self._measured[back][slot]
                usual = self._usuals[back + 1][slot]
                base = self._base(self._forecast[back][slot], usual, slot)
                if watts is not None and base is not None:
                    came[back], said[back] = came[back] + watts, said[back] + base
        seen = [
            has / should
            for has, should in zip(came, said, strict=True)
            if should > _LEAST_DAY_W
        ]
        levels = sorted([*seen, *_UNSEEN_LEVELS])
        quarter = max(1, len(levels) // 4)
        low, high = levels[:quarter], levels[-quarter:]
        return min(1.0, sum(low) / quarter), max(1.0, sum(high) / quarter)

    def _factor_of_today(self) -> float:
        """Return how much more or less sun there is than was expected."""
        peak_w = max((w for row in self._measured for w in row if w), default=0.0)
        came = expected = max(_LEAST_W, _LEAST_SHARE * peak_w)
        for slot in range(_SLOTS - _TODAY_SLOTS, _SLOTS):
            came_w = self._measured[0][slot]
            base_w = self._base(self._forecast[0][slot], self._usuals[1][slot], slot)
            if came_w is not None and base_w is not None:
                came, expected = came + came_w, expected + base_w
        return min(max(came / expected, _TODAY[0]), _TODAY[1])


def _rows(series: Series, now: datetime, days: int) -> _Rows:
    """Return the half hours of the last `days`, each as far as it is known."""
    return [
        series.on(TimeGrid(now - (back + 1) * _DAY, _STEP, _SLOTS))
        for back in range(days)
    ]
