"""The REST server: Amber's interface as the facts and the recorded answers show it."""

from collections import deque
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from statistics import fmean
from typing import override

from aiohttp import web

from simulators.clock import Clock
from simulators.rest import Handler, RestSimulator

from .recorded import (
    FIVE_MINUTES,
    NEM,
    bought_cents,
    controlled_cents,
    sold_cents,
    spot_cents,
    wholesale,
)

HALF_HOUR = timedelta(minutes=30)
DAY = timedelta(days=1)
LABEL = timedelta(seconds=1)
"""Starts come this much late, ends do not."""
NEAR = timedelta(minutes=40)
"""Of what lies ahead, at least this long is told by five minutes."""
LOCKED_AFTER = timedelta(seconds=35)
"""Into its interval, a price is no estimate any more."""
TRADING_DAY = time(4)
NEXT_DAY_KNOWN = time(12, 30)
MOST_DAYS = 7
SPIKE_RRP = 300.0
WINDOW = timedelta(seconds=300)

type Row = dict[str, object]


@dataclass(frozen=True, slots=True, kw_only=True)
class Site:
    """A customer's connection."""

    site_id: str
    nmi: str
    interval_min: int = 5
    channels: tuple[str, ...] = ("general", "feedIn")
    status: str = "active"
    network: str = "Jemena"


HOME = Site(site_id="01F5A5CRKMZ5BCX9P1S4V990AM", nmi="3052282872")
OLD_HOME = Site(site_id="01F5A5CRKMZ5BCX9P1S4V99OLD", nmi="3052280001", status="closed")
TOKEN = "psk_0123456789abcdef0123456789abcdef"  # noqa: S105 - the simulator's own


class AmberSimulator(RestSimulator):
    """Serves the sites of one account and their prices.

    With `answers`, the rows of a site are those that were recorded, as they are.
    `prices` says what the wholesale price is in five-minute intervals, by their
    start, instead of the recorded one ($/MWh); `estimates` what that of the present
    one is taken for, as long as it stands there; `spikes` of which intervals' starts a
    spike is announced.
    """

    def __init__(self, clock: Clock, *, host: str = "127.0.0.1", port: int = 0) -> None:
        """Port 0 takes any free one."""
        super().__init__(clock, host=host, port=port)
        self.token = TOKEN
        self.sites = {site.site_id: site for site in (HOME, OLD_HOME)}
        self.answers: dict[str, list[Row]] = {}
        self.prices: dict[datetime, float] = {}
        self.estimates: dict[datetime, float] = {}
        self.spikes: dict[datetime, str] = {}
        self.allowed = 50
        self._times: deque[datetime] = deque()

    @override
    def routes(self) -> Iterable[tuple[str, Handler]]:
        """Return the paths below the base path, and what answers them."""
        yield "/sites", self._get_sites
        yield "/sites/{site}/prices/current", self._get_current
        yield "/sites/{site}/prices", self._get_range

    @override
    def empty(self) -> web.Response:
        """Return a list without rows."""
        return web.json_response([])

    @override
    def not_found(self) -> web.Response:
        """Return the answer to what is not there."""
        return web.json_response({"message": "Site not found"}, status=404)

    def _refused(self, request: web.Request) -> web.Response | None:
        """Return the answer to who may not ask, or asks too often."""
        if request.headers.get("Authorization") != f"Bearer {self.token}":
            return web.json_response({"message": "Forbidden"}, status=403)
        now = self._clock.now()
        while self._times and self._times[0] <= now - WINDOW:
            self._times.popleft()
        if len(self._times) < self.allowed:
            self._times.append(now)
            return None
        return web.json_response(
            {"message": "Too many requests"}, status=429, headers=self._limits()
        )

    def _limits(self) -> dict[str, str]:
        begun = self._times[0] if self._times else self._clock.now()
        reset = begun + WINDOW - self._clock.now()
        return {
            "ratelimit-limit": str(self.allowed),
            "ratelimit-remaining": str(self.allowed - len(self._times)),
            "ratelimit-reset": str(int(reset.total_seconds())),
            "ratelimit-policy": f"{self.allowed};w={int(WINDOW.total_seconds())}",
        }

    def _answer(self, rows: Iterable[Row]) -> web.Response:
        return web.json_response(list(rows), headers=self._limits())

    async def _get_sites(self, request: web.Request) -> web.Response:
        """List the account's sites."""
        if refused := self._refused(request):
            return refused
        return self._answer(
            {
                "id": site.site_id,
                "nmi": site.nmi,
                "channels": [
                    {"identifier": f"E{index}", "type": channel, "tariff": "A100"}
                    for index, channel in enumerate(site.channels, 1)
                ],
                "network": site.network,
                "status": site.status,
                "activeFrom": "2022-01-01",
                "closedOn": None if site.status == "active" else "2023-05-01",
                "intervalLength": site.interval_min,
            }
            for site in self.sites.values()
        )

    async def _get_current(self, request: web.Request) -> web.Response:
        """List the current row, with those before and after it."""
        if refused := self._refused(request):
            return refused
        site = self._site(request)
        if site.site_id in self.answers:
            return self._answer(self.answers[site.site_id])
        before = int(request.query.get("previous", "0"))
        after = int(request.query.get("next", "0"))
        asked = request.query.get("resolution")
        length = timedelta(minutes=int(asked or site.interval_min))
        now = self._clock.now()
        start = now - (now - datetime.min.replace(tzinfo=now.tzinfo)) % length
        rows = [(start - step * length, length) for step in range(before, -1, -1)]
        rows += self._ahead(start + length, length, after, mixed=asked is None)
        return self._answer(self._rows(site, rows))

    def _ahead(
        self, start: datetime, length: timedelta, count: int, *, mixed: bool
    ) -> Iterator[tuple[datetime, timedelta]]:
        """Yield what lies ahead: as far as the market knows, and as was asked."""
        now = self._clock.now()
        end = min(self._known_until(now), start + count * length)
        near = now + NEAR if mixed else end
        while True:
            on_half_hour = start.minute % 30 == 0
            step = HALF_HOUR if start >= near and on_half_hour else length
            if start + step > end:
                return
            yield start, step
            start += step

    def _known_until(self, now: datetime) -> datetime:
        """Return the end of the last trading day that is forecast."""
        local = now.astimezone(NEM)
        begun = local.time() >= TRADING_DAY
        day = local.date() + DAY * (begun + (local.time() >= NEXT_DAY_KNOWN))
        return datetime.combine(day, TRADING_DAY, tzinfo=NEM)

    async def _get_range(self, request: web.Request) -> web.Response:
        """List the rows of whole days."""
        if refused := self._refused(request):
            return refused
        site = self._site(request)
        first = date.fromisoformat(request.query["startDate"])
        last = date.fromisoformat(request.query["endDate"])
        if not first <= last < first + MOST_DAYS * DAY:
            return web.json_response({"message": "Internal server error"}, status=502)
        length = timedelta(minutes=int(request.query["resolution"]))
        start = datetime.combine(first, time(0), tzinfo=NEM)
        end = datetime.combine(last + DAY, time(0), tzinfo=NEM)
        starts = [start + step * length for step in range((end - start) // length)]
        return self._answer(self._rows(site, [(each, length) for each in starts]))

    def price(self, start: datetime, length: timedelta) -> float:
        """Return the mean wholesale price of an interval on the grid, in $/MWh."""
        steps = [start + step * FIVE_MINUTES for step in range(length // FIVE_MINUTES)]
        return fmean(
            self.prices.get(each, wholesale(each, FIVE_MINUTES)) for each in steps
        )

    def _site(self, request: web.Request) -> Site:
        """Return the site of a path. Raises HTTPNotFound."""
        site = self.sites.get(request.match_info["site"])
        if site is None:
            raise web.HTTPNotFound
        return site

    def _rows(
        self, site: Site, intervals: Iterable[tuple[datetime, timedelta]]
    ) -> Iterator[Row]:
        """Yield the rows of each channel."""
        intervals = list(intervals)
        for channel in site.channels:
            for start, length in intervals:
                yield self._row(channel, start, length)

    def _row(self, channel: str, start: datetime, length: timedelta) -> Row:
        """Return a row as it is served now."""
        now, end = self._clock.now(), start + length
        present = length == FIVE_MINUTES and start <= now < end
        estimated = self.estimates.get(start) if present else None
        rrp = self.price(start, length) if estimated is None else estimated
        cents = _cents(channel, rrp, start)
        row: Row = {
            "type": "ActualInterval",
            "date": (end - LABEL).astimezone(NEM).date().isoformat(),
            "duration": length // timedelta(minutes=1),
            "startTime": _utc(start + LABEL),
            "endTime": _utc(end),
            "nemTime": end.astimezone(NEM).isoformat(),
            "perKwh": round(cents, 5),
            "spotPerKwh": round(spot_cents(rrp), 5),
            "channelType": channel,
            "renewables": 40.0,
            "spikeStatus": self.spikes.get(start, _spike(rrp)),
            "tariffInformation": {"demandWindow": False},
            "descriptor": "neutral",
        }
        if end <= now:
            return row
        if start <= now:
            locked = present and estimated is None and now >= start + LOCKED_AFTER
            return row | {"type": "CurrentInterval", "estimate": not locked}
        # Amber's own forecast is the recorded price; the market's is a tenth above.
        advanced = {
            "low": round(cents - abs(cents) * 0.2, 5),
            "predicted": round(cents, 5),
            "high": round(cents + abs(cents) * 0.5, 5),
        }
        return row | {
            "type": "ForecastInterval",
            "perKwh": round(cents * 1.1, 5),
            "advancedPrice": advanced,
            "estimate": True,
        }


def _cents(channel: str, rrp: float, start: datetime) -> float:
    """Return what a kWh of a channel costs."""
    if channel == "feedIn":
        return sold_cents(rrp)
    controlled = channel == "controlledLoad"
    return controlled_cents(rrp) if controlled else bought_cents(rrp, start)


def _utc(when: datetime) -> str:
    return when.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def _spike(rrp: float) -> str:
    return "spike" if rrp >= SPIKE_RRP else "none"
