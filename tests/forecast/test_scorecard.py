"""How yesterday's forecasts came out."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

from hypothesis import given, strategies as st
import pytest

from custom_components.power_sync.forecast.load import forecast_load
from custom_components.power_sync.forecast.load_history import LoadHistory, LoadSample
from custom_components.power_sync.forecast.scorecard import (
    LEAST_SHARE,
    day_before,
    load_score,
    score,
)
from custom_components.power_sync.model.series import Series
from custom_components.power_sync.model.timegrid import TimeGrid

BERLIN = ZoneInfo("Europe/Berlin")
HOUR = timedelta(hours=1)
NOW = datetime(2026, 6, 15, 10, 30, tzinfo=UTC)
MIDNIGHT = datetime(2026, 6, 13, 22, tzinfo=UTC)
"""Where the 14th of June begins in Berlin."""


def hourly(*watts: float | None) -> Series:
    """Return the hours of the day before `NOW`."""
    return Series.regular(MIDNIGHT, HOUR, watts)


def test_error_and_bias() -> None:
    """Errors of either sign add up, and make up for each other in the bias."""
    found = score(hourly(*[600.0, 1200.0] * 12), hourly(*[1000.0] * 24), NOW, BERLIN)
    assert found is not None
    assert (found.day, found.hours) == (date(2026, 6, 14), 24)
    assert found.forecast_kwh == pytest.approx(21.6)
    assert found.measured_kwh == pytest.approx(24.0)
    assert found.mean_error_w == pytest.approx(300.0)
    assert found.error_pct == pytest.approx(30.0)
    assert found.bias_pct == pytest.approx(-10.0)


def test_only_hours_that_are_known_of_both_count() -> None:
    """With too few of them there is no score."""
    came = hourly(*[1000.0] * 24)
    found = score(hourly(*[None] * 4, *[500.0] * 20), came, NOW, BERLIN)
    assert found is not None
    assert found.hours == 20
    assert found.measured_kwh == pytest.approx(20.0)
    assert found.error_pct == pytest.approx(50.0)
    least = round(24 * LEAST_SHARE)
    assert score(hourly(*[1.0] * least), came, NOW, BERLIN)
    assert score(hourly(*[1.0] * (least - 1)), came, NOW, BERLIN) is None


def test_a_dark_day_has_no_percents() -> None:
    """Of nearly nothing everything is many percent."""
    found = score(hourly(*[50.0] * 24), hourly(*[10.0] * 24), NOW, BERLIN)
    assert found is not None
    assert found.mean_error_w == pytest.approx(40.0)
    assert found.error_pct is None
    assert found.bias_pct is None


@pytest.mark.parametrize(
    ("now", "hours"),
    [
        (datetime(2026, 3, 30, 3, tzinfo=UTC), 23),
        (datetime(2026, 10, 26, 3, tzinfo=UTC), 25),
        (datetime(2026, 6, 14, 22, 5, tzinfo=UTC), 24),
    ],
)
def test_yesterday_is_a_local_day(now: datetime, hours: int) -> None:
    """With as many hours as it had by the clock."""
    day, grid = day_before(now, BERLIN)
    assert grid.count == hours
    assert grid.start.astimezone(BERLIN).date() == day
    assert grid.end.astimezone(BERLIN).hour == 0
    assert grid.end <= now < grid.end + 24 * HOUR


def history(days: int, watts: float = 500.0, last_w: float = 500.0) -> LoadHistory:
    """Return days of the same load until the end of yesterday, the last another."""
    _, grid = day_before(NOW, BERLIN)
    start = grid.end - days * 24 * HOUR
    return LoadHistory.of(
        (
            LoadSample(start + n * HOUR, last_w if n >= 24 * (days - 1) else watts)
            for n in range(days * 24)
        ),
        HOUR,
    )


def test_the_load_forecast_knew_nothing_of_its_day() -> None:
    """It is the one of midnight: what came then is what it is measured by."""
    found = load_score(history(15, 500.0, 800.0), NOW, BERLIN)
    assert found is not None
    assert found.forecast_kwh == pytest.approx(12.0)
    assert found.measured_kwh == pytest.approx(19.2)
    assert found.error_pct == pytest.approx(37.5)
    assert found.bias_pct == pytest.approx(-37.5)


def test_it_is_the_forecast_that_the_planner_would_have_had() -> None:
    """The same function, with the history until then."""
    past = LoadHistory.of(
        (
            LoadSample(MIDNIGHT + n * HOUR, 300.0 + 40 * (n % 7) + 10 * (n % 24))
            for n in range(-20 * 24, 24)
        ),
        HOUR,
    )
    grid = TimeGrid(MIDNIGHT, HOUR, 24)
    made = forecast_load(past, grid, BERLIN, MIDNIGHT, None, alike=False)
    assert made is not None
    said = [watts or 0.0 for watts in made.expected_w.on(grid)]
    found = load_score(past, NOW, BERLIN)
    assert found is not None
    assert found.forecast_kwh == pytest.approx(sum(said) / 1000)


def test_without_a_past_there_is_no_score() -> None:
    """Nothing was known at midnight, or nothing has come since."""
    assert load_score(LoadHistory((), HOUR), NOW, BERLIN) is None
    assert load_score(history(1), NOW, BERLIN) is None
    early = LoadHistory(history(9).samples[:-24], HOUR)
    assert load_score(early, NOW, BERLIN) is None


watts = st.floats(0.0, 10_000.0)


@given(st.lists(st.tuples(watts, watts), min_size=24, max_size=24))
def test_the_bias_is_never_greater_than_the_error(
    pairs: list[tuple[float, float]],
) -> None:
    """Errors that make up for each other are errors all the same."""
    said, came = zip(*pairs, strict=True)
    found = score(hourly(*said), hourly(*came), NOW, BERLIN)
    assert found is not None
    if found.error_pct is not None and found.bias_pct is not None:
        assert abs(found.bias_pct) <= found.error_pct + 1e-6
        assert found.error_pct >= 0
