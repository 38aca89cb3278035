"""Times as the home's clock shows them."""

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest

from custom_components.power_sync.words.clock import clock, day_name, moment

from .english import ENGLISH

LONDON = ZoneInfo("Europe/London")
NOW = datetime(2026, 10, 23, 22, 30, tzinfo=UTC)
"""Half past eleven at night on a Friday."""


@pytest.mark.parametrize(
    ("when", "day", "text"),
    [
        (datetime(2026, 10, 23, 22, 45, tzinfo=UTC), "today", "23:45"),
        (datetime(2026, 10, 23, 23, 15, tzinfo=UTC), "tomorrow", "00:15 tomorrow"),
        (datetime(2026, 10, 25, 0, 30, tzinfo=UTC), "Sun", "01:30 BST Sun"),
        (datetime(2026, 10, 25, 1, 30, tzinfo=UTC), "Sun", "01:30 GMT Sun"),
        (datetime(2026, 10, 25, 2, 30, tzinfo=UTC), "Sun", "02:30 Sun"),
    ],
)
def test_moments(when: datetime, day: str, text: str) -> None:
    """The day is said unless it is today; a repeated hour says which one it is."""
    assert day_name(when, NOW, LONDON, ENGLISH) == day
    assert moment(when, NOW, LONDON, ENGLISH) == text


def test_the_day_that_is_spoken_of_goes_without_saying() -> None:
    """In a line about tomorrow only other days are named."""
    tomorrow = datetime(2026, 10, 24, 9, tzinfo=UTC)
    later = datetime(2026, 10, 24, 17, tzinfo=UTC)
    assert moment(later, NOW, LONDON, ENGLISH, tomorrow) == "18:00"
    assert moment(NOW, NOW, LONDON, ENGLISH, tomorrow) == "23:30 today"


def test_the_hour_that_is_left_out() -> None:
    """In spring nothing is between 01:00 and 02:00."""
    before = datetime(2026, 3, 29, 0, 59, tzinfo=UTC)
    after = datetime(2026, 3, 29, 1, 0, tzinfo=UTC)
    assert (clock(before, LONDON), clock(after, LONDON)) == ("00:59", "02:00")
