"""Load forecast: what the home usually uses at this time of day.

A recency-weighted mean per half hour of the local day, with a mild weight for
the kind of day. On recorded homes averaging beats persistence by a fifth to a
quarter, and finer weights are worth a few percent. The planner's is the mean and
not the median: the median is short of energy where appliances run now and then.

Median and tenths are those of earlier days that went as this one does, where
enough days are known; else the mean and the tenths of the half hour.
"""

from collections.abc import Iterable
from datetime import datetime, timedelta, tzinfo
from math import exp, isfinite

from custom_components.power_sync.model.forecast import Forecast
from custom_components.power_sync.model.series import Series
from custom_components.power_sync.model.timegrid import TimeGrid

from .alike import HALF_HOUR_S, DaysAlike, Tenths
from .load_history import LoadHistory
from .load_profile import LoadProfile

SOURCE = "home_history"
RECENT = timedelta(hours=1)
"""`recent_w` is the mean load over this long before now."""
RECENT_SHARE = 0.5
"""How much of the recent error is taken to last, at no lead at all."""
RECENT_DECAY = timedelta(hours=1)

_HALF_HOUR = timedelta(minutes=30)


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
    profile = LoadProfile(history, zone, now)
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
        hourly=history.step > _HALF_HOUR,
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
    for sample in history.until(now):
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
