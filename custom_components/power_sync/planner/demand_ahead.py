"""The demand charge of a billing period, on the slots of a plan."""

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta, tzinfo

from custom_components.power_sync.model.timegrid import TimeGrid
from custom_components.power_sync.prices.windows import NO_HOLIDAYS, Window

from .specs import DemandCharge


@dataclass(frozen=True, slots=True, kw_only=True)
class DemandAhead:
    """What the highest import costs until the billing period ends, at `until`.

    `rate_per_kw` is for the whole period, `peak_kw` the highest so far. The window is
    in minutes after midnight on the clock on the wall; Monday is 0. One that is on some
    days of the week only is not on `holidays`. What comes after
    `until` begins a new period, and is planned with once that has begun.
    """

    rate_per_kw: float
    peak_kw: float
    until: datetime
    start_min: int
    end_min: int
    weekdays: frozenset[int]
    interval: timedelta
    holidays: frozenset[date] = NO_HOLIDAYS

    def charge_on(self, grid: TimeGrid, zone: tzinfo) -> DemandCharge | None:
        """Return the charge on a grid; None where no slot of it counts.

        A slot counts where any of it lies in the window.
        """
        start, end = (
            time(minute // 60, minute % 60) for minute in (self.start_min, self.end_min)
        )
        window = Window(start, end, self.weekdays)
        counts = tuple(
            each < self.until
            and window.touches(each.astimezone(zone), grid.step, self.holidays)
            for each in grid.starts()
        )
        if self.rate_per_kw <= 0 or not any(counts):
            return None
        return DemandCharge(
            rate_per_kw=self.rate_per_kw,
            window=counts,
            interval=self.interval,
            peak_kw=self.peak_kw,
        )
