"""A site whose battery is helpers of Home Assistant's own, from dialogue to removal."""

from datetime import timedelta
from typing import Any

import pytest

from custom_components.power_sync.const import DOMAIN
from homeassistant.config_entries import ConfigEntry
from homeassistant.core import CoreState, HomeAssistant
from homeassistant.setup import async_setup_component
from simulators.octopus import OctopusSimulator
from tests.flows.dialogue import LIMITS, TARIFFS, ConfigDialogue

from .conftest import Wait, value_of

KW = {"unit_of_measurement": "kW", "device_class": "power"}
HELPERS: dict[str, dict[str, Any]] = {
    "input_number": {
        "power": {
            "min": 0,
            "max": 5000,
            "step": 50,
            "initial": 1250,
            "unit_of_measurement": "W",
        }
    },
    "input_select": {
        "mode": {"options": ["Auto", "Eco", "Charge", "Rest"], "initial": "Eco"}
    },
}
OWNERS = ("Eco", "1250.0")


def sensors(hass: HomeAssistant) -> None:
    """Let the battery tell its level and power."""
    hass.states.async_set(
        "sensor.soc", "61", {"unit_of_measurement": "%"}, force_update=True
    )
    hass.states.async_set("sensor.power", "0.2", KW, force_update=True)
    hass.states.async_set("sensor.grid", "0.5", KW)


@pytest.fixture
async def entry(hass: HomeAssistant, octopus: OctopusSimulator) -> ConfigEntry[Any]:
    """Add a site, map two modes, and go live."""
    for domain, config in HELPERS.items():
        assert await async_setup_component(hass, domain, {domain: config})
    sensors(hass)
    dialogue = ConfigDialogue(hass)
    await dialogue.to_tariff(octopus)
    await dialogue.submit(TARIFFS)
    await dialogue.submit({"brand": "entities"})
    await dialogue.submit(
        {
            "name": "Cellar",
            "soc_sensor": "sensor.soc",
            "power_sensor": "sensor.power",
            "grid_sensor": "sensor.grid",
            "charging_positive": False,
            "capacity_kwh": 9.6,
            "max_charge_w": 3000,
            "max_discharge_w": 2500,
        }
    )
    await dialogue.submit({"right": True})
    for mode, value in (("charge", "Charge"), ("standby", "Rest")):
        number = {"power_entity": "input_number.power", "power_negative": False}
        await dialogue.submit({"mode": mode})
        await dialogue.submit(
            {
                "entity": "input_select.mode",
                "value": value,
                **(number if mode == "charge" else {}),
            }
        )
        await dialogue.submit({"try": False})
    await dialogue.submit({"mode": "done"})
    await dialogue.submit(LIMITS)
    await hass.async_block_till_done(wait_background_tasks=True)
    entry = dialogue.entry
    await entry.runtime_data.async_set(dry_run=False, automatic=False)
    await hass.async_block_till_done(wait_background_tasks=True)
    return entry


def shown(hass: HomeAssistant) -> tuple[str, str]:
    """Return how the battery is set."""
    return value_of(hass, "input_select.mode"), value_of(hass, "input_number.power")


async def force(hass: HomeAssistant) -> None:
    """Charge for half an hour."""
    await hass.services.async_call(
        DOMAIN, "force_charge", {"duration": 30, "power_w": 2030}, blocking=True
    )


async def test_forced_and_given_back(
    hass: HomeAssistant, entry: ConfigEntry[Any], wait: Wait
) -> None:
    """What the owner had set is set again, to the last digit."""
    assert value_of(hass, "sensor.powersync_battery_level") == "61.0"
    assert value_of(hass, "sensor.powersync_home_load") == "700.0"
    assert shown(hass) == OWNERS
    await force(hass)
    assert shown(hass) == ("Charge", "2000.0")
    await hass.services.async_call(DOMAIN, "restore_normal", {}, blocking=True)
    assert shown(hass) == OWNERS
    assert entry.runtime_data.coordinators.plan.data is not None


async def test_what_the_owner_changes_stays(
    hass: HomeAssistant, entry: ConfigEntry[Any]
) -> None:
    """While it is held, too."""
    await force(hass)
    await hass.services.async_call(
        "input_select",
        "select_option",
        {"entity_id": "input_select.mode", "option": "Auto"},
        blocking=True,
    )
    await hass.services.async_call(DOMAIN, "restore_normal", {}, blocking=True)
    assert shown(hass) == ("Auto", "1250.0")


async def test_unavailable_and_back(
    hass: HomeAssistant, entry: ConfigEntry[Any], wait: Wait
) -> None:
    """Without its level the battery is not there; then it is given back."""
    await force(hass)
    hass.states.async_set("sensor.soc", "unavailable")
    for _ in range(3):
        await wait(timedelta(minutes=1))
    assert value_of(hass, "sensor.powersync_battery_level") == "unavailable"
    assert shown(hass) == OWNERS
    for _ in range(4):
        sensors(hass)
        await wait(timedelta(seconds=10))
    assert value_of(hass, "sensor.powersync_battery_level") == "61.0"


async def test_removed(hass: HomeAssistant, entry: ConfigEntry[Any]) -> None:
    """The site goes, and the battery is the owner's."""
    await force(hass)
    await hass.config_entries.async_remove(entry.entry_id)
    assert shown(hass) == OWNERS


async def test_removed_while_it_could_not_be_given_back(
    hass: HomeAssistant, entry: ConfigEntry[Any]
) -> None:
    """An entity is away while the site unloads, and is back at its removal."""
    await force(hass)
    charging = hass.states.get("input_select.mode")
    assert charging is not None
    hass.states.async_set("input_select.mode", "unavailable")
    assert await hass.config_entries.async_unload(entry.entry_id)
    assert shown(hass)[1] == "2000.0"
    hass.states.async_set("input_select.mode", charging.state, charging.attributes)
    await hass.config_entries.async_remove(entry.entry_id)
    assert shown(hass) == OWNERS


async def test_while_home_assistant_starts(
    hass: HomeAssistant,
    entry: ConfigEntry[Any],
    wait: Wait,
    caplog: pytest.LogCaptureFixture,
) -> None:
    """Other integrations come later: it waits in silence, and then gives it back."""
    await force(hass)
    found = {state.entity_id: state for state in hass.states.async_all()}
    away = ("input_select.mode", "sensor.soc", "sensor.power")
    for entity in away:
        hass.states.async_set(entity, "unavailable")
    await hass.config_entries.async_unload(entry.entry_id)
    hass.set_state(CoreState.starting)
    for entity in away:
        hass.states.async_remove(entity)
    caplog.clear()
    await hass.config_entries.async_setup(entry.entry_id)
    await hass.async_block_till_done(wait_background_tasks=True)
    site = entry.runtime_data
    # The user ends the force, which is done as soon as it can be.
    await site.controller.restore_normal()
    for _ in range(12):
        await wait(timedelta(seconds=10))
    told = [each for each in caplog.records if "power_sync" in each.name]
    assert [each for each in told if each.levelname != "DEBUG"] == []
    assert site.controller.problems == ()
    assert value_of(hass, "sensor.powersync_battery_level") == "unavailable"
    for entity in away:
        state = found[entity]
        hass.states.async_set(entity, state.state, state.attributes, force_update=True)
    hass.set_state(CoreState.running)
    await wait(timedelta(seconds=10))
    assert value_of(hass, "sensor.powersync_battery_level") == "61.0"
    assert shown(hass) == OWNERS


async def test_missing_once_home_assistant_has_started(
    hass: HomeAssistant,
    entry: ConfigEntry[Any],
    wait: Wait,
    caplog: pytest.LogCaptureFixture,
) -> None:
    """What was waited for and is still not there is told, once."""
    await hass.config_entries.async_unload(entry.entry_id)
    hass.set_state(CoreState.starting)
    hass.states.async_set("sensor.soc", "unknown")
    await hass.config_entries.async_setup(entry.entry_id)
    await hass.async_block_till_done(wait_background_tasks=True)
    await wait(timedelta(seconds=10))
    assert "no value" not in caplog.text
    hass.set_state(CoreState.running)
    await wait(timedelta(seconds=10))
    await wait(timedelta(seconds=10))
    told = [each for each in caplog.records if "no value" in each.getMessage()]
    assert len(told) == 1
