"""Prices that the user has entered: one rate, or several by time, day and season."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta
from enum import StrEnum
from itertools import chain
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from custom_components.power_sync.model.plain import (
    Json,
    JsonObject,
    number_of,
    text_of,
)
from custom_components.power_sync.model.prices import PriceCurve, PriceSlot
from custom_components.power_sync.model.timegrid import HORIZON

from .holidays import Holidays
from .protocols import CONF_ZONE, Act, Now, UnknownTariffError
from .schedule import RETRY_MOST, Settled
from .terms import CONF_CREDIT, DailyCredit, caps_between
from .windows import (
    EVERY_DAY,
    EVERY_MONTH,
    HOLIDAY,
    NO_HOLIDAYS,
    Rate,
    Rates,
    Window,
    spans,
)

CONF_CURRENCY = "currency"
CONF_IMPORT_PER_KWH = "import_per_kwh"
CONF_EXPORT_PER_KWH = "export_per_kwh"
CONF_STANDING_PER_DAY = "standing_per_day"
CONF_RATES = "rates"
CONF_HOLIDAYS = "holidays"
"""The calendar of public holidays; None where they are days like others."""
CONF_DIRECTION = "direction"
CONF_PRICE_PER_KWH = "price_per_kwh"
CONF_START = "start"
CONF_END = "end"
CONF_WEEKDAYS = "weekdays"
CONF_MONTHS = "months"
CONF_MOST_KWH = "most_kwh"
"""Of a rate: it is for so much energy a day. Of a credit: as much may be bought."""
CONF_POOLED = "pooled"
"""Whether the days of a month share the energy of a capped rate."""
CONF_AMOUNT = "amount"

BEHIND = timedelta(days=1)
AHEAD = HORIZON + timedelta(days=1)
NIGHTLY = Settled(every=timedelta(hours=6), renew=timedelta(hours=6))
LAST_MINUTE = time(23, 59)
"""Written where the end of the day is meant."""


class Direction(StrEnum):
    """Whether a rate is for what is bought or for what is sold."""

    IMPORT = "import"
    EXPORT = "export"


@dataclass(frozen=True, slots=True)
class FixedTariff:
    """All that the user has entered; `holidays` is a calendar's entity id."""

    currency: str
    zone: ZoneInfo
    bought: Rates
    sold: Rates
    standing_per_day: float | None = None
    holidays: str | None = None
    credit: DailyCredit | None = None

    def curve(
        self,
        start: datetime,
        end: datetime,
        holidays: frozenset[date] = NO_HOLIDAYS,
    ) -> PriceCurve:
        """Return the prices from `start` to `end`, all firm, and what is beside."""
        if start >= end:
            return PriceCurve(self.currency, self.zone.key, ())
        caps = (
            caps_between(rates, self.zone, (start, end), holidays, sold=sold)
            for rates, sold in ((self.bought, False), (self.sold, True))
        )
        credit = self.credit
        return PriceCurve(
            self.currency,
            self.zone.key,
            tuple(self._slots(start, end, holidays)),
            () if credit is None else tuple(credit.between(start, end, self.zone)),
            tuple(chain.from_iterable(caps)),
        )

    def _slots(
        self, start: datetime, end: datetime, holidays: frozenset[date]
    ) -> Iterator[PriceSlot]:
        for begin, until, prices in spans(
            self.bought, self.sold, self.zone, start, end, holidays
        ):
            yield PriceSlot(begin, until, *prices)


class FixedPriceSource:
    """Knows all prices there ever are, and asks at most which days are holidays."""

    def __init__(self, tariff: FixedTariff, act: Act, *, now: Now) -> None:
        """Take the tariff; `act` asks its calendar of holidays, if it has one."""
        self._tariff = tariff
        self._now = now
        self._holidays = None
        if tariff.holidays is not None:
            self._holidays = Holidays(tariff.holidays, tariff.zone, act)
        self.standing_per_day = tariff.standing_per_day
        self.retry_most = RETRY_MOST

    async def fetch(self) -> PriceCurve:
        """Return the prices from yesterday to beyond any plan."""
        now = self._now()
        return await self._curve(now - BEHIND, now + AHEAD, anew=True)

    async def history(self, start: datetime, end: datetime) -> PriceCurve:
        """Return the prices from `start` to `end`, as if they had been so always."""
        curve = await self._curve(start, min(end, self._now()), anew=False)
        # What was bought in the past for a credit, and of a cap, nobody has counted.
        return replace(curve, credits=(), caps=())

    async def _curve(self, start: datetime, end: datetime, *, anew: bool) -> PriceCurve:
        """Return prices; where nobody knows the holidays, none of them is known."""
        holidays = NO_HOLIDAYS
        if self._holidays is not None and start < end:
            holidays = await self._holidays.between(start, end, anew=anew)
        return self._tariff.curve(start, end, holidays)

    def known_until(self, when: datetime) -> datetime:
        """Return up to when prices were known at a moment (UTC)."""
        return NIGHTLY.due_until(when)

    def next_fetch(self, curve: PriceCurve | None) -> datetime:
        """Return when to look again (UTC)."""
        return NIGHTLY.next_fetch(curve, self._now())


def from_settings(act: Act, settings: JsonObject, *, now: Now) -> FixedPriceSource:
    """Make the source from what is stored. Raises UnknownTariffError."""
    try:
        return FixedPriceSource(read_tariff(settings), act, now=now)
    except (TypeError, ValueError, ZoneInfoNotFoundError) as err:
        raise UnknownTariffError("the rates cannot be read") from err


def read_tariff(settings: JsonObject) -> FixedTariff:
    """Return the tariff that is stored. Raises TypeError and ValueError."""
    standing = settings.get(CONF_STANDING_PER_DAY)
    holidays = settings.get(CONF_HOLIDAYS)
    rates = settings.get(CONF_RATES)
    if not isinstance(rates, list):
        raise TypeError("the rates are no list")
    read = [_read_rate(rate) for rate in rates]
    bought, sold = (
        Rates(
            number_of(settings.get(key)),
            tuple(rate for way, rate in read if way is direction),
        )
        for direction, key in (
            (Direction.IMPORT, CONF_IMPORT_PER_KWH),
            (Direction.EXPORT, CONF_EXPORT_PER_KWH),
        )
    )
    return FixedTariff(
        text_of(settings.get(CONF_CURRENCY)),
        ZoneInfo(text_of(settings.get(CONF_ZONE))),
        bought,
        sold,
        None if standing is None else number_of(standing),
        None if holidays is None else text_of(holidays),
        _read_credit(settings.get(CONF_CREDIT)),
    )


def _read_credit(stored: Json) -> DailyCredit | None:
    if stored is None:
        return None
    if not isinstance(stored, Mapping):
        raise TypeError("a credit is an object")
    return DailyCredit(
        number_of(stored.get(CONF_AMOUNT)),
        number_of(stored.get(CONF_MOST_KWH)),
        Window(*_clocks(stored)),
    )


def _clocks(stored: JsonObject) -> tuple[time, time]:
    """Return the start and the end of a window."""
    start = time.fromisoformat(text_of(stored.get(CONF_START)))
    end = time.fromisoformat(text_of(stored.get(CONF_END)))
    return start, time(0) if end.replace(second=0) == LAST_MINUTE else end


def _read_rate(stored: Json) -> tuple[Direction, Rate]:
    if not isinstance(stored, Mapping):
        raise TypeError("a rate is an object")
    window = Window(
        *_clocks(stored),
        _chosen(stored.get(CONF_WEEKDAYS), EVERY_DAY | {HOLIDAY}),
        _chosen(stored.get(CONF_MONTHS), EVERY_MONTH),
    )
    most = stored.get(CONF_MOST_KWH)
    rate = Rate(
        number_of(stored.get(CONF_PRICE_PER_KWH)),
        window,
        None if most is None else number_of(most),
        stored.get(CONF_POOLED) is True,
    )
    return Direction(text_of(stored.get(CONF_DIRECTION))), rate


def _chosen(stored: Json, all_of: frozenset[int]) -> frozenset[int]:
    """Return the days or months that were chosen."""
    if not isinstance(stored, list):
        raise TypeError("days and months are lists")
    chosen = frozenset(int(number_of(each)) for each in stored)
    if not chosen or not chosen <= all_of:
        raise ValueError("there is no such day or month")
    return chosen
