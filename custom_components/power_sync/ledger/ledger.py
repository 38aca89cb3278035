"""The ledger of a home: day by day, from readings and true prices."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, time, timedelta, tzinfo
from typing import NamedTuple

from custom_components.power_sync.model.prices import PriceCurve, PriceSlot
from custom_components.power_sync.prices.demand import NO_CHARGES, Charges

from .both import Both
from .day import NOTHING, Day
from .period import Energies, Period
from .sample import Sample
from .settling import Settling
from .terms import Terms, boundaries


def local_midnight(when: datetime, zone: tzinfo) -> datetime:
    """Return the start (UTC) of the local day that contains `when`."""
    day = when.astimezone(zone).date()
    return datetime.combine(day, time(), zone).astimezone(UTC)


def next_midnight(when: datetime, zone: tzinfo) -> datetime:
    """Return the start (UTC) of the local day after the one that contains `when`."""
    day = when.astimezone(zone).date() + timedelta(days=1)
    return datetime.combine(day, time(), zone).astimezone(UTC)


class Part(NamedTuple):
    """A stretch of time with one price, within one window of a contract."""

    start: datetime
    end: datetime
    price: PriceSlot


@dataclass(frozen=True, slots=True)
class Figures:
    """What there is to show, in `currency`. None where it is not known."""

    currency: str
    since: datetime
    day: datetime
    """The local midnight (UTC) that the day began with."""
    measured: timedelta
    paid: float | None
    baseline_paid: float | None
    more_kwh: float
    value_per_kwh: float | None
    saved: float | None
    saved_total: float | None
    apart: bool


@dataclass(slots=True)
class Ledger:
    """The present day and billing period, and what all days before have saved.

    `charges` are those of the contract beside energy. `since` is when counting
    began, None before anything was measured.
    """

    currency: str | None = None
    since: datetime | None = None
    saved_before: float = 0.0
    day: Day | None = None
    period: Period | None = None
    terms: Terms = field(default_factory=Terms)
    settling: Settling = field(default_factory=Settling)
    charges: Charges = field(default=NO_CHARGES, compare=False)
    _zone: tzinfo = field(default=UTC, compare=False)
    _last: Sample | None = field(default=None, compare=False)

    @property
    def taken_until(self) -> datetime | None:
        """The time of the last sample of this run."""
        return None if self._last is None else self._last.at

    @property
    def figures(self) -> Figures | None:
        """What there is to show; None before anything was measured."""
        day = self.day
        if day is None or self.currency is None or self.since is None:
            return None
        known = day.measured > NOTHING
        saved = day.saved if known else None
        return Figures(
            currency=self.currency,
            since=self.since,
            day=day.start,
            measured=day.measured,
            paid=day.paid if known else None,
            baseline_paid=day.baseline_paid if known else None,
            more_kwh=day.more_kwh,
            value_per_kwh=day.value_per_kwh,
            saved=saved,
            saved_total=None
            if day.saved is None
            else self.saved_before + day.saved + self._saved_on_demand(),
            apart=day.apart,
        )

    def take(
        self,
        sample: Sample,
        curve: PriceCurve,
        zone: tzinfo,
        *,
        longest: timedelta,
        closing: Callable[[], None] = lambda: None,
    ) -> None:
        """Count the time since the last sample, where it is measured and priced.

        That is where it is no longer than `longest`. What is not is left out on
        both sides. `closing` is called before a day ends, with its last figures.
        A sample that comes once its day has ended has no part in it any more.
        """
        if self.day is not None and NOTHING < self.day.start - sample.at <= longest:
            return
        last, self._last, self._zone = self._last, sample, zone
        if last is not None and sample.at == last.at:
            # Another battery of the home was read at the same moment.
            return
        if curve.currency != self.currency:
            # Money of another currency cannot be added to what there is.
            self.currency, self.since = curve.currency, None
            self.saved_before, self.day, self.period = 0.0, None, None
            self.terms, self.settling = Terms(), Settling()
        lasting = NOTHING if last is None else sample.at - last.at
        parts = None
        if last is not None and NOTHING < lasting <= longest and self.day is not None:
            parts = _priced(last.at, sample.at, curve, zone)
        if last is None or parts is None:
            self._skip(sample, zone, closing)
        else:
            self._count(last, sample, parts, curve, closing)
        self._correct(curve, sample.at, zone)

    def turn(self, now: datetime, zone: tzinfo, closing: Callable[[], None]) -> None:
        """End day and billing period also where nothing is measured."""
        self._zone = zone
        if self.period is not None:
            self.period_at(now, zone).close(now, self.charges, zone)
        if self.day is not None:
            self._day_at(now, zone, closing)

    def period_at(self, when: datetime, zone: tzinfo) -> Period:
        """Return the billing period of `when`; the one before it is closed."""
        start, _ = self.charges.period(when, zone)
        period = self.period
        if period is not None and period.start == start:
            return period
        if period is not None:
            period.close(when, self.charges, zone)
            self.saved_before += period.saved(self.charges, zone)
        self.period = Period(start)
        return self.period

    def _saved_on_demand(self) -> float:
        """Return what has been saved on the demand charge of this period."""
        period = self.period
        return 0.0 if period is None else period.saved(self.charges, self._zone)

    def _skip(self, sample: Sample, zone: tzinfo, closing: Callable[[], None]) -> None:
        day = self._day_at(sample.at, zone, closing)
        day.skip(sample)
        day.note(sample)

    def _count(
        self,
        last: Sample,
        sample: Sample,
        parts: list[Part],
        curve: PriceCurve,
        closing: Callable[[], None],
    ) -> None:
        zone = self._zone
        self.since = self.since or last.at
        whole, moved_kwh = sample.at - last.at, sample.stored_kwh - last.stored_kwh
        stored_kwh = last.stored_kwh
        for start, end, price in parts:
            day = self._day_at(start, zone, closing)
            if day.stored_kwh is None:
                day.begin(last.battery, stored_kwh)
            for each in (last, sample):
                day.note(each)
            stored_kwh = last.stored_kwh + moved_kwh * ((end - last.at) / whole)
            ours, without = day.add(last, end - start, price, stored_kwh)
            span, kwh = (start, end), Both(ours.kwh, without.kwh)
            self.settling.add(price, start, kwh)
            dearer = self.terms.add(curve, price, span, kwh)
            day.paid += dearer.ours
            day.baseline_paid += dearer.without
            self.period_at(start, zone).add(
                span,
                Energies(ours.kwh, ours.paid + dearer.ours),
                Energies(without.kwh, without.paid + dearer.without),
                self.charges,
                zone,
            )
        self._day_at(sample.at, zone, closing)

    def _correct(self, curve: PriceCurve, now: datetime, zone: tzinfo) -> None:
        """Pay what is credited for windows that have ended, and settle estimates."""
        earned, more = self.terms.settle(curve, now), self.settling.settle(curve, now)
        day = self.day
        if day is None or (earned.is_nothing and more.is_nothing):
            return
        day.paid += more.ours - earned.ours
        day.baseline_paid += more.without - earned.without
        period = self.period_at(now, zone)
        period.credited += earned.ours
        period.paid += more.ours
        period.baseline_paid += more.without

    def _day_at(self, when: datetime, zone: tzinfo, closing: Callable[[], None]) -> Day:
        """Return the day of `when`; the day before it is closed.

        A clock that was set back over midnight closes a day, too: what was
        counted is counted once.
        """
        start, day = local_midnight(when, zone), self.day
        if day is not None and day.start == start:
            return day
        begun = Day(start)
        if day is not None and self.since is not None:
            closing()
            self.saved_before += day.saved or 0.0
            begun.value_per_kwh = day.value_per_kwh
            # A battery that rests at its floor does so beyond midnight.
            begun.baseline = day.baseline
        self.day = begun
        return begun


def _priced(
    start: datetime, end: datetime, curve: PriceCurve, zone: tzinfo
) -> list[Part] | None:
    """Return the stretches with one price, within one day; None unless all have one.

    A price that is only forecast is not what is paid.
    """
    parts: list[Part] = []
    while start < end:
        slot = curve.at(start)
        if slot is None or not slot.firm:
            return None
        until = min(end, slot.end, next_midnight(start, zone))
        until = min((until, *boundaries(curve, start, until)))
        parts.append(Part(start, until, slot))
        start = until
    return parts
