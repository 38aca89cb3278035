"""The dialogue that adds a battery to a site, or finds one again."""

from collections.abc import AsyncIterator

import pytest
from pytest_homeassistant_custom_component.common import (  # type: ignore[import-untyped]  # has no type marker
    MockConfigEntry,
)

from homeassistant.config_entries import SOURCE_RECONFIGURE, SOURCE_USER, ConfigSubentry
from homeassistant.core import HomeAssistant
from homeassistant.data_entry_flow import InvalidData
from simulators.home import SimulatedHome
from simulators.octopus import OctopusSimulator
from simulators.profile import constant
from simulators.sungrow import SungrowSimulator
from tests.common import HassClock, site_entry

from .dialogue import POWERS, ConfigDialogue, Dialogue, address


@pytest.fixture
def site(
    dialogue: ConfigDialogue,
    hass: HomeAssistant,
    sungrow: SungrowSimulator,
    octopus: OctopusSimulator,
) -> MockConfigEntry:
    """Return a site that has the battery `sungrow`."""
    entry = site_entry(sungrow, octopus)
    entry.add_to_hass(hass)
    return entry


@pytest.fixture
async def second(socket_enabled: None) -> AsyncIterator[SungrowSimulator]:
    """Start another inverter with a battery."""
    home = SimulatedHome(HassClock(), constant(0))
    async with SungrowSimulator(home, serial="B1") as running:
        yield running


@pytest.fixture
def battery_dialogue(hass: HomeAssistant, site: MockConfigEntry) -> Dialogue:
    """Return a user at the site's batteries."""
    return Dialogue(hass, hass.config_entries.subentries)


def only_battery(site: MockConfigEntry) -> ConfigSubentry:
    """Return the site's battery."""
    (battery,) = site.subentries.values()
    assert isinstance(battery, ConfigSubentry)
    return battery


async def reconfigure(dialogue: Dialogue, site: MockConfigEntry) -> None:
    """Open the dialogue that changes the site's battery."""
    await dialogue.open(
        (site.entry_id, "battery"),
        source=SOURCE_RECONFIGURE,
        subentry_id=only_battery(site).subentry_id,
    )
    assert (dialogue.step, dialogue.form) == ("battery_link", {"link": "lan"})
    await dialogue.submit(dialogue.form)
    assert dialogue.step == "battery_connect"


async def to_address(dialogue: Dialogue, site: MockConfigEntry) -> None:
    """Open the dialogue that adds a battery, and go to its address."""
    await dialogue.open((site.entry_id, "battery"), source=SOURCE_USER)
    await dialogue.submit({"link": "lan"})
    assert dialogue.step == "battery_connect"


async def test_add(
    battery_dialogue: Dialogue, site: MockConfigEntry, second: SungrowSimulator
) -> None:
    """A second battery, after a wrong address."""
    await to_address(battery_dialogue, site)
    wrong = {**address(second), "unit_id": 9}
    await battery_dialogue.submit(wrong)
    assert battery_dialogue.errors == {"base": "wrong_unit"}
    assert battery_dialogue.form == wrong
    await battery_dialogue.submit(address(second))
    assert battery_dialogue.form == {"max_charge_w": 5000, "max_discharge_w": 5000}
    await battery_dialogue.submit({"max_charge_w": 4000, "max_discharge_w": 3000})
    assert battery_dialogue.result["type"] == "create_entry"
    _, added = site.subentries.values()
    assert (added.title, added.unique_id) == ("Sungrow SH10RT", "B1")
    stored = {"max_charge_w": 4000, "max_discharge_w": 3000, **address(second)}
    assert {key: added.data[key] for key in stored} == stored


async def test_add_where_there_are_several_brands(
    battery_dialogue: Dialogue,
    site: MockConfigEntry,
    second: SungrowSimulator,
    second_brand: None,
) -> None:
    """The brand is asked first."""
    await battery_dialogue.open((site.entry_id, "battery"), source=SOURCE_USER)
    assert battery_dialogue.step == "battery"
    await battery_dialogue.submit({"brand": "sungrow"})
    await battery_dialogue.submit({"link": "lan"})
    await battery_dialogue.submit(address(second))
    await battery_dialogue.submit(battery_dialogue.form)
    assert battery_dialogue.result["type"] == "create_entry"


async def test_add_one_that_is_there(
    battery_dialogue: Dialogue, site: MockConfigEntry, sungrow: SungrowSimulator
) -> None:
    """A battery has one master."""
    await to_address(battery_dialogue, site)
    await battery_dialogue.submit(address(sungrow))
    assert battery_dialogue.reason == "already_configured"


async def test_two_dialogues_find_the_same_battery(
    hass: HomeAssistant,
    battery_dialogue: Dialogue,
    site: MockConfigEntry,
    second: SungrowSimulator,
) -> None:
    """The one that ends later adds nothing."""
    later = Dialogue(hass, hass.config_entries.subentries)
    for each in (battery_dialogue, later):
        await to_address(each, site)
        await each.submit(address(second))
    powers = {"max_charge_w": 4000, "max_discharge_w": 3000}
    await battery_dialogue.submit(powers)
    await later.submit(powers)
    assert later.reason == "already_configured"
    assert len(site.subentries) == 2


async def test_powers_are_changed(
    battery_dialogue: Dialogue, site: MockConfigEntry, sungrow: SungrowSimulator
) -> None:
    """What is stored is shown."""
    before = dict(only_battery(site).data)
    await reconfigure(battery_dialogue, site)
    assert battery_dialogue.form == address(sungrow)
    await battery_dialogue.submit(battery_dialogue.form)
    await battery_dialogue.submit(POWERS)
    assert battery_dialogue.reason == "reconfigure_successful"
    found = {key: only_battery(site).data[key] for key in before}
    assert found | {"sw_version": None} == before | POWERS

    await reconfigure(battery_dialogue, site)
    await battery_dialogue.submit(battery_dialogue.form)
    assert battery_dialogue.form == POWERS


async def test_battery_has_moved(
    battery_dialogue: Dialogue,
    site: MockConfigEntry,
    sungrow: SungrowSimulator,
    second: SungrowSimulator,
) -> None:
    """It is found again at another address, where another battery is not it."""
    await sungrow.stop()
    sungrow.port, sungrow.unit_id = 0, 3
    await sungrow.start()
    await reconfigure(battery_dialogue, site)
    await battery_dialogue.submit(battery_dialogue.form)
    assert battery_dialogue.errors == {"base": "battery_unreachable"}
    await battery_dialogue.submit(address(second))
    assert battery_dialogue.errors == {"base": "wrong_battery"}
    assert battery_dialogue.form == address(second)
    await battery_dialogue.submit(address(sungrow))
    await battery_dialogue.submit(battery_dialogue.form)
    assert battery_dialogue.reason == "reconfigure_successful"
    battery = only_battery(site)
    assert battery.unique_id == sungrow.serial
    assert battery.data["port"] == sungrow.port
    assert battery.data["unit_id"] == 3


async def test_powers_are_bounded_by_the_inverter(
    battery_dialogue: Dialogue, site: MockConfigEntry, second: SungrowSimulator
) -> None:
    """Its owner may allow less than it could do."""
    second.owner_writes(33046, 400)  # 4.00 kW
    second.owner_writes(33047, 300)
    await to_address(battery_dialogue, site)
    await battery_dialogue.submit(address(second))
    allowed = {"max_charge_w": 4000, "max_discharge_w": 3000}
    assert battery_dialogue.form == allowed
    with pytest.raises(InvalidData):
        await battery_dialogue.submit({**allowed, "max_charge_w": 4001})
    await battery_dialogue.submit(allowed)
    assert battery_dialogue.result["type"] == "create_entry"


async def test_powers_outlast_a_ceiling_of_the_moment(
    battery_dialogue: Dialogue, site: MockConfigEntry, sungrow: SungrowSimulator
) -> None:
    """One that PowerSync itself has set must not become the battery's limit."""
    sungrow.owner_writes(33047, 30)
    await reconfigure(battery_dialogue, site)
    await battery_dialogue.submit(battery_dialogue.form)
    stored = {"max_charge_w": 10_600, "max_discharge_w": 10_600}
    assert battery_dialogue.form == stored
    await battery_dialogue.submit(stored)
    assert battery_dialogue.reason == "reconfigure_successful"
    assert only_battery(site).data["max_discharge_w"] == 10_600
