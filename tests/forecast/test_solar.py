"""Solar forecasts: periods, gaps, sums and clock changes."""

from datetime import UTC, datetime, timedelta
from math import inf, isclose, nan
from zoneinfo import ZoneInfo

from hypothesis import given, settings, strategies as st
import pytest

from custom_components.power_sync.forecast.solar import (
    Ignored,
    IgnoredReason,
    read_wh_by_period,
    solar_forecast,
    starts_from_ends,
)
from custom_components.power_sync.model.series import Series, Span

BERLIN = ZoneInfo("Europe/Berlin")
NOW = datetime(2026, 6, 1, 3, tzinfo=UTC)


def utc(
    day: int, hour: int, minute: int = 0, second: int = 0, month: int = 6
) -> datetime:
    """Return a time of 2026."""
    return datetime(2026, month, day, hour, minute, second, tzinfo=UTC)


def energy_wh(series: Series) -> float:
    """Return the energy of a series of W."""
    return sum(s.value * ((s.end - s.start) / timedelta(hours=1)) for s in series.spans)


def test_half_hours_become_watts() -> None:
    """500 Wh in half an hour are 1000 W; the last period is as long as its like."""
    forecast = solar_forecast(
        [{"2026-06-01T10:00:00+00:00": 500, "2026-06-01T10:30:00+00:00": 250.0}],
        NOW,
        "test",
    )
    assert forecast.p50_w.spans == (
        Span(utc(1, 10), utc(1, 10, 30), 1000.0),
        Span(utc(1, 10, 30), utc(1, 11), 500.0),
    )
    assert (forecast.made_at, forecast.source) == (NOW, "test")
    assert forecast.p10_w is None
    assert forecast.learned_days is None


def test_odd_keys_at_sunrise_and_sunset() -> None:
    """The remainder at sunrise is short; the one at sunset concentrates nothing."""
    series = read_wh_by_period(
        {
            "2026-06-01T06:20:00+02:00": 40,  # 40 minutes: 60 W
            "2026-06-01T07:00:00+02:00": 300,
            "2026-06-01T08:00:00+02:00": 30,
            "2026-06-01T09:00:00+02:00": 5,  # one minute to the next key
            "2026-06-01T09:01:00+02:00": 6,  # taken as an hour: 6 W
            "2026-06-02T06:20:00+02:00": 80,
            "2026-06-02T07:00:00+02:00": 0,
        },
        BERLIN,
    ).mean_w
    assert series.at(utc(1, 4, 30)) == pytest.approx(60)
    assert series.at(utc(1, 5, 59)) == 300
    assert series.at(utc(1, 7, 0, 30)) == pytest.approx(300)
    assert series.at(utc(1, 7, 30)) == pytest.approx(6)
    assert series.at(utc(1, 8, 1)) == 0
    assert series.at(utc(2, 4, 19)) == 0
    assert series.at(utc(2, 4, 20)) == pytest.approx(120)


def test_night_is_dark_only_between_published_days() -> None:
    """Nothing is known before the first key or after the last period."""
    series = read_wh_by_period(
        {
            "2026-06-01T18:00:00+00:00": 100,
            "2026-06-01T19:00:00+00:00": 10,
            "2026-06-02T05:00:00+00:00": 20,
            "2026-06-02T06:00:00+00:00": 200,
        },
        UTC,
    ).mean_w
    assert series.at(utc(1, 17, 59)) is None
    assert series.mean(utc(1, 20), utc(2, 5)) == 0
    assert series.at(utc(2, 7)) is None


def test_a_key_missing_by_day_is_unknown() -> None:
    """A hole at noon is not darkness, and does not stretch the period before."""
    series = read_wh_by_period(
        {f"2026-06-01T{hour:02}:00:00+00:00": 600 for hour in (9, 10, 12, 13)}, UTC
    ).mean_w
    assert series.at(utc(1, 10, 59)) == 600
    assert series.at(utc(1, 11)) is None
    assert series.at(utc(1, 12)) == 600


def test_a_missing_day_is_unknown() -> None:
    """The sun of a day that was not published is not 0."""
    series = read_wh_by_period(
        {
            "2026-06-01T12:00:00+00:00": 600,
            "2026-06-01T13:00:00+00:00": 0,
            "2026-06-03T12:00:00+00:00": 600,
        },
        UTC,
    ).mean_w
    assert series.at(utc(2, 12)) is None
    assert series.at(utc(1, 23)) is None


def test_the_step_may_change_on_the_way() -> None:
    """Half hours followed by hours keep their own lengths."""
    series = read_wh_by_period(
        {
            "2026-06-01T10:00:00Z": 100,
            "2026-06-01T10:30:00Z": 100,
            "2026-06-01T11:00:00Z": 100,
            "2026-06-01T11:30:00Z": 100,
            "2026-06-01T12:00:00Z": 100,
            "2026-06-01T13:00:00Z": 100,
            "2026-06-01T14:00:00Z": 100,
        },
        UTC,
    ).mean_w
    assert series.at(utc(1, 11, 45)) == 200
    assert series.at(utc(1, 12, 45)) == 100
    assert series.at(utc(1, 14, 59)) == 100


def test_garbage_is_named_and_negative_is_zero() -> None:
    """What cannot be read is left out and said; the standby of an inverter is 0."""
    read = read_wh_by_period(
        {
            "noon": 1.0,
            "2026-06-01T10:00:00+00:00": 100,
            "2026-06-01T12:00:00+02:00": 999,
            "2026-06-01T11:00:00+00:00": -3.3,
            "2026-06-01T12:00:00+00:00": nan,
            "2026-06-01T13:00:00+00:00": inf,
            "2026-06-01T14:00:00+00:00": "70",
            "2026-06-01T15:00:00+00:00": None,
            "2026-06-01T16:00:00+00:00": True,
        },
        UTC,
    )
    assert read.ignored == (
        Ignored("noon", IgnoredReason.NOT_A_TIME),
        Ignored("2026-06-01T12:00:00+02:00", IgnoredReason.SAME_TIME_TWICE),
        *(
            Ignored(f"2026-06-01T{hour}:00:00+00:00", IgnoredReason.NOT_A_NUMBER)
            for hour in (12, 13, 14, 15, 16)
        ),
    )
    assert read.mean_w.spans == (
        Span(utc(1, 10), utc(1, 11), 100.0),
        Span(utc(1, 11), utc(1, 12), 0.0),
    )


def test_keys_without_an_offset_are_local() -> None:
    """In June Berlin is two hours ahead of UTC."""
    series = read_wh_by_period(
        {"2026-06-01T12:00:00": 700, "2026-06-01T13:00:00": 0}, BERLIN
    ).mean_w
    assert series.at(utc(1, 10)) == 700


def test_arrays_are_summed_by_energy_where_all_are_known() -> None:
    """An hour of 600 Wh and half hours of 100 and 200 Wh: 800 W, then 1000 W."""
    forecast = solar_forecast(
        [
            {"2026-06-01T10:00:00Z": 600, "2026-06-01T11:00:00Z": 0},
            {
                "2026-06-01T10:00:00Z": 100,
                "2026-06-01T10:30:00Z": 200,
                "2026-06-01T11:00:00Z": 50,
            },
            {},
        ],
        NOW,
        "test",
    )
    assert forecast.p50_w.spans == (
        Span(utc(1, 10), utc(1, 10, 30), 800.0),
        Span(utc(1, 10, 30), utc(1, 11), 1000.0),
        Span(utc(1, 11), utc(1, 11, 30), 100.0),
    )
    assert not solar_forecast([{}], NOW, "test").p50_w
    assert not solar_forecast([], NOW, "test").p50_w


def test_spring_forward_keeps_every_hour() -> None:
    """On 2026-03-29 local 01:00 is followed by 03:00, an hour later."""
    series = read_wh_by_period(
        {
            "2026-03-29T00:00:00+01:00": 10,
            "2026-03-29T01:00:00+01:00": 20,
            "2026-03-29T03:00:00+02:00": 30,
            "2026-03-29T04:00:00+02:00": 40,
        },
        BERLIN,
    ).mean_w
    start = datetime(2026, 3, 28, 23, tzinfo=UTC)
    hour = timedelta(hours=1)
    assert [s.value for s in series.spans] == [10, 20, 30, 40]
    assert [s.start for s in series.spans] == [start + hour * n for n in range(4)]


@pytest.mark.parametrize("offsets", [("+02:00", "+01:00"), ("", "")])
def test_fall_back_keeps_every_hour(offsets: tuple[str, str]) -> None:
    """On 2026-10-25 local 02:00 comes twice; without offsets it has one key."""
    summer, winter = offsets
    answer = {
        f"2026-10-25T01:00:00{summer}": 0,
        f"2026-10-25T02:00:00{summer}": 0,
        f"2026-10-25T02:00:00{winter}": 0,
        f"2026-10-25T03:00:00{winter}": 0,
        f"2026-10-25T04:00:00{winter}": 50,
    }
    read = read_wh_by_period(answer, BERLIN)
    assert read.ignored == ()
    assert read.mean_w.mean(utc(24, 23, month=10), utc(25, 3, month=10)) == 0
    assert read.mean_w.at(utc(25, 3, month=10)) == 50


def test_energy_keyed_by_the_end_of_its_period() -> None:
    """The 89 Wh that Forecast.Solar puts at 07:00 came between 06:20:17 and 07:00."""
    moved = starts_from_ends(
        {
            "2024-04-26T06:20:17+02:00": 0,
            "2024-04-26T07:00:00+02:00": 89,
            "2024-04-26T08:00:00+02:00": 376,
        },
        BERLIN,
    )
    assert moved == {"2024-04-26T04:20:17+00:00": 89, "2024-04-26T05:00:00+00:00": 376}


@settings(max_examples=60)
@given(
    step_minutes=st.sampled_from([15, 30, 60]),
    arrays=st.lists(
        st.lists(st.floats(0, 5000), min_size=48, max_size=48), min_size=1, max_size=3
    ),
    zone=st.sampled_from(["Europe/Berlin", "Australia/Lord_Howe", "Asia/Kathmandu"]),
    day=st.sampled_from(["2026-03-29", "2026-04-05", "2026-10-04", "2026-10-25"]),
)
def test_energy_is_conserved(
    step_minutes: int, arrays: list[list[float]], zone: str, day: str
) -> None:
    """Whatever the step, the zone and the clock change: Wh in are Wh out, W >= 0."""
    start = datetime.fromisoformat(day).replace(tzinfo=UTC)
    answers = [
        {
            (start + timedelta(minutes=step_minutes * n))
            .astimezone(ZoneInfo(zone))
            .isoformat(): wh
            for n, wh in enumerate(array)
        }
        for array in arrays
    ]
    series = solar_forecast(answers, start, "test", ZoneInfo(zone)).p50_w
    expected = sum(sum(array) for array in arrays)
    assert isclose(energy_wh(series), expected, rel_tol=1e-9, abs_tol=1e-6)
    assert all(span.value >= 0 for span in series.spans)
