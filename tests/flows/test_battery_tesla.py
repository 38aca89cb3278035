"""A Powerwall: found through an integration or with a token, stored, and changed."""

from collections.abc import AsyncIterator, Callable, Iterator
from dataclasses import dataclass, field, replace
import json
from types import SimpleNamespace
from typing import Any

import pytest
from pytest_homeassistant_custom_component.common import (  # type: ignore[import-untyped]  # has no type marker
    MockConfigEntry,
)

from custom_components.power_sync.bridges import access
from custom_components.power_sync.bridges.access import battery_driver, temporary_driver
from custom_components.power_sync.devices.batteries import BRANDS
from custom_components.power_sync.devices.batteries.stored import StoredConfigError
from custom_components.power_sync.devices.batteries.tesla import TESLA
from custom_components.power_sync.devices.batteries.tesla.access import tesla_access
from custom_components.power_sync.flows import battery
from homeassistant.config_entries import (
    ConfigEntryState,
)
from homeassistant.core import HomeAssistant
from simulators.octopus import OctopusSimulator
from simulators.rest import Fault
from simulators.sungrow import SungrowSimulator
from simulators.tesla import TeslaSite
from simulators.tesla.server import COMMAND, READ, TOKEN
from tests.common import site_entry
from tests.devices.tesla_site import SITE_ID, Account, owners, tesla

from .dialogue import LIMITS, TARIFFS, BatteryDialogue, ConfigDialogue

POWERS = {"max_charge_w": 4000, "max_discharge_w": 5000}
TYPED = {"token": f" {TOKEN} ", "advanced": {}}
EMPTY: dict[str, Any] = {"advanced": {}}


@pytest.fixture
async def account(
    socket_enabled: None, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[Account]:
    """Run a cloud, at hand for a token."""
    async with tesla() as running:
        reached = replace(tesla_access(TESLA), base_url=running.cloud.root)
        near = replace(TESLA, access=reached)
        for module in (battery, access):
            monkeypatch.setattr(module, "BRANDS", {**BRANDS, near.key: near})
        yield running


@pytest.fixture
def quick_link(account: Account) -> None:
    """Have all brands to choose from."""


@dataclass
class OneSite:
    """What an integration holds of a site."""

    api: Any
    id: int = int(SITE_ID)
    device: dict[str, str] = field(default_factory=lambda: {"name": "Cottage"})
    live_coordinator: Any = None
    info_coordinator: Any = None


type Load = Callable[[str, OneSite, Any], None]


@pytest.fixture
def load(hass: HomeAssistant, account: Account) -> Iterator[Load]:
    """Have an integration that is loaded with a site, until the test's end."""
    entries = []

    def loaded(domain: str, site: OneSite, scopes: Any) -> None:
        entry = MockConfigEntry(domain=domain)
        entry.add_to_hass(hass)
        entry.mock_state(hass, ConfigEntryState.LOADED)
        entry.runtime_data = SimpleNamespace(energysites=[site], scopes=scopes)
        entries.append(entry)

    yield loaded
    for entry in entries:
        entry.mock_state(hass, ConfigEntryState.NOT_LOADED)


async def to_powerwall(dialogue: ConfigDialogue, octopus: OctopusSimulator) -> None:
    """Go to the battery's first step."""
    await dialogue.to_tariff(octopus)
    await dialogue.submit(TARIFFS)
    await dialogue.submit({"brand": "tesla"})


async def finished(dialogue: ConfigDialogue) -> Any:
    """Go on to the end; return the battery."""
    assert dialogue.step == "battery_found"
    await dialogue.submit(POWERS)
    await dialogue.submit({**LIMITS, "reserve_pct": 20})
    (found,) = dialogue.entry.subentries.values()
    return found


async def test_a_token_with_one_site(
    dialogue: ConfigDialogue, octopus: OctopusSimulator
) -> None:
    """It needs no question; the powers are those of its packs."""
    await to_powerwall(dialogue, octopus)
    assert dialogue.step == "battery_tesla_token"
    await dialogue.submit(TYPED)
    assert dialogue.form == {"max_charge_w": 5000, "max_discharge_w": 5000}
    found = await finished(dialogue)
    assert (found.title, found.unique_id) == ("Tesla Powerwall 2", SITE_ID)
    assert {"via": "token", "token": TOKEN}.items() <= found.data.items()
    assert found.data["capacity_kwh"] == 13.5


async def test_errors_of_a_token(
    dialogue: ConfigDialogue, octopus: OctopusSimulator, account: Account
) -> None:
    """Each is said, and ends in an entry; several sites are offered."""
    cloud = account.cloud
    await to_powerwall(dialogue, octopus)
    await dialogue.submit({"token": "wrong", "advanced": {}})
    assert dialogue.errors == {"base": "token_refused"}
    await dialogue.submit({**TYPED, "advanced": {"base_url": "moon"}})
    assert dialogue.errors == {"base": "invalid_url"}
    assert dialogue.form == {"advanced": {"base_url": "moon"}}
    for fault in (Fault(status=500), Fault(status=404), Fault(body="<html>")):
        cloud.fail(fault)
        await dialogue.submit(TYPED)
        assert dialogue.errors == {"base": "cloud_unreachable"}
    # It may list what there is, and read cars alone.
    cloud.scopes = {"vehicle_device_data"}
    await dialogue.submit(TYPED)
    assert dialogue.errors == {"base": "tesla_rights_missing"}
    cloud.scopes = {READ, COMMAND}
    one, cloud.sites = cloud.sites, {}
    await dialogue.submit(TYPED)
    assert dialogue.errors == {"base": "no_tesla_site"}
    second = TeslaSite(one[int(SITE_ID)].home)
    second.site_id, second.name = 77, ""
    cloud.sites = {**one, 77: second}
    await dialogue.submit(TYPED)
    assert dialogue.step == "battery_tesla_site"
    schema = dialogue.result["data_schema"]
    assert schema is not None
    (select,) = schema.schema.values()
    labels = [each["label"] for each in select.config["options"]]
    assert labels == [f"My Home ({SITE_ID})", "77"]
    cloud.fail(Fault(status=503))
    await dialogue.submit({"site": "77"})
    assert dialogue.errors == {"base": "cloud_unreachable"}
    await dialogue.submit({"site": "77"})
    # It has no tariff that could be put back.
    assert dialogue.step == "battery_no_tariff"
    await dialogue.submit({})
    assert (await finished(dialogue)).unique_id == "77"


async def test_through_an_integration(
    dialogue: ConfigDialogue,
    octopus: OctopusSimulator,
    account: Account,
    load: Load,
) -> None:
    """Its sites are offered before a token; nothing of its access is stored."""
    site = OneSite(Answering(account))
    load("tesla_fleet", site, ["energy_device_data", "energy_cmds"])
    empty = SimpleNamespace(data={"components_battery": False})
    load("teslemetry", OneSite(None, 5, info_coordinator=empty), None)
    await to_powerwall(dialogue, octopus)
    assert dialogue.step == "battery_tesla"
    schema = dialogue.result["data_schema"]
    assert schema is not None
    (select,) = schema.schema.values()
    labels = [each["label"] for each in select.config["options"]]
    assert labels == [f"Cottage ({SITE_ID}), Tesla Fleet", "token"]
    await dialogue.submit({"site": "token"})
    assert dialogue.step == "battery_tesla_token"
    await to_powerwall(dialogue, octopus)
    account.cloud.fail(Fault(status=503))
    await dialogue.submit({"site": f"tesla_fleet:{SITE_ID}"})
    assert dialogue.errors == {"base": "cloud_unreachable"}
    site.id = 6
    await dialogue.submit({"site": f"tesla_fleet:{SITE_ID}"})
    assert dialogue.errors == {"base": "no_tesla_site"}
    site.id = int(SITE_ID)
    await to_powerwall(dialogue, octopus)
    await dialogue.submit({"site": f"tesla_fleet:{SITE_ID}"})
    found = await finished(dialogue)
    assert found.data["via"] == "tesla_fleet"
    assert "token" not in json.dumps(dict(found.data))


async def test_an_access_that_may_only_read(
    dialogue: ConfigDialogue,
    octopus: OctopusSimulator,
    account: Account,
    load: Load,
) -> None:
    """That is said, and the battery is watched."""
    load("teslemetry", OneSite(Answering(account)), ["energy_device_data"])
    await to_powerwall(dialogue, octopus)
    await dialogue.submit({"site": f"teslemetry:{SITE_ID}"})
    assert dialogue.step == "battery_access_reads_only"
    await dialogue.submit({})
    assert (await finished(dialogue)).data["settings"] == []


async def test_added_and_changed(
    hass: HomeAssistant,
    dialogue: ConfigDialogue,
    octopus: OctopusSimulator,
    sungrow: SungrowSimulator,
    account: Account,
) -> None:
    """To a site that has another one; it stays the same Powerwall, with its token."""
    entry = site_entry(sungrow, octopus)
    entry.add_to_hass(hass)
    adding = BatteryDialogue(hass, entry)
    address = {"advanced": {"base_url": account.cloud.root}}
    await adding.add("tesla", {**TYPED, **address}, POWERS)
    added = adding.added

    await adding.add("tesla", TYPED)
    assert adding.reason == "already_configured"

    await adding.change(added)
    assert (adding.step, adding.form) == ("battery_tesla_token", address)
    one = account.cloud.sites
    other = TeslaSite(account.site.home, owners(), site_id=5)
    account.cloud.sites = {5: other}
    await adding.submit(EMPTY)
    assert adding.errors == {"base": "wrong_tesla_account"}
    account.cloud.sites = {5: other, **one}
    await adding.submit(EMPTY)
    assert adding.form == POWERS
    await adding.submit({**POWERS, "max_charge_w": 3500})
    assert adding.reason == "reconfigure_successful"
    changed = entry.subentries[added.subentry_id]
    assert (changed.data["token"], changed.data["max_charge_w"]) == (TOKEN, 3500)


async def test_a_token_that_is_refused_later(
    hass: HomeAssistant,
    dialogue: ConfigDialogue,
    octopus: OctopusSimulator,
    sungrow: SungrowSimulator,
    account: Account,
) -> None:
    """A new one of the same account is asked for, and stored."""
    entry = site_entry(sungrow, octopus)
    entry.add_to_hass(hass)
    adding = BatteryDialogue(hass, entry)
    address = {"advanced": {"base_url": account.cloud.root}}
    await adding.add("tesla", {**TYPED, **address}, POWERS)
    added = adding.added
    account.cloud.token = "another"  # noqa: S105 - that of the simulation
    flow = await entry.start_reauth_flow(hass, data={"subentry_id": added.subentry_id})
    assert flow["step_id"] == "reauth_battery_token"
    manager = hass.config_entries.flow
    shown = await manager.async_configure(flow["flow_id"], {"token": TOKEN})
    assert shown["errors"] == {"base": "token_refused"}
    done = await manager.async_configure(flow["flow_id"], {"token": " another "})
    assert (done["type"], done["reason"]) == ("abort", "reauth_successful")
    assert entry.subentries[added.subentry_id].data["token"] == "another"  # noqa: S105 - that of the simulation


async def test_from_what_is_stored_to_a_driver(
    hass: HomeAssistant, dialogue: ConfigDialogue, octopus: OctopusSimulator
) -> None:
    """For as long as an entry is loaded, and for a moment."""
    await to_powerwall(dialogue, octopus)
    await dialogue.submit(TYPED)
    found = await finished(dialogue)
    async with temporary_driver(hass, found.data) as driver:
        assert (await driver.read_settings())["backup_reserve_pct"] == 20
    await access.async_forget_battery(hass, found.data)
    for broken in ({"via": "moon"}, {"via": None}, {"token": 5}):
        with pytest.raises(StoredConfigError):
            battery_driver(hass, MockConfigEntry(), {**found.data, **broken})


class Answering:
    """An object of the library's, which asks the simulated cloud."""

    def __init__(self, account: Account) -> None:
        """Ask with the account's own token."""
        self._account = account

    async def live_status(self) -> Any:
        """Return the answer as the library does: with its envelope."""
        return {"response": await self._account.api.live_status()}

    async def site_info(self) -> Any:
        """Return the answer, with its envelope."""
        return {"response": await self._account.api.site_info()}
