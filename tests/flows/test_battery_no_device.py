"""A battery that is no device: described, stored, and changed."""

from typing import Any

import pytest
from pytest_homeassistant_custom_component.common import (  # type: ignore[import-untyped]  # has no type marker
    MockConfigEntry,
)

from custom_components.power_sync.bridges.access import battery_driver
from custom_components.power_sync.devices.batteries import BRANDS
from homeassistant.core import HomeAssistant
from simulators.octopus import OctopusSimulator
from simulators.sungrow import SungrowSimulator
from tests.common import site_entry

from .dialogue import LIMITS, TARIFFS, BatteryDialogue, ConfigDialogue

SIZE = {"name": "Try-out", "capacity_kwh": 13.5, "power_w": 4600}
SENSORS = {"load_sensor": "sensor.load", "solar_sensor": "sensor.sun"}


@pytest.fixture
def quick_link() -> None:
    """Have all brands to choose from."""


@pytest.fixture(autouse=True)
def measured(hass: HomeAssistant) -> None:
    """Have a home that measures its load and its sun."""
    kw = {"unit_of_measurement": "kW", "device_class": "power"}
    hass.states.async_set("sensor.load", "1.25", kw)
    hass.states.async_set("sensor.sun", "0", kw)


async def to_form(dialogue: ConfigDialogue, octopus: OctopusSimulator) -> None:
    """Go to the battery's step."""
    await dialogue.to_tariff(octopus)
    await dialogue.submit(TARIFFS)
    assert dialogue.step == "battery"
    await dialogue.submit({"brand": "simulated"})
    assert dialogue.step == "battery_no_device"


async def finished(dialogue: ConfigDialogue) -> Any:
    """Go on to the end; return the battery."""
    assert dialogue.step == "limits"
    await dialogue.submit(LIMITS)
    (battery,) = dialogue.entry.subentries.values()
    return battery


async def test_a_typical_home(
    dialogue: ConfigDialogue, octopus: OctopusSimulator
) -> None:
    """With what is suggested, and no sensors."""
    await to_form(dialogue, octopus)
    assert dialogue.form["capacity_kwh"] == 10
    await dialogue.submit(dialogue.form)
    battery = await finished(dialogue)
    assert battery.title == "Simulated battery"
    assert battery.unique_id == battery.data["serial"]
    assert battery.data["serial"].startswith("SIM")
    assert (battery.data["max_charge_w"], battery.data["capacity_kwh"]) == (5000, 10)
    assert not set(SENSORS) & set(battery.data)


async def test_sensors(
    hass: HomeAssistant, dialogue: ConfigDialogue, octopus: OctopusSimulator
) -> None:
    """Each sensor is looked at first; what was typed stays after an error."""
    await to_form(dialogue, octopus)
    for bad in ("unavailable", "unknown", "nan"):
        hass.states.async_set(
            "sensor.sun", bad, {"unit_of_measurement": "kW", "device_class": "power"}
        )
        await dialogue.submit({**SIZE, **SENSORS})
        assert dialogue.errors == {"solar_sensor": "no_power_now"}
        assert dialogue.form["capacity_kwh"] == 13.5
    hass.states.async_set("sensor.sun", "12", {"unit_of_measurement": "%"})
    await dialogue.submit({**SIZE, **SENSORS})
    assert dialogue.errors == {"solar_sensor": "no_power_now"}
    hass.states.async_set("sensor.sun", "2", {"unit_of_measurement": "kW"})
    await dialogue.submit({**SIZE, **SENSORS})
    battery = await finished(dialogue)
    assert battery.title == "Try-out"
    assert {key: battery.data[key] for key in SENSORS} == SENSORS
    entry = MockConfigEntry()
    reading = await battery_driver(hass, entry, battery.data).read()
    assert (reading.load_power_w, reading.solar_power_w) == (1250, 2000)


async def test_added_and_changed(
    hass: HomeAssistant,
    dialogue: ConfigDialogue,
    octopus: OctopusSimulator,
    sungrow: SungrowSimulator,
) -> None:
    """To a site that has another one; it stays the same battery when changed."""
    entry = site_entry(sungrow, octopus)
    entry.add_to_hass(hass)
    adding = BatteryDialogue(hass, entry)
    await adding.add("simulated", {**SIZE, "load_sensor": "sensor.load"})
    battery = adding.added
    await adding.change(battery)
    assert adding.step == "battery_no_device"
    assert "name" not in adding.fields
    assert adding.form["power_w"] == 4600
    await adding.submit({"capacity_kwh": 20, "power_w": 3000})
    assert adding.reason == "reconfigure_successful"
    changed = entry.subentries[battery.subentry_id]
    assert changed.unique_id == battery.unique_id == changed.data["serial"]
    assert (changed.data["capacity_kwh"], changed.data["max_discharge_w"]) == (20, 3000)
    assert "load_sensor" not in changed.data
    assert BRANDS[changed.data["brand"]].name == "Simulated battery"
