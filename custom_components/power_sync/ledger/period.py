"""One billing period of a home: its highest import, and what its energy has cost."""

from dataclasses import dataclass
from datetime import datetime, timedelta, tzinfo
from typing import NamedTuple

from custom_components.power_sync.model.timegrid import floor_time
from custom_components.power_sync.prices.demand import MINUTE, Charges, days_between

HOUR = timedelta(hours=1)
ENOUGH = 0.5
"""An interval of which a smaller part was measured says nothing."""


class Energies(NamedTuple):
    """Grid energy of a stretch in kWh, + import, and what it cost."""

    kwh: float
    paid: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Bill:
    """What a billing period comes to so far; None where it is not known.

    `demand_expected` is for the whole period, with the highest import that the plan
    expects. `supply` is for the days begun, `supply_whole` for all of them. `credited`
    is what the contract pays for windows in which hardly anything was bought.
    """

    start: datetime
    end: datetime
    days: int
    energy: float
    peak_kw: float
    demand: float
    demand_expected: float
    demand_saved: float
    supply: float | None
    supply_whole: float | None
    monthly_fee: float
    credited: float

    @property
    def total(self) -> float:
        """What is to be paid so far."""
        charged = self.demand + (self.supply or 0.0) + self.monthly_fee
        return self.energy + charged - self.credited


@dataclass(slots=True)
class Interval:
    """What was imported in an interval so far, as far as it counts."""

    start: datetime
    measured: timedelta = timedelta(0)
    kwh: float = 0.0
    baseline_kwh: float = 0.0


@dataclass(slots=True)
class Period:
    """A billing period from `start` (UTC), with PowerSync and without it.

    The peaks are the highest mean imports of whole intervals within the window.
    """

    start: datetime
    paid: float = 0.0
    baseline_paid: float = 0.0
    peak_kw: float = 0.0
    baseline_peak_kw: float = 0.0
    credited: float = 0.0
    interval: Interval | None = None

    def add(
        self,
        span: tuple[datetime, datetime],
        ours: Energies,
        without: Energies,
        charges: Charges,
        zone: tzinfo,
    ) -> None:
        """Count a measured stretch of time, minute by minute."""
        start, end = span
        self.paid += ours.paid
        self.baseline_paid += without.paid
        whole = end - start
        while start < end:
            until = min(end, floor_time(start, MINUTE) + MINUTE)
            self.close(start, charges, zone)
            if charges.covers(start, zone):
                if self.interval is None:
                    self.interval = Interval(floor_time(start, charges.interval))
                part = (until - start) / whole
                self.interval.measured += until - start
                self.interval.kwh += max(0.0, ours.kwh) * part
                self.interval.baseline_kwh += max(0.0, without.kwh) * part
            start = until
        self.close(end, charges, zone)

    def close(self, now: datetime, charges: Charges, zone: tzinfo) -> None:
        """End the interval before `now`, and take its means for the peaks."""
        interval = self.interval
        if interval is None or floor_time(now, charges.interval) == interval.start:
            return
        self.interval = None
        if interval.measured < ENOUGH * charges.inside(interval.start, zone):
            return
        hours = interval.measured / HOUR
        self.peak_kw = max(self.peak_kw, interval.kwh / hours)
        self.baseline_peak_kw = max(
            self.baseline_peak_kw, interval.baseline_kwh / hours
        )

    def saved(self, charges: Charges, zone: tzinfo) -> float:
        """Return what PowerSync has saved on the demand charge."""
        start, end = charges.period(self.start, zone)
        days = days_between(start, end, zone)
        return charges.cost(self.baseline_peak_kw - self.peak_kw, days)

    def bill(
        self,
        charges: Charges,
        *,
        standing_per_day: float | None,
        expected_kw: float,
        now: datetime,
        zone: tzinfo,
    ) -> Bill:
        """Return what it comes to; `expected_kw` is the highest import ahead."""
        start, end = charges.period(self.start, zone)
        whole = days_between(start, end, zone)
        # The day that has begun counts.
        days = min(whole, days_between(start, now, zone) + 1)
        standing = standing_per_day
        return Bill(
            start=start,
            end=end,
            days=days,
            energy=self.paid,
            peak_kw=self.peak_kw,
            demand=charges.cost(self.peak_kw, days),
            demand_expected=charges.cost(max(self.peak_kw, expected_kw), whole),
            demand_saved=self.saved(charges, zone),
            supply=None if standing is None else standing * days,
            supply_whole=None if standing is None else standing * whole,
            monthly_fee=charges.monthly_fee,
            credited=self.credited,
        )
