"""The load forecast: weights, gaps, spread, recent error and clock changes."""

from collections.abc import Callable, Iterable
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from math import exp, nan
from zoneinfo import ZoneInfo

from hypothesis import given, settings, strategies as st
import pytest

from custom_components.power_sync.forecast.load import forecast_load
from custom_components.power_sync.forecast.load_history import LoadHistory, LoadSample
from custom_components.power_sync.model.forecast import Forecast
from custom_components.power_sync.model.timegrid import TimeGrid

HOUR = timedelta(hours=1)
BERLIN = ZoneInfo("Europe/Berlin")
NOW = datetime(2026, 6, 8, tzinfo=UTC)  # a Monday, 00:00


def hourly(hours: Iterable[tuple[datetime, float]]) -> LoadHistory:
    """Return a history of hours."""
    return LoadHistory.of((LoadSample(start, w) for start, w in hours), HOUR)


def past(
    days: int, load_w: Callable[[datetime], float], now: datetime = NOW
) -> LoadHistory:
    """Return a history of the last days up to `now`."""
    starts = (now - HOUR * n for n in range(1, 24 * days + 1))
    return hourly((start, load_w(start)) for start in starts)


def ahead(
    history: LoadHistory,
    recent_w: float | None = None,
    now: datetime = NOW,
    zone: ZoneInfo | None = None,
) -> Forecast:
    """Return the forecast for 48 hours."""
    forecast = forecast_load(
        history, TimeGrid.horizon(now), zone or ZoneInfo("UTC"), now, recent_w
    )
    assert forecast is not None
    return forecast


def test_nothing_known() -> None:
    """Without a history there is no forecast, or a flat one that says so."""
    grid = TimeGrid.horizon(NOW)
    assert forecast_load(hourly([]), grid, UTC, NOW, None) is None
    flat = forecast_load(hourly([]), grid, UTC, NOW, 320.0)
    assert flat is not None
    assert flat.p50_w.on(grid) == [320.0] * 576
    assert flat.learned_days == 0
    assert flat.p10_w is None


def test_the_profile_repeats() -> None:
    """A home that does the same each day is forecast exactly.

    Its spread is what half an hour earlier or later makes, 1 W, and what the means of
    hours hide.
    """
    forecast = ahead(past(14, lambda t: 100.0 + t.hour % 12))
    grid = TimeGrid.horizon(NOW)
    expected = [100.0 + start.hour % 12 for start in grid.starts()]
    assert forecast.expected_w.on(grid) == pytest.approx(expected)
    assert forecast.p10_w is not None
    assert forecast.p90_w is not None
    noon = NOW + 18 * HOUR
    levels = ((forecast.p10_w, 0.85), (forecast.p50_w, 1.0), (forecast.p90_w, 1.15))
    for series, level in levels:
        assert series.at(noon) == pytest.approx(106 * level, abs=1.2)
    assert forecast.learned_days == 14


def test_weights_by_hand() -> None:
    """Monday 12:00 from a Monday, a Friday and a Sunday, worked out by hand.

    Ages 7, 3 and 1 days: halved every 6 days; Friday 0.85, Sunday 0.3.
    """
    noon = NOW + 12 * HOUR
    history = hourly(
        [
            (noon - timedelta(days=7), 1000.0),
            (noon - timedelta(days=3), 400.0),
            (noon - timedelta(days=1), 200.0),
        ]
    )
    monday = 0.5 ** (7 / 6)
    friday = 0.5 ** (3 / 6) * 0.85
    sunday = 0.5 ** (1 / 6) * 0.3
    expected = (1000 * monday + 400 * friday + 200 * sunday) / (
        monday + friday + sunday
    )
    assert ahead(history).p50_w.at(noon) == pytest.approx(expected)


def test_old_days_keep_a_fifth() -> None:
    """At 20 days the weight is 0.2, not 0.5 ** (20 / 6) = 0.099."""
    noon = NOW + 12 * HOUR
    history = hourly(
        [(noon - timedelta(days=21), 1000.0), (noon - timedelta(days=7), 0.0)]
    )
    near = 0.5 ** (7 / 6)
    assert ahead(history).p50_w.at(noon) == pytest.approx(1000 * 0.2 / (0.2 + near))


def test_older_than_thirty_days_does_not_count() -> None:
    """The day before the window would have doubled the load."""
    noon = NOW + 12 * HOUR
    history = hourly(
        [
            (noon - timedelta(days=31), 9000.0),
            (noon - timedelta(days=14), 300.0),
            (noon - timedelta(days=7), 300.0),
        ]
    )
    assert ahead(history).p50_w.at(noon) == 300


def test_too_few_of_a_kind_counts_all_days_alike() -> None:
    """Saturday has one sample of a weekend, so recency alone weighs."""
    saturday = datetime(2026, 6, 13, tzinfo=UTC)
    history = hourly(
        [
            (saturday - timedelta(days=6) + HOUR, 900.0),  # Sunday
            (saturday - timedelta(days=2) + HOUR, 300.0),  # Thursday
        ]
    )
    sunday, thursday = 0.5 ** (6 / 6), 0.5 ** (2 / 6)
    forecast = ahead(history, now=saturday)
    assert forecast.p50_w.at(saturday + HOUR) == pytest.approx(
        (900 * sunday + 300 * thursday) / (sunday + thursday)
    )


def test_too_few_at_all_takes_the_flat_mean() -> None:
    """With a single hour known, that is what the home uses."""
    forecast = ahead(hourly([(NOW - 6 * HOUR, 450.0)]))
    assert forecast.p50_w.at(NOW + 3 * HOUR) == 450
    assert forecast.learned_days == 0


def test_a_missing_hour_is_not_zero() -> None:
    """Half of the days without evenings leave the evenings as they were."""
    full = past(20, lambda t: 800.0 if t.hour >= 18 else 200.0)
    holes = LoadHistory(
        tuple(s for s in full.samples if not (s.start.hour >= 18 and s.start.day % 2)),
        HOUR,
    )
    assert ahead(holes).p50_w.at(NOW + 19 * HOUR) == pytest.approx(800)


def test_impossible_samples_are_left_out() -> None:
    """A negative load or NaN is a fault of a meter."""
    noon = NOW + 12 * HOUR
    days = [noon - timedelta(days=n) for n in (1, 4, 5, 6)]
    history = hourly(zip(days, (-50.0, nan, 500.0, 500.0), strict=True))
    assert len(history.samples) == 2
    assert ahead(history).p50_w.at(noon) == 500


def test_a_meter_that_jumped_is_left_out() -> None:
    """30 kW for an hour may be a home; a megawatt is not."""
    jumped = LoadHistory.of(
        [
            LoadSample(datetime(2026, 1, 14, 12, tzinfo=UTC), 30_000.0),
            LoadSample(datetime(2026, 1, 14, 13, tzinfo=UTC), 1e6),
        ],
        HOUR,
    )
    assert [sample.mean_w for sample in jumped.samples] == [30_000.0]


def test_samples_after_now_do_not_count() -> None:
    """The present hour is not over, so its mean is not known."""
    now = NOW + HOUR / 2
    history = past(10, lambda _: 300.0)
    spoiled = LoadHistory((*history.samples, LoadSample(NOW, 9000.0)), HOUR)
    assert ahead(spoiled, now=now).p50_w.at(NOW + 24 * HOUR) == pytest.approx(300)


def test_a_recent_error_fades() -> None:
    """200 W above the profile: half of it now, times 1/e each hour."""
    forecast = ahead(past(10, lambda _: 300.0), recent_w=500.0)
    assert forecast.expected_w.at(NOW) == pytest.approx(400)
    assert forecast.expected_w.at(NOW + HOUR) == pytest.approx(300 + 100 * exp(-1))
    assert forecast.expected_w.at(NOW + 6 * HOUR) == pytest.approx(300, abs=0.3)


def test_spread_is_of_the_samples() -> None:
    """Nine days of 200 W and a tenth of 2000 W: the mean is above the p90."""
    noon = NOW + 12 * HOUR
    weekdays = [noon - timedelta(days=n) for n in (3, 4, 5, 6, 7, 10, 11, 12, 13, 14)]
    forecast = ahead(
        hourly((d, 2000.0 if d == weekdays[-1] else 200.0) for d in weekdays)
    )
    assert forecast.p10_w is not None
    assert forecast.p90_w is not None
    middle = forecast.expected_w.at(noon)
    assert middle is not None
    assert 200 < middle < 400
    assert forecast.p10_w.at(noon) == 200
    assert forecast.p90_w.at(noon) == middle


def test_five_minute_samples_make_half_hours() -> None:
    """Six samples of 5 minutes are the mean of their half hour."""
    step = timedelta(minutes=5)
    samples = [
        LoadSample(NOW - timedelta(days=day) + 12 * HOUR + step * n, 100.0 * n)
        for day in (3, 4)
        for n in range(6)
    ]
    forecast = ahead(LoadHistory.of(samples, step))
    assert forecast.p50_w.at(NOW + 12 * HOUR) == pytest.approx(250)


def test_a_half_hour_hardly_seen_does_not_count() -> None:
    """Ten minutes of a kettle are not the half hour; without them it is 100 W."""
    step = timedelta(minutes=5)
    noon = NOW + 12 * HOUR
    samples = [
        LoadSample(noon - timedelta(days=day) + step * n, 100.0)
        for day in (3, 4)
        for n in range(6)
    ] + [LoadSample(noon - timedelta(days=5) + step * n, 3000.0) for n in range(2)]
    assert ahead(LoadHistory.of(samples, step)).p50_w.at(noon) == pytest.approx(100)


@pytest.mark.parametrize(
    "now",
    [
        datetime(2026, 3, 28, 22, tzinfo=UTC),  # the night that skips 02:00 local
        datetime(2026, 10, 24, 22, tzinfo=UTC),  # the night that repeats it
    ],
)
def test_the_profile_follows_the_local_clock(now: datetime) -> None:
    """What the home does at 07:00 local it does at 07:00 after the change, too."""
    history = past(14, lambda t: 10.0 * t.astimezone(BERLIN).hour, now)
    grid = TimeGrid.horizon(now)
    expected = [10.0 * start.astimezone(BERLIN).hour for start in grid.starts()]
    assert ahead(history, now=now, zone=BERLIN).expected_w.on(grid) == pytest.approx(
        expected
    )


def test_the_hour_that_was_skipped_takes_the_next() -> None:
    """A home that has never seen 02:00 is forecast at 02:00 as at 03:00."""
    now = datetime(2026, 3, 30, 22, tzinfo=UTC)
    skipping = (
        now - HOUR * n
        for n in range(1, 73)
        if (now - HOUR * n).astimezone(BERLIN).hour != 2
    )
    history = hourly((t, 100.0 + t.astimezone(BERLIN).hour) for t in skipping)
    two = datetime(2026, 3, 31, 2, tzinfo=BERLIN)
    assert ahead(history, now=now, zone=BERLIN).expected_w.at(two) == pytest.approx(103)


@settings(max_examples=25)
@given(
    loads=st.lists(st.none() | st.floats(0, 20000), min_size=1, max_size=200),
    recent_w=st.none() | st.floats(0, 20000),
)
def test_always_ordered_and_never_negative(
    loads: list[float | None], recent_w: float | None
) -> None:
    """p10 <= p50 <= p90, all at least 0 and within what was seen, for each slot."""
    history = hourly(
        (NOW - HOUR * (n + 1), load) for n, load in enumerate(loads) if load is not None
    )
    grid = TimeGrid.horizon(NOW)
    forecast = forecast_load(history, grid, BERLIN, NOW, recent_w)
    if forecast is None:
        assert not history.samples
        assert recent_w is None
        return
    if forecast.p10_w is None or forecast.p90_w is None:
        assert not history.samples
        return
    for low, middle, high in zip(
        forecast.p10_w.on(grid),
        forecast.p50_w.on(grid),
        forecast.p90_w.on(grid),
        strict=True,
    ):
        assert low is not None
        assert middle is not None
        assert high is not None
        assert 0 <= low <= middle + 1e-6
        assert middle <= high + 1e-6 <= 30001


def every_fifth_evening(start: datetime) -> float:
    """Return 200 W, on every fifth day 800 W at 17:00 and then 3 kW until 22:00."""
    if 17 <= start.hour < 22 and start.toordinal() % 5 == NOW.toordinal() % 5:
        return 3000.0 if start.hour >= 18 else 800.0
    return 200.0


def test_days_that_went_alike_speak() -> None:
    """After 800 W at 17:00 the 3 kW follow; after 200 W they do not."""
    now, day_before = NOW + 18 * HOUR, NOW - 6 * HOUR
    busy = ahead(past(30, every_fifth_evening, now), 800.0, now)
    idle = ahead(past(30, every_fifth_evening, day_before), 200.0, day_before)
    assert busy.p50_w.at(now + HOUR) == pytest.approx(3000, abs=1)
    assert idle.p50_w.at(day_before + HOUR) == 200
    # The mean of both evenings lies between what they are.
    mean_w = idle.expected_w.at(day_before + HOUR)
    assert mean_w is not None
    assert 300 < mean_w < 2000


def test_the_median_is_that_of_the_local_clock() -> None:
    """What starts at 07:00 local does so on the day after the change, too."""
    now = datetime(2026, 3, 28, 22, tzinfo=UTC)
    history = past(
        30, lambda t: 2000.0 if 7 <= t.astimezone(BERLIN).hour < 10 else 200.0, now
    )
    forecast = ahead(history, 200.0, now, BERLIN)
    for hour, expected in ((6, 200), (7, 2000), (9, 2000), (10, 200)):
        at = datetime(2026, 3, 29, hour, 35 if hour in {10, 7} else 5, tzinfo=BERLIN)
        assert forecast.p50_w.at(at) == pytest.approx(expected)


def test_a_difference_of_the_last_hour_is_carried() -> None:
    """200 W above all days: four tenths of it now, times 1/e in 90 minutes."""
    forecast = ahead(past(20, lambda _: 300.0), recent_w=500.0)
    assert forecast.p50_w.at(NOW) == pytest.approx(380)
    assert forecast.p50_w.at(NOW + HOUR * 1.5) == pytest.approx(300 + 80 * exp(-1))


def test_a_holiday_is_a_sunday() -> None:
    """Thursday 11 June is a day off like 14 May: its noon is that of weekends."""
    free = frozenset({date(2026, 6, 11), date(2026, 5, 14)})

    def used(start: datetime) -> float:
        off = start.weekday() >= 5 or start.date() in free
        return 900.0 if off and 9 <= start.hour < 17 else 300.0

    now = NOW + 72 * HOUR  # the day begins
    history = past(28, used, now)
    known = ahead(replace(history, holidays=free), now=now)
    unknown = ahead(history, now=now)
    noon = now + 12 * HOUR
    assert (known.p50_w.at(noon), unknown.p50_w.at(noon)) == (900, 300)
    mean_w, without_w = known.expected_w.at(noon), unknown.expected_w.at(noon)
    assert mean_w is not None
    assert without_w is not None
    assert mean_w > 600 > without_w
    # The day after is a working day again.
    assert known.p50_w.at(noon + 24 * HOUR) == 300


def test_half_hours_lie_further_apart_than_hours() -> None:
    """A steady 300 W by the hour may be 255 or 345 for half of it; not the median."""
    by_hour = past(20, lambda _: 300.0)
    halves = LoadHistory.of(
        (
            LoadSample(sample.start + half * HOUR / 2, sample.mean_w)
            for sample in by_hour.samples
            for half in range(2)
        ),
        HOUR / 2,
    )
    at = NOW + 9 * HOUR
    for history, low, high in ((by_hour, 255, 345), (halves, 300, 300)):
        forecast = ahead(history)
        assert forecast.p10_w is not None
        assert forecast.p90_w is not None
        assert forecast.p10_w.at(at) == pytest.approx(low)
        assert forecast.p50_w.at(at) == pytest.approx(300)
        assert forecast.p90_w.at(at) == pytest.approx(high)


def test_a_gap_before_now_is_no_likeness() -> None:
    """With the last day unknown all days count by their age, and none as 0 W."""
    known = past(30, lambda _: 300.0, NOW - 24 * HOUR)
    assert ahead(known).p50_w.at(NOW + HOUR) == 300
    assert ahead(known, 1e9).p50_w.at(NOW + 40 * HOUR) == pytest.approx(300, rel=1e-3)


def test_without_days_alike_the_mean_is_the_same() -> None:
    """Who needs the mean alone has the same mean."""
    history = past(30, every_fifth_evening)
    grid = TimeGrid.horizon(NOW)
    plain = forecast_load(history, grid, UTC, NOW, 250.0, alike=False)
    assert plain is not None
    assert plain.expected_w.on(grid) == ahead(history, 250.0).expected_w.on(grid)
    assert plain.p50_w.on(grid) == plain.expected_w.on(grid)
    assert ahead(history, 250.0).p50_w.on(grid) != plain.p50_w.on(grid)
