"""A Powerwall that plans for itself from the prices, in a real Home Assistant."""

from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import timedelta
import json
from typing import Any

from freezegun.api import FrozenDateTimeFactory
import pytest

from custom_components.power_sync.bridges import access
from custom_components.power_sync.const import DOMAIN
from custom_components.power_sync.devices.batteries import BRANDS
from custom_components.power_sync.devices.batteries.tesla import TESLA
from custom_components.power_sync.devices.batteries.tesla.access import tesla_access
from custom_components.power_sync.devices.batteries.tesla.driver import TeslaBattery
from custom_components.power_sync.diagnostics import async_get_config_entry_diagnostics
from custom_components.power_sync.flows import battery
from custom_components.power_sync.model.battery import Mode
from homeassistant.config_entries import ConfigEntry
from homeassistant.core import HomeAssistant
from homeassistant.exceptions import HomeAssistantError, ServiceValidationError
from homeassistant.util import dt as dt_util
from simulators.octopus import OctopusSimulator
from simulators.rest import Fault
from simulators.tesla.server import TOKEN
from simulators.tesla.tariff import prices_at
from tests.devices.tesla_site import SITE_ID, Account, owners, tesla, told_of
from tests.flows.dialogue import LIMITS, TARIFFS, ConfigDialogue

from .conftest import Wait, state_of, value_of
from .starts import crash, start
from .test_services import call

MINUTE = timedelta(minutes=1)
PLANNER = "select.tesla_powerwall_2_planned_by"
SWITCH = "switch.powersync_automatic_tou_sync"
TARIFF = "sensor.tesla_powerwall_2_tariff_on_the_battery"


@pytest.fixture
async def account(
    hass: HomeAssistant,
    frozen_time: FrozenDateTimeFactory,
    socket_enabled: None,
    monkeypatch: pytest.MonkeyPatch,
) -> AsyncIterator[Account]:
    """Run a cloud whose clock is Home Assistant's, at hand for a token."""

    def quick(*args: Any, **more: Any) -> TeslaBattery:
        return TeslaBattery(*args, **more, settle=timedelta(0))

    told = owners(mode="backup", reserve_pct=35)
    async with tesla(told=told, at=dt_util.utcnow(), now=dt_util.utcnow) as running:
        running.cloud.tariff_every = timedelta(0)
        reached = tesla_access(TESLA)
        reached = replace(reached, base_url=running.cloud.root, driver=quick)
        near = replace(TESLA, access=reached)
        for module in (battery, access):
            monkeypatch.setattr(module, "BRANDS", {**BRANDS, near.key: near})
        yield running


@pytest.fixture
async def entry(
    hass: HomeAssistant, octopus: OctopusSimulator, account: Account
) -> ConfigEntry[Any]:
    """Add a home with it, still in a dry run: the plan would act at once."""
    dialogue = ConfigDialogue(hass)
    await dialogue.to_tariff(octopus)
    await dialogue.submit(TARIFFS)
    await dialogue.submit({"brand": "tesla"})
    await dialogue.submit({"token": TOKEN, "advanced": {}})
    await dialogue.submit({"max_charge_w": 5000, "max_discharge_w": 5000})
    await dialogue.submit({**LIMITS, "reserve_pct": 36})
    await hass.async_block_till_done(wait_background_tasks=True)
    return dialogue.entry


LIVE = "switch", "turn_off", "switch.powersync_dry_run"


async def act(
    hass: HomeAssistant, domain: str, action: str, entity: str, **more: str
) -> None:
    """Do something with an entity, and let it have its effect."""
    data = {"entity_id": entity, **more}
    await hass.services.async_call(domain, action, data, blocking=True)
    await hass.async_block_till_done(wait_background_tasks=True)


async def test_it_plans_for_itself(
    hass: HomeAssistant, entry: ConfigEntry[Any], account: Account, wait: Wait
) -> None:
    """It has the prices of the day, and its owner's tariff when that is over."""
    before = told_of(account)
    assert value_of(hass, SWITCH) == "off"
    assert (value_of(hass, PLANNER), value_of(hass, TARIFF)) == ("powersync", "own")
    await act(hass, "switch", "turn_on", SWITCH)
    await act(hass, "select", "select_option", PLANNER, option="itself")
    assert told_of(account) == before
    await act(hass, *LIVE)
    tariff = account.set_by().tariff
    now = dt_util.as_local(dt_util.utcnow())
    assert tariff["code"] == f"POWER_SYNC:PRICES:{now.date()}"
    site = entry.runtime_data
    slot = site.coordinators.prices.curve.at(dt_util.utcnow())
    local = now.astimezone(account.site.gateway.zone)
    assert prices_at(tariff, local) == (
        round(slot.import_per_kwh, 4),
        round(slot.export_per_kwh, 4),
    )
    assert (account.set_by().mode, account.set_by().reserve_pct) == ("autonomous", 35)
    shown = state_of(hass, TARIFF)
    assert shown.state == "prices"
    assert len(shown.attributes["schedule"]) == 48
    assert shown.attributes["since"] == now.isoformat()
    assert value_of(hass, "sensor.powersync_controlled_by") == "tariff"
    assert value_of(hass, "sensor.powersync_because") == "plans_itself"
    # The plan counts it as following the home.
    assert {slot.mode.value for slot in site.coordinators.plan.data.plan.slots} == {
        "self_consumption"
    }
    said = json.dumps(
        await async_get_config_entry_diagnostics(hass, entry), default=str
    )
    assert SITE_ID not in said
    # Kept over a restart, which gives the battery back in between.
    account.cloud.written.clear()
    assert await hass.config_entries.async_unload(entry.entry_id)
    assert told_of(account) == before
    assert await hass.config_entries.async_setup(entry.entry_id)
    await hass.async_block_till_done(wait_background_tasks=True)
    for _ in range(4):
        await wait(2 * MINUTE)
    assert account.set_by().tariff["code"] == tariff["code"]
    await act(hass, "select", "select_option", PLANNER, option="owner")
    assert told_of(account) == before
    assert value_of(hass, "sensor.powersync_because") == "left_to_owner"
    assert value_of(hass, TARIFF) == "own"
    await act(hass, "select", "select_option", PLANNER, option="powersync")
    assert entry.runtime_data.settings.planned_by == {}
    assert await hass.config_entries.async_remove(entry.entry_id)
    assert told_of(account) == before


async def keeps_through_a_crash(
    hass: HomeAssistant, entry: ConfigEntry[Any], account: Account, wait: Wait
) -> None:
    """Crash while it has prices of ours: it keeps them, shown as before."""
    ours, since = told_of(account), state_of(hass, TARIFF).attributes["since"]
    await wait(MINUTE)
    await crash(hass, entry, account.cloud)
    account.cloud.written.clear()
    await start(hass, entry)
    for _ in range(7):
        await wait(MINUTE)
    assert account.cloud.written == []
    assert told_of(account) == ours
    assert value_of(hass, TARIFF) == "prices"
    assert state_of(hass, TARIFF).attributes["since"] == since


async def test_a_crash_while_it_plans_for_itself(
    hass: HomeAssistant, entry: ConfigEntry[Any], account: Account, wait: Wait
) -> None:
    """It keeps the prices that it has, and is told nothing until there are others.

    The owner's tariff in between would have the prices wait for five minutes.
    """
    before = told_of(account)
    await act(hass, "switch", "turn_on", SWITCH)
    await act(hass, "select", "select_option", PLANNER, option="itself")
    await act(hass, *LIVE)
    await keeps_through_a_crash(hass, entry, account, wait)
    assert value_of(hass, "sensor.powersync_because") == "plans_itself"
    await act(hass, "select", "select_option", PLANNER, option="owner")
    assert told_of(account) == before


async def test_uploads_when_there_is_news(
    hass: HomeAssistant,
    octopus: OctopusSimulator,
    entry: ConfigEntry[Any],
    account: Account,
    wait: Wait,
) -> None:
    """Not through the day; at midnight the next day's; without prices none."""
    before = told_of(account)
    await act(hass, "switch", "turn_on", SWITCH)
    await act(hass, "select", "select_option", PLANNER, option="itself")
    await act(hass, *LIVE)
    first = account.set_by().tariff["code"]
    sent = account.cloud.commands_taken
    for _ in range(31):
        await wait(MINUTE)
    assert account.cloud.commands_taken == sent
    await to_midnight(account, wait)
    second = account.set_by().tariff["code"]
    assert second not in (first, "GO")
    # No more prices come: that tariff stays until it ends, and no longer.
    octopus.standing_fault = Fault(status=503)
    await to_midnight(account, wait)
    assert told_of(account) == before


async def to_midnight(account: Account, wait: Wait) -> None:
    """Let time pass to some minutes after the next midnight at the Powerwall."""
    now = dt_util.utcnow().astimezone(account.site.gateway.zone)
    midnight = now.replace(hour=0, minute=0, second=0) + timedelta(days=1)
    await wait(midnight - now - 7 * MINUTE)
    for _ in range(13):
        await wait(MINUTE)


async def test_the_owners_mode_and_rules(
    hass: HomeAssistant, entry: ConfigEntry[Any], account: Account, wait: Wait
) -> None:
    """Shown as the owner has them, also under a force; the plan keeps to the rules."""
    mode, exports, charging = (
        "select.tesla_powerwall_2_operation_mode",
        "select.tesla_powerwall_2_energy_exports",
        "switch.tesla_powerwall_2_charging_from_the_grid",
    )
    site = entry.runtime_data

    async def run(action: str, **data: object) -> None:
        await hass.services.async_call(DOMAIN, action, data, blocking=True)
        await hass.async_block_till_done(wait_background_tasks=True)

    def planned() -> set[str]:
        slots = site.coordinators.plan.data.plan.slots
        return {slot.mode.value for slot in slots}

    assert [value_of(hass, each) for each in (mode, exports, charging)] == [
        "backup",
        "pv_only",
        "off",
    ]
    # As it was found, it is the maker's default: the plan may buy.
    assert "charge" in planned()
    await act(hass, "switch", "turn_off", "switch.powersync_automatic_control")
    await act(hass, *LIVE)
    await act(hass, "select", "select_option", mode, option="self_consumption")
    await run("set_grid_export", export="everything")
    assert (account.set_by().mode, account.set_by().export_rule) == (
        "self_consumption",
        "battery_ok",
    )
    await run("set_grid_export", rule="pv_only")
    assert value_of(hass, exports) == "pv_only"
    # A force overrides them for its time, and leaves what is set meanwhile.
    await run("force_charge", duration=60)
    assert account.set_by().grid_charging_off is False
    assert value_of(hass, charging) == "off"
    await run("set_operation_mode", mode="backup")
    assert (account.set_by().mode, value_of(hass, mode)) == ("autonomous", "backup")
    await wait(6 * MINUTE)
    await run("restore_normal")
    now = account.set_by()
    assert (now.mode, now.export_rule, now.grid_charging_off) == (
        "backup",
        "pv_only",
        True,
    )
    # The owner's own word binds plan and force, until it is lifted.
    await act(hass, "switch", "turn_on", charging)
    assert account.set_by().grid_charging_off is False
    await act(hass, "switch", "turn_off", charging)
    assert account.set_by().grid_charging_off is True
    assert "charge" not in planned()
    with pytest.raises(ServiceValidationError, match="Your own setting"):
        await run("force_charge", duration=60)
    assert await hass.config_entries.async_reload(entry.entry_id)
    await hass.async_block_till_done(wait_background_tasks=True)
    site = entry.runtime_data
    assert "charge" not in planned()
    account.site.gateway.tell("grid_charging_off", False)  # noqa: FBT003 - in the app
    for _ in range(4):
        await wait(5 * MINUTE)
    assert value_of(hass, charging) == "on"
    await run("replan")
    assert "charge" in planned()
    with pytest.raises(ServiceValidationError, match="once"):
        await run("set_grid_export", rule="never", export="never")


async def test_the_owners_word_on_exports_is_taken_back(
    hass: HomeAssistant, entry: ConfigEntry[Any], account: Account
) -> None:
    """The battery keeps its rule, and a force may override it for its time again."""

    async def run(action: str, **data: object) -> None:
        await hass.services.async_call(DOMAIN, action, data, blocking=True)
        await hass.async_block_till_done(wait_background_tasks=True)

    await act(hass, *LIVE)
    await act(hass, "switch", "turn_off", "switch.powersync_automatic_control")
    await act(hass, "switch", "turn_on", "switch.powersync_export_from_the_battery")
    await run("set_grid_export", rule="pv_only")
    with pytest.raises(ServiceValidationError, match="Your own setting"):
        await run("force_discharge", duration=60)
    await run("set_grid_export_auto")
    assert account.set_by().export_rule == "pv_only"
    await run("force_discharge", duration=60)
    assert account.set_by().export_rule == "battery_ok"
    assert value_of(hass, "select.tesla_powerwall_2_energy_exports") == "pv_only"


async def test_an_agreement_to_feed_nothing_in(
    hass: HomeAssistant, entry: ConfigEntry[Any], account: Account, wait: Wait
) -> None:
    """It is not broken, so the plan sells nothing, and a force says why not."""

    def sells() -> bool:
        (member,) = entry.runtime_data.plan_inputs().fleet
        return Mode.DISCHARGE in member.modes

    await act(hass, *LIVE)
    await act(hass, "switch", "turn_off", "switch.powersync_automatic_control")
    await act(hass, "switch", "turn_on", "switch.powersync_export_from_the_battery")
    assert sells()
    account.site.gateway.tell("export_rule", "never")
    for _ in range(4):
        await wait(5 * MINUTE)
    assert value_of(hass, "select.tesla_powerwall_2_energy_exports") == "never"
    assert not sells()
    with pytest.raises(ServiceValidationError, match="Your own setting"):
        await hass.services.async_call(
            DOMAIN, "force_discharge", {"duration": 60}, blocking=True
        )


async def test_what_a_scan_has_found(
    hass: HomeAssistant, entry: ConfigEntry[Any], account: Account
) -> None:
    """Its health, its capacities and the plan go by it, also after a restart."""

    async def sync(**data: object) -> dict[str, Any]:
        answer = await call(hass, "sync_battery_health", **data)
        await hass.async_block_till_done(wait_background_tasks=True)
        battery: dict[str, Any] = answer["batteries"][0]
        return battery

    account.site.tells_energies = False
    assert (await sync())["health_pct"] is None
    found = await sync(
        original_capacity_wh=14_000,
        current_capacity_wh=13_300,
        scanned_at="2026-11-26T18:00:00+00:00",
        individual_batteries=[{"current_capacity_wh": 13_300, "serial": "x"}],
    )
    assert (found["health_pct"], found["degradation_percent"]) == (95.0, 5.0)
    assert (found["original_capacity_wh"], found["current_capacity_wh"]) == (
        14_000,
        13_300,
    )
    assert found["packs_pct"] == [98.5]
    for data in (
        {"current_capacity_wh": 13_300},
        {"individual_batteries": [{"serial": "x"}]},
    ):
        with pytest.raises(ServiceValidationError, match="Tell both"):
            await sync(**data)
    assert await hass.config_entries.async_reload(entry.entry_id)
    await hass.async_block_till_done(wait_background_tasks=True)
    again = await sync()
    assert {**again, "packs_pct": [98.5]} == found
    assert value_of(hass, "sensor.tesla_powerwall_2_battery_health") == "95.0"
    (member,) = entry.runtime_data.plan_inputs().fleet
    assert member.capacity_kwh == pytest.approx(13.3)


async def test_by_hand(
    hass: HomeAssistant, entry: ConfigEntry[Any], account: Account, wait: Wait
) -> None:
    """Once, without automatic sync; it says where that cannot be. And Storm Watch."""
    storm = "switch.tesla_powerwall_2_storm_watch"
    assert value_of(hass, storm) == "off"
    await act(hass, "switch", "turn_off", "switch.powersync_automatic_control")
    await act(hass, *LIVE)
    await act(hass, "switch", "turn_on", storm)
    assert (value_of(hass, storm), account.set_by().storm_mode) == ("on", True)
    data = {"enabled": False}
    await hass.services.async_call(DOMAIN, "set_storm_mode", data, blocking=True)
    assert account.set_by().storm_mode is False
    await act(hass, "switch", "turn_on", "switch.powersync_dry_run")
    await act(hass, "switch", "turn_on", "switch.powersync_automatic_control")
    before = told_of(account)

    async def upload() -> None:
        await hass.services.async_call(DOMAIN, "sync_tou_schedule", {}, blocking=True)

    with pytest.raises(ServiceValidationError, match="No battery plans for itself"):
        await upload()
    await act(hass, "select", "select_option", PLANNER, option="itself")
    await act(hass, *LIVE)
    assert value_of(hass, "sensor.powersync_because") == "no_tariff"
    assert told_of(account) == before
    asked = {"period": "week"}
    answer = await hass.services.async_call(
        DOMAIN, "get_calendar_history", asked, blocking=True, return_response=True
    )
    assert answer is not None
    assert answer["source"] == "battery"
    account.cloud.standing_fault = Fault(status=503)
    with pytest.raises(HomeAssistantError, match="energies could not be fetched"):
        await hass.services.async_call(
            DOMAIN, "get_calendar_history", asked, blocking=True, return_response=True
        )
    with pytest.raises(HomeAssistantError, match="could not be uploaded"):
        await upload()
    account.cloud.heal()
    await wait(6 * MINUTE)
    await upload()
    assert str(account.set_by().tariff["code"]).startswith("POWER_SYNC:PRICES")
    await hass.services.async_call(DOMAIN, "sync_now", {}, blocking=True)
    assert str(account.set_by().tariff["code"]).startswith("POWER_SYNC:PRICES")
    entry.runtime_data.coordinators.prices.data = None
    with pytest.raises(HomeAssistantError, match="Too many prices"):
        await upload()
    await to_midnight(account, wait)
    assert told_of(account) == before
