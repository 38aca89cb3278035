"""Day-ahead prices of the European market, by the actions of other integrations.

The auction sets each day's prices, from midnight to midnight in Brussels, and they
come out at about 13:00 the day before. What taxes and fees add is the user's:
`price * factor + addition`, in money per kWh, for buying and for selling.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta
import logging

from custom_components.power_sync.model.layers import Layers
from custom_components.power_sync.model.plain import JsonObject, number_of, text_of
from custom_components.power_sync.model.prices import PriceCurve, PriceSlot
from custom_components.power_sync.model.series import Series, Span
from custom_components.power_sync.model.timegrid import floor_time

from .day_ahead_integrations import DAY, INTEGRATIONS, MARKET, Asked, midnight
from .entity_rows import read_prices
from .extend import HISTORY
from .protocols import (
    Act,
    Now,
    PriceAnswerError,
    PriceError,
    UnknownTariffError,
)
from .schedule import RETRY_MOST, DailyPublication

_LOGGER = logging.getLogger(__name__)

CONF_INTEGRATION = "integration"
CONF_ENTRY = "config_entry_id"
CONF_PLACE = "place"
CONF_CURRENCY = "currency"
CONF_HOURLY = "hourly"
CONF_IMPORT_FACTOR = "import_factor"
CONF_IMPORT_ADDITION = "import_addition"
CONF_EXPORT_FACTOR = "export_factor"
CONF_EXPORT_ADDITION = "export_addition"
CONF_STANDING_PER_DAY = "standing_per_day"

HOUR = timedelta(hours=1)
NOTHING = Series(())
AUCTION = DailyPublication(
    zone=MARKET.key,
    published=time(13),
    day_ends=time(23, 59),
    eager_until=time(16),
)


@dataclass(frozen=True, slots=True)
class Formula:
    """What is made of the market's price."""

    factor: float
    addition_per_kwh: float

    def of(self, price: float) -> float:
        """Return what is paid, or is paid to the home, per kWh."""
        return price * self.factor + self.addition_per_kwh


@dataclass(frozen=True, slots=True)
class DayAheadTariff:
    """All that the user has chosen; `hourly` prices are the mean of each hour."""

    domain: str
    entry_id: str
    place: str
    currency: str
    hourly: bool
    bought: Formula
    sold: Formula
    standing_per_day: float | None


class DayAheadPriceSource:
    """Asks another integration for whole days, each of them once."""

    def __init__(self, tariff: DayAheadTariff, act: Act, *, now: Now) -> None:
        """Raise KeyError for an integration that is not known."""
        self._tariff = tariff
        self._integration = INTEGRATIONS[tariff.domain]
        self._act = act
        self._now = now
        self._days: dict[date, Series] = {}
        self.standing_per_day = tariff.standing_per_day
        self.retry_most = RETRY_MOST

    async def fetch(self) -> PriceCurve:
        """Return the last 14 days, today, and tomorrow once it is published.

        Only today's have to be there; what else is missing is asked for again, and
        so is what is missing of today and tomorrow.
        """
        now = self._now()
        today = now.astimezone(MARKET).date()
        await self._complete(today)
        if not self._days.get(today):
            raise PriceAnswerError("there are no prices for today")
        ahead = self.known_until(now).astimezone(MARKET).date()
        try:
            if ahead > today + DAY:
                await self._complete(today + DAY)
            await self._learn(today - HISTORY, today)
        except PriceError as err:
            _LOGGER.debug("Not all days: %s", err)
        return self._curve(now - HISTORY, now + 2 * DAY)

    async def _complete(self, day: date) -> None:
        """Ask for a day of which not all is known; what was known is kept.

        Raises PriceError where nothing of it was.
        """
        known = self._days.get(day, NOTHING)
        start, end = _limits(day)
        if known.mean(start, end) is not None:
            return
        try:
            asked = await self._ask(day)
        except PriceError:
            if not known:
                raise
            return
        layers: Layers[float] = Layers()
        for span in (*asked.spans, *known.spans):
            layers.add(span.start, span.end, span.value)
        self._days[day] = Series(Span(*part) for part in layers)

    async def _learn(self, first: date, last: date) -> None:
        """Ask for the days before `last` that have not been asked for yet."""
        for ahead in range((last - first).days):
            day = first + DAY * ahead
            if day not in self._days:
                self._days[day] = await self._ask(day)

    async def _ask(self, day: date) -> Series:
        """Return the market's prices of a day; empty where they are not out.

        What an answer says of other days is left out.
        """
        tariff, integration = self._tariff, self._integration
        asked = Asked(tariff.entry_id, tariff.place, day)
        answer = await self._act(
            tariff.domain, integration.action, integration.data(asked)
        )
        rows = integration.rows(answer, asked)
        if not isinstance(rows, list):
            raise PriceAnswerError("the answer has no list of prices")
        start, end = _limits(day)
        # A row without an end may reach into the next day, whose own rows count.
        return Series(
            replace(span, start=max(span.start, start), end=min(span.end, end))
            for span in read_prices({"rows": rows}, MARKET).spans
            if span.start < end and start < span.end
        )

    def _curve(self, start: datetime, end: datetime) -> PriceCurve:
        slots = {
            span.start: self._slot(span)
            for day in sorted(self._days)
            for span in self._billed(self._days[day])
            if span.start < end and start < span.end
        }
        return PriceCurve.of(self._tariff.currency, MARKET.key, slots.values())

    def _billed(self, day: Series) -> Iterator[Span]:
        """Yield prices as they are billed."""
        if not self._tariff.hourly:
            yield from day.spans
            return
        for start in sorted({floor_time(span.start, HOUR) for span in day.spans}):
            mean = day.mean(start, start + HOUR)
            if mean is not None:
                yield Span(start, start + HOUR, mean)

    def _slot(self, span: Span) -> PriceSlot:
        price = span.value * self._integration.scale
        tariff = self._tariff
        return PriceSlot(
            span.start, span.end, tariff.bought.of(price), tariff.sold.of(price)
        )

    async def history(self, start: datetime, end: datetime) -> PriceCurve:
        """Return the prices that applied from `start` to `end`, in whole slots.

        Each day is asked for once; what an integration does not keep is missing.
        """
        end = min(end, self._now())
        last = end.astimezone(MARKET).date()
        await self._learn(start.astimezone(MARKET).date(), last)
        return self._curve(start, end)

    def known_until(self, when: datetime) -> datetime:
        """Return up to when prices had been published at a moment (UTC)."""
        local = when.astimezone(MARKET)
        days = 2 if local.time() >= AUCTION.published else 1
        return midnight(local.date() + days * DAY).astimezone(UTC)

    def next_fetch(self, curve: PriceCurve | None) -> datetime:
        """Return when to fetch next (UTC), given what is known already."""
        return AUCTION.next_fetch(curve, self._now())


def _limits(day: date) -> tuple[datetime, datetime]:
    """Return when a day of the market begins and ends (UTC)."""
    return midnight(day).astimezone(UTC), midnight(day + DAY).astimezone(UTC)


def from_settings(act: Act, settings: JsonObject, *, now: Now) -> DayAheadPriceSource:
    """Make the source from what is stored. Raises UnknownTariffError."""
    try:
        return DayAheadPriceSource(read_tariff(settings), act, now=now)
    except (TypeError, KeyError) as err:
        raise UnknownTariffError("an integration of prices is needed") from err


def read_tariff(settings: JsonObject) -> DayAheadTariff:
    """Return the tariff that is stored. Raises TypeError."""
    standing = settings.get(CONF_STANDING_PER_DAY)
    return DayAheadTariff(
        domain=text_of(settings.get(CONF_INTEGRATION)),
        entry_id=text_of(settings.get(CONF_ENTRY)),
        place=text_of(settings.get(CONF_PLACE)),
        currency=text_of(settings.get(CONF_CURRENCY)),
        hourly=settings.get(CONF_HOURLY) is True,
        bought=Formula(
            number_of(settings.get(CONF_IMPORT_FACTOR)),
            number_of(settings.get(CONF_IMPORT_ADDITION)),
        ),
        sold=Formula(
            number_of(settings.get(CONF_EXPORT_FACTOR)),
            number_of(settings.get(CONF_EXPORT_ADDITION)),
        ),
        standing_per_day=None if standing is None else number_of(standing),
    )
