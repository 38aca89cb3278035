"""Rates on the clock on the wall: each moment has one, on every day of the year."""

from datetime import UTC, date, datetime, time, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

from hypothesis import given, strategies as st
import pytest

from custom_components.power_sync.prices.windows import (
    EVERY_DAY,
    EVERY_MONTH,
    Prices,
    Rate,
    Rates,
    Window,
    spans,
)

BERLIN = ZoneInfo("Europe/Berlin")
SYDNEY = ZoneInfo("Australia/Sydney")
NOTHING = Rates(0.0)
MINUTE = timedelta(minutes=1)
HOUR = timedelta(hours=1)
DAY = timedelta(days=1)

NIGHT = Window(time(22), time(6))


def utc(year: int, month: int, day: int, hour: int = 0, minute: int = 0) -> datetime:
    """Return a time in UTC."""
    return datetime(year, month, day, hour, minute, tzinfo=UTC)


def of_day(
    bought: Rates, day: date, zone: ZoneInfo = BERLIN
) -> list[tuple[datetime, datetime, float]]:
    """Return the import prices of a local day."""
    start = datetime.combine(day, time(0), tzinfo=zone).astimezone(UTC)
    end = datetime.combine(day + DAY, time(0), tzinfo=zone).astimezone(UTC)
    found = spans(bought, NOTHING, zone, start, end)
    return [(begin, until, prices[0]) for begin, until, prices in found]


def test_a_night_rate() -> None:
    """22:00 to 6:00 in winter is 21:00 to 5:00 UTC."""
    assert of_day(Rates(0.3, (Rate(0.2, NIGHT),)), date(2026, 1, 14)) == [
        (utc(2026, 1, 13, 23), utc(2026, 1, 14, 5), 0.2),
        (utc(2026, 1, 14, 5), utc(2026, 1, 14, 21), 0.3),
        (utc(2026, 1, 14, 21), utc(2026, 1, 14, 23), 0.2),
    ]


def test_clocks_go_forward() -> None:
    """Of 22:00 to 6:00 seven hours are left on 29 March 2026 in Berlin.

    2:30 does not exist that day: a rate from 2:30 to 4:00 begins at 3:00, which is
    1:00 UTC, and one from 2:15 to 2:45 has no minute at all.
    """
    night = of_day(Rates(0.3, (Rate(0.2, NIGHT),)), date(2026, 3, 29))
    assert night == [
        (utc(2026, 3, 28, 23), utc(2026, 3, 29, 4), 0.2),
        (utc(2026, 3, 29, 4), utc(2026, 3, 29, 20), 0.3),
        (utc(2026, 3, 29, 20), utc(2026, 3, 29, 22), 0.2),
    ]
    early = Rates(0.3, (Rate(0.1, Window(time(2, 30), time(4))),))
    assert of_day(early, date(2026, 3, 29)) == [
        (utc(2026, 3, 28, 23), utc(2026, 3, 29, 1), 0.3),
        (utc(2026, 3, 29, 1), utc(2026, 3, 29, 2), 0.1),
        (utc(2026, 3, 29, 2), utc(2026, 3, 29, 22), 0.3),
    ]
    never = Rates(0.3, (Rate(0.1, Window(time(2, 15), time(2, 45))),))
    assert of_day(never, date(2026, 3, 29)) == [
        (utc(2026, 3, 28, 23), utc(2026, 3, 29, 22), 0.3)
    ]


def test_clocks_go_back() -> None:
    """2:15 to 2:45 comes twice on 25 October 2026: at 0:15 and at 1:15 UTC."""
    twice = Rates(0.3, (Rate(0.1, Window(time(2, 15), time(2, 45))),))
    assert of_day(twice, date(2026, 10, 25)) == [
        (utc(2026, 10, 24, 22), utc(2026, 10, 25, 0, 15), 0.3),
        (utc(2026, 10, 25, 0, 15), utc(2026, 10, 25, 0, 45), 0.1),
        (utc(2026, 10, 25, 0, 45), utc(2026, 10, 25, 1, 15), 0.3),
        (utc(2026, 10, 25, 1, 15), utc(2026, 10, 25, 1, 45), 0.1),
        (utc(2026, 10, 25, 1, 45), utc(2026, 10, 25, 23), 0.3),
    ]


def test_half_an_hour_of_summer() -> None:
    """Lord Howe Island moves its clocks by 30 minutes, from 2:00 to 2:30."""
    zone = ZoneInfo("Australia/Lord_Howe")
    early = Rates(0.3, (Rate(0.1, Window(time(2, 15), time(3))),))
    assert of_day(early, date(2026, 10, 4), zone) == [
        (utc(2026, 10, 3, 13, 30), utc(2026, 10, 3, 15, 30), 0.3),
        (utc(2026, 10, 3, 15, 30), utc(2026, 10, 3, 16), 0.1),
        (utc(2026, 10, 3, 16), utc(2026, 10, 4, 13), 0.3),
    ]


def test_a_night_belongs_to_the_day_it_begins_on() -> None:
    """Friday's night goes on into Saturday; Sunday's is not a weekday's."""
    weekdays = Window(time(22), time(6), weekdays=frozenset(range(5)))
    rates = Rates(0.3, (Rate(0.2, weekdays),))
    saturday, sunday, monday = (date(2026, 1, day) for day in (17, 18, 19))
    assert [price for *_, price in of_day(rates, saturday)] == [0.2, 0.3]
    assert [price for *_, price in of_day(rates, sunday)] == [0.3]
    assert [price for *_, price in of_day(rates, monday)] == [0.3, 0.2]
    assert [price for *_, price in of_day(rates, monday + DAY)] == [0.2, 0.3, 0.2]


def test_the_last_one_counts() -> None:
    """A dear summer evening stands below the rate of all evenings, and wins."""
    evening = Rate(0.4, Window(time(16), time(21)))
    summer = Rate(0.5, Window(time(17), time(20), months=frozenset({12, 1, 2})))
    rates = Rates(0.2, (evening, summer))
    assert [price for *_, price in of_day(rates, date(2026, 1, 14), SYDNEY)] == [
        *(0.2, 0.4, 0.5, 0.4, 0.2)
    ]
    assert [price for *_, price in of_day(rates, date(2026, 6, 14), SYDNEY)] == [
        *(0.2, 0.4, 0.2)
    ]
    hidden = Rates(0.2, (summer, evening))
    assert [price for *_, price in of_day(hidden, date(2026, 1, 14), SYDNEY)] == [
        *(0.2, 0.4, 0.2)
    ]


def test_a_whole_day() -> None:
    """A window that ends where it starts lasts 24 hours from there."""
    sunday = Window(time(0), time(0), weekdays=frozenset({6}))
    rates = Rates(0.3, (Rate(0.1, sunday),))
    assert [price for *_, price in of_day(rates, date(2026, 1, 18))] == [0.1]
    assert [price for *_, price in of_day(rates, date(2026, 1, 19))] == [0.3]
    from_noon = Window(time(12), time(12), weekdays=frozenset({6}))
    rates = Rates(0.3, (Rate(0.1, from_noon),))
    assert of_day(rates, date(2026, 1, 19)) == [
        (utc(2026, 1, 18, 23), utc(2026, 1, 19, 11), 0.1),
        (utc(2026, 1, 19, 11), utc(2026, 1, 19, 23), 0.3),
    ]


ZONES = st.sampled_from(
    [
        *("Europe/Berlin", "Europe/London", "Australia/Sydney", "Australia/Brisbane"),
        *("Australia/Lord_Howe", "America/Santiago", "Asia/Beirut", "Asia/Kathmandu"),
    ]
).map(ZoneInfo)
CLOCKS = st.integers(0, 1439).map(lambda minute: time(minute // 60, minute % 60))
PRICES = st.floats(-1, 1)
WINDOWS = st.builds(
    Window,
    CLOCKS,
    CLOCKS,
    st.frozensets(st.sampled_from(sorted(EVERY_DAY)), min_size=1),
    st.frozensets(st.sampled_from(sorted(EVERY_MONTH)), min_size=1),
)
RATES = st.builds(
    Rates, PRICES, st.lists(st.builds(Rate, PRICES, WINDOWS), max_size=4).map(tuple)
)
CHANGES = st.sampled_from(
    [
        *(utc(2026, 3, 28), utc(2026, 10, 24)),  # Berlin, London
        *(utc(2026, 4, 4), utc(2026, 10, 3)),  # Sydney, Lord Howe Island
        *(utc(2026, 4, 4), utc(2026, 9, 5)),  # Santiago, at midnight
        *(utc(2026, 3, 28), utc(2026, 10, 24)),  # Beirut, at midnight
    ]
)
STARTS = st.builds(
    lambda change, minutes: change + minutes * MINUTE,
    CHANGES | st.integers(0, 364).map(lambda day: utc(2026, 1, 1) + day * DAY),
    st.integers(-1440, 1440),
)


@given(RATES, RATES, ZONES, STARTS, st.integers(1, 60 * 72))
def test_each_moment_has_one_rate(
    bought: Rates, sold: Rates, zone: ZoneInfo, start: datetime, minutes: int
) -> None:
    """The spans have no gap and no overlap, and each minute has its own price."""
    end = start + minutes * MINUTE
    found = list(spans(bought, sold, zone, start, end))
    assert found[0][0] == start
    assert found[-1][1] == end
    assert all(begin < until for begin, until, _ in found)
    for (_, until, prices), (begin, _, following) in pairwise(found):
        assert until == begin
        assert prices != following
    for begin, until, prices in found:
        for when in (begin, until - timedelta(seconds=1)):
            assert prices == _expected(bought, sold, when.astimezone(zone))
    for minute in range(0, minutes, 7):
        when = start + minute * MINUTE
        (prices,) = (each for begin, until, each in found if begin <= when < until)
        assert prices == _expected(bought, sold, when.astimezone(zone))


def _expected(bought: Rates, sold: Rates, local: datetime) -> Prices:
    """Return the prices at a moment, looked up rate by rate."""
    return _looked_up(bought, local), _looked_up(sold, local)


def _looked_up(rates: Rates, local: datetime) -> float:
    price = rates.otherwise_per_kwh
    minute = local.hour * 60 + local.minute
    for rate in rates.rates:
        window = rate.window
        start = window.start.hour * 60 + window.start.minute
        end = window.end.hour * 60 + window.end.minute
        length = (end - start) % 1440 or 1440
        since = (minute - start) % 1440
        day = local.date() - (DAY if minute < start else timedelta(0))
        if (
            since < length
            and day.weekday() in window.weekdays
            and day.month in window.months
        ):
            price = rate.price_per_kwh
    return price


@pytest.mark.parametrize(
    ("day", "hours"),
    [
        (date(2026, 3, 29), 23),
        (date(2026, 6, 1), 24),
        (date(2026, 10, 25), 25),
    ],
)
@given(rates=RATES)
def test_days_of_every_length(day: date, hours: int, rates: Rates) -> None:
    """The prices of a day fill its 23, 24 or 25 hours."""
    found = of_day(rates, day)
    assert sum((until - begin for begin, until, _ in found), timedelta(0)) == (
        hours * HOUR
    )
