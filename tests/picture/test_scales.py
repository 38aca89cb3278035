"""Where times and values are in the picture."""

from datetime import UTC, datetime, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

from hypothesis import given
from hypothesis.strategies import floats, lists
import pytest

from custom_components.power_sync.picture.scales import TimeScale, ValueScale
from custom_components.power_sync.words.clock import clock

LONDON = ZoneInfo("Europe/London")
HOUR = timedelta(hours=1)


def over_two_days(start: datetime) -> TimeScale:
    """Return a scale on which an hour is ten wide."""
    return TimeScale(start, start + 48 * HOUR, 0, 480)


@pytest.mark.parametrize(
    ("start", "first_day_h"),
    [
        (datetime(2026, 10, 24, 23, tzinfo=UTC), 25),
        (datetime(2026, 3, 29, 0, tzinfo=UTC), 23),
        (datetime(2026, 6, 1, 23, tzinfo=UTC), 24),
    ],
)
def test_days_of_23_and_25_hours(start: datetime, first_day_h: int) -> None:
    """From midnight to midnight is as wide as the day is long; labels fit hours."""
    scale = over_two_days(start)
    (midnight, *_) = scale.days(LONDON)
    assert scale.x(midnight) == pytest.approx(10 * first_day_h)
    ticks = scale.ticks(LONDON)
    assert [clock(when, LONDON) for when in ticks[:5]] == [
        "00:00",
        "06:00",
        "12:00",
        "18:00",
        "00:00",
    ]
    widths = [scale.x(after) - scale.x(before) for before, after in pairwise(ticks)]
    assert widths[0] == pytest.approx(10 * (first_day_h - 18))
    assert widths[1:4] == pytest.approx([60, 60, 60])


def test_a_time_outside_is_at_the_edge() -> None:
    """What is over is at the left, what comes after at the right."""
    start = datetime(2026, 6, 1, tzinfo=UTC)
    scale = over_two_days(start)
    assert scale.x(start - HOUR) == 0
    assert scale.x(start + 99 * HOUR) == 480


def test_a_short_plan_has_more_hours_and_a_tiny_one_too() -> None:
    """The labels are as near to each other as they have room."""
    start = datetime(2026, 6, 1, tzinfo=UTC)
    short = TimeScale(start, start + 10 * HOUR, 0, 480)
    assert len(short.ticks(ZoneInfo("UTC"))) == 11
    narrow = TimeScale(start, start + 480 * HOUR, 0, 480)
    assert len(narrow.ticks(ZoneInfo("UTC"))) == 21


@given(lists(floats(-1e3, 1e3), max_size=5))
def test_every_value_is_inside(values: list[float]) -> None:
    """From zero over all values, with a few round numbers to read them by."""
    scale = ValueScale.over(values, 0, 100, least=1)
    assert 2 <= len(scale.ticks) <= 7
    assert 0 in scale.ticks
    for value in (0.0, *values):
        assert -1e-6 <= scale.y(value) <= 100 + 1e-6
    assert scale.y(scale.low) == 100
    assert scale.y(scale.high) == 0


@pytest.mark.parametrize(
    ("values", "ticks", "digits"),
    [
        ([37.4, 14], (0, 10, 20, 30, 40), 0),
        ([2.1, -6.6], (-7.5, -5, -2.5, 0, 2.5), 1),
        ([0.6], (0, 0.25, 0.5, 0.75, 1), 2),
        ([], (0, 0.25, 0.5, 0.75, 1), 2),
    ],
)
def test_round_numbers(
    values: list[float], ticks: tuple[float, ...], digits: int
) -> None:
    """Numbers that one would write at a ruler."""
    scale = ValueScale.over(values, 0, 100, least=1)
    assert scale.ticks == pytest.approx(ticks)
    assert scale.digits == digits
