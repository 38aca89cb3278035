"""The recorded household at any date."""

from datetime import UTC, datetime, timedelta

import pytest

from simulators.profile import FunctionProfile, RecordedHousehold, constant

HALF_HOUR = timedelta(minutes=30)
YEAR = timedelta(days=364)


def energy_kwh(values_w: list[float]) -> float:
    """Return the energy of half-hour means."""
    return sum(values_w) / 2000


def test_a_recorded_half_hour() -> None:
    """The last rows of the recording are found at their own date."""
    home = RecordedHousehold()
    at = datetime(2025, 2, 26, 23, 30, tzinfo=UTC)
    assert home.load_w(at) == 592.9
    assert home.load_w(at + timedelta(minutes=29, seconds=59)) == 592.9
    assert home.solar_w(at) == 0
    assert home.step == HALF_HOUR


@pytest.mark.parametrize("years", [-20, -1, 1, 2, 30])
def test_other_years_shift_by_whole_weeks(years: int) -> None:
    """The same weekday and time 364 days on has the same values."""
    home = RecordedHousehold()
    at = datetime(2024, 7, 3, 11, tzinfo=UTC)
    then = at + years * YEAR
    assert then.weekday() == at.weekday()
    assert home.load_w(then) == home.load_w(at) > 0
    assert home.solar_w(then) == home.solar_w(at) > 0


def test_the_year_has_no_holes() -> None:
    """The load has the 7.8 MWh of the source, the nights are dark."""
    home = RecordedHousehold()
    start = datetime(2026, 1, 1, tzinfo=UTC)
    times = [start + n * HALF_HOUR for n in range(364 * 48)]
    load_w = [home.load_w(at) for at in times]
    assert min(load_w) >= 0
    assert energy_kwh(load_w) == pytest.approx(7800, rel=0.01)
    solar_w = [home.solar_w(at) for at in times]
    assert max(solar_w) == pytest.approx(4400, rel=0.02)
    assert min(solar_w) == 0
    assert all(
        home.solar_w(at) == home.forecast_solar_w(at) == 0
        for at in times
        if at.hour in {22, 23, 0, 1, 2}
    )
    dark_noons = {at.date() for at in times if at.hour == 12 and home.solar_w(at) == 0}
    assert len(dark_noons) < 5


def test_the_forecast_is_not_the_truth() -> None:
    """It is a forecast of its own: low by about a fifth over the summer."""
    home = RecordedHousehold()
    start = datetime(2026, 6, 1, tzinfo=UTC)
    times = [start + n * HALF_HOUR for n in range(91 * 48)]
    solar_kwh = energy_kwh([home.solar_w(at) for at in times])
    forecast_kwh = energy_kwh([home.forecast_solar_w(at) for at in times])
    assert 0.7 < forecast_kwh / solar_kwh < 0.95


def test_scales_and_shift() -> None:
    """A bigger home on the other half of the globe, half a year on."""
    north = RecordedHousehold()
    south = RecordedHousehold(
        shift=timedelta(weeks=26, hours=10), load_scale=2, solar_scale=3
    )
    at = datetime(2026, 1, 10, 2, tzinfo=UTC)
    then = at + timedelta(weeks=26, hours=10)
    assert south.load_w(at) == 2 * north.load_w(then) > 0
    assert south.solar_w(at) == 3 * north.solar_w(then) > 0
    assert south.forecast_solar_w(at) == 3 * north.forecast_solar_w(then)


def test_profiles_of_functions() -> None:
    """Functions are asked as they are; a constant stays."""
    at = datetime(2026, 1, 10, 14, tzinfo=UTC)
    profile = FunctionProfile(lambda at: at.hour, lambda at: 2 * at.hour)
    assert (profile.load_w(at), profile.solar_w(at)) == (14, 28)
    assert profile.step == timedelta(minutes=5)
    still = constant(300, 40)
    assert (still.load_w(at), still.solar_w(at)) == (300, 40)
