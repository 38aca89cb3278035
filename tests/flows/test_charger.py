"""The dialogue that adds a car charger to a site, or changes one."""

from dataclasses import replace
from types import MappingProxyType

import pytest
from pytest_homeassistant_custom_component.common import (  # type: ignore[import-untyped]  # has no type marker
    MockConfigEntry,
)

from homeassistant.config_entries import (
    SOURCE_RECONFIGURE,
    SOURCE_USER,
    ConfigSubentryData,
)
from homeassistant.core import HomeAssistant
from homeassistant.data_entry_flow import FlowResultType
from simulators.myenergi import MyenergiSimulator, SimulatedZappi
from simulators.octopus import OctopusSimulator
from simulators.rest import Fault
from simulators.sungrow import SungrowSimulator
from tests.common import site_entry

from .dialogue import ConfigDialogue, Dialogue

POWER = "sensor.wallbox_power"


@pytest.fixture
def site(
    dialogue: ConfigDialogue,
    hass: HomeAssistant,
    sungrow: SungrowSimulator,
    octopus: OctopusSimulator,
) -> MockConfigEntry:
    """Return a site without a charger."""
    entry = site_entry(sungrow, octopus)
    entry.add_to_hass(hass)
    return entry


@pytest.fixture
def charger_dialogue(hass: HomeAssistant, site: MockConfigEntry) -> Dialogue:
    """Return a user at the site's chargers."""
    return Dialogue(hass, hass.config_entries.subentries)


def typed(myenergi: MyenergiSimulator, **other: object) -> dict[str, object]:
    """Return what to type of the hub."""
    return {
        "hub_serial": f" {myenergi.digest.user} ",
        "api_key": myenergi.digest.password,
        "poll_s": 90,
        "advanced": {"base_url": myenergi.url},
        **other,
    }


async def add(dialogue: Dialogue, site: MockConfigEntry, kind: str) -> None:
    """Open the dialogue, and choose a kind of charger."""
    await dialogue.open((site.entry_id, "charger"), source=SOURCE_USER)
    assert (dialogue.step, dialogue.form) == ("user", {"kind": "zappi"})
    await dialogue.submit({"kind": kind})


async def test_add_a_zappi(
    charger_dialogue: Dialogue,
    site: MockConfigEntry,
    myenergi: MyenergiSimulator,
    zappi: SimulatedZappi,
) -> None:
    """Each error shows the form again as it was, but for the key; then it is added."""
    dialogue = charger_dialogue
    await add(dialogue, site, "zappi")
    assert dialogue.form == {"poll_s": 60, "advanced": {}}
    await dialogue.submit(typed(myenergi, api_key="wrong"))
    assert dialogue.errors == {"base": "hub_refused"}
    assert "api_key" not in dialogue.form
    for status in (429, 500):
        myenergi.fail(Fault(status=status))
        await dialogue.submit(typed(myenergi))
        assert dialogue.errors == {"base": "cloud_unreachable"}
    zappis = dict(myenergi.zappis)
    myenergi.zappis.clear()
    await dialogue.submit(typed(myenergi))
    assert dialogue.errors == {"base": "no_zappi"}
    myenergi.zappis.update(zappis)
    await dialogue.submit(typed(myenergi))
    assert dialogue.result["type"] is FlowResultType.CREATE_ENTRY
    added = next(s for s in site.subentries.values() if s.unique_id == "16012345")
    assert (added.title, added.subentry_type) == ("Zappi", "charger")
    assert added.data == {
        "kind": "zappi",
        "hub_serial": "12345678",
        "api_key": myenergi.digest.password,
        "poll_s": 90,
        "base_url": myenergi.url,
        "serial": "16012345",
    }
    await add(dialogue, site, "zappi")
    await dialogue.submit(typed(myenergi))
    assert dialogue.result["reason"] == "already_configured"


async def test_one_of_several(
    charger_dialogue: Dialogue,
    site: MockConfigEntry,
    myenergi: MyenergiSimulator,
    zappi: SimulatedZappi,
) -> None:
    """The user picks; without an address of its own the maker's is kept."""
    myenergi.zappis["2"] = replace(zappi, serial=2)
    await add(charger_dialogue, site, "zappi")
    await charger_dialogue.submit(typed(myenergi))
    assert charger_dialogue.step == "zappi_pick"
    await charger_dialogue.submit({"serial": "2"})
    assert charger_dialogue.result["type"] is FlowResultType.CREATE_ENTRY


async def test_change_a_zappi(
    hass: HomeAssistant,
    charger_dialogue: Dialogue,
    site: MockConfigEntry,
    myenergi: MyenergiSimulator,
) -> None:
    """The key need not be typed again; another hub is refused."""
    dialogue = charger_dialogue
    await add(dialogue, site, "zappi")
    await dialogue.submit(typed(myenergi))
    added = next(s for s in site.subentries.values() if s.unique_id == "16012345")
    await dialogue.open(
        (site.entry_id, "charger"),
        source=SOURCE_RECONFIGURE,
        subentry_id=added.subentry_id,
    )
    shown = dialogue.form
    assert shown == {
        "hub_serial": "12345678",
        "poll_s": 90,
        "advanced": {"base_url": myenergi.url},
    }
    known = myenergi.zappis.pop("16012345")
    myenergi.zappis["3"] = replace(known, serial=3)
    await dialogue.submit(shown)
    assert dialogue.errors == {"base": "wrong_hub"}
    myenergi.zappis["16012345"] = known
    await dialogue.submit({**shown, "poll_s": 120})
    assert dialogue.result["reason"] == "reconfigure_successful"
    changed = site.subentries[added.subentry_id].data
    assert (changed["poll_s"], changed["api_key"]) == (120, added.data["api_key"])


async def test_through_sensors(
    hass: HomeAssistant, charger_dialogue: Dialogue, site: MockConfigEntry
) -> None:
    """A power sensor is enough; it must have a power."""
    dialogue = charger_dialogue
    await add(dialogue, site, "entities")
    await dialogue.submit({"name": "Wallbox", "power_sensor": POWER})
    assert dialogue.errors == {"power_sensor": "no_power_now"}
    hass.states.async_set(POWER, "0", {"unit_of_measurement": "kW"})
    await dialogue.submit({"name": "Wallbox", "power_sensor": POWER})
    assert dialogue.result["type"] is FlowResultType.CREATE_ENTRY
    added = next(s for s in site.subentries.values() if s.subentry_type == "charger")
    assert added.title == "Wallbox"
    assert added.data == {
        "kind": "entities",
        "power_sensor": POWER,
        "serial": added.unique_id,
    }
    await dialogue.open(
        (site.entry_id, "charger"),
        source=SOURCE_RECONFIGURE,
        subentry_id=added.subentry_id,
    )
    assert dialogue.form == {"power_sensor": POWER}
    await dialogue.submit({"power_sensor": POWER, "plugged_sensor": "binary_sensor.a"})
    assert dialogue.result["reason"] == "reconfigure_successful"
    changed = site.subentries[added.subentry_id]
    assert changed.data["plugged_sensor"] == "binary_sensor.a"
    assert changed.data["serial"] == added.unique_id


async def test_a_key_that_is_refused(
    hass: HomeAssistant, site: MockConfigEntry, myenergi: MyenergiSimulator
) -> None:
    """The user enters another, which must open the hub of this Zappi."""
    data = typed(myenergi, api_key="old")
    data |= {"kind": "zappi", "serial": "16012345", "hub_serial": "12345678"}
    data["base_url"] = data.pop("advanced")["base_url"]  # type: ignore[index]  # typed above
    entry = MockConfigEntry(
        domain=site.domain,
        title="Cottage",
        version=site.version,
        data=site.data,
        subentries_data=[
            ConfigSubentryData(
                subentry_type="charger",
                title="Zappi",
                unique_id="16012345",
                data=MappingProxyType(data),
            )
        ],
    )
    entry.add_to_hass(hass)
    (subentry_id,) = entry.subentries
    entry.async_start_reauth(hass, data={"subentry_id": subentry_id})
    await hass.async_block_till_done()
    (flow,) = hass.config_entries.flow.async_progress()
    dialogue = Dialogue(hass, hass.config_entries.flow)
    dialogue.result = await hass.config_entries.flow.async_configure(flow["flow_id"])
    assert dialogue.step == "reauth_charger"
    await dialogue.submit({"api_key": "wrong"})
    assert dialogue.errors == {"base": "hub_refused"}
    await dialogue.submit({"api_key": f"{myenergi.digest.password} "})
    assert dialogue.result["reason"] == "reauth_successful"
    assert entry.subentries[subentry_id].data["api_key"] == myenergi.digest.password
