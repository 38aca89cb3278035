"""A Powerwall whose integration has to sign in again: PowerSync only borrows that.

Both integrations are Home Assistant's own, at a simulated sign-in over HTTP.
"""

from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import timedelta
import json
from pathlib import Path
from typing import Any

from aiohttp import ClientSession
import pytest
from pytest_homeassistant_custom_component.typing import (  # type: ignore[import-untyped]  # has no type marker
    ClientSessionGenerator,
)
from yarl import URL

from custom_components.power_sync.bridges import access
from custom_components.power_sync.const import DOMAIN
from custom_components.power_sync.devices.batteries import BRANDS
from custom_components.power_sync.devices.batteries.tesla import TESLA
from custom_components.power_sync.devices.batteries.tesla.access import tesla_access
from custom_components.power_sync.devices.batteries.tesla.driver import TeslaBattery
from custom_components.power_sync.flows import battery
from homeassistant.config_entries import ConfigEntry, ConfigEntryState
from homeassistant.core import HomeAssistant
from homeassistant.exceptions import HomeAssistantError
from homeassistant.helpers import issue_registry as ir
from simulators.octopus import OctopusSimulator
from simulators.tesla.server import READ
from tests.devices.tesla_site import SITE_ID, told_of
from tests.flows.dialogue import LIMITS, TARIFFS, ConfigDialogue

from .conftest import Wait, value_of
from .tesla_clouds import (
    FLEET,
    TESLEMETRY,
    Integration,
    SignedIn,
    signed_in,
)

MINUTE = timedelta(minutes=1)
LEVEL = "sensor.powersync_battery_level"
BOTH = pytest.mark.parametrize(
    "integration",
    [pytest.param(each, id=each.domain) for each in (FLEET, TESLEMETRY)],
)


@pytest.fixture
def integration() -> Integration:
    """Return the integration, unless a test says which."""
    return FLEET


@pytest.fixture
async def owner(
    hass: HomeAssistant,
    socket_enabled: None,
    enable_bluetooth: None,
    monkeypatch: pytest.MonkeyPatch,
    integration: Integration,
) -> AsyncIterator[SignedIn]:
    """Have an integration that is signed in, and a driver without pauses."""

    def quick(*args: Any, **more: Any) -> TeslaBattery:
        return TeslaBattery(*args, **more, settle=timedelta(0))

    near = replace(TESLA, access=replace(tesla_access(TESLA), driver=quick))
    for module in (battery, access):
        monkeypatch.setattr(module, "BRANDS", {**BRANDS, near.key: near})
    async with signed_in(hass, monkeypatch, integration) as owner:
        owner.account.cloud.tariff_every = timedelta(0)
        yield owner


async def choose(
    hass: HomeAssistant, octopus: OctopusSimulator, owner: SignedIn
) -> ConfigDialogue:
    """Go through the dialogue until the integration's site is chosen."""
    dialogue = ConfigDialogue(hass)
    await dialogue.to_tariff(octopus)
    await dialogue.submit(TARIFFS)
    await dialogue.submit({"brand": "tesla"})
    await dialogue.submit({"site": f"{owner.integration.domain}:{SITE_ID}"})
    return dialogue


async def home(
    hass: HomeAssistant, octopus: OctopusSimulator, owner: SignedIn
) -> ConfigEntry[Any]:
    """Add a home with it, live, which does what it is told by hand alone."""
    await owner.load()
    dialogue = await choose(hass, octopus, owner)
    await dialogue.submit({"max_charge_w": 5000, "max_discharge_w": 5000})
    await dialogue.submit({**LIMITS, "reserve_pct": 20})
    await hass.async_block_till_done(wait_background_tasks=True)
    for switch in ("automatic_control", "dry_run"):
        data = {"entity_id": f"switch.powersync_{switch}"}
        await hass.services.async_call("switch", "turn_off", data, blocking=True)
    return dialogue.entry


def told(hass: HomeAssistant) -> dict[str, dict[str, str]]:
    """Return PowerSync's issues by their texts, and what stands in them."""
    return {
        issue.translation_key or "": issue.translation_placeholders or {}
        for issue in ir.async_get(hass).issues.values()
        if issue.domain == DOMAIN and issue.active
    }


async def act(hass: HomeAssistant, action: str, **data: object) -> None:
    """Call one of PowerSync's actions."""
    await hass.services.async_call(DOMAIN, action, data, blocking=True)
    await hass.async_block_till_done(wait_background_tasks=True)


async def sign_in_again(hass: HomeAssistant, browser: Any) -> None:
    """Go through the integration's own dialogue, by way of the cloud's page."""
    flows = hass.config_entries.flow
    (asked,) = flows.async_progress()
    flow_id = asked["flow_id"]
    shown = await flows.async_configure(flow_id, {})
    if shown.get("step_id") == "pick_implementation":
        shown = await flows.async_configure(
            flow_id, {"implementation": asked["handler"]}
        )
    async with (
        ClientSession() as session,
        session.get(shown["url"], allow_redirects=False) as page,
    ):
        back = URL(page.headers["Location"])
    assert (await browser.get(back.path_qs)).status == 200
    done = await flows.async_configure(flow_id)
    assert (done["type"], done["reason"]) == ("abort", "reauth_successful")
    await hass.async_block_till_done(wait_background_tasks=True)


def kept_by_us(hass: HomeAssistant, entry: ConfigEntry[Any]) -> str:
    """Return all that PowerSync has stored, as text."""
    files = Path(hass.config.path(".storage")).glob(f"{DOMAIN}*")
    stored = [path.read_text() for path in files]
    parts = [dict(each.data) for each in entry.subentries.values()]
    return json.dumps([stored, dict(entry.data), dict(entry.options), parts])


@BOTH
@pytest.mark.usefixtures("current_request_with_host")
async def test_signed_out_in_the_middle_of_a_force(
    hass: HomeAssistant,
    octopus: OctopusSimulator,
    owner: SignedIn,
    wait: Wait,
    hass_client_no_auth: ClientSessionGenerator,
) -> None:
    """It is told what to do; once signed in, all that was held is put back."""
    entry = await home(hass, octopus, owner)
    before = told_of(owner.account)
    # A token that has ended is renewed, by the integration alone.
    first = dict(owner.entry.data["token"])
    await wait(8 * 60 * MINUTE)
    await wait(2 * MINUTE)
    assert owner.sign_in.grants == ["refresh_token"]
    assert owner.entry.data["token"]["access_token"] != first["access_token"]
    assert value_of(hass, LEVEL) != "unavailable"
    await act(hass, "force_charge", duration=240)
    assert owner.account.set_by().tariff != before["tariff"]
    # Its owner ends the access.
    owner.revoke()
    for _ in range(10):
        await wait(MINUTE)
    (flow,) = hass.config_entries.flow.async_progress()
    assert (flow["handler"], flow["step_id"]) == (
        owner.integration.domain,
        "reauth_confirm",
    )
    assert value_of(hass, LEVEL) == "unavailable"
    assert value_of(hass, "sensor.powersync_because") == "unreadable"
    assert told(hass)["account_signed_out"]["account"] == owner.integration.name
    assert "device_unreachable" not in told(hass)
    # Nobody tries a token over and over that is refused.
    tried = len(owner.sign_in.grants)
    for _ in range(10):
        await wait(MINUTE)
    assert len(owner.sign_in.grants) <= tried + 1
    with pytest.raises(HomeAssistantError):
        await act(hass, "restore_normal")
    await sign_in_again(hass, await hass_client_no_auth())
    assert owner.sign_in.grants[-1] == "authorization_code"
    assert owner.entry.state is ConfigEntryState.LOADED
    for _ in range(5):
        await wait(MINUTE)
    assert told_of(owner.account) == before
    assert value_of(hass, LEVEL) != "unavailable"
    assert told(hass) == {}
    stored = kept_by_us(hass, entry)
    tokens = (first, owner.entry.data["token"])
    assert SITE_ID in stored
    for token in tokens:
        assert token["access_token"] not in stored
        assert token["refresh_token"] not in stored


@BOTH
async def test_an_access_that_loses_a_right(
    hass: HomeAssistant, octopus: OctopusSimulator, owner: SignedIn, wait: Wait
) -> None:
    """That is told, and goes on where the right is back; nothing is half done."""
    await home(hass, octopus, owner)
    before, every = told_of(owner.account), owner.sign_in.rights
    owner.sign_in.rights = frozenset({READ})
    await owner.load()
    refused = owner.account.cloud.refused
    with pytest.raises(HomeAssistantError):
        await act(hass, "force_charge", duration=60)
    for _ in range(4):
        await wait(MINUTE)
    assert set(told(hass)) == {"account_lacks_rights"}
    assert told(hass)["account_lacks_rights"]["account"] == owner.integration.name
    assert told_of(owner.account) == before
    # It is known without asking, and paying.
    assert owner.account.cloud.refused == refused
    # Nor can it be read any more.
    owner.sign_in.rights = frozenset({"vehicle_device_data"})
    await owner.load()
    for _ in range(7):
        await wait(MINUTE)
    assert value_of(hass, LEVEL) == "unavailable"
    assert set(told(hass)) == {"account_lacks_rights"}
    owner.sign_in.rights = every
    await owner.load()
    for _ in range(5):
        await wait(MINUTE)
    assert value_of(hass, LEVEL) != "unavailable"
    await act(hass, "force_charge", duration=60)
    await act(hass, "restore_normal")
    assert told_of(owner.account) == before
    assert told(hass) == {}


async def test_an_access_that_may_only_read_from_the_start(
    hass: HomeAssistant, octopus: OctopusSimulator, owner: SignedIn
) -> None:
    """That is said before anything is saved."""
    owner.sign_in.rights = frozenset({READ})
    await owner.load()
    dialogue = await choose(hass, octopus, owner)
    assert dialogue.step == "battery_access_reads_only"


async def test_chosen_while_signed_out(
    hass: HomeAssistant, octopus: OctopusSimulator, owner: SignedIn, wait: Wait
) -> None:
    """It is said what to do first."""
    await owner.load()
    owner.revoke()
    for _ in range(3):
        await wait(MINUTE)
    dialogue = await choose(hass, octopus, owner)
    assert dialogue.errors == {"base": "tesla_signed_out"}
    await owner.load()
    for flow in hass.config_entries.flow.async_progress():
        if flow["handler"] == owner.integration.domain:
            hass.config_entries.flow.async_abort(flow["flow_id"])
    await dialogue.submit({"site": f"{owner.integration.domain}:{SITE_ID}"})
    assert dialogue.step == "battery_found"


async def test_started_while_signed_out(
    hass: HomeAssistant, octopus: OctopusSimulator, owner: SignedIn, wait: Wait
) -> None:
    """After a restart the integration has no site at all, and it is told the same."""
    entry = await home(hass, octopus, owner)
    owner.revoke()
    await hass.config_entries.async_unload(entry.entry_id)
    await hass.config_entries.async_reload(owner.entry.entry_id)
    assert owner.entry.state is not ConfigEntryState.LOADED
    await hass.config_entries.async_setup(entry.entry_id)
    for _ in range(7):
        await wait(MINUTE)
    assert set(told(hass)) == {"account_signed_out"}
    await owner.load()
    for flow in hass.config_entries.flow.async_progress():
        hass.config_entries.flow.async_abort(flow["flow_id"])
    for _ in range(5):
        await wait(MINUTE)
    assert value_of(hass, LEVEL) != "unavailable"
    assert told(hass) == {}
