"""A site with a simulated battery, from its dialogue to its removal."""

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from custom_components.power_sync.bridges.access import temporary_driver
from custom_components.power_sync.const import DOMAIN
from custom_components.power_sync.model.battery import Write
from homeassistant.config_entries import ConfigEntry
from homeassistant.core import HomeAssistant
from simulators.octopus import OctopusSimulator
from tests.flows.dialogue import LIMITS, TARIFFS, ConfigDialogue

from .conftest import Wait, value_of

KW = {"unit_of_measurement": "kW", "device_class": "power"}
SENSORS = {"load_sensor": "sensor.load", "solar_sensor": "sensor.sun"}


@pytest.fixture
async def entry(hass: HomeAssistant, octopus: OctopusSimulator) -> ConfigEntry[Any]:
    """Add a site with a simulated battery, and go live."""
    hass.states.async_set("sensor.load", "1.0", KW)
    hass.states.async_set("sensor.sun", "0", KW)
    dialogue = ConfigDialogue(hass)
    await dialogue.to_tariff(octopus)
    await dialogue.submit(TARIFFS)
    await dialogue.submit({"brand": "simulated"})
    await dialogue.submit(
        {"name": "Trial", "capacity_kwh": 10, "power_w": 3000, **SENSORS}
    )
    await dialogue.submit(LIMITS)
    await hass.async_block_till_done(wait_background_tasks=True)
    entry = dialogue.entry
    await entry.runtime_data.async_set(dry_run=False)
    await hass.async_block_till_done(wait_background_tasks=True)
    return entry


def level(hass: HomeAssistant) -> float:
    """Return the battery's level."""
    return float(value_of(hass, "sensor.powersync_battery_level"))


async def test_it_is_planned_and_followed(
    hass: HomeAssistant, entry: ConfigEntry[Any], wait: Wait
) -> None:
    """It has a plan, does what it is told, and its level follows."""
    assert level(hass) == 50
    assert entry.runtime_data.coordinators.plan.data.plan.slots
    (battery,) = entry.runtime_data.controller.batteries.values()
    assert battery.outcome is not None
    await hass.services.async_call(
        DOMAIN, "force_charge", {"duration": 30, "power_w": 2000}, blocking=True
    )
    await wait(timedelta(seconds=10))
    assert value_of(hass, "sensor.trial_battery_power") == "-2000.0"
    assert float(value_of(hass, "sensor.powersync_grid_power")) == 3000
    for _ in range(6):
        await wait(timedelta(minutes=5))
    assert level(hass) == pytest.approx(50 + 100 * 2 * 0.5 * 0.95 / 10, abs=0.2)
    await hass.services.async_call(DOMAIN, "restore_normal", {}, blocking=True)
    assert not battery.executor.held


async def test_its_level_is_kept(
    hass: HomeAssistant, entry: ConfigEntry[Any], wait: Wait
) -> None:
    """Over an unload; and nothing of it is left after the site's removal."""
    (subentry,) = entry.subentries.values()
    for _ in range(3):
        await hass.services.async_call(
            DOMAIN, "force_charge", {"duration": 60, "power_w": 3000}, blocking=True
        )
        await wait(timedelta(minutes=5))
    before = level(hass)
    assert before > 55
    assert await hass.config_entries.async_unload(entry.entry_id)
    folder = Path(hass.config.path(".storage"))
    serial = str(subentry.unique_id).lower()
    assert (folder / f"power_sync.battery.{serial}").exists()
    await wait(timedelta(hours=1))
    assert await hass.config_entries.async_setup(entry.entry_id)
    await hass.async_block_till_done(wait_background_tasks=True)
    assert level(hass) == pytest.approx(before, abs=0.1)
    await hass.config_entries.async_remove(entry.entry_id)
    assert not (folder / f"power_sync.battery.{serial}").exists()


async def test_while_no_site_is_loaded(
    hass: HomeAssistant, entry: ConfigEntry[Any]
) -> None:
    """What is told to it for a moment is kept, too."""
    (subentry,) = entry.subentries.values()
    assert await hass.config_entries.async_unload(entry.entry_id)
    async with temporary_driver(hass, subentry.data) as driver:
        await driver.write(Write("mode", 4))
    async with temporary_driver(hass, subentry.data) as driver:
        assert (await driver.read_settings())["mode"] == 4


async def test_a_sensor_falls_silent(
    hass: HomeAssistant, entry: ConfigEntry[Any], wait: Wait
) -> None:
    """The battery cannot be read until the sensor has a value again."""
    hass.states.async_set("sensor.load", "unavailable", KW)
    for _ in range(3):
        await wait(timedelta(minutes=1))
    assert value_of(hass, "sensor.powersync_battery_level") == "unavailable"
    hass.states.async_set("sensor.load", "800", KW | {"unit_of_measurement": "W"})
    for _ in range(3):
        await wait(timedelta(seconds=10))
    assert float(value_of(hass, "sensor.powersync_home_load")) == 800
