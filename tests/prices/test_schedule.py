"""When to fetch next."""

from datetime import UTC, datetime, timedelta

import pytest

from custom_components.power_sync.model.prices import PriceCurve, PriceSlot
from custom_components.power_sync.prices.octopus import AGILE
from custom_components.power_sync.prices.protocols import (
    PriceAuthError,
    PriceRateLimitedError,
    PriceUnreachableError,
)
from custom_components.power_sync.prices.schedule import retry_at

NOW = datetime(2026, 1, 14, 12, tzinfo=UTC)


def known(until: str) -> PriceCurve:
    """Return a curve that is firm until a moment, and a forecast for a day more."""
    end = datetime.fromisoformat(until)
    day = timedelta(days=1)
    return PriceCurve(
        "GBP",
        "Europe/London",
        (
            PriceSlot(end - day, end, 0.2, 0.1),
            PriceSlot(end, end + day, 0.2, 0.1, firm=False),
        ),
    )


@pytest.mark.parametrize(
    ("now", "until", "expected"),
    [
        # Winter: all is known that can be.
        ("2026-01-14T12:00Z", "2026-01-14T23:00Z", "2026-01-14T13:00Z"),
        # The moment of publication is not slept through.
        ("2026-01-14T15:20Z", "2026-01-14T23:00Z", "2026-01-14T16:00Z"),
        # From 16:00 tomorrow is overdue: every 5 minutes, from 20:00 every 15.
        ("2026-01-14T16:00Z", "2026-01-14T23:00Z", "2026-01-14T16:05Z"),
        ("2026-01-14T19:59Z", "2026-01-14T23:00Z", "2026-01-14T20:04Z"),
        ("2026-01-14T20:00Z", "2026-01-14T23:00Z", "2026-01-14T20:15Z"),
        ("2026-01-14T23:30Z", "2026-01-14T23:00Z", "2026-01-14T23:45Z"),
        # It stays overdue until it comes.
        ("2026-01-15T00:10Z", "2026-01-14T23:00Z", "2026-01-15T00:25Z"),
        ("2026-01-15T15:50Z", "2026-01-14T23:00Z", "2026-01-15T16:00Z"),
        # There: hourly again.
        ("2026-01-14T16:05Z", "2026-01-15T23:00Z", "2026-01-14T17:05Z"),
        ("2026-01-14T23:30Z", "2026-01-15T23:00Z", "2026-01-15T00:30Z"),
        # Known in part is overdue still.
        ("2026-01-14T16:05Z", "2026-01-15T22:30Z", "2026-01-14T16:10Z"),
        # Summer: 16:00 in London is 15:00 UTC, the day ends at 22:00 UTC.
        ("2026-07-14T14:30Z", "2026-07-14T22:00Z", "2026-07-14T15:00Z"),
        ("2026-07-14T15:00Z", "2026-07-14T22:00Z", "2026-07-14T15:05Z"),
        ("2026-07-14T15:05Z", "2026-07-15T22:00Z", "2026-07-14T16:05Z"),
        # Over the clock changes, to the new time of day.
        ("2026-03-28T17:00Z", "2026-03-29T22:00Z", "2026-03-28T18:00Z"),
        ("2026-10-24T16:00Z", "2026-10-25T22:00Z", "2026-10-24T16:05Z"),
        ("2026-10-24T16:00Z", "2026-10-25T23:00Z", "2026-10-24T17:00Z"),
    ],
)
def test_next_fetch(now: str, until: str, expected: str) -> None:
    """Agile comes out at 16:00 in London for 23:00 to 23:00."""
    when = AGILE.next_fetch(known(until), datetime.fromisoformat(now))
    assert when == datetime.fromisoformat(expected)


def test_nothing_known() -> None:
    """Without a price there is nothing to wait for."""
    assert AGILE.next_fetch(None, NOW) == NOW
    assert AGILE.next_fetch(PriceCurve("GBP", "Europe/London", ()), NOW) == NOW


def test_back_off_doubles() -> None:
    """30 seconds, doubling to 15 minutes."""
    error = PriceUnreachableError("down")
    waits = [
        (retry_at(error, failures, NOW) - NOW) / timedelta(seconds=1)
        for failures in (1, 2, 3, 4, 5, 6, 7, 10_000)
    ]
    assert waits == [30, 60, 120, 240, 480, 900, 900, 900]


@pytest.mark.parametrize(
    ("asked", "wait"),
    [
        (timedelta(minutes=40), timedelta(minutes=40)),
        # Less than our own wait does not make us hurry, nor does nonsense.
        (timedelta(seconds=1), timedelta(seconds=30)),
        (timedelta(seconds=-5), timedelta(seconds=30)),
        (timedelta(days=400), timedelta(days=1)),
    ],
)
def test_retry_after_is_respected(asked: timedelta, wait: timedelta) -> None:
    """The provider's wish counts, within reason."""
    error = PriceRateLimitedError("too often", retry_after=asked)
    assert retry_at(error, 1, NOW) == NOW + wait


def test_an_outage_of_what_changes_soon() -> None:
    """The longest wait is the source's own; a longer one that is asked for counts."""
    most = timedelta(minutes=5)
    error = PriceUnreachableError("down")
    assert retry_at(error, 3, NOW, most) == NOW + timedelta(minutes=2)
    assert retry_at(error, 9, NOW, most) == NOW + most
    asked = PriceUnreachableError("down", retry_after=timedelta(minutes=20))
    assert retry_at(asked, 9, NOW, most) == NOW + timedelta(minutes=20)
    gone = PriceAuthError("refused")
    assert retry_at(gone, 20, NOW, most) == NOW + timedelta(hours=6)
