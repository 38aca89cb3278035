"""Forecasts in the attributes of sensors: what each shape is read as."""

from datetime import UTC, datetime, timedelta
import json
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from hypothesis import given, strategies as st
import pytest

from custom_components.power_sync.forecast.sensors import (
    Found,
    Sensor,
    Unusable,
    from_sensors,
)
from custom_components.power_sync.forecast.shapes import SHAPES, read_sensor
from custom_components.power_sync.forecast.shapes.reading import SensorForecast
from custom_components.power_sync.model.series import Series

RECORDED = Path(__file__).parent / "recorded"
SYDNEY, LONDON = ZoneInfo("Australia/Sydney"), ZoneInfo("Europe/London")
HOUR, HALF_HOUR = timedelta(hours=1), timedelta(minutes=30)
NOON = datetime(2025, 10, 6, 12, tzinfo=SYDNEY)
"""Of the day that Solcast's sensor calls today."""


def recorded(name: str) -> dict[str, dict[str, Any]]:
    """Return the attributes of recorded sensors by entity id."""
    states = json.loads((RECORDED / f"{name}.json").read_text(encoding="utf-8"))
    return {state["entity_id"]: state["attributes"] for state in states}


SOLCAST = recorded("solcast")
TODAY, TOMORROW, DAY_3 = (
    f"sensor.solcast_pv_forecast_forecast_{day}"
    for day in ("today", "tomorrow", "day_3")
)
OPEN_METEO = recorded("open_meteo")


def kwh(series: Series | None) -> float:
    """Return the energy of a series."""
    assert series is not None
    return sum(
        span.value / 1000 * ((span.end - span.start) / HOUR) for span in series.spans
    )


def read(
    attributes: dict[str, Any], unit: str | None = "kWh", zone: ZoneInfo = SYDNEY
) -> SensorForecast:
    """Return what is read of a sensor that holds a forecast."""
    found = read_sensor(attributes, unit, zone)
    assert found is not None
    return found


def sensor(
    entity_id: str,
    forecast: SensorForecast | None,
    written_at: datetime | None = NOON - HOUR,
) -> Sensor:
    """Return a sensor whose name is its identity."""
    return Sensor(entity_id, entity_id.removeprefix("sensor."), written_at, forecast)


def together(*sensors: Sensor, now: datetime = NOON) -> Found:
    """Return what sensors forecast together."""
    return from_sensors(sensors, now)


def hours(first_w: float, count: int = 24, day: int = 6) -> SensorForecast:
    """Return a forecast of `first_w` in each hour of a day of October."""
    start = datetime(2025, 10, day, tzinfo=SYDNEY).astimezone(UTC)
    series = Series.regular(start, HOUR, [first_w] * count)
    return SensorForecast(series, HOUR, "Roof")


@pytest.mark.parametrize(
    ("entity_id", "total", "low", "high"),
    [
        # As the sensors' own attributes say: estimate, estimate10, estimate90.
        (TODAY, 150.442, 116.2414, 174.8362),
        (TOMORROW, 87.5043, 45.1885, 132.046),
        (DAY_3, 131.7662, 43.449, 182.8776),
    ],
)
def test_solcast(entity_id: str, total: float, low: float, high: float) -> None:
    """Mean kW over half hours, with a spread; the energy is the sensor's own."""
    found = read(SOLCAST[entity_id])
    assert (found.provider, found.step) == ("Solcast", HALF_HOUR)
    assert len(found.p50_w.spans) == 48
    assert kwh(found.p50_w) == pytest.approx(total, abs=1e-3)
    assert kwh(found.p10_w) == pytest.approx(low, abs=1e-3)
    assert kwh(found.p90_w) == pytest.approx(high, abs=1e-3)


def test_solcast_slot() -> None:
    """Recorded: 13.701 kW from 10:00 to 10:30 local time of today."""
    ten = datetime(2025, 10, 6, 10, tzinfo=SYDNEY)
    found = read(SOLCAST[TODAY])
    assert found.p50_w.at(ten) == 13_701
    assert found.p50_w.at(ten + HALF_HOUR) == pytest.approx(14_549.7)
    assert found.p10_w is not None
    assert found.p10_w.at(ten) == pytest.approx(5883.9)


def test_solcast_hourly() -> None:
    """The hours count where there are no half hours."""
    attributes = {**SOLCAST[TODAY], "detailedForecast": []}
    found = read(attributes)
    assert found.step == HOUR
    assert kwh(found.p50_w) == pytest.approx(150.442, abs=1e-3)


def test_solcast_with_real_times_and_holes() -> None:
    """Times may be times and not text; a spread with a hole is none."""
    rows: list[object] = [
        {
            "period_start": datetime(2025, 10, 6, hour, tzinfo=SYDNEY),
            "pv_estimate": 1.5,
            "pv_estimate10": 1.0 if hour != 8 else None,
            "pv_estimate90": 2.0,
        }
        for hour in range(6, 10)
    ]
    rows += [{"period_start": "soon", "pv_estimate": 1.0}, "no row"]
    found = read({"detailedForecast": rows})
    assert kwh(found.p50_w) == 6
    assert (found.p10_w, found.p90_w) == (None, None)


@pytest.mark.parametrize(
    ("entity_id", "total"),
    [
        ("sensor.energy_production_today_north", 35.165),
        ("sensor.energy_production_tomorrow_north", 18.97725),
    ],
)
def test_open_meteo(entity_id: str, total: float) -> None:
    """The energies count, as the sensor's own state does, and not the samples."""
    found = read(OPEN_METEO[entity_id])
    assert (found.provider, found.step) == ("Open-Meteo", HOUR)
    assert kwh(found.p50_w) == pytest.approx(total)


def test_open_meteo_hour() -> None:
    """Recorded: 2051.25 Wh in the hour from 08:00."""
    found = read(OPEN_METEO["sensor.energy_production_today_north"])
    assert found.p50_w.at(datetime(2025, 10, 5, 8, 30, tzinfo=SYDNEY)) == 2051.25


def test_samples_alone() -> None:
    """Powers at moments are joined by straight lines: their energy is near."""
    attributes = {"watts": OPEN_METEO["sensor.energy_production_today_north"]["watts"]}
    found = read(attributes, "W")
    assert found.step == timedelta(minutes=15)
    assert kwh(found.p50_w) == pytest.approx(35.165, rel=0.001)
    eight = datetime(2025, 10, 5, 8, tzinfo=SYDNEY)
    # Recorded: 1685 W at 08:00 and 2010 W at 08:15.
    assert found.p50_w.at(eight) == (1685 + 2010) / 2


def test_forecast_solar() -> None:
    """Energies are keyed by the end of their period, also an odd one at sunrise.

    Recorded for 2024-04-26: 89 Wh until 07:00, 376 Wh until 08:00.
    """
    attributes = json.loads(
        (RECORDED / "forecast_solar.json").read_text(encoding="utf-8")
    )
    zone = ZoneInfo("Europe/Amsterdam")
    found = read(attributes, None, zone)
    assert (found.provider, found.step) == ("Forecast.Solar", HOUR)
    seven = datetime(2024, 4, 26, 7, tzinfo=zone)
    assert found.p50_w.at(seven) == 376
    assert found.p50_w.mean(seven - timedelta(minutes=30), seven) == pytest.approx(
        89 / ((39 * 60 + 43) / 3600)
    )
    # By night there is none, and each day has its own total.
    assert found.p50_w.at(datetime(2024, 4, 27, 2, tzinfo=zone)) == 0
    assert kwh(found.p50_w) == pytest.approx(
        sum(attributes["watt_hours_day"].values()) / 1000
    )


def test_energy_platform() -> None:
    """The dictionary of the energy platform is keyed by the start."""
    found = read({"wh_hours": {NOON: 500, NOON + HALF_HOUR: 400}})
    assert found.provider is None
    assert found.p50_w.at(NOON) == 1000


@pytest.mark.parametrize(
    ("rows", "unit", "watts"),
    [
        ([{"time": 12, "value": 1.5}, {"time": 13, "value": 2}], "kW", [1500, 2000]),
        ([{"start": 12, "power": 700}, {"start": 13, "power": 0}], "W", [700, 0]),
        (
            [{"datetime": 12, "energy": 0.4}, {"datetime": 13, "energy": 0.2}],
            "kWh",
            [400, 200],
        ),
        (
            [{"period_end": 13, "value": 300}, {"period_end": 14, "value": 100}],
            "Wh",
            [300, 100],
        ),
        ([{"time": 12, "value": -3}, {"time": 13, "value": 5}], "W", [0, 5]),
    ],
)
def test_rows(rows: list[dict[str, Any]], unit: str, watts: list[float]) -> None:
    """The unit of the sensor says what the values are; an end is no start."""
    timed = [
        {
            key: datetime(2025, 10, 6, value).isoformat()  # noqa: DTZ001 - local on purpose
            if key in ("time", "start", "datetime", "period_end")
            else value
            for key, value in row.items()
        }
        for row in rows
    ]
    found = read({"forecast": timed}, unit)
    assert [(span.start, span.value) for span in found.p50_w.spans] == [
        (NOON.astimezone(UTC), watts[0]),
        ((NOON + HOUR).astimezone(UTC), watts[1]),
    ]
    assert found.step == HOUR


def test_rows_with_a_spread() -> None:
    """It is carried on where every row has it."""
    rows = [
        {"time": NOON + hour * HOUR, "value": 2, "p10": 1, "p90": 3}
        for hour in range(2)
    ]
    found = read({"forecast": rows}, "kW")
    assert kwh(found.p10_w) == 2
    assert kwh(found.p90_w) == 6


@pytest.mark.parametrize(
    ("attributes", "unit"),
    [
        ({}, "kWh"),
        ({"detailedForecast": [], "detailedHourly": "x"}, "kWh"),
        ({"detailedForecast": [{"period_start": 3, "pv_estimate": 1}]}, "kWh"),
        ({"watts": {"2025-10-06T12:00:00": "x"}}, "W"),
        ({"watts": {"2025-10-06T12:00:00": 3}}, "W"),
        ({"watts": [1, 2], "wh_period": None, "watt_hours_period": {}}, "W"),
        ({"forecast": [{"time": NOON, "value": 3}]}, "°C"),
        ({"forecast": [{"time": NOON, "value": 3}]}, None),
        ({"forecast": [{"time": NOON, "temperature": 3}]}, "W"),
        ({"forecast": [{"when": NOON, "value": 3}]}, "W"),
        ({"forecast": [{"time": NOON, "value": True}]}, "W"),
        ({"forecast": [{"time": NOON, "value": float("nan")}]}, "W"),
        ({"forecast": ["x", 3, None], "data": {}}, "W"),
        ({"friendly_name": "Roof"}, "W"),
    ],
)
def test_no_forecast(attributes: dict[str, Any], unit: str | None) -> None:
    """Nothing is made of attributes that hold none."""
    assert read_sensor(attributes, unit, SYDNEY) is None


ODD = st.sampled_from(
    [None, True, -1, 3.5, float("nan"), "", "x", "2025-10-06T12:00", "9999-12-31", NOON]
)
ROWS = st.lists(
    st.dictionaries(
        st.sampled_from(["time", "value", "period_start", "pv_estimate"]), ODD
    )
    | ODD,
    max_size=4,
)


@given(
    st.dictionaries(
        st.sampled_from(
            ["detailedForecast", "watts", "wh_period", "watt_hours_period", "forecast"]
        ),
        ODD | ROWS | st.dictionaries(ODD, ODD),
    )
)
def test_any_attributes_are_read_without_a_fault(attributes: dict[str, Any]) -> None:
    """Other integrations may write what they like."""
    for reader in SHAPES.values():
        found = reader(attributes, "kW", LONDON)
        assert found is None or found.p50_w


@pytest.mark.parametrize("clock_change", ["2026-03-29", "2026-10-25"])
def test_a_clock_change(clock_change: str) -> None:
    """Local times with their offset are hours of 60 minutes each."""
    start = datetime.fromisoformat(f"{clock_change}T00:00:00").replace(tzinfo=LONDON)
    first = start.astimezone(UTC)
    rows = [
        {
            "period_start": (first + hour * HOUR).astimezone(LONDON).isoformat(),
            "pv_estimate": hour,
        }
        for hour in range(6)
    ]
    found = read({"detailedHourly": rows}, zone=LONDON)
    assert [span.start for span in found.p50_w.spans] == [
        first + hour * HOUR for hour in range(6)
    ]
    assert kwh(found.p50_w) == 15


def test_days_are_put_together() -> None:
    """Solcast's three days are one roof, known for three days on end."""
    found = together(*(sensor(name, read(SOLCAST[name])) for name in SOLCAST))
    assert found.unusable == {}
    assert found.step == HALF_HOUR
    forecast = found.forecast
    assert forecast is not None
    assert forecast.source == "Solcast"
    assert forecast.made_at == NOON - HOUR
    assert len(forecast.p50_w.spans) == 144
    assert kwh(forecast.p50_w) == pytest.approx(150.442 + 87.5043 + 131.7662, abs=0.01)
    assert kwh(forecast.p10_w) == pytest.approx(116.2414 + 45.1885 + 43.449, abs=0.01)
    assert kwh(forecast.p90_w) == pytest.approx(174.8362 + 132.046 + 182.8776, abs=0.01)


def test_roofs_are_added_up() -> None:
    """Two roofs with two days each: the sum stands where both are known."""
    found = together(
        sensor("energy_production_today_north", hours(1000)),
        sensor("energy_production_tomorrow_north", hours(2000, day=7)),
        sensor("energy_production_today_south", hours(100)),
        sensor("energy_production_tomorrow_south", hours(200, count=12, day=7)),
    )
    assert found.forecast is not None
    watts = found.forecast.p50_w
    assert watts.at(NOON) == 1100
    assert watts.at(NOON + 14 * HOUR) == 2200
    assert watts.end == NOON + 24 * HOUR
    assert found.forecast.p10_w is None


def test_names_in_another_language() -> None:
    """Days that are called differently belong together where they do not overlap."""
    found = together(
        sensor("pv_heute", hours(1000)), sensor("pv_morgen", hours(2000, day=7))
    )
    assert found.forecast is not None
    assert found.forecast.p50_w.at(NOON) == 1000
    assert found.forecast.p50_w.at(NOON + 24 * HOUR) == 2000


def test_just_after_midnight() -> None:
    """What is still called tomorrow is today by now: it does not count twice."""
    for order in (1, -1):
        sensors = [
            sensor("total_today", hours(1000), NOON - 2 * HOUR),
            sensor("total_tomorrow", hours(900), NOON - HOUR),
            sensor("total_d3", hours(800, day=7), NOON - HOUR),
        ][::order]
        found = together(*sensors)
        assert found.forecast is not None
        assert found.forecast.p50_w.at(NOON) == 1000
        assert found.forecast.p50_w.at(NOON + 24 * HOUR) == 800


def test_sensors_that_cannot_be_used() -> None:
    """Each is named with why; the others go on."""
    found = together(
        sensor("good", hours(1000)),
        sensor("gone", None, None),
        sensor("empty", None),
        sensor("past", hours(1000, day=5)),
        sensor("forgotten", hours(1000), NOON - 37 * HOUR),
        sensor("nothing", SensorForecast(Series(()), HOUR)),
    )
    assert found.unusable == {
        "gone": Unusable.MISSING,
        "empty": Unusable.NO_FORECAST,
        "past": Unusable.STALE,
        "forgotten": Unusable.STALE,
        "nothing": Unusable.STALE,
    }
    assert found.forecast is not None
    assert found.forecast.p50_w.at(NOON) == 1000
    assert together().forecast is None
    assert together(sensor("gone", None, None)).forecast is None


def test_a_spread_is_of_all_or_none() -> None:
    """One roof without a spread leaves the sum without one."""
    solcast = sensor("solcast_today", read(SOLCAST[TODAY]))
    found = together(solcast, sensor("other_today", hours(500)))
    assert found.forecast is not None
    assert found.forecast.source == "Roof, Solcast"
    assert found.forecast.p50_w.at(datetime(2025, 10, 6, 10, tzinfo=SYDNEY)) == 14_201
    assert found.forecast.p10_w is None
    assert found.step == HOUR
