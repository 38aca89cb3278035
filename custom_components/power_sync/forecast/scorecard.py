"""How a forecast came out: yesterday's error, in figures one can compare.

Over the hours of a local day of which both are known, with what was forecast `f`
and what came `m`, in W:

    mean absolute error = mean(|f - m|)
    error               = 100 * sum(|f - m|) / sum(m)    percent
    bias                = 100 * sum(f - m) / sum(m)      percent, + too high
"""

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta, tzinfo
from typing import Final

from custom_components.power_sync.model.series import Series, Span
from custom_components.power_sync.model.timegrid import TimeGrid

from .load import forecast_load
from .load_history import LoadHistory

LEAST_SHARE: Final = 0.75
"""A day of which fewer of the hours are known has no score."""

_HOUR: Final = timedelta(hours=1)
_DAY: Final = timedelta(days=1)
_LEAST_KWH: Final = 0.5
"""What comes to less has no error in percent."""
_W_PER_KW: Final = 1000.0


@dataclass(frozen=True, slots=True)
class Score:
    """What was forecast for a day, and what came of it, over `hours` hours."""

    day: date
    hours: int
    forecast_kwh: float
    measured_kwh: float
    mean_error_w: float
    """The mean absolute error."""

    @property
    def error_pct(self) -> float | None:
        """The error, of what came; None where hardly anything did."""
        return self._share(self.mean_error_w / _W_PER_KW * self.hours)

    @property
    def bias_pct(self) -> float | None:
        """How much too high (+) or too low the forecast was, of what came."""
        return self._share(self.forecast_kwh - self.measured_kwh)

    def _share(self, kwh: float) -> float | None:
        if self.measured_kwh < _LEAST_KWH:
            return None
        return 100 * kwh / self.measured_kwh


def day_before(now: datetime, zone: tzinfo) -> tuple[date, TimeGrid]:
    """Return yesterday by the clock of `zone` and its 23, 24 or 25 hours."""
    day = (now.astimezone(zone) - _DAY).date()
    start, end = (_midnight(each, zone) for each in (day, day + _DAY))
    return day, TimeGrid(start, _HOUR, (end - start) // _HOUR)


def _midnight(day: date, zone: tzinfo) -> datetime:
    return datetime(day.year, day.month, day.day, tzinfo=zone).astimezone(UTC)


def score(
    forecast_w: Series, measured_w: Series, now: datetime, zone: tzinfo
) -> Score | None:
    """Return how yesterday's forecast came out; None where too little is known."""
    day, grid = day_before(now, zone)
    pairs = [
        (said, came)
        for said, came in zip(forecast_w.on(grid), measured_w.on(grid), strict=True)
        if said is not None and came is not None
    ]
    if len(pairs) < LEAST_SHARE * grid.count:
        return None
    return Score(
        day=day,
        hours=len(pairs),
        forecast_kwh=sum(said for said, _ in pairs) / _W_PER_KW,
        measured_kwh=sum(came for _, came in pairs) / _W_PER_KW,
        mean_error_w=sum(abs(said - came) for said, came in pairs) / len(pairs),
    )


def load_score(history: LoadHistory, now: datetime, zone: tzinfo) -> Score | None:
    """Return how the load forecast of yesterday's midnight came out.

    It is made again from what had been used until then: nothing has to be kept, and
    it is what the planner would have counted on.
    """
    _, grid = day_before(now, zone)
    made = forecast_load(history, grid, zone, grid.start, None, alike=False)
    if made is None:
        return None
    measured_w = Series(
        Span(sample.start, sample.start + history.step, sample.mean_w)
        for sample in history.samples
        if grid.start <= sample.start < grid.end
    )
    return score(made.expected_w, measured_w, now, zone)
