"""A battery in its maker's cloud: logged in, chosen, stored, and changed."""

from collections.abc import AsyncIterator
from dataclasses import replace
from typing import Any

import pytest
from pytest_homeassistant_custom_component.common import (  # type: ignore[import-untyped]  # has no type marker
    MockConfigEntry,
)

from custom_components.power_sync.bridges import access
from custom_components.power_sync.bridges.access import battery_driver, temporary_driver
from custom_components.power_sync.devices.batteries import BRANDS
from custom_components.power_sync.devices.batteries.cloud import cloud_access
from custom_components.power_sync.devices.batteries.sigenergy_cloud import (
    SIGENERGY_CLOUD,
)
from custom_components.power_sync.devices.batteries.stored import StoredConfigError
from custom_components.power_sync.flows import battery
from homeassistant.core import HomeAssistant
from simulators.home import SimulatedHome
from simulators.octopus import OctopusSimulator
from simulators.rest import Fault
from simulators.sigen_cloud import SigenCloudSimulator
from simulators.sigen_station import SimulatedStation
from simulators.sungrow import SungrowSimulator
from tests.common import site_entry
from tests.devices.sigen_account import ACCOUNT, STATION, cloud

from .dialogue import LIMITS, TARIFFS, BatteryDialogue, ConfigDialogue

TYPED = {
    "region": "aus",
    "email": f" {ACCOUNT.email} ",
    "password": ACCOUNT.password,
    "advanced": {},
}
POWERS = {"max_charge_w": 4000, "max_discharge_w": 5000}


@pytest.fixture
async def sigen(socket_enabled: None) -> AsyncIterator[SigenCloudSimulator]:
    """Run a cloud."""
    async with cloud() as running:
        yield running


@pytest.fixture
def quick_link(sigen: SigenCloudSimulator, monkeypatch: pytest.MonkeyPatch) -> None:
    """Have all brands to choose from, and the cloud at hand in one region."""
    reached = replace(cloud_access(SIGENERGY_CLOUD), regions={"aus": sigen.url})
    near = replace(SIGENERGY_CLOUD, access=reached)
    for module in (battery, access):
        monkeypatch.setattr(module, "BRANDS", {**BRANDS, near.key: near})


async def to_account(dialogue: ConfigDialogue, octopus: OctopusSimulator) -> None:
    """Go to the battery's account."""
    await dialogue.to_tariff(octopus)
    await dialogue.submit(TARIFFS)
    await dialogue.submit({"brand": "sigenergy_cloud"})
    assert dialogue.step == "battery_cloud"


async def finished(dialogue: ConfigDialogue) -> Any:
    """Go on to the end; return the battery."""
    assert dialogue.step == "battery_found"
    await dialogue.submit(POWERS)
    await dialogue.submit(LIMITS)
    (found,) = dialogue.entry.subentries.values()
    return found


async def test_an_account_with_one_system(
    dialogue: ConfigDialogue, octopus: OctopusSimulator
) -> None:
    """It needs no question; powers are suggested, as nobody tells them."""
    await to_account(dialogue, octopus)
    assert dialogue.folded_up == {"advanced"}
    await dialogue.submit(TYPED)
    assert dialogue.form == {"max_charge_w": 5000, "max_discharge_w": 5000}
    placeholders = dialogue.result["description_placeholders"]
    assert placeholders is not None
    assert (placeholders["capacity"], len(placeholders["rated_power"])) == ("10 kWh", 1)
    found = await finished(dialogue)
    assert (found.title, found.unique_id) == ("Sigenergy system", STATION)
    account = {"region": "aus", "email": ACCOUNT.email, "password": ACCOUNT.password}
    assert account.items() <= found.data.items()
    assert "device_id" not in found.data
    assert found.data["max_discharge_w"] == 5000


async def test_several_systems(
    dialogue: ConfigDialogue, octopus: OctopusSimulator, sigen: SigenCloudSimulator
) -> None:
    """Those that cannot be controlled are not offered; a capacity is asked for."""
    home = sigen.station.home
    sigen.stations["77"] = SimulatedStation(home, "77", "Cabin")
    sigen.stations["AB1"] = SimulatedStation(home, "AB1", "Old")
    await to_account(dialogue, octopus)
    await dialogue.submit(TYPED | {"advanced": {"device_id": " 1756353655250 "}})
    assert dialogue.step == "battery_station"
    schema = dialogue.result["data_schema"]
    assert schema is not None
    (select,) = schema.schema.values()
    labels = [each["label"] for each in select.config["options"]]
    assert labels == [f"Home ({STATION})", "Cabin (77)"]
    sigen.fail(Fault(status=503))
    await dialogue.submit({"station": "77"})
    assert dialogue.errors == {"base": "cloud_unreachable"}
    del sigen.stations["77"]
    await dialogue.submit({"station": "77"})
    assert dialogue.errors == {"base": "no_station"}
    sigen.stations["77"] = SimulatedStation(home, "77", "Cabin")
    await dialogue.submit({"station": "77"})
    assert dialogue.fields == {"max_charge_w", "max_discharge_w", "capacity_kwh"}
    await dialogue.submit({**POWERS, "capacity_kwh": 16})
    await dialogue.submit(LIMITS)
    (found,) = dialogue.entry.subentries.values()
    assert (found.unique_id, found.data["capacity_kwh"]) == ("77", 16)
    assert found.data["device_id"] == "1756353655250"


async def test_errors_of_an_account(
    dialogue: ConfigDialogue, octopus: OctopusSimulator, sigen: SigenCloudSimulator
) -> None:
    """What was typed stays, but for the password; each ends in an entry."""
    await to_account(dialogue, octopus)
    await dialogue.submit(TYPED | {"password": "wrong"})
    assert dialogue.errors == {"base": "cloud_refused"}
    assert dialogue.form["email"] == TYPED["email"]
    assert "password" not in dialogue.form
    for fault in (Fault(status=500), Fault(status=403), Fault(body="<html>")):
        sigen.fail(fault)
        await dialogue.submit(TYPED)
        assert dialogue.errors == {"base": "cloud_unreachable"}
    home = sigen.station.home
    sigen.stations = {}
    await dialogue.submit(TYPED)
    assert dialogue.errors == {"base": "no_station"}
    sigen.stations = {"AB1": SimulatedStation(home, "AB1")}
    await dialogue.submit(TYPED)
    assert dialogue.errors == {"base": "station_not_controllable"}
    bare = SimulatedHome(home.clock, home.profile, cells=None)
    sigen.stations = {STATION: SimulatedStation(bare)}
    await dialogue.submit(TYPED)
    assert dialogue.errors == {"base": "no_battery"}
    sigen.stations = {STATION: SimulatedStation(home, operating_mode=7)}
    await dialogue.submit(TYPED)
    assert dialogue.step == "battery_external_control"
    await dialogue.submit({})
    await finished(dialogue)


async def test_an_address_of_its_own(
    dialogue: ConfigDialogue, octopus: OctopusSimulator, sigen: SigenCloudSimulator
) -> None:
    """It goes before that of the region, and has to be one."""
    await to_account(dialogue, octopus)
    await dialogue.submit(TYPED | {"advanced": {"base_url": "sigen.local"}})
    assert dialogue.errors == {"base": "invalid_url"}
    await dialogue.submit(TYPED | {"advanced": {"base_url": "http://127.0.0.1:9"}})
    assert dialogue.errors == {"base": "cloud_unreachable"}
    await dialogue.submit(TYPED | {"advanced": {"base_url": f" {sigen.url} "}})
    found = await finished(dialogue)
    assert found.data["base_url"] == sigen.url


async def test_added_and_changed(
    hass: HomeAssistant,
    dialogue: ConfigDialogue,
    octopus: OctopusSimulator,
    sungrow: SungrowSimulator,
    sigen: SigenCloudSimulator,
) -> None:
    """To a site that has another one; it stays the same system, with its password."""
    entry = site_entry(sungrow, octopus)
    entry.add_to_hass(hass)
    adding = BatteryDialogue(hass, entry)
    typed = TYPED | {"advanced": {"device_id": "17"}}
    await adding.add("sigenergy_cloud", typed, POWERS)
    added = adding.added

    await adding.add("sigenergy_cloud", TYPED)
    assert adding.reason == "already_configured"

    await adding.change(added)
    assert adding.step == "battery_cloud"
    assert adding.form == {
        "region": "aus",
        "email": ACCOUNT.email,
        "advanced": {"device_id": "17"},
    }
    same = {"region": "aus", "email": ACCOUNT.email, "advanced": {}}
    station = sigen.station
    sigen.stations = {"5": SimulatedStation(station.home, "5")}
    await adding.submit(same)
    assert adding.errors == {"base": "wrong_cloud_account"}
    sigen.stations = {STATION: station, "5": SimulatedStation(station.home, "5")}
    await adding.submit(same)
    assert adding.form == POWERS
    await adding.submit({**POWERS, "max_charge_w": 3500})
    assert adding.reason == "reconfigure_successful"
    changed = entry.subentries[added.subentry_id]
    assert changed.data["password"] == ACCOUNT.password
    assert (changed.data["max_charge_w"], "device_id" in changed.data) == (3500, False)


async def test_from_what_is_stored_to_a_driver(
    hass: HomeAssistant, dialogue: ConfigDialogue, octopus: OctopusSimulator
) -> None:
    """For as long as an entry is loaded, and for a moment."""
    await to_account(dialogue, octopus)
    await dialogue.submit(TYPED)
    found = await finished(dialogue)
    reading = await battery_driver(hass, MockConfigEntry(), found.data).read()
    assert (reading.soc_pct, reading.load_power_w) == (50, 800)
    async with temporary_driver(hass, found.data) as driver:
        found_now = await driver.read_settings()
        assert found_now.keys() == {"manual_control", "operating_mode", "tariff"}
        assert found_now["manual_control"] == "off"
    await access.async_forget_battery(hass, found.data)
    for broken in ({"region": "moon"}, {"email": None}, {"password": 5}):
        with pytest.raises(StoredConfigError):
            battery_driver(hass, MockConfigEntry(), {**found.data, **broken})
