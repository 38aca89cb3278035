"""Flow Power (Australia): a base rate, moved by the market's price.

What a kWh more or less at a time changes on the bill, in $ per kWh with GST:

    import = base - benchmark + g * (spot - average) + network - mean network

The bill has a base rate and a monthly efficiency adjustment (PEA): the mean of all
prices weighted by what was used, less their plain mean in time, less the benchmark, a
typical customer's. `spot` is the wholesale price, `average` its mean over the month.
`g` is 1.1, the GST, where the network's rates are known, else 1. Feeding in is paid in
the happy hour alone. Source: Flow Power's public page on how the PEA is calculated.

The average of a month that is not over is its mean so far and the mean of the last 30
days, in proportion to what of the month is over. It moves all hours alike.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from enum import StrEnum
import logging
from zoneinfo import ZoneInfo

from custom_components.power_sync.model.prices import PriceCurve, PriceSlot

from .amber_rows import cut
from .merge import merge
from .nem import CURRENCY, Region
from .protocols import Now, PriceError, PriceSource
from .windows import Rates, spans

_LOGGER = logging.getLogger(__name__)

GST = 1.1
DEFAULT_BASE_PER_KWH = 0.34
DEFAULT_BENCHMARK_PER_KWH = 0.017
DEFAULT_AVERAGE_PER_KWH = 0.08
"""The market's average where too little is known of it."""
LEAST_KNOWN = timedelta(hours=1)
TRAILING = timedelta(days=30)

ZONES: Mapping[Region, str] = {
    Region.NSW: "Australia/Sydney",
    Region.QLD: "Australia/Brisbane",
    Region.SA: "Australia/Adelaide",
    Region.TAS: "Australia/Hobart",
    Region.VIC: "Australia/Melbourne",
}
"""Where the clock on the wall is the one that a region's tariffs follow."""
HAPPY_PER_KWH: Mapping[Region, float] = {
    Region.NSW: 0.45,
    Region.QLD: 0.45,
    Region.SA: 0.45,
    Region.TAS: 0.0,
    Region.VIC: 0.35,
}
"""What is paid in the happy hour, unless the contract says otherwise."""


class Market(StrEnum):
    """Whom the wholesale price is asked of."""

    AEMO = "aemo"
    AMBER = "amber"


@dataclass(frozen=True, slots=True)
class FlowPowerPlan:
    """A contract. `network` is None where the network's rates are not known."""

    zone: ZoneInfo
    base_per_kwh: float
    benchmark_per_kwh: float
    happy: Rates
    network: Rates | None
    standing_per_day: float | None = None


class FlowPowerPriceSource:
    """What a customer pays, made of the wholesale prices of another source."""

    def __init__(self, plan: FlowPowerPlan, market: PriceSource, *, now: Now) -> None:
        """Take `market`, whose import prices are the wholesale ones, without GST."""
        self._plan = plan
        self._market = market
        self._now = now
        self.standing_per_day = plan.standing_per_day
        self.retry_most = market.retry_most

    async def fetch(self) -> PriceCurve:
        """Return what the wholesale prices come to."""
        now = self._now()
        market = await self._market.fetch()
        known = market
        try:
            start = min(month_of(now, self._plan.zone), now - TRAILING)
            known = merge(await self._market.history(start, now), market)
        except PriceError as err:
            _LOGGER.debug("No wholesale prices of the past: %s", err)
        return self._curve(market, Averages(known, self._plan.zone, now))

    async def history(self, start: datetime, end: datetime) -> PriceCurve:
        """Return what was paid, each month by its own average."""
        now = self._now()
        zone = self._plan.zone
        since = month_of(start, zone)
        until = min(next_month(month_of(end, zone), zone), now)
        known = await self._market.history(min(since, until - TRAILING), until)
        curve = self._curve(known, Averages(known, zone, now))
        return replace(curve, slots=tuple(cut(curve.slots, start, min(end, now))))

    def known_until(self, when: datetime) -> datetime:
        """Return up to when prices had been known at a moment (UTC)."""
        return self._market.known_until(when)

    def next_fetch(self, curve: PriceCurve | None) -> datetime:
        """Return when to fetch next (UTC): when the market is to be asked."""
        return self._market.next_fetch(curve)

    def _curve(self, market: PriceCurve, averages: Averages) -> PriceCurve:
        slots = tuple(self._slots(market.slots, averages))
        return PriceCurve(CURRENCY, self._plan.zone.key, slots)

    def _slots(
        self, market: tuple[PriceSlot, ...], averages: Averages
    ) -> Iterator[PriceSlot]:
        """Yield the customer's prices, cut where network or export rates change."""
        if not market:
            return
        plan = self._plan
        network = plan.network or Rates(0.0)
        fixed = plan.base_per_kwh - plan.benchmark_per_kwh
        fixed -= mean_of_day(network, plan.zone)
        factor = 1.0 if plan.network is None else GST
        rates = spans(network, plan.happy, plan.zone, market[0].start, market[-1].end)
        _, until, (extra, paid) = next(rates)
        for slot in market:
            while until <= slot.start:
                _, until, (extra, paid) = next(rates)
            begin = slot.start
            while begin < slot.end:
                if until <= begin:
                    _, until, (extra, paid) = next(rates)
                spread = slot.import_per_kwh - averages.at(begin)
                yield replace(
                    slot,
                    start=begin,
                    end=min(until, slot.end),
                    import_per_kwh=fixed + extra + factor * spread,
                    export_per_kwh=paid,
                )
                begin = until


class Averages:
    """The mean wholesale price in time of each month of a zone."""

    def __init__(self, market: PriceCurve, zone: ZoneInfo, now: datetime) -> None:
        """Take all that is known of the market; what is not firm is left out."""
        self._zone = zone
        self._present = month_of(now, zone)
        firm = [slot for slot in market.slots if slot.firm and slot.start < now]
        months: dict[datetime, list[PriceSlot]] = defaultdict(list)
        for slot in firm:
            # No half-hour is in two months.
            months[month_of(slot.start, zone)].append(slot)
        means = {month: _mean(slots) for month, slots in months.items()}
        trailing = _mean(slot for slot in firm if slot.start >= now - TRAILING)
        usual = DEFAULT_AVERAGE_PER_KWH if trailing is None else trailing
        so_far = means.pop(self._present, None)
        length = next_month(self._present, zone) - self._present
        over = 0.0 if so_far is None else (now - self._present) / length
        self._present_per_kwh = over * (so_far or 0.0) + (1 - over) * usual
        self._usual = usual
        self._past = {month: mean for month, mean in means.items() if mean is not None}

    def at(self, when: datetime) -> float:
        """Return the average of the month that a moment is in, in $/kWh."""
        month = month_of(when, self._zone)
        if month >= self._present:
            return self._present_per_kwh
        return self._past.get(month, self._usual)


def mean_of_day(rates: Rates, zone: ZoneInfo) -> float:
    """Return the mean of rates over a day of 24 hours."""
    start = datetime(2000, 1, 3, tzinfo=zone)
    end = start + timedelta(days=1)
    return sum(
        (until - since) / (end - start) * price
        for since, until, (price, _) in spans(rates, Rates(0.0), zone, start, end)
    )


def month_of(when: datetime, zone: ZoneInfo) -> datetime:
    """Return when the month of a moment began on the clock on the wall (UTC)."""
    local = when.astimezone(zone)
    return datetime(local.year, local.month, 1, tzinfo=zone).astimezone(UTC)


def next_month(month: datetime, zone: ZoneInfo) -> datetime:
    """Return when the month after the one that began at a moment begins (UTC)."""
    # Month's lengths differ by more than the clock is ever changed by.
    return month_of(month + timedelta(days=31, hours=12), zone)


def _mean(slots: Iterable[PriceSlot]) -> float | None:
    """Return the mean price in time; None of too little."""
    paid, known = 0.0, timedelta(0)
    for slot in slots:
        length = slot.end - slot.start
        paid += slot.import_per_kwh * length.total_seconds()
        known += length
    return paid / known.total_seconds() if known >= LEAST_KNOWN else None
