"""The sun to expect, from a forecast and from how the last days came out."""

from datetime import UTC, datetime, timedelta
from math import exp, pi, sin

from hypothesis import given, strategies as st
import pytest

from custom_components.power_sync.forecast.calibration import KEPT, SunRecord
from custom_components.power_sync.model.forecast import Forecast
from custom_components.power_sync.model.series import Series, Span

NOW = datetime(2026, 6, 14, 12, tzinfo=UTC)
HALF_HOUR = timedelta(minutes=30)
START = NOW - KEPT
NOTHING = Series(())
SLOTS = KEPT // HALF_HOUR
AHEAD = 96


def sun_w(slot: int) -> float:
    """Return a clear day's sun, with 3 kW at noon (`START` is a noon)."""
    return max(0.0, 3000 * sin(pi * ((slot + 24) % 48 - 12) / 24))


def days(level: float, slots: int = SLOTS, start: datetime = START) -> Series:
    """Return clear days from `start` on, scaled."""
    return Series.regular(start, HALF_HOUR, [level * sun_w(n) for n in range(slots)])


def forecast(level: float) -> Forecast:
    """Return a forecast of clear days from before now to two days on."""
    return Forecast(days(level, SLOTS + AHEAD), "sky", NOW - timedelta(hours=1))


def at(found: Forecast, ahead: timedelta) -> float:
    """Return what is expected for the half hour that much ahead."""
    watts = found.p50_w.at(NOW + ahead)
    assert watts is not None
    return watts


def test_a_forecast_that_is_right_stays() -> None:
    """Nothing has to be put right."""
    record = SunRecord(days(1), days(1), NOW)
    found = record.expected(forecast(1), NOW + timedelta(days=2))
    assert found.source == "sky"
    assert found.made_at == NOW - timedelta(hours=1)
    for hours in (0, 3, 20, 30):
        ahead = timedelta(hours=hours)
        assert at(found, ahead) == pytest.approx(sun_w(SLOTS + 2 * hours), abs=1)
    assert found.p50_w.end == NOW + timedelta(days=2)


def test_a_forecast_that_is_low_is_raised() -> None:
    """What came was a third more than was said, day by day."""
    record = SunRecord(days(1), days(0.75), NOW)
    found = record.expected(forecast(0.75), NOW + timedelta(days=2))
    assert at(found, timedelta(hours=24)) == pytest.approx(3000, rel=0.03)


def test_a_forecast_that_says_nothing_does_not_count() -> None:
    """The same flat figure day and night is worse than the days before."""
    flat = Series.regular(START, HALF_HOUR, [1000.0] * (SLOTS + AHEAD))
    record = SunRecord(days(1), flat, NOW)
    assert record.weight <= 0.1
    found = record.expected(Forecast(flat, "flat", NOW), NOW + timedelta(days=1))
    assert at(found, timedelta(hours=23.5)) == pytest.approx(sun_w(SLOTS + 47), rel=0.1)


def test_unproven_it_counts_half() -> None:
    """Where no forecast is on record."""
    record = SunRecord(days(1), NOTHING, NOW)
    assert record.weight == 0.5
    found = record.expected(forecast(0.5), NOW + timedelta(days=1))
    assert at(found, timedelta(hours=2)) == pytest.approx(0.75 * sun_w(SLOTS + 4))


def test_without_a_forecast_it_is_the_days_before() -> None:
    """Of the newest five."""
    slots = [sun_w(n) * (2 if n >= SLOTS - 5 * 48 else 1) for n in range(SLOTS)]
    measured = Series.regular(START, HALF_HOUR, slots)
    found = SunRecord(measured, NOTHING, NOW).expected(None, NOW + timedelta(days=1))
    assert found.source == "days_before"
    assert found.made_at == NOW
    assert at(found, timedelta(hours=20)) == pytest.approx(
        2 * sun_w(SLOTS + 40), rel=0.02
    )


def test_a_dull_morning_fades() -> None:
    """The last hour had half of what was expected: less to come, for some hours."""
    slots = [sun_w(n) * (0.5 if n >= SLOTS - 2 else 1) for n in range(SLOTS)]
    measured = Series.regular(START, HALF_HOUR, slots)
    found = SunRecord(measured, days(1), NOW).expected(forecast(1), NOW + KEPT)
    came = sun_w(SLOTS - 2) + sun_w(SLOTS - 1)
    today = (0.05 * 3000 + 0.5 * came) / (0.05 * 3000 + came)
    for hours in (0, 2, 4):
        share = at(found, timedelta(hours=hours)) / sun_w(SLOTS + 2 * hours)
        assert share == pytest.approx(1 + (today - 1) * exp(-hours / 8), abs=0.02)


def test_nothing_known_nothing_expected() -> None:
    """No sun is made up."""
    record = SunRecord(NOTHING, NOTHING, NOW)
    assert not record.expected(None, NOW + timedelta(days=1)).p50_w
    found = record.expected(forecast(1), NOW + timedelta(days=1))
    assert at(found, timedelta(hours=1)) == pytest.approx(sun_w(SLOTS + 2))


def test_changing_days_spread_further() -> None:
    """What may come is learned from how the days differed."""
    moody = Series(
        Span(span.start, span.end, span.value * (0.2 if index // 48 % 2 else 1.5))
        for index, span in enumerate(days(1).spans)
    )
    steady = SunRecord(days(1), days(1), NOW).levels
    changing = SunRecord(moody, days(1), NOW).levels
    assert changing[0] < steady[0] <= 1 <= steady[1] < changing[1]
    found = SunRecord(days(1), days(1), NOW).expected(forecast(1), NOW + HALF_HOUR)
    assert found.p10_w is not None
    assert found.p90_w is not None
    assert found.p10_w.at(NOW) == pytest.approx(steady[0] * at(found, timedelta(0)))
    assert found.p90_w.at(NOW) == pytest.approx(steady[1] * at(found, timedelta(0)))


@given(
    st.lists(st.none() | st.floats(0, 20_000), max_size=SLOTS + 10),
    st.lists(st.none() | st.floats(-100, 20_000), max_size=SLOTS + 10),
)
def test_it_never_looks_ahead_and_is_never_negative(
    came: list[float | None], said: list[float | None]
) -> None:
    """Whatever is known, and whatever comes."""
    measured = Series.regular(START, HALF_HOUR, came)
    spoken = Series.regular(START, HALF_HOUR, said)
    later = Series(span for span in measured.spans if span.end <= NOW)
    until = NOW + timedelta(hours=6)
    found = SunRecord(measured, spoken, NOW).expected(forecast(1), until)
    assert found == SunRecord(later, spoken, NOW).expected(forecast(1), until)
    assert all(span.value >= 0 for span in found.p50_w.spans)
