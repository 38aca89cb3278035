"""A battery through entities: picked, checked, mapped mode by mode, and changed."""

from typing import Any

import pytest

from custom_components.power_sync.flows.battery_entities_forms import flow_text
from custom_components.power_sync.flows.battery_found import NOT_KNOWN
from homeassistant.core import HomeAssistant
from homeassistant.helpers import entity_registry as er
from simulators.octopus import OctopusSimulator
from simulators.sungrow import SungrowSimulator
from tests.common import site_entry

from .dialogue import LIMITS, TARIFFS, BatteryDialogue, ConfigDialogue, Dialogue

SENSORS = {
    "name": "Cellar",
    "soc_sensor": "sensor.soc",
    "power_sensor": "sensor.power",
    "charging_positive": False,
    "capacity_kwh": 9.6,
    "max_charge_w": 3000,
    "max_discharge_w": 2500,
}
SELECT = {"entity": "input_select.mode", "value": "Charge"}
NUMBER = {"power_entity": "input_number.power", "power_negative": False}
STOP = [{"action": "script.stop"}]


@pytest.fixture
def quick_link() -> None:
    """Have all brands to choose from."""


@pytest.fixture(autouse=True)
def entities(hass: HomeAssistant) -> None:
    """Have a battery that another integration knows."""
    kw = {"unit_of_measurement": "kW", "device_class": "power"}
    hass.states.async_set("sensor.soc", "61", {"unit_of_measurement": "%"})
    hass.states.async_set("sensor.power", "-0.7", kw)
    hass.states.async_set("input_select.mode", "Auto", {"options": ["Auto", "Charge"]})
    hass.states.async_set(
        "input_number.power",
        "0",
        {"unit_of_measurement": "W", "min": 0, "max": 5000, "step": 50},
    )
    hass.states.async_set("input_number.hours", "1", {"min": 0, "max": 9})
    hass.states.async_set("input_boolean.rest", "off")


async def to_form(dialogue: ConfigDialogue, octopus: OctopusSimulator) -> None:
    """Go to the battery's step."""
    await dialogue.to_tariff(octopus)
    await dialogue.submit(TARIFFS)
    await dialogue.submit({"brand": "entities"})
    assert dialogue.step == "battery_entities"


async def to_modes(dialogue: ConfigDialogue, octopus: OctopusSimulator) -> None:
    """Go to the choice of a mode."""
    await to_form(dialogue, octopus)
    await dialogue.submit(SENSORS)
    assert dialogue.step == "battery_entities_sign"
    await dialogue.submit({"right": True})
    assert dialogue.step == "battery_entities_modes"


async def map_mode(dialogue: Dialogue, mode: str, typed: dict[str, Any]) -> None:
    """Map one mode."""
    await dialogue.submit({"mode": mode})
    assert dialogue.step == "battery_entities_mode"
    await dialogue.submit(typed)
    if dialogue.step == "battery_entities_try":
        await dialogue.submit({"try": False})


def placeholders(dialogue: Dialogue) -> dict[str, str]:
    """Return what the form tells."""
    return dict(dialogue.result["description_placeholders"] or {})


async def test_from_first_to_last(
    dialogue: ConfigDialogue, octopus: OctopusSimulator
) -> None:
    """Each mode by what it takes; only what was mapped is stored."""
    await to_modes(dialogue, octopus)
    assert placeholders(dialogue)["modes"] == "–"  # noqa: RUF001 - as it is shown
    await map_mode(dialogue, "charge", {**SELECT, **NUMBER})
    assert placeholders(dialogue)["modes"] == "Charge"
    await map_mode(dialogue, "standby", {"entity": "input_boolean.rest", "value": "ON"})
    await map_mode(
        dialogue, "self_consumption", {"entity": "input_select.mode", "value": "Auto"}
    )
    await map_mode(dialogue, "limit", {"actions": STOP, "end_actions": STOP})
    await map_mode(
        dialogue, "no_discharge", {"entity": "input_number.hours", "value": "2.5"}
    )
    await map_mode(dialogue, "no_discharge", {})
    await map_mode(
        dialogue, "no_discharge", {"entity": "input_number.hours", "value": "3"}
    )
    await dialogue.submit({"mode": "no_discharge"})
    assert dialogue.form["value"] == "3"
    await dialogue.submit({"entity": "input_number.hours", "value": "3"})
    await dialogue.submit({"try": False})
    await dialogue.submit({"mode": "standby"})
    assert dialogue.form["value"] == "on"
    await dialogue.submit({"entity": "input_boolean.rest", "value": "on"})
    await dialogue.submit({"try": False})
    await dialogue.submit({"mode": "done"})
    assert dialogue.step == "limits"
    await dialogue.submit(LIMITS)
    (battery,) = dialogue.entry.subentries.values()
    assert battery.title == "Cellar"
    assert battery.unique_id == "entities-sensor.soc"
    assert battery.data["charging_positive"] is False
    assert battery.data["capacity_kwh"] == 9.6
    modes = battery.data["modes"]
    assert modes["charge"] == {**SELECT, **NUMBER}
    assert modes["standby"]["value"] is True
    assert modes["no_discharge"]["value"] == 3.0
    assert modes["limit"]["end_actions"] == STOP


async def test_the_sign(dialogue: ConfigDialogue, octopus: OctopusSimulator) -> None:
    """What the battery does now is shown; where that is wrong the sign is turned."""
    await to_form(dialogue, octopus)
    await dialogue.submit(SENSORS)
    assert placeholders(dialogue) == {
        "level": "61 %",
        "power": "700 W → 🔋",
    }
    await dialogue.submit({"right": False})
    await dialogue.submit({"mode": "done"})
    await dialogue.submit(LIMITS)
    (battery,) = dialogue.entry.subentries.values()
    assert battery.data["charging_positive"] is True


async def test_the_sign_as_it_was_told(
    dialogue: ConfigDialogue, octopus: OctopusSimulator
) -> None:
    """A sensor that is positive while charging is shown turned."""
    await to_form(dialogue, octopus)
    await dialogue.submit({**SENSORS, "charging_positive": True})
    assert placeholders(dialogue)["power"] == "700 W 🔋 →"


def test_powers_as_texts() -> None:
    """In, out, neither, and not known."""
    assert flow_text(-1200) == "1200 W → 🔋"
    assert flow_text(0.0) == "0 W"
    assert flow_text(None) == NOT_KNOWN


@pytest.mark.parametrize(
    ("entity", "state", "unit", "error"),
    [
        ("sensor.soc", "unavailable", "%", {"soc_sensor": "no_level_now"}),
        ("sensor.soc", "61", "kWh", {"soc_sensor": "no_level_now"}),
        ("sensor.power", "unknown", "W", {"power_sensor": "no_power_now"}),
        ("sensor.power", "5", "A", {"power_sensor": "no_power_now"}),
    ],
)
async def test_sensors_are_looked_at(  # noqa: PLR0913, PLR0917 - what the table has
    hass: HomeAssistant,
    dialogue: ConfigDialogue,
    octopus: OctopusSimulator,
    entity: str,
    state: str,
    unit: str,
    error: dict[str, str],
) -> None:
    """A sensor without a value of its kind is named, and what was typed stays."""
    await to_form(dialogue, octopus)
    before = hass.states.get(entity)
    assert before is not None
    hass.states.async_set(entity, state, {"unit_of_measurement": unit})
    await dialogue.submit(SENSORS)
    assert dialogue.errors == error
    assert dialogue.form["name"] == "Cellar"
    hass.states.async_set(entity, before.state, before.attributes)
    await dialogue.submit(SENSORS)
    assert dialogue.step == "battery_entities_sign"


@pytest.mark.parametrize(
    ("mode", "typed", "error"),
    [
        ("charge", {**SELECT, "value": "charge"}, {"value": "value_not_possible"}),
        ("charge", {"entity": "input_select.mode"}, {"value": "value_not_possible"}),
        (
            "standby",
            {"entity": "input_boolean.rest", "value": "yes"},
            {"value": "value_not_possible"},
        ),
        (
            "standby",
            {"entity": "input_number.hours", "value": "10"},
            {"value": "value_not_possible"},
        ),
        (
            "standby",
            {"entity": "input_number.hours", "value": "ten"},
            {"value": "value_not_possible"},
        ),
        (
            "standby",
            {"entity": "select.gone", "value": "x"},
            {"entity": "entity_unavailable"},
        ),
        (
            "charge",
            {"power_entity": "number.gone", "power_negative": False},
            {"power_entity": "no_power_number"},
        ),
        (
            "charge",
            {"actions": STOP, "power_negative": False},
            {"end_actions": "no_way_back"},
        ),
        (
            "self_consumption",
            {"actions": STOP, "end_actions": STOP},
            {"entity": "normal_is_an_entity"},
        ),
        (
            "limit",
            {**SELECT, "power_negative": False},
            {"power_entity": "limit_needs_power"},
        ),
        (
            "standby",
            {
                "actions": [{"device_id": "x", "domain": "nowhere", "type": "y"}],
                "end_actions": STOP,
            },
            {"actions": "actions_invalid"},
        ),
    ],
)
async def test_what_cannot_work(
    dialogue: ConfigDialogue,
    octopus: OctopusSimulator,
    mode: str,
    typed: dict[str, Any],
    error: dict[str, str],
) -> None:
    """It is said at once, and can be put right."""
    await to_modes(dialogue, octopus)
    await map_mode(dialogue, mode, typed)
    assert dialogue.errors == error
    await dialogue.submit({})
    assert dialogue.step == "battery_entities_modes"
    await dialogue.submit({"mode": "done"})
    assert dialogue.step == "limits"


async def test_one_battery_has_one_master(
    hass: HomeAssistant,
    dialogue: ConfigDialogue,
    octopus: OctopusSimulator,
    sungrow: SungrowSimulator,
) -> None:
    """Renamed or not; and it is the same battery when it is changed."""
    registry = er.async_get(hass)
    soc = registry.async_get_or_create("sensor", "test", "soc", object_id_base="level")
    hass.states.async_set(soc.entity_id, "40", {"unit_of_measurement": "%"})
    entry = site_entry(sungrow, octopus)
    entry.add_to_hass(hass)
    adding = BatteryDialogue(hass, entry)
    picked = {**SENSORS, "soc_sensor": soc.entity_id}
    await adding.add("entities", picked, {"right": True})
    await map_mode(adding, "charge", {**SELECT, **NUMBER})
    await adding.submit({"mode": "done"})
    battery = adding.added
    assert battery.unique_id == f"entities-{soc.id}"
    registry.async_update_entity(soc.entity_id, new_entity_id="sensor.renamed")
    hass.states.async_set("sensor.renamed", "40", {"unit_of_measurement": "%"})
    await adding.add("entities", {**picked, "soc_sensor": "sensor.renamed"})
    assert adding.reason == "already_configured"
    await adding.change(battery)
    again = {key: value for key, value in picked.items() if key != "name"}
    assert adding.form["capacity_kwh"] == 9.6
    await adding.submit({**again, "soc_sensor": "sensor.renamed", "capacity_kwh": 8})
    await adding.submit({"right": True})
    assert placeholders(adding)["modes"] == "Charge"
    await adding.submit({"mode": "done"})
    assert adding.reason == "reconfigure_successful"
    changed = entry.subentries[battery.subentry_id].data
    assert (changed["serial"], changed["capacity_kwh"]) == (battery.unique_id, 8)
    assert changed["modes"]["charge"] == {**SELECT, **NUMBER}
