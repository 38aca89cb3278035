"""Amber Electric's public interface: a customer's sites and their prices.

Source: app.amber.com.au/developers. Asked for in the name of a personal token. Rows
are labelled by their end: `endTime` is exact, `startTime` comes a second after the
boundary. Prices are in cents per kWh, GST and network charges included, and those of
the feed-in are costs: below zero the customer is paid.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from enum import StrEnum
from typing import override

from aiohttp import ClientSession

from custom_components.power_sync.model.prices import Spike

from .protocols import PriceAnswerError
from .rest import REQUEST_TIMEOUT_S, Fields, RestClient, bearer

BASE_URL = "https://api.amber.com.au/v1"

HALF_HOUR_MIN = 30
MOST_DAYS = 7
"""More days are not answered at once (amberelectric/public-api issue 232)."""

_CENTS_PER_DOLLAR = 100
_GST = Decimal("1.1")
_LENGTHS_MIN = (5, 30)
_LATE_START = timedelta(minutes=1)
_ACTIVE = "active"


class Channel(StrEnum):
    """What a price is for; whatever else there is, is left out."""

    GENERAL = "general"
    FEED_IN = "feedIn"
    CONTROLLED_LOAD = "controlledLoad"


class Kind(StrEnum):
    """Whether a row is of the past, of now, or of the time to come."""

    ACTUAL = "ActualInterval"
    CURRENT = "CurrentInterval"
    FORECAST = "ForecastInterval"


class Outlook(StrEnum):
    """Which of Amber's own forecasts to go by."""

    PREDICTED = "predicted"
    LOW = "low"
    HIGH = "high"


@dataclass(frozen=True, slots=True)
class AmberSite:
    """A home in the account."""

    site_id: str
    name: str
    interval_min: int
    feeds_in: bool


@dataclass(frozen=True, slots=True)
class Interval:
    """The price of one channel from `start` to `end`.

    `aud_per_kwh` is paid by the customer, of the feed-in it is paid to the customer.
    `apart_aud_per_kwh` is how far Amber's dear case is from what it expects, where it
    says both.
    """

    start: datetime
    end: datetime
    channel: Channel
    kind: Kind
    aud_per_kwh: float
    spike: Spike
    estimate: bool
    apart_aud_per_kwh: float | None = None


class AmberClient:
    """Reads sites and prices. All methods raise PriceError and nothing else."""

    def __init__(
        self,
        session: ClientSession,
        base_url: str,
        token: str,
        *,
        outlook: Outlook = Outlook.PREDICTED,
        timeout_s: float = REQUEST_TIMEOUT_S,
    ) -> None:
        """Ask in the name of the owner of `token`."""
        self._rest = RestClient(
            session,
            base_url,
            credentials=bearer(token),
            closing_slash=False,
            timeout_s=timeout_s,
        )
        self._outlook = outlook

    async def sites(self) -> list[AmberSite]:
        """Return the sites that have prices: closed ones and coming ones have none."""
        rows = await self._rest.get_rows("sites", query={}, called="sites")
        return [_read_site(row) for row in rows if row.text("status") == _ACTIVE]

    async def around_now(
        self, site_id: str, *, before: int, after: int, resolution_min: int | None
    ) -> list[Interval]:
        """Return the current row with those before and after it.

        Without a resolution the rows are as long as those that the site is billed
        by; the later ones are half-hours in any case.
        """
        query = {"previous": str(before), "next": str(after)}
        if resolution_min is not None:
            query["resolution"] = str(resolution_min)
        rows = await self._rest.get_rows(
            "sites", site_id, "prices", "current", query=query, called="current prices"
        )
        return list(self._intervals(rows))

    async def half_hours(self, site_id: str, first: date, last: date) -> list[Interval]:
        """Return the half-hours of whole days (UTC+10), at most a week of them."""
        query = {
            "startDate": first.isoformat(),
            "endDate": last.isoformat(),
            "resolution": str(HALF_HOUR_MIN),
        }
        rows = await self._rest.get_rows(
            "sites", site_id, "prices", query=query, called="past prices"
        )
        return list(self._intervals(rows))

    def _intervals(self, rows: Iterable[Fields]) -> Iterable[Interval]:
        for row in rows:
            channel = row.text("channelType")
            try:
                if channel in Channel:
                    yield _read_interval(row, Channel(channel), self._cents(row))
            except PriceAnswerError:
                # Nothing is planned with it: no other price is lost for it.
                if channel != Channel.CONTROLLED_LOAD:
                    raise

    def _cents(self, row: Fields) -> Decimal:
        """Return what the customer pays; of a forecast, what Amber itself expects."""
        expected = None
        if row.text("type") == Kind.FORECAST:
            expected = row.optional_object("advancedPrice")
        if expected is not None and self._outlook in expected:
            return expected.number(self._outlook)
        return row.number("perKwh")


class AmberMarketClient(AmberClient):
    """Reads the market's part of the prices alone, without GST."""

    @override
    def _cents(self, row: Fields) -> Decimal:
        return row.number("spotPerKwh") / _GST


def _read_site(row: Fields) -> AmberSite:
    """Return a site; of its meter number, the digits that tell homes apart."""
    channels = {channel.text("type") for channel in row.rows("channels")}
    interval_min = int(row.number("intervalLength"))
    if interval_min not in _LENGTHS_MIN:
        raise PriceAnswerError("a site is billed by 5 or by 30 minutes")
    return AmberSite(
        row.text("id"),
        f"{row.text('network')} …{row.text('nmi')[-4:]}",
        interval_min,
        Channel.FEED_IN in channels,
    )


def _read_interval(row: Fields, channel: Channel, cents: Decimal) -> Interval:
    """Return a row."""
    end, minutes = row.moment("endTime"), row.number("duration")
    if minutes not in _LENGTHS_MIN:
        raise PriceAnswerError("a price is for 5 or for 30 minutes")
    start = end - timedelta(minutes=int(minutes))
    if not start <= row.moment("startTime") < start + _LATE_START:
        raise PriceAnswerError("a price has a start that is not its own")
    kind = row.text("type")
    if kind not in Kind:
        raise PriceAnswerError(f"{kind!r} is no kind of price")
    if channel is Channel.FEED_IN:
        cents = -cents
    return Interval(
        start,
        end,
        channel,
        Kind(kind),
        _dollars(cents),
        _read_spike(row.text("spikeStatus")),
        # A forecast is one in any case, and what is past is settled.
        kind == Kind.CURRENT and row.flag("estimate"),
        _apart(row) if kind == Kind.FORECAST else None,
    )


def _apart(row: Fields) -> float | None:
    """Return how far the dear case is from what is expected; None where not said."""
    said = row.optional_object("advancedPrice")
    try:
        if said is None:
            return None
        return abs(_dollars(said.number(Outlook.HIGH) - said.number(Outlook.PREDICTED)))
    except PriceAnswerError:
        # Nothing is planned with it: no price is lost for it.
        return None


def _dollars(cents: Decimal) -> float:
    # Of zero cents the opposite is zero, and not its negative twin.
    return float(cents / _CENTS_PER_DOLLAR) + 0.0


def _read_spike(status: str) -> Spike:
    """Return what is said of a spike; a word that is not known may say there is one."""
    return Spike(status) if status in Spike else Spike.POTENTIAL
