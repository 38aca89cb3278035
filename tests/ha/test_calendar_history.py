"""A home's energies by day, week, month and year, as an action returns them."""

from datetime import timedelta
from typing import Any

import pytest
from pytest_homeassistant_custom_component.components.recorder.common import (  # type: ignore[import-untyped]  # has no type marker
    async_wait_recording_done,
)

from custom_components.power_sync.const import DOMAIN
from homeassistant.components.recorder.models.statistics import (
    StatisticData,
    StatisticMeanType,
    StatisticMetaData,
)
from homeassistant.components.recorder.statistics import async_import_statistics
from homeassistant.core import HomeAssistant
from homeassistant.exceptions import ServiceValidationError
from homeassistant.helpers import entity_registry as er
from homeassistant.util import dt as dt_util

from .conftest import SetUp

HOUR = timedelta(hours=1)
GAINED = {
    "solar_energy": [1.0, 2.0],
    "import_energy": [0.5, 0.0],
    "export_energy": [0.0, 0.7],
    "charge_energy": [0.8, 0.9],
    "discharge_energy": [0.0, 0.1],
}


async def history(hass: HomeAssistant, **data: str) -> Any:
    """Return what the action answers."""
    return await hass.services.async_call(
        DOMAIN, "get_calendar_history", data, blocking=True, return_response=True
    )


async def test_from_the_recorder(hass: HomeAssistant, set_up: SetUp) -> None:
    """Hours of a day, days of a week; the home is what is left over."""
    entry = await set_up()
    (serial,) = entry.runtime_data.controller.batteries
    now = dt_util.now()
    first = now.replace(hour=8, minute=0, second=0, microsecond=0)
    assert (await history(hass))["time_series"] == []
    for key, kwh in GAINED.items():
        entity_id = er.async_get(hass).async_get_entity_id(
            "sensor", DOMAIN, f"{serial}_{key}"
        )
        assert entity_id is not None
        metadata = StatisticMetaData(
            mean_type=StatisticMeanType.NONE,
            has_sum=True,
            name=None,
            source="recorder",
            statistic_id=entity_id,
            unit_class="energy",
            unit_of_measurement="kWh",
        )
        sums = [0.0, kwh[0], sum(kwh)]
        rows = [
            StatisticData(start=first + n * HOUR, state=total, sum=total)
            for n, total in enumerate(sums, start=-1)
        ]
        async_import_statistics(hass, metadata, rows)
    await async_wait_recording_done(hass)
    day = await history(hass, period="day")
    assert (day["period"], day["source"]) == ("day", "recorder")
    rows_of_day = [row for row in day["time_series"] if row["solar_generation"]]
    assert [
        (row["timestamp"], row["solar_generation"], row["home_consumption"])
        for row in rows_of_day
    ] == [
        (first.isoformat(), 1000, 700),
        ((first + HOUR).isoformat(), 2000, 500),
    ]
    assert rows_of_day[1]["battery_charge"] == 900
    assert rows_of_day[1]["battery_discharge"] == 100
    assert (rows_of_day[0]["grid_import"], rows_of_day[1]["grid_export"]) == (500, 700)
    for period in ("week", "month", "year", "lifetime"):
        (row,) = (await history(hass, period=period))["time_series"]
        assert (row["solar_generation"], row["home_consumption"]) == (3000, 1200)
    yesterday = (now - timedelta(days=1)).date().isoformat()
    assert (await history(hass, end_date=yesterday))["time_series"] == []
    tomorrow = (now + timedelta(days=1)).date().isoformat()
    with pytest.raises(ServiceValidationError, match="start date lies after the end"):
        await history(hass, start_date=tomorrow)
