"""A Sigenergy plant through the dialogue, and the site that comes of it."""

from collections.abc import AsyncIterator
from dataclasses import replace
from types import MappingProxyType

from freezegun.api import FrozenDateTimeFactory
import pytest

from custom_components.power_sync.bridges import access
from custom_components.power_sync.const import DOMAIN
from custom_components.power_sync.devices.batteries import BRANDS
from custom_components.power_sync.devices.batteries.sigenergy import SIGENERGY
from custom_components.power_sync.flows import battery
from homeassistant.components.modbus.connection import async_get_connection_info
from homeassistant.config_entries import ConfigEntryState
from homeassistant.core import HomeAssistant
from homeassistant.exceptions import ServiceValidationError
from simulators.home import Cells, SimulatedHome
from simulators.octopus import OctopusSimulator
from simulators.profile import constant
from simulators.sigenergy import SigenergySimulator
from tests.common import LOOPBACK, HassClock, brand_on

from .dialogue import LIMITS, TARIFFS, BatteryDialogue, ConfigDialogue

SERIALS = ("SIG0123456789", "SIG0123456790")


@pytest.fixture
def hass_config_dir(hass_tmp_config_dir: str) -> str:
    """Keep what is stored in a folder of the test's own."""
    return hass_tmp_config_dir


@pytest.fixture
def hass_storage() -> dict[str, object]:
    """Let it store for real."""
    return {}


@pytest.fixture(autouse=True)
def running(
    recorder_mock: object,
    frozen_time: FrozenDateTimeFactory,
    enable_custom_integrations: None,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Have a recorder first, and no pauses around the plant's answers."""
    quick = brand_on(replace(LOOPBACK, timeout_s=1.0), SIGENERGY)
    brands = MappingProxyType({**BRANDS, quick.key: quick})
    for module in (battery, access):
        monkeypatch.setattr(module, "BRANDS", brands)


@pytest.fixture
async def plant() -> AsyncIterator[SigenergySimulator]:
    """Start a plant of two inverters behind an AC charger."""
    cells = Cells(capacity_kwh=16, max_charge_w=8000, max_discharge_w=9000)
    home = SimulatedHome(HassClock(), constant(1200, 3000), cells=cells, soc_pct=55)
    plant = SigenergySimulator(
        home, serials=SERIALS, inverter_units=(2, 3), charger_unit=1
    )
    plant.owner_writes(40038, 5000)
    plant.owner_writes(40046, 200)
    async with plant:
        yield plant


async def to_plant(hass: HomeAssistant, octopus: OctopusSimulator) -> ConfigDialogue:
    """Go to the plant's address; there is one way to it, so none is asked for."""
    dialogue = ConfigDialogue(hass)
    await dialogue.to_tariff(octopus)
    await dialogue.submit(TARIFFS)
    assert dialogue.step == "battery"
    await dialogue.submit({"brand": "sigenergy"})
    assert (dialogue.step, dialogue.form) == (
        "battery_connect",
        {"port": 502, "unit_id": 247},
    )
    return dialogue


async def test_a_plant_is_set_up_and_commanded(
    hass: HomeAssistant, octopus: OctopusSimulator, plant: SigenergySimulator
) -> None:
    """From its address to a forced charge, and back to the owner's settings."""
    owners = plant.settings()
    dialogue = await to_plant(hass, octopus)
    await dialogue.submit({**dialogue.form, "host": plant.host, "port": plant.port})
    assert dialogue.step == "battery_found"
    assert dialogue.result["description_placeholders"] == {
        "model": "SigenStor EC 10.0 TP",
        "serial": SERIALS[0],
        "capacity": "16 kWh",
        "rated_power": "10 kW",
    }
    assert dialogue.form == {"max_charge_w": 8000, "max_discharge_w": 9000}
    await dialogue.submit(dialogue.form)
    assert dialogue.form["export_limit_w"] == 5000
    assert plant.writes == []
    await dialogue.submit(LIMITS | {"reserve_pct": 20})
    await hass.async_block_till_done(wait_background_tasks=True)

    entry = dialogue.entry
    assert entry.state is ConfigEntryState.LOADED
    (subentry,) = entry.subentries.values()
    assert subentry.title == "Sigenergy SigenStor EC 10.0 TP"
    assert subentry.unique_id == SERIALS[0]
    assert subentry.data["variant"] == "inverter:2,inverter:3,charger:1"
    (link,) = async_get_connection_info(hass)
    assert link.units[entry.entry_id] == [1, 2, 3, 247]
    reading = entry.runtime_data.readings[SERIALS[0]]
    assert (reading.soc_pct, reading.min_soc_pct) == (55, 20)

    await hass.services.async_call(
        "switch", "turn_off", {"entity_id": "switch.powersync_dry_run"}, blocking=True
    )
    await force_charge(hass)
    assert [plant.settings()[register] for register in (40029, 40031, 40032)] == [
        1,
        4,
        4000,
    ]
    assert plant.home.flows.battery_w == -4000
    await hass.services.async_call(DOMAIN, "restore_normal", {}, blocking=True)
    assert plant.settings() == owners
    # A hold: a car on the home's meter gets nothing of the battery.
    await hass.services.async_call(DOMAIN, "hold", {"duration": 30}, blocking=True)
    await hass.async_block_till_done(wait_background_tasks=True)
    plant.home.profile = constant(8600)
    assert (plant.home.flows.battery_w, plant.home.flows.grid_w) == (0, 8600)
    limited = {"duration": 30, "power_w": 1000}
    with pytest.raises(ServiceValidationError):
        await hass.services.async_call(DOMAIN, "hold", limited, blocking=True)
    await force_charge(hass)
    assert await hass.config_entries.async_unload(entry.entry_id)
    assert plant.settings() == owners
    assert async_get_connection_info(hass) == []


async def force_charge(hass: HomeAssistant) -> None:
    """Force a charge with 4 kW for half an hour."""
    await hass.services.async_call(
        DOMAIN,
        "force_charge",
        {"duration": 30, "power_w": 4000},
        blocking=True,
        return_response=True,
    )
    await hass.async_block_till_done(wait_background_tasks=True)


async def test_the_plant_is_found_after_errors(
    hass: HomeAssistant, octopus: OctopusSimulator, plant: SigenergySimulator
) -> None:
    """Each error is told, and what was typed stays."""
    dialogue = await to_plant(hass, octopus)
    typed = {"host": plant.host, "port": plant.port, "unit_id": 247}
    inverters = plant.plates
    plant.plates = {}
    await dialogue.submit(typed)
    assert (dialogue.errors, dialogue.form) == ({"base": "wrong_unit"}, typed)
    # Its installer gave it an id beyond those that are searched.
    plant.plates = {40: inverters[2]}
    await dialogue.submit(typed)
    assert dialogue.errors == {"base": "wrong_unit"}
    await dialogue.submit(typed | {"unit_id": 40})
    assert dialogue.step == "battery_found"
    await dialogue.submit(dialogue.form)
    await dialogue.submit(LIMITS | {"reserve_pct": 20})
    await hass.async_block_till_done(wait_background_tasks=True)
    entry = dialogue.entry
    assert entry.state is ConfigEntryState.LOADED
    (subentry,) = entry.subentries.values()
    assert subentry.data["variant"] == "inverter:40,charger:1"
    assert entry.runtime_data.readings[SERIALS[0]].soc_pct == 55

    # The installer renumbers: it stays the same battery.
    plant.plates = inverters
    change = BatteryDialogue(hass, entry)
    await change.change(subentry)
    assert change.step == "battery_connect"
    await change.submit(typed)
    await change.submit(change.form)
    assert change.reason == "reconfigure_successful"
    await hass.async_block_till_done(wait_background_tasks=True)
    (subentry,) = entry.subentries.values()
    assert subentry.data["variant"] == "inverter:2,inverter:3,charger:1"
    assert await hass.config_entries.async_unload(entry.entry_id)
