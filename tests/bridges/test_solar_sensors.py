"""The solar forecast from real states of sensors, and the choice of a source."""

from datetime import UTC, datetime, timedelta
import json
import logging
from pathlib import Path

from freezegun.api import FrozenDateTimeFactory
import pytest
from pytest_homeassistant_custom_component.common import (  # type: ignore[import-untyped]  # has no type marker
    MockConfigEntry,
)

from custom_components.power_sync.bridges.solar_forecast import async_providers
from custom_components.power_sync.bridges.solar_sensors import read_sensors
from custom_components.power_sync.bridges.solar_source import (
    async_solar,
    follow_sensors,
)
from homeassistant.core import HomeAssistant
from homeassistant.helpers import entity_registry as er

from .test_solar_forecast import NOON, noon, provider

RECORDED = Path(__file__).parent.parent / "forecast" / "recorded"
MORNING = datetime(2025, 10, 5, 23, tzinfo=UTC)
"""10:00 in Melbourne on the day that Solcast's sensor calls today."""
HOUR = timedelta(hours=1)


def record(hass: HomeAssistant, name: str) -> list[str]:
    """Set the recorded states and return their entity ids."""
    states = json.loads((RECORDED / f"{name}.json").read_text(encoding="utf-8"))
    for state in states:
        hass.states.async_set(state["entity_id"], state["state"], state["attributes"])
    return [state["entity_id"] for state in states]


@pytest.fixture
async def solcast(hass: HomeAssistant, freezer: FrozenDateTimeFactory) -> list[str]:
    """Have Solcast's sensors in the morning of their first day."""
    freezer.move_to(MORNING)
    await hass.config.async_set_time_zone("Australia/Melbourne")
    return record(hass, "solcast")


async def test_solcast(hass: HomeAssistant, solcast: list[str]) -> None:
    """Recorded: 13.701 kW at 10:00 today; day 3 ends at midnight after it."""
    found = read_sensors(hass, solcast)
    assert found.unusable == {}
    assert found.forecast is not None
    assert found.forecast.p50_w.at(MORNING) == 13_701
    assert found.forecast.p90_w is not None
    assert found.forecast.p90_w.at(MORNING) == pytest.approx(19_556.2)
    assert found.forecast.p50_w.end == datetime(2025, 10, 8, 13, tzinfo=UTC)
    assert found.forecast.made_at == MORNING


async def test_open_meteo(hass: HomeAssistant, freezer: FrozenDateTimeFactory) -> None:
    """Recorded: 3160.25 Wh in the hour from 09:00 of 5 October."""
    freezer.move_to(MORNING - 24 * HOUR)
    await hass.config.async_set_time_zone("Australia/Melbourne")
    found = read_sensors(hass, record(hass, "open_meteo"))
    assert found.forecast is not None
    assert found.forecast.source == "Open-Meteo"
    assert found.forecast.p50_w.at(MORNING - 25 * HOUR) == 3160.25
    assert found.forecast.p50_w.end == datetime(2025, 10, 6, 13, tzinfo=UTC)


async def test_the_registry_tells_roofs_apart(
    hass: HomeAssistant, freezer: FrozenDateTimeFactory
) -> None:
    """Sensors renamed by their owner are known by what they were registered as."""
    freezer.move_to(MORNING)
    registry = er.async_get(hass)
    hours = {f"2025-10-05T{hour}:00:00+00:00": 1000 for hour in range(20, 24)}
    names: list[str] = []
    for roof, day in (("a", "today"), ("a", "tomorrow"), ("b", "today")):
        entry = MockConfigEntry(domain="open_meteo_solar_forecast", entry_id=roof)
        if hass.config_entries.async_get_entry(roof) is None:
            entry.add_to_hass(hass)
        entity_id = registry.async_get_or_create(
            "sensor",
            entry.domain,
            f"{roof}_energy_production_{day}",
            config_entry=hass.config_entries.async_get_entry(roof),
            suggested_object_id=f"sun_{len(names)}",
        ).entity_id
        # "Tomorrow" is late, and still holds today.
        hass.states.async_set(entity_id, "4", {"wh_period": hours})
        names.append(entity_id)
    found = read_sensors(hass, names)
    assert found.forecast is not None
    assert found.forecast.p50_w.at(MORNING) == 2000


async def test_stale_and_missing_sensors(
    hass: HomeAssistant,
    solcast: list[str],
    freezer: FrozenDateTimeFactory,
    caplog: pytest.LogCaptureFixture,
) -> None:
    """They are told once, and again when they are back."""
    caplog.set_level(logging.INFO)
    hass.states.async_set(solcast[2], "unavailable", {})
    chosen = [*solcast, "sensor.nobody", solcast[0]]
    for _ in range(2):
        found = read_sensors(hass, chosen)
        assert found.unusable == {solcast[2]: "missing", "sensor.nobody": "missing"}
        assert found.forecast is not None
    assert caplog.text.count(f"Solar forecast of {solcast[2]}: missing") == 1
    record(hass, "solcast")
    read_sensors(hass, chosen)
    assert f"Solar forecast of {solcast[2]}: available again" in caplog.text
    freezer.move_to(MORNING + 37 * HOUR)
    found = read_sensors(hass, solcast)
    assert set(found.unusable.values()) == {"stale"}
    assert found.forecast is None


async def test_source_of_the_options(hass: HomeAssistant, solcast: list[str]) -> None:
    """Sensors count where they are chosen; without a choice the platform does."""
    options = {"solar_source": "sensors", "solar_sensors": solcast}
    forecast = await async_solar(hass, options)
    assert forecast is not None
    assert forecast.source == "Solcast"
    assert await async_solar(hass, {}) is None
    assert await async_solar(hass, {"solar_source": "crystal ball"}) is None
    assert await async_providers(hass) == []


@pytest.mark.usefixtures("energy")
async def test_chosen_providers(hass: HomeAssistant) -> None:
    """They are summed, whatever the Energy dashboard says, and no other counts."""
    await provider(hass, "one", lambda _: noon(1000), "a", "b")
    await provider(hass, "two", lambda _: noon(200), "c")
    await provider(hass, "power_sync", lambda _: noon(9000), "ours")
    assert {entry.entry_id for entry in await async_providers(hass)} == {"a", "b", "c"}
    chosen = {"solar_source": "providers", "solar_providers": ["a", "c", "ours"]}
    forecast = await async_solar(hass, chosen)
    assert forecast is not None
    assert forecast.p50_w.at(NOON) == 1200
    assert forecast.source == "one, two"
    # What was chosen and is gone is not replaced by what was not.
    gone = {"solar_source": "providers", "solar_providers": ["deleted"]}
    assert await async_solar(hass, gone) is None


async def test_a_change_of_a_sensor_is_followed(
    hass: HomeAssistant, solcast: list[str]
) -> None:
    """Only another forecast is, and only while it is asked for."""
    asked: list[int] = []

    async def refresh() -> None:
        asked.append(1)

    chosen = {"solar_source": "sensors", "solar_sensors": solcast}
    stop = follow_sensors(hass, chosen, refresh)
    nothing = follow_sensors(hass, {}, refresh)
    state = hass.states.get(solcast[0])
    assert state is not None
    hass.states.async_set(state.entity_id, "1.5", state.attributes)
    await hass.async_block_till_done()
    assert asked == []
    hass.states.async_set(state.entity_id, "1.5", {})
    hass.states.async_remove(solcast[1])
    await hass.async_block_till_done()
    assert len(asked) == 2
    stop()
    nothing()
    hass.states.async_set(solcast[1], "1.5", {})
    await hass.async_block_till_done()
    assert len(asked) == 2
