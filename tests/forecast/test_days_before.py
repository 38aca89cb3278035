"""The sun as on the days before."""

from datetime import UTC, datetime, timedelta

import pytest

from custom_components.power_sync.forecast.days_before import solar_as_before
from custom_components.power_sync.model.series import Series, Span

NOW = datetime(2026, 6, 10, 12, tzinfo=UTC)
HOUR = timedelta(hours=1)
DAY = timedelta(days=1)


def known(*rows: tuple[datetime, float]) -> Series:
    """Return hours of sun."""
    return Series(Span(start, start + HOUR, watts) for start, watts in rows)


def test_the_mean_of_three_days() -> None:
    """The newest three count, at the same time of day."""
    sun = known(
        (NOW - 4 * DAY, 9000),
        (NOW - 3 * DAY, 300),
        (NOW - 2 * DAY, 600),
        (NOW - DAY, 900),
    )
    found = solar_as_before(sun, NOW, NOW + 2 * HOUR)
    assert found.p50_w == known((NOW, 600))
    assert found.source == "days_before"
    assert found.made_at == NOW
    assert found.learned_days is None


def test_an_unknown_day_is_passed_over() -> None:
    """So is one that is too long ago."""
    sun = known((NOW - 7 * DAY, 100), (NOW - 2 * DAY, 500), (NOW - 8 * DAY, 7000))
    assert solar_as_before(sun, NOW, NOW + HOUR).p50_w.at(NOW) == 300


@pytest.mark.parametrize("lead", [0, 5, 11])
def test_only_what_has_ended(lead: int) -> None:
    """The hour that has just ended is known for tomorrow; those ahead are not."""
    before = NOW - HOUR
    sun = known((before, 400), *((NOW + HOUR * h, 9999) for h in range(24)))
    found = solar_as_before(sun, NOW, NOW + 48 * HOUR)
    assert found.p50_w == known((before + DAY, 400), (before + 2 * DAY, 400))
    assert found.p50_w.at(NOW + lead * HOUR) is None


def test_nothing_known() -> None:
    """Nothing is expected, which is not the same as no sun."""
    assert not solar_as_before(Series(()), NOW, NOW + DAY).p50_w
