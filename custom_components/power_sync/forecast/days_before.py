"""Sun as on the days before: what to expect where no forecast was kept.

A solar forecast is replaced by the next one and kept nowhere, so what had been
forecast on a day of the past is not known afterwards. The mean of the last days
at the same time is what anyone could have expected then. It is worse than a
real forecast, so what is reckoned with it is on the careful side.
"""

from collections.abc import Iterator
from datetime import datetime, timedelta

from custom_components.power_sync.model.forecast import Forecast
from custom_components.power_sync.model.series import Series, Span

SOURCE = "days_before"
DAYS = 3
"""How many days the mean is taken of."""
LOOK_BACK_DAYS = 7
"""A day that nothing is known of is passed over, but none before these."""

_DAY = timedelta(days=1)
_STEP = timedelta(hours=1)


def solar_as_before(known_w: Series, now: datetime, until: datetime) -> Forecast:
    """Return the mean solar power in W per hour from `now` to `until`.

    Only hours that had ended by `now` are looked at, whatever `known_w` holds.
    An hour that none of the days before knows is left out.
    """
    return Forecast(Series(_spans(known_w, now, until)), SOURCE, now)


def _spans(known_w: Series, now: datetime, until: datetime) -> Iterator[Span]:
    start = now
    while start < until:
        end = min(start + _STEP, until)
        if (mean_w := _mean_before(known_w, now, start, end)) is not None:
            yield Span(start, end, mean_w)
        start = end


def _mean_before(
    known_w: Series, now: datetime, start: datetime, end: datetime
) -> float | None:
    """Return the mean over the newest days that know this time of day (in UTC)."""
    found: list[float] = []
    for back in range(1, LOOK_BACK_DAYS + 1):
        if end - back * _DAY > now:
            continue
        mean_w = known_w.mean(start - back * _DAY, end - back * _DAY)
        if mean_w is not None:
            found.append(mean_w)
        if len(found) == DAYS:
            break
    return sum(found) / len(found) if found else None
