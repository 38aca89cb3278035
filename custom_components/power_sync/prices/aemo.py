"""Wholesale prices of a region of Australia's market, every five minutes.

A price becomes known a little after its five minutes have begun. Until it is there,
the one before is gone by, as an estimate, unless it is a spike or one is forecast.
All that comes later is the operator's forecast by half-hours, on which nothing is
bought or sold. Past prices are half-hours: means of what was settled.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import replace
from datetime import date, datetime, timedelta
import logging
from statistics import fmean

from custom_components.power_sync.model.layers import Layers
from custom_components.power_sync.model.prices import PriceCurve, PriceSlot, Spike
from custom_components.power_sync.model.timegrid import SLOT, floor_time

from .aemo_client import AemoClient
from .extend import HALF_HOUR, HISTORY
from .nem import CURRENCY, NEM, SPIKE_AUD_PER_KWH, Spot
from .protocols import Now, PriceError, UnknownTariffError

_LOGGER = logging.getLogger(__name__)

DAY = timedelta(days=1)
PUBLISHED_AFTER = timedelta(seconds=20)
AGAIN_AFTER = timedelta(seconds=20)
MOST_ASKED = 4
"""Requests for the present price in the same five minutes."""
FORECAST_EVERY = timedelta(minutes=10)
"""How often the folder of forecasts is looked into; a new one comes each half-hour."""
MONTH_EVERY = timedelta(hours=12)
"""How often a month that is not over is fetched anew."""
WHOLE_AFTER = DAY
"""How long after its end all of a month is in its table."""
SEEN = timedelta(days=2)
"""How long prices are kept that the month's table may not have yet."""

_STEPS = HALF_HOUR // SLOT


class AemoPriceSource:
    """A region's wholesale prices in $/kWh without GST: bought and sold at the same."""

    def __init__(self, client: AemoClient, zone: str, *, now: Now) -> None:
        """Use `client`; the curve's day is that of `zone`."""
        self._client = client
        self._zone = zone
        self._now = now
        self._seen: dict[datetime, PriceSlot] = {}
        self._ahead: tuple[Spot, ...] = ()
        self._ahead_due = datetime.min.replace(tzinfo=NEM)
        self._months: dict[date, tuple[PriceSlot, ...]] = {}
        self._month_due: dict[date, datetime] = {}
        self._asked = (datetime.min.replace(tzinfo=NEM), 0)
        self.standing_per_day: float | None = None
        self.retry_most = SLOT

    async def fetch(self) -> PriceCurve:
        """Return the present price, the forecast, and the last 14 days.

        Only the present price has to be had: what is known of the rest is kept.
        """
        now = self._now()
        slot = floor_time(now, SLOT)
        since, times = self._asked
        self._asked = slot, times + 1 if since == slot else 1
        dispatch = await self._client.dispatch()
        present = _slot(dispatch.spot, estimate=dispatch.revisable)
        await self._learn(now)
        self._seen = {
            start: seen for start, seen in self._seen.items() if start > now - SEEN
        } | {present.start: present}
        ahead = [_slot(spot, firm=False) for spot in self._ahead if spot.end > now]
        known = [*self._seen.values(), *_bridge(present, ahead)]
        return self._curve((*known, *ahead, *self._past(now - HISTORY, now)))

    async def history(self, start: datetime, end: datetime) -> PriceCurve:
        """Return the half-hours from `start` to `end`, as far as they are settled."""
        end = min(end, self._now())
        await self._learn_months(start, end)
        return self._curve(
            slot for slot in self._past(start, end) if start <= slot.start
        )

    def known_until(self, when: datetime) -> datetime:
        """Return up to when prices had been known at a moment (UTC)."""
        return floor_time(when, SLOT) + SLOT

    def next_fetch(self, curve: PriceCurve | None) -> datetime:
        """Return when to fetch next (UTC): soon after each five minutes' begin.

        A price that is not there yet, or may be revised, is asked for again.
        """
        now = self._now()
        slot = floor_time(now, SLOT)
        since, times = self._asked
        present = None if curve is None else curve.at(now)
        settled = present is not None and present.firm and not present.estimate
        if settled or (since == slot and times >= MOST_ASKED):
            return slot + SLOT + PUBLISHED_AFTER
        return max(now + AGAIN_AFTER, slot + PUBLISHED_AFTER)

    def _curve(self, slots: Iterable[PriceSlot]) -> PriceCurve:
        """Return slots as a curve; of those that overlap, the first one counts."""
        layers: Layers[PriceSlot] = Layers()
        for slot in slots:
            layers.add(slot.start, slot.end, slot)
        parts = (replace(slot, start=start, end=end) for start, end, slot in layers)
        return PriceCurve(CURRENCY, self._zone, tuple(parts))

    async def _learn(self, now: datetime) -> None:
        """Renew the forecast and the past, where there may be newer ones."""
        try:
            if now >= self._ahead_due:
                self._ahead = await self._client.predispatch()
                self._ahead_due = now + FORECAST_EVERY
            await self._learn_months(now - HISTORY, now)
        except PriceError as err:
            _LOGGER.debug("No forecast, or no past prices: %s", err)

    async def _learn_months(self, start: datetime, end: datetime) -> None:
        """Fetch the months from `start` to `end` that are not known yet."""
        for first in _months(start, end):
            now = self._now()
            due = self._month_due.get(first)
            if due is not None and now < due:
                continue
            try:
                rows = await self._client.month(first)
            except UnknownTariffError:
                # A month that has just begun, or one long before the tables.
                rows = ()
            self._months[first] = tuple(_half_hours(rows)) or self._months.get(
                first, ()
            )
            over = _next(first) + WHOLE_AFTER <= now
            self._month_due[first] = (
                datetime.max.replace(tzinfo=NEM) if over else now + MONTH_EVERY
            )

    def _past(self, start: datetime, end: datetime) -> Iterator[PriceSlot]:
        """Yield what is known of whole half-hours between two moments."""
        for first in _months(start, end):
            for slot in self._months.get(first, ()):
                if start - HALF_HOUR < slot.start and slot.end <= end:
                    yield slot


def _slot(spot: Spot, *, firm: bool = True, estimate: bool = False) -> PriceSlot:
    """Return a wholesale price as a slot."""
    spike = Spike.NONE
    if spot.aud_per_kwh >= SPIKE_AUD_PER_KWH:
        spike = Spike.SPIKE if firm else Spike.POTENTIAL
    price = spot.aud_per_kwh
    return PriceSlot(
        spot.start, spot.end, price, price, firm=firm, spike=spike, estimate=estimate
    )


def _bridge(present: PriceSlot, ahead: Iterable[PriceSlot]) -> Iterator[PriceSlot]:
    """Yield the next five minutes at the present price, where no spike may come."""
    start, end = present.end, present.end + SLOT
    coming = [slot.spike for slot in ahead if slot.start < end and start < slot.end]
    if all(spike is Spike.NONE for spike in (present.spike, *coming)):
        spot = Spot(start, end, present.import_per_kwh)
        yield _slot(spot, estimate=True)


def _half_hours(rows: Iterable[Spot]) -> Iterator[PriceSlot]:
    """Yield the means of half-hours of which all six prices are known."""
    prices: dict[datetime, dict[datetime, float]] = defaultdict(dict)
    for row in rows:
        prices[floor_time(row.start, HALF_HOUR)][row.start] = row.aud_per_kwh
    for start, known in prices.items():
        if len(known) == _STEPS:
            yield _slot(Spot(start, start + HALF_HOUR, fmean(known.values())))


def _months(start: datetime, end: datetime) -> Iterator[date]:
    """Yield the first days of the market's months between two moments."""
    first = start.astimezone(NEM).date().replace(day=1)
    while first <= end.astimezone(NEM).date():
        yield first
        first = _next(first).date()


def _next(first: date) -> datetime:
    """Return when the month after the one that begins on `first` begins."""
    after = (first + 31 * DAY).replace(day=1)
    return datetime(after.year, after.month, 1, tzinfo=NEM)
