"""Unit rates as the interface lists them, for the four shapes of a tariff."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from enum import StrEnum
from statistics import fmean
from typing import Protocol

from .recorded import HALF_HOUR, LONDON, agile_price

VAT = 1.05


class PaymentMethod(StrEnum):
    """For whom a row holds, where that matters."""

    DIRECT_DEBIT = "DIRECT_DEBIT"
    NON_DIRECT_DEBIT = "NON_DIRECT_DEBIT"


@dataclass(frozen=True, slots=True)
class Rate:
    """One row: pence per kWh (or per day) from `valid_from` to `valid_to`."""

    value_exc_vat: float
    value_inc_vat: float
    valid_from: datetime
    valid_to: datetime | None
    payment_method: PaymentMethod | None = None

    def as_json(self) -> dict[str, object]:
        """Return the row as it goes over the wire."""
        return {
            "value_exc_vat": self.value_exc_vat,
            "value_inc_vat": self.value_inc_vat,
            "valid_from": json_time(self.valid_from),
            "valid_to": None if self.valid_to is None else json_time(self.valid_to),
            "payment_method": self.payment_method,
        }


def json_time(when: datetime) -> str:
    """Return a time as the interface writes it."""
    return when.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


class RateBook(Protocol):
    """The rates of one product, the same in all regions."""

    def rows(
        self, start: datetime, end: datetime, published_until: datetime
    ) -> Iterator[Rate]:
        """Yield the rows that touch `start` to `end`, in any order."""


@dataclass(frozen=True, slots=True)
class AgileBook:
    """Half-hours as recorded, up to what is published or `ends` if earlier."""

    export: bool
    ends: datetime | None = None

    def rows(
        self, start: datetime, end: datetime, published_until: datetime
    ) -> Iterator[Rate]:
        """Yield the half-hours that touch `start` to `end`."""
        end = min(end, published_until, self.ends or published_until)
        begin = start.astimezone(UTC)
        begin -= timedelta(
            minutes=begin.minute % 30,
            seconds=begin.second,
            microseconds=begin.microsecond,
        )
        while begin < end:
            price = agile_price(begin)
            if price is not None:
                inc_vat = price.export if self.export else price.import_inc_vat
                exc_vat = inc_vat if self.export else round(inc_vat / VAT, 4)
                yield Rate(exc_vat, inc_vat, begin, begin + HALF_HOUR)
            begin += HALF_HOUR


@dataclass(frozen=True, slots=True)
class WindowsBook:
    """The same windows every day, by the wall clock: begin, exc. and inc. VAT.

    The first window begins at midnight. Days are listed to the end of tomorrow.
    """

    windows: tuple[tuple[time, float, float], ...]

    def rows(
        self, start: datetime, end: datetime, published_until: datetime
    ) -> Iterator[Rate]:
        """Yield the windows that touch `start` to `end`."""
        end = min(end, published_until + timedelta(hours=1))
        day = start.astimezone(LONDON).date()
        while datetime.combine(day, time(), tzinfo=LONDON) < end:
            following = day + timedelta(days=1)
            begins = [
                datetime.combine(day, begin, tzinfo=LONDON).astimezone(UTC)
                for begin, _, _ in self.windows
            ]
            ends = [
                *begins[1:],
                datetime.combine(following, time(), tzinfo=LONDON).astimezone(UTC),
            ]
            for begin, until, window in zip(begins, ends, self.windows, strict=True):
                if begin < end and until > start:
                    yield Rate(window[1], window[2], begin, until)
            day = following


@dataclass(frozen=True, slots=True)
class TrackerBook:
    """One price a day: the mean of the recorded Agile prices of that day."""

    def rows(
        self, start: datetime, end: datetime, published_until: datetime
    ) -> Iterator[Rate]:
        """Yield the days that touch `start` to `end`, to the end of tomorrow."""
        end = min(end, published_until + timedelta(hours=1))
        day = start.astimezone(LONDON).date()
        while (begin := _midnight(day)) < end:
            day += timedelta(days=1)
            until = _midnight(day)
            if until > start:
                half_hours = (until - begin) // HALF_HOUR
                prices = [
                    price.import_inc_vat
                    for index in range(half_hours)
                    if (price := agile_price(begin + index * HALF_HOUR)) is not None
                ]
                inc_vat = round(fmean(prices), 4)
                yield Rate(round(inc_vat / VAT, 4), inc_vat, begin, until)


def _midnight(day: date) -> datetime:
    """Return the beginning of a day of London in UTC."""
    return datetime.combine(day, time(), tzinfo=LONDON).astimezone(UTC)


@dataclass(frozen=True, slots=True)
class ListedBook:
    """Rows that are known for good, as those of a fixed or standard tariff."""

    listed: tuple[Rate, ...]

    def rows(
        self, start: datetime, end: datetime, published_until: datetime
    ) -> Iterator[Rate]:
        """Yield the rows that touch `start` to `end`."""
        for rate in self.listed:
            if rate.valid_from < end and (
                rate.valid_to is None or rate.valid_to > start
            ):
                yield rate
