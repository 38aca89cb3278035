"""What the sun was forecast to be is kept, and put right by what came."""

from datetime import UTC, datetime, timedelta
import json
from pathlib import Path

from freezegun.api import FrozenDateTimeFactory
import pytest

from custom_components.power_sync.forecast.calibration import KEPT
from custom_components.power_sync.model.forecast import Forecast
from custom_components.power_sync.model.series import Series
from custom_components.power_sync.solar_record import (
    SolarRecord,
    hours_from_json,
    solar_record_store,
)
from homeassistant.core import HomeAssistant

ENTRY = "01SITE"
NOON = datetime(2026, 6, 14, 12, tzinfo=UTC)
HOUR = timedelta(hours=1)


def kept_rows(hass: HomeAssistant) -> list[list[float]] | None:
    """Return what is in the file; None where there is none."""
    path = Path(hass.config.path(".storage", f"power_sync.solar_forecasts.{ENTRY}"))
    if not path.exists():
        return None
    rows: list[list[float]] = json.loads(path.read_text(encoding="utf-8"))["data"]
    return rows


def sky(level_w: float) -> Forecast:
    """Return a forecast of the same sun at all hours around `NOON`."""
    start = NOON - timedelta(days=2)
    return Forecast(Series.regular(start, HOUR, [level_w] * 120), "sky", start)


async def test_what_was_forecast_survives(
    hass: HomeAssistant, freezer: FrozenDateTimeFactory
) -> None:
    """Each hour as it was forecast when it began, and not for ever."""
    freezer.move_to(NOON + timedelta(minutes=10))
    record = SolarRecord(hass, ENTRY)
    assert await record.async_expected(sky(500.0), None) == sky(500.0)
    # The same hour again does not count: it has begun.
    await record.async_expected(sky(900.0), None)
    freezer.tick(HOUR)
    await record.async_expected(sky(700.0), None)
    assert await record.async_expected(None, None) is None
    await record.async_close()
    noon_s = round(NOON.timestamp())
    kept = [[noon_s, 500.0], [noon_s + 3600, 700.0]]
    assert kept_rows(hass) == kept

    freezer.move_to(NOON + KEPT + timedelta(minutes=1))
    later = SolarRecord(hass, ENTRY)
    start = NOON + KEPT
    new = Forecast(Series.regular(start, HOUR, [600.0] * 5), "sky", start)
    await later.async_expected(new, None)
    assert [row for row in later.to_json() if row in kept] == kept[1:]
    await later.async_close()
    await solar_record_store(hass, ENTRY).remove()
    assert kept_rows(hass) is None


async def test_it_is_put_right_by_what_came(
    hass: HomeAssistant, freezer: FrozenDateTimeFactory
) -> None:
    """Half as much again came on all days: with no record it counts half."""
    freezer.move_to(NOON)
    start = NOON - timedelta(days=10)
    measured = Series.regular(start, HOUR, [1500.0] * 240)
    record = SolarRecord(hass, ENTRY)
    found = await record.async_expected(sky(1000.0), measured)
    assert found is not None
    assert found.p50_w.at(NOON + HOUR) == pytest.approx(1250.0, rel=0.01)
    assert found.p10_w is not None
    # Without any forecast it is what the days before say.
    alone = await SolarRecord(hass, ENTRY).async_expected(None, measured)
    assert alone is not None
    assert alone.p50_w.at(NOON + HOUR) == pytest.approx(1500.0)
    await record.async_close()


async def test_what_is_known_too_early_is_no_forecast(
    hass: HomeAssistant, freezer: FrozenDateTimeFactory
) -> None:
    """Nothing of the last three weeks: the forecast stays as it came."""
    freezer.move_to(NOON)
    long_ago = Series.regular(NOON - 3 * KEPT, HOUR, [1500.0])
    record = SolarRecord(hass, ENTRY)
    assert await record.async_expected(None, long_ago) is None
    beyond = Forecast(Series.regular(NOON + KEPT, HOUR, [1.0]), "sky", NOON)
    assert await record.async_expected(beyond, long_ago) == beyond
    assert record.to_json() == []


@pytest.mark.parametrize(
    "content", [None, {}, "x", [1, ["a", 2], [1, "b"], [1], [10**30, 1]]]
)
def test_nonsense_is_passed_over(content: object) -> None:
    """A file of something else holds no hour."""
    assert hours_from_json(content) == {}


def test_hours_are_read_as_they_were_written() -> None:
    """With whole and broken W."""
    noon_s = round(NOON.timestamp())
    assert hours_from_json([[noon_s, 5], [noon_s + 3600, 7.5]]) == {
        NOON: 5.0,
        NOON + HOUR: 7.5,
    }
