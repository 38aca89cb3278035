"""Whether the wholesale price of a region spikes, where no price curve shows it.

Contracts with fixed rates may pay for spikes by an event of their own. A spike begins
where a price reaches a threshold, and is over where one is below a lower threshold, so
that a price about it does not flicker: by 300 and 280 $/MWh, 300 enters, 280 stays,
279 leaves. What is known of five minutes counts until ten minutes after their end; then
nobody knows, and a spike is over.
"""

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta

from aiohttp import ClientSession

from custom_components.power_sync.model.plain import (
    JsonObject,
    number_of,
    text_of,
    time_of,
)
from custom_components.power_sync.model.timegrid import SLOT, floor_time

from .aemo_client import Addresses, AemoClient, Dispatch
from .nem import KWH_PER_MWH, SPIKE_AUD_PER_KWH, Region, Spot
from .protocols import Now, PriceError
from .schedule import retry_at

CONF_REGION = "region"
CONF_REPORT_URL = "report_url"

ENTER_AUD_PER_MWH = SPIKE_AUD_PER_KWH * KWH_PER_MWH
LEAVE_AUD_PER_MWH = 280.0
LEAVE_BELOW_AUD_PER_MWH = ENTER_AUD_PER_MWH - LEAVE_AUD_PER_MWH
GLOBIRD_AUD_PER_MWH = 3000.0
"""Where GloBird's events begin."""
EVERY = timedelta(minutes=1)
PUBLISHED_AFTER = timedelta(seconds=20)
LONGEST_WAIT = SLOT
STALE_AFTER = timedelta(minutes=10)


@dataclass(frozen=True, slots=True)
class Thresholds:
    """From where on a price is a spike, and below where one is over, in $/MWh.

    A spike that could not end where it begins would flicker: the lower one counts.
    """

    enter_per_mwh: float = ENTER_AUD_PER_MWH
    leave_per_mwh: float = LEAVE_AUD_PER_MWH

    def spikes(self, price_per_mwh: float, *, already: bool) -> bool:
        """Whether a price is a spike, `already` in one or not."""
        if already:
            return price_per_mwh >= min(self.leave_per_mwh, self.enter_per_mwh)
        return price_per_mwh >= self.enter_per_mwh


@dataclass(frozen=True, slots=True)
class SpikeStatus:
    """What is known of a region: whether it spikes, since when, and at which price."""

    region: Region
    active: bool
    since: datetime | None
    dispatch: Dispatch

    @property
    def price_per_mwh(self) -> float:
        """The wholesale price of the newest five minutes, in $/MWh without GST."""
        return _per_mwh(self.dispatch)

    @property
    def known_until(self) -> datetime:
        """From when on (UTC) nobody knows any more, unless there is news."""
        return self.dispatch.spot.end + STALE_AFTER


class SpikeWatch:
    """Follows a region's price each minute until that of the present is known."""

    def __init__(
        self,
        client: AemoClient,
        *,
        now: Now,
        thresholds: Thresholds = Thresholds(),
    ) -> None:
        """Ask `client`; the thresholds may change."""
        self._client = client
        self._now = now
        self._thresholds = thresholds
        self._status: SpikeStatus | None = None
        self._error: PriceError | None = None
        self._failures = 0

    @property
    def region(self) -> Region:
        """Whose prices are followed."""
        return self._client.region

    @property
    def status(self) -> SpikeStatus | None:
        """What is known; None before the first answer, and where it is too old."""
        known = self._status
        return None if known is None or self._now() >= known.known_until else known

    def restore(self, status: SpikeStatus | None) -> None:
        """Go on from what was known before a restart, of the same region only."""
        if status is not None and status.region is self.region and not self._status:
            self._status = status

    def set_thresholds(self, thresholds: Thresholds) -> None:
        """Judge by other thresholds from now on, and what is known at once."""
        if thresholds != self._thresholds:
            self._thresholds = thresholds
            if (known := self.status) is not None:
                self._status = self._judged(known, known.dispatch)

    async def check(self) -> SpikeStatus | None:
        """Ask, and return what is known then. Raises PriceError."""
        try:
            dispatch = await self._client.dispatch()
        except PriceError as err:
            self._error = err
            self._failures += 1
            raise
        self._error, self._failures = None, 0
        before = self.status
        # An answer older than the one before says nothing new.
        if before is None or dispatch.spot.end >= before.dispatch.spot.end:
            self._status = self._judged(before, dispatch)
        return self.status

    def next_check(self) -> datetime:
        """Return when to ask next (UTC).

        After failures the wait grows to five minutes, or to what was asked for.
        """
        now = self._now()
        if self._error is not None:
            retry = retry_at(self._error, self._failures, now, LONGEST_WAIT)
            return max(retry, now + EVERY)
        known = self._status
        if known is None or known.dispatch.revisable or known.dispatch.spot.end <= now:
            return now + EVERY
        return floor_time(now, SLOT) + SLOT + PUBLISHED_AFTER

    def _judged(self, before: SpikeStatus | None, dispatch: Dispatch) -> SpikeStatus:
        """Return the status after a price."""
        already = before is not None and before.active
        if not self._thresholds.spikes(_per_mwh(dispatch), already=already):
            return SpikeStatus(self.region, active=False, since=None, dispatch=dispatch)
        since = before.since if before and before.active else dispatch.spot.start
        return SpikeStatus(self.region, active=True, since=since, dispatch=dispatch)


def status_to_json(status: SpikeStatus | None) -> JsonObject | None:
    """Return a status as JSON can hold it."""
    if status is None:
        return None
    spot = status.dispatch.spot
    return {
        "region": status.region.value,
        "since": None if status.since is None else status.since.isoformat(),
        "start": spot.start.isoformat(),
        "end": spot.end.isoformat(),
        "aud_per_kwh": spot.aud_per_kwh,
    }


def status_from_json(data: object) -> SpikeStatus | None:
    """Return the status that `status_to_json` wrote; None for anything else."""
    if not isinstance(data, Mapping):
        return None
    try:
        since = None if data["since"] is None else time_of(data["since"])
        price = number_of(data["aud_per_kwh"])
        spot = Spot(time_of(data["start"]), time_of(data["end"]), price)
        region = Region(text_of(data["region"]))
    except KeyError, TypeError, ValueError:
        return None
    dispatch = Dispatch(spot, revisable=True)
    return SpikeStatus(region, active=since is not None, since=since, dispatch=dispatch)


def _per_mwh(dispatch: Dispatch) -> float:
    """Return a price with the digits that the market has, at most five."""
    return round(dispatch.spot.aud_per_kwh * KWH_PER_MWH, 5)


def watch_from_settings(
    session: ClientSession, settings: JsonObject, *, now: Now
) -> SpikeWatch | None:
    """Return what watches the region that is stored; None where there is none.

    Providers elsewhere have regions of their own, which are none of the market.
    """
    with suppress(TypeError, ValueError):
        region = Region(text_of(settings.get(CONF_REGION)))
        address = text_of(settings.get(CONF_REPORT_URL, Addresses().report))
        client = AemoClient(session, region, Addresses(report=address), now=now)
        return SpikeWatch(client, now=now)
    return None
