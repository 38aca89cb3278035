"""Energies of a Powerwall's calendar, against values worked out by hand."""

from datetime import UTC, date, datetime
import json
from zoneinfo import ZoneInfo

import pytest

from custom_components.power_sync.devices.batteries.tesla.history import rows_of
from custom_components.power_sync.devices.protocols import (
    DeviceUnreachableError,
    EnergyHistorian,
)
from custom_components.power_sync.model.energy_history import Period, span_of
from simulators.rest import Fault

from .tesla_site import tesla

SYDNEY = ZoneInfo("Australia/Sydney")
LAST = date(2026, 11, 26)
FIVE_MINUTES = {
    "timestamp": "2026-11-26T14:05:00+11:00",
    "solar_energy_exported": 250,
    "grid_energy_imported": 40,
    "grid_energy_exported_from_solar": 60,
    "grid_energy_exported_from_battery": 5,
    "battery_energy_exported": 30,
    "battery_energy_imported_from_grid": 10,
    "battery_energy_imported_from_solar": 90,
    "consumer_energy_imported_from_grid": 30,
    "consumer_energy_imported_from_solar": 100,
    "consumer_energy_imported_from_battery": 25,
}


def test_each_field() -> None:
    """Charging is from sun and grid, export from sun and battery, the home from all."""
    start, end = span_of(Period.DAY, LAST, SYDNEY)
    (row,) = rows_of({"time_series": [FIVE_MINUTES]}, start, end)
    assert row.start == datetime(2026, 11, 26, 3, 5, tzinfo=UTC)
    assert (row.solar_wh, row.import_wh, row.export_wh) == (250, 40, 65)
    assert (row.charge_wh, row.discharge_wh, row.home_wh) == (100, 30, 155)
    assert row.details["battery_energy_imported_from_grid"] == 10
    assert len(row.details) == 9


def test_a_home_with_a_generator() -> None:
    """What the generator gives is used, stored and fed in like the sun's."""
    start, end = span_of(Period.DAY, LAST, SYDNEY)
    generator = {
        "timestamp": FIVE_MINUTES["timestamp"],
        "consumer_energy_imported_from_generator": 70,
        "battery_energy_imported_from_generator": 20,
        "grid_energy_exported_from_generator": 3,
    }
    (row,) = rows_of({"time_series": [{**FIVE_MINUTES, **generator}]}, start, end)
    assert (row.charge_wh, row.export_wh, row.home_wh) == (120, 68, 225)
    assert len(row.details) == 9
    (row,) = rows_of({"time_series": [generator]}, start, end)
    assert (row.solar_wh, row.home_wh) == (0, 70)


def test_what_is_missing_and_what_is_too_much() -> None:
    """A field left out is 0, a row without any is nothing; no moment comes twice."""
    start, end = span_of(Period.WEEK, LAST, SYDNEY)
    series = [
        {"timestamp": "2026-11-26T00:00:00+11:00", "solar_energy_exported": 2},
        {"timestamp": "2026-11-19T00:00:00+11:00", "battery_energy_exported": 1},
        {"timestamp": "2026-11-26T00:00:00+11:00", "solar_energy_exported": 3},
        {"timestamp": "2026-11-25T00:00:00+11:00"},
        {"timestamp": "2026-11-18T23:55:00+11:00", "solar_energy_exported": 9},
        {"timestamp": "2026-11-27T00:00:00+11:00", "solar_energy_exported": 9},
        {"timestamp": "yesterday", "solar_energy_exported": 9},
        {"timestamp": "2026-11-26T01:00:00", "solar_energy_exported": 9},
        "nothing",
    ]
    rows = rows_of({"time_series": series}, start, end)
    assert [row.start.astimezone(SYDNEY).day for row in rows] == [19, 26]
    assert [(row.solar_wh, row.discharge_wh, row.home_wh) for row in rows] == [
        (0, 1, 0),
        (3, 0, 0),
    ]
    with pytest.raises(DeviceUnreachableError):
        rows_of({}, start, end)


@pytest.mark.parametrize(
    ("period", "days"),
    [(Period.DAY, 1), (Period.WEEK, 8), (Period.MONTH, 31), (Period.YEAR, 366)],
)
def test_how_far_it_looks_back(period: Period, days: int) -> None:
    """From midnight to midnight on the site's clock, also where clocks change."""
    start, end = span_of(period, LAST, SYDNEY)
    assert (start.hour, end.hour, end.date()) == (0, 0, date(2026, 11, 27))
    assert (end.date() - start.date()).days == days


def test_all_that_there_is() -> None:
    """A lifetime leaves nothing out but what is after its end."""
    start, end = span_of(Period.LIFETIME, LAST, SYDNEY)
    series = [
        {"timestamp": f"{day}T00:00:00+11:00", "solar_energy_exported": 1}
        for day in ("2015-05-01", "2026-11-26", "2026-11-27")
    ]
    found = rows_of({"time_series": series}, start, end)
    assert [row.start.astimezone(SYDNEY).year for row in found] == [2015, 2026]


@pytest.mark.usefixtures("socket_enabled")
async def test_the_cloud_is_asked_for_the_sites_own_day() -> None:
    """With both dates and the zone; one reading, and none of it by itself."""
    async with tesla(zone="Australia/Sydney") as account:
        driver = await account.driver()
        assert isinstance(driver, EnergyHistorian)
        account.cloud.reads = 0
        rows = await driver.energy_history(Period.DAY, date(2026, 11, 27))
        assert account.cloud.reads == 2
        assert account.cloud.asked == {
            "kind": "energy",
            "period": "day",
            "start_date": "2026-11-27T00:00:00+11:00",
            "end_date": "2026-11-27T23:59:59+11:00",
            "time_zone": "Australia/Sydney",
        }
        midnight = datetime(2026, 11, 26, 13, tzinfo=UTC)
        assert all(row.start == midnight for row in rows)
        answer = {"response": {"time_series": [FIVE_MINUTES]}}
        account.cloud.fail(Fault(body=json.dumps(answer)))
        (row,) = await driver.energy_history(Period.DAY, LAST)
        assert row.home_wh == 155
        account.cloud.fail(Fault(body=json.dumps({"response": {"time_series": 1}})))
        with pytest.raises(DeviceUnreachableError):
            await driver.energy_history(Period.DAY, LAST)
