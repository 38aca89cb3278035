"""A site with a Sigenergy system behind its cloud, in a real Home Assistant."""

from collections.abc import AsyncIterator
from copy import deepcopy
from dataclasses import replace
from datetime import timedelta
import json
from typing import Any

import pytest

from custom_components.power_sync.bridges import access
from custom_components.power_sync.const import DOMAIN
from custom_components.power_sync.control.log import Outcome
from custom_components.power_sync.devices.batteries import BRANDS
from custom_components.power_sync.devices.batteries.cloud import cloud_access
from custom_components.power_sync.devices.batteries.sigenergy_cloud import (
    SIGENERGY_CLOUD,
)
from custom_components.power_sync.devices.batteries.sigenergy_cloud.driver import (
    SigenergyCloudBattery,
)
from custom_components.power_sync.diagnostics import async_get_config_entry_diagnostics
from custom_components.power_sync.flows import battery, reauth
from homeassistant.config_entries import ConfigEntry
from homeassistant.core import HomeAssistant
from homeassistant.helpers import entity_registry as er
from simulators.octopus import OctopusSimulator
from simulators.rest import Fault
from simulators.sigen_cloud import SigenCloudSimulator
from simulators.sigen_prices import static_price
from simulators.sigen_station import SimulatedStation
from tests.devices.sigen_account import ACCOUNT, STATION, cloud
from tests.flows.dialogue import LIMITS, TARIFFS, ConfigDialogue

from .conftest import Wait, state_of, value_of
from .starts import crash, start

MINUTE = timedelta(minutes=1)
NEW = "battery staple"
TYPED = {
    "region": "eu",
    "email": ACCOUNT.email,
    "password": ACCOUNT.password,
    "advanced": {},
}


@pytest.fixture
async def sigen(
    hass: HomeAssistant, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[SigenCloudSimulator]:
    """Run a cloud, which shows at once what it was told; its clock is the prices'."""
    await hass.config.async_set_time_zone("Europe/London")

    def quick(*args: Any, **more: Any) -> SigenergyCloudBattery:
        return SigenergyCloudBattery(*args, **more, settle=timedelta(0))

    async with cloud() as running:
        reached = cloud_access(SIGENERGY_CLOUD)
        reached = replace(reached, regions={"eu": running.url}, driver=quick)
        near = replace(SIGENERGY_CLOUD, access=reached)
        for module in (battery, access, reauth):
            monkeypatch.setattr(module, "BRANDS", {**BRANDS, near.key: near})
        yield running


@pytest.fixture
async def entry(
    hass: HomeAssistant, octopus: OctopusSimulator, sigen: SigenCloudSimulator
) -> ConfigEntry[Any]:
    """Add a site with it, and go live."""
    dialogue = ConfigDialogue(hass)
    await dialogue.to_tariff(octopus)
    await dialogue.submit(TARIFFS)
    await dialogue.submit({"brand": "sigenergy_cloud"})
    await dialogue.submit(TYPED)
    await dialogue.submit({"max_charge_w": 5000, "max_discharge_w": 5000})
    await dialogue.submit(LIMITS)
    await hass.async_block_till_done(wait_background_tasks=True)
    await dialogue.entry.runtime_data.async_set(dry_run=False)
    await hass.async_block_till_done(wait_background_tasks=True)
    return dialogue.entry


async def test_it_is_planned_and_told(
    hass: HomeAssistant, entry: ConfigEntry[Any], sigen: SigenCloudSimulator, wait: Wait
) -> None:
    """It has a plan, does what it is told, and is given back."""
    assert value_of(hass, "sensor.powersync_battery_level") == "50.0"
    assert entry.runtime_data.coordinators.plan.data.plan.slots
    # What it does by itself is its owner's to set, here or by the action.
    mode = entity(hass, "select", f"{STATION}_operation_mode")
    assert value_of(hass, mode) == "self_consumption"
    data = {"entity_id": mode, "option": "full_feed_in"}
    await hass.services.async_call("select", "select_option", data, blocking=True)
    assert (sigen.station.operating_mode, value_of(hass, mode)) == (5, "full_feed_in")
    await hass.services.async_call(
        DOMAIN, "set_operation_mode", {"mode": "autonomous"}, blocking=True
    )
    assert (sigen.station.operating_mode, value_of(hass, mode)) == (2, "autonomous")
    force = {"duration": 60, "power_w": 2000}
    await hass.services.async_call(DOMAIN, "force_charge", force, blocking=True)
    assert sigen.station.manual_mode == "0"
    assert sigen.station.manual["powerLimitation"] == "2.000"
    await wait(MINUTE)
    assert value_of(hass, "sensor.sigenergy_system_battery_power") == "-2000.0"
    await hass.services.async_call(DOMAIN, "restore_normal", {}, blocking=True)
    assert sigen.station.manual_mode is None


async def test_one_lost_answer_is_nothing_yet(
    hass: HomeAssistant, entry: ConfigEntry[Any], sigen: SigenCloudSimulator, wait: Wait
) -> None:
    """It is asked only once a minute; two are."""
    (controlled,) = entry.runtime_data.controller.batteries.values()
    now = entry.runtime_data.controller.clock.now
    await wait(MINUTE)
    sigen.standing_fault = Fault(status=503)
    await wait(MINUTE)
    await wait(timedelta(seconds=61))
    assert controlled.health.trouble(now()) is None
    await wait(timedelta(seconds=40))
    assert controlled.health.trouble(now()) is not None


async def test_the_password_is_refused(
    hass: HomeAssistant, entry: ConfigEntry[Any], sigen: SigenCloudSimulator, wait: Wait
) -> None:
    """The user is asked for it once; with the new one, all goes on."""
    sigen.password, sigen.refreshable = NEW, False
    sigen.forget_tokens()
    for _ in range(3):
        await wait(MINUTE)
    (flow,) = hass.config_entries.flow.async_progress()
    assert flow["step_id"] == "reauth_battery"
    # Two of the dialogue that set it up, one of the driver, and the one refused.
    assert sigen.logins == 4
    manager = hass.config_entries.flow
    typed = {"password": "wrong"}
    shown = await manager.async_configure(flow["flow_id"], typed)
    assert shown["errors"] == {"base": "cloud_refused"}
    told = shown["description_placeholders"]
    assert told is not None
    assert (told["battery"], told["email"]) == (
        "Sigenergy system",
        ACCOUNT.email,
    )
    station = sigen.stations.pop(STATION)
    sigen.stations["5"] = replace(station, station_id="5")
    shown = await manager.async_configure(flow["flow_id"], {"password": NEW})
    assert shown["errors"] == {"base": "wrong_cloud_account"}
    sigen.stations = {STATION: station}
    done = await manager.async_configure(flow["flow_id"], {"password": NEW})
    assert (done["type"], done["reason"]) == ("abort", "reauth_successful")
    await hass.async_block_till_done(wait_background_tasks=True)
    (subentry,) = entry.subentries.values()
    assert subentry.data["password"] == NEW
    assert value_of(hass, "sensor.powersync_battery_level") != "unavailable"
    assert hass.config_entries.flow.async_progress() == []


async def test_diagnostics_hold_nothing_private(
    hass: HomeAssistant, entry: ConfigEntry[Any], sigen: SigenCloudSimulator, wait: Wait
) -> None:
    """Neither account nor system."""
    sigen.fail(Fault(status=500))
    await wait(MINUTE)
    shown = json.dumps(await async_get_config_entry_diagnostics(hass, entry))
    secrets = (ACCOUNT.email, ACCOUNT.password, STATION, "token-1", sigen.url)
    assert not [each for each in secrets if each in shown]


async def test_it_plans_for_itself(
    hass: HomeAssistant, entry: ConfigEntry[Any], sigen: SigenCloudSimulator, wait: Wait
) -> None:
    """It has the prices of the day, and its owner's tariff when that is over."""
    station = sigen.station
    before = as_set(station)
    await planned_by(hass, "itself")
    assert as_set(station) == before
    await plans_itself(hass, entry, wait)
    bought = station.tariff["buyPrice"]
    assert isinstance(bought, dict)
    assert bought["staticPricing"]["planName"].startswith("Prices 2")
    assert station.operating_mode == 1
    shown = entity(hass, "sensor", f"{STATION}_tariff")
    assert value_of(hass, shown) == "prices"
    assert value_of(hass, "sensor.powersync_because") == "plans_itself"
    await planned_by(hass, "owner")
    assert as_set(station) == before
    assert value_of(hass, shown) == "own"


async def test_started_anew_while_it_plans_for_itself(
    hass: HomeAssistant, entry: ConfigEntry[Any], sigen: SigenCloudSimulator, wait: Wait
) -> None:
    """The owner's tariff is back in between, then the prices; and for good at the end.

    The owner has another one meanwhile: that is what is put back then.
    """
    station = sigen.station
    before = as_set(station)
    await planned_by(hass, "itself")
    await plans_itself(hass, entry, wait)
    prices = as_set(station)
    assert prices[0] != before[0]
    shown = entity(hass, "sensor", f"{STATION}_tariff")
    since = state_of(hass, shown).attributes["since"]
    assert len(state_of(hass, shown).attributes["schedule"]) == 48
    assert await hass.config_entries.async_unload(entry.entry_id)
    assert as_set(station) == before
    station.tariff["sellPrice"] = static_price("Energy", 9.5)
    changed = as_set(station)
    assert await hass.config_entries.async_setup(entry.entry_id)
    await hass.async_block_till_done(wait_background_tasks=True)
    for _ in range(7):
        await wait(MINUTE)
    assert as_set(station)[0]["buyPrice"] == prices[0]["buyPrice"]
    assert value_of(hass, shown) == "prices"
    assert state_of(hass, shown).attributes["since"] > since
    assert await hass.config_entries.async_remove(entry.entry_id)
    assert as_set(station) == changed


async def test_a_crash_while_it_plans_for_itself(
    hass: HomeAssistant, entry: ConfigEntry[Any], sigen: SigenCloudSimulator, wait: Wait
) -> None:
    """What it has is shown at once after the start, though news would have to wait."""
    before = as_set(sigen.station)
    await planned_by(hass, "itself")
    await plans_itself(hass, entry, wait)
    shown = entity(hass, "sensor", f"{STATION}_tariff")
    held = state_of(hass, shown).attributes
    ours, told = as_set(sigen.station), list(sigen.told)
    await crash(hass, entry, sigen)
    await start(hass, entry)
    await wait(MINUTE)
    assert value_of(hass, shown) == "prices"
    assert state_of(hass, shown).attributes["since"] == held["since"]
    assert state_of(hass, shown).attributes["schedule"] == held["schedule"]
    assert value_of(hass, "sensor.powersync_because") == "plans_itself"
    # News that wait for their turn are not on it yet.
    controller = entry.runtime_data.controller
    (battery,) = controller.batteries.values()
    battery.tariff = replace(battery.tariff, bought=(0.2,) * 48)
    await controller.tick()
    assert battery.outcome is Outcome.TOO_SOON
    assert state_of(hass, shown).attributes["schedule"] == held["schedule"]
    assert (as_set(sigen.station), sigen.told) == (ours, told)
    assert await hass.config_entries.async_remove(entry.entry_id)
    assert as_set(sigen.station) == before


async def test_removed_while_the_cloud_is_away(
    hass: HomeAssistant, entry: ConfigEntry[Any], sigen: SigenCloudSimulator, wait: Wait
) -> None:
    """A stop that cannot give it back does so when it is loaded, or removed, next."""
    before = as_set(sigen.station)
    await planned_by(hass, "itself")
    await plans_itself(hass, entry, wait)
    sigen.standing_fault = Fault(status=503)
    assert await hass.config_entries.async_unload(entry.entry_id)
    assert as_set(sigen.station) != before
    sigen.heal()
    await wait(2 * MINUTE)
    assert await hass.config_entries.async_remove(entry.entry_id)
    assert as_set(sigen.station) == before


async def test_a_virtual_power_plant_has_it_meanwhile(
    hass: HomeAssistant, entry: ConfigEntry[Any], sigen: SigenCloudSimulator, wait: Wait
) -> None:
    """It is left to it, whatever is set here, and plans for itself again after that."""
    station = sigen.station
    before = as_set(station)
    await planned_by(hass, "itself")
    await plans_itself(hass, entry, wait)
    station.operating_mode = 6
    for _ in range(12):
        await wait(MINUTE)
    assert as_set(station) == (before[0], 6)
    assert value_of(hass, "sensor.powersync_because") == "no_tariff"
    await entry.runtime_data.async_set(reserve_pct=25)
    await hass.async_block_till_done(wait_background_tasks=True)
    assert value_of(hass, entity(hass, "select", f"{STATION}_planned_by")) == "itself"
    station.operating_mode = before[1]
    for _ in range(12):
        await wait(MINUTE)
    assert value_of(hass, "sensor.powersync_because") == "plans_itself"
    assert station.operating_mode == 1
    await planned_by(hass, "owner")
    assert as_set(station) == before


async def planned_by(hass: HomeAssistant, planner: str) -> None:
    """Choose who plans the battery."""
    chosen = entity(hass, "select", f"{STATION}_planned_by")
    data = {"entity_id": chosen, "option": planner}
    await hass.services.async_call("select", "select_option", data, blocking=True)
    await hass.async_block_till_done(wait_background_tasks=True)


async def plans_itself(
    hass: HomeAssistant, entry: ConfigEntry[Any], wait: Wait
) -> None:
    """Have the prices uploaded, and wait until that is done."""
    data = {"entity_id": entity(hass, "switch", f"{entry.entry_id}_tou_sync")}
    await hass.services.async_call("switch", "turn_on", data, blocking=True)
    # What the plan had told it may have been less than a minute ago.
    for _ in range(2):
        await wait(MINUTE)


def as_set(station: SimulatedStation) -> tuple[dict[str, object], int]:
    """Return what the owner has set of both."""
    return deepcopy(station.tariff), station.operating_mode


def entity(hass: HomeAssistant, platform: str, unique_id: str) -> str:
    """Return an entity's id."""
    found = er.async_get(hass).async_get_entity_id(platform, DOMAIN, unique_id)
    assert found is not None
    return found
