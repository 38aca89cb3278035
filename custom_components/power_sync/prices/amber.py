"""Amber Electric (Australia): a site's prices, every five minutes.

A price becomes known a little after its interval has begun, first as an estimate.
Until it is there, Amber's forecast for those five minutes is gone by: the interval
after the current one is firm, as an estimate, unless a spike may be in it. All that
comes later is a forecast, on which nothing is bought or sold.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
import logging
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from aiohttp import ClientSession

from custom_components.power_sync.model.plain import JsonObject, number_of, text_of
from custom_components.power_sync.model.prices import PriceCurve
from custom_components.power_sync.model.timegrid import SLOT, floor_time

from .amber_client import (
    BASE_URL,
    HALF_HOUR_MIN,
    MOST_DAYS,
    AmberClient,
    Channel,
    Interval,
    Kind,
    Outlook,
)
from .amber_rows import bridged, controlled_load_of, cut, doubt_of, slots_of
from .extend import HALF_HOUR, HISTORY
from .nem import CURRENCY, NEM
from .protocols import (
    CONF_TOKEN,
    CONF_ZONE,
    Now,
    PriceAuthError,
    PriceError,
    UnknownTariffError,
)

_LOGGER = logging.getLogger(__name__)

CONF_SITE_ID = "site_id"
CONF_INTERVAL_MIN = "interval_min"
CONF_FEEDS_IN = "feeds_in"
CONF_OUTLOOK = "outlook"
CONF_STANDING_PER_DAY = "standing_per_day"
CONF_BASE_URL = "base_url"

ROWS_BEFORE = 12
ROWS_AFTER = 288
FAR_BEFORE = 48
FAR_AFTER = 96
DAY = timedelta(days=1)
KEPT = timedelta(days=60)
HALF_HOURS = 48
"""Of a day of the market, which knows no summer."""
INCOMPLETE_AGAIN = timedelta(hours=6)
"""A past day of which rows are missing is asked for again after so long."""
WHOLE_AFTER = timedelta(hours=1)
"""How long after its end all of a day is settled."""
PUBLISHED_AFTER = timedelta(seconds=20)
AGAIN_AFTER = timedelta(seconds=20)
MOST_ASKED = 2
"""Requests for the present price in the same five minutes."""


@dataclass(frozen=True, slots=True)
class Home:
    """What is known of a site beforehand.

    `interval_min` is how long the rows are that it is billed by, `zone` that of its
    days.
    """

    site_id: str
    interval_min: int
    feeds_in: bool
    zone: str
    standing_per_day: float | None = None


class AmberPriceSource:
    """Import and export prices of one site.

    A site that does not feed in has an export price of 0.0 in every slot.
    """

    def __init__(self, client: AmberClient, home: Home, *, now: Now) -> None:
        """Ask nothing before the first `fetch`."""
        self._client = client
        self._home = home
        self._now = now
        self.standing_per_day = home.standing_per_day
        self.retry_most = SLOT
        self._days: dict[date, list[Interval]] = {}
        self._incomplete: dict[date, datetime] = {}
        self._far: list[Interval] = []
        self._far_due = datetime.min.replace(tzinfo=UTC)
        self._asked: tuple[datetime, int] = (self._far_due, 0)

    async def fetch(self) -> PriceCurve:
        """Return the last 14 days, the present, and all that Amber forecasts.

        What of that is not the present may fail, and is then what it was before.
        """
        now = self._now()
        slot = floor_time(now, SLOT)
        since, times = self._asked
        self._asked = slot, times + 1 if since == slot else 1
        near = await self._client.around_now(
            self._home.site_id,
            before=ROWS_BEFORE,
            after=ROWS_AFTER,
            resolution_min=None,
        )
        await self._learn(now)
        past = self._of_days(now - HISTORY, now)
        rows = (*bridged(near), *self._far, *past)
        slots = slots_of(rows, self._home.feeds_in)
        controlled = controlled_load_of(rows)
        return PriceCurve(
            CURRENCY,
            self._home.zone,
            slots,
            doubt=doubt_of(near),
            controlled_load=PriceCurve(CURRENCY, self._home.zone, controlled)
            if controlled
            else None,
        )

    async def _learn(self, now: datetime) -> None:
        """Renew the half-hours ahead and behind, where there may be newer ones."""
        try:
            if now >= self._far_due:
                rows = await self._client.around_now(
                    self._home.site_id,
                    before=FAR_BEFORE,
                    after=FAR_AFTER,
                    resolution_min=HALF_HOUR_MIN,
                )
                # The half-hour of now is made of what the near rows say of it.
                self._far = [row for row in rows if row.kind is not Kind.CURRENT]
                self._far_due = floor_time(now, HALF_HOUR) + HALF_HOUR
            await self._learn_days(now - HISTORY, now)
            self._forget(now - KEPT)
        except PriceAuthError:
            raise
        except PriceError as err:
            _LOGGER.debug("No half-hours: %s", err)

    async def _learn_days(self, start: datetime, end: datetime) -> None:
        """Ask for the whole days from `start` to `end` that are not known yet.

        One of which rows are missing is asked for again later: an empty answer may
        have been a fault, and a home may be a new one.
        """
        now = self._now()
        first = start.astimezone(NEM).date()
        today = (end - WHOLE_AFTER).astimezone(NEM).date()
        days = [first + DAY * ahead for ahead in range((today - first).days)]
        missing = [
            day
            for day in days
            if day not in self._days or self._incomplete.get(day, now) < now
        ]
        while missing:
            week = [day for day in missing if day < missing[0] + MOST_DAYS * DAY]
            rows = await self._client.half_hours(self._home.site_id, week[0], week[-1])
            by_day: dict[date, list[Interval]] = {day: [] for day in week}
            for row in rows:
                day = row.start.astimezone(NEM).date()
                if row.kind is Kind.ACTUAL and day in by_day:
                    by_day[day].append(row)
            for day, found in by_day.items():
                self._keep(day, found, now)
            missing = missing[len(week) :]

    def _keep(self, day: date, rows: list[Interval], now: datetime) -> None:
        """Take the rows of a past day, unless more of it are known."""
        if len(rows) >= len(self._days.get(day, ())):
            self._days[day] = rows
        bought = {
            row.start for row in self._days[day] if row.channel is Channel.GENERAL
        }
        self._incomplete.pop(day, None)
        if len(bought) < HALF_HOURS:
            self._incomplete[day] = now + INCOMPLETE_AGAIN

    def _forget(self, before: datetime) -> None:
        """Let go of days that nothing asks for any more."""
        for day in [day for day in self._days if day < before.astimezone(NEM).date()]:
            del self._days[day]
            self._incomplete.pop(day, None)

    def _of_days(self, start: datetime, end: datetime) -> Iterator[Interval]:
        """Yield what is known of whole days between two moments."""
        for rows in self._days.values():
            yield from (row for row in rows if start <= row.start < end)

    async def history(self, start: datetime, end: datetime) -> PriceCurve:
        """Return the half-hours from `start` to `end` that have been settled.

        A week is one request; what is known already, is not asked for again.
        """
        end = min(end, self._now())
        await self._learn_days(start, end)
        past = self._of_days(start - HALF_HOUR, end)
        slots = cut(slots_of(past, self._home.feeds_in), start, end)
        return PriceCurve(CURRENCY, self._home.zone, tuple(slots))

    def known_until(self, when: datetime) -> datetime:
        """Return up to when prices had been known at a moment (UTC)."""
        interval = timedelta(minutes=self._home.interval_min)
        return floor_time(when, interval) + interval

    def next_fetch(self, curve: PriceCurve | None) -> datetime:
        """Return when to fetch next (UTC): soon after each five minutes' begin.

        A price that is still an estimate is asked for once more.
        """
        now = self._now()
        slot = floor_time(now, SLOT)
        since, times = self._asked
        present = None if curve is None else curve.at(now)
        settled = present is not None and present.firm and not present.estimate
        if settled or (since == slot and times >= MOST_ASKED):
            return slot + SLOT + PUBLISHED_AFTER
        return max(now + AGAIN_AFTER, slot + PUBLISHED_AFTER)


def from_settings(
    session: ClientSession, settings: JsonObject, *, now: Now
) -> AmberPriceSource:
    """Make the source from what is stored. Raises UnknownTariffError."""
    standing = settings.get(CONF_STANDING_PER_DAY)
    try:
        client = AmberClient(
            session,
            text_of(settings.get(CONF_BASE_URL) or BASE_URL),
            text_of(settings.get(CONF_TOKEN)),
            outlook=Outlook(text_of(settings.get(CONF_OUTLOOK))),
        )
        home = Home(
            text_of(settings.get(CONF_SITE_ID)),
            int(number_of(settings.get(CONF_INTERVAL_MIN))),
            settings.get(CONF_FEEDS_IN) is True,
            ZoneInfo(text_of(settings.get(CONF_ZONE))).key,
            None if standing is None else number_of(standing),
        )
    except (TypeError, ValueError, ZoneInfoNotFoundError) as err:
        raise UnknownTariffError("a token and a site are needed") from err
    return AmberPriceSource(client, home, now=now)
