"""Prices that a Powerwall was given by hand stay until midnight, whatever happens."""

from datetime import timedelta
from typing import Any

import pytest

from custom_components.power_sync.const import DOMAIN
from custom_components.power_sync.tariff_sync import by_hand_store
from homeassistant.config_entries import ConfigEntry
from homeassistant.core import HomeAssistant
from homeassistant.util import dt as dt_util
from simulators.rest import Fault
from tests.devices.tesla_site import Account, told_of

from .conftest import Wait, value_of
from .starts import crash, start
from .test_tesla_sync import (
    LIVE,
    PLANNER,
    SWITCH,
    TARIFF,
    account,
    act,
    entry,
    keeps_through_a_crash,
    to_midnight,
)

__all__ = ["account", "entry"]
MINUTE = timedelta(minutes=1)


@pytest.fixture
async def before(
    hass: HomeAssistant, entry: ConfigEntry[Any], account: Account
) -> dict[str, object]:
    """Let it plan for itself without automatic sync; return what its owner has set."""
    await act(hass, "select", "select_option", PLANNER, option="itself")
    await act(hass, *LIVE)
    return dict(told_of(account))


async def upload(hass: HomeAssistant) -> None:
    """Give it the prices by hand."""
    await hass.services.async_call(DOMAIN, "sync_tou_schedule", {}, blocking=True)
    await hass.async_block_till_done(wait_background_tasks=True)


async def test_they_stay_through_a_crash(
    hass: HomeAssistant,
    before: dict[str, object],
    entry: ConfigEntry[Any],
    account: Account,
    wait: Wait,
) -> None:
    """Nothing is told until midnight; then they are gone, also from the file."""
    await upload(hass)
    assert told_of(account)["tariff"] != before["tariff"]
    await keeps_through_a_crash(hass, entry, account, wait)
    await to_midnight(account, wait)
    assert told_of(account) == before
    assert await hass.config_entries.async_reload(entry.entry_id)
    await hass.async_block_till_done(wait_background_tasks=True)
    assert told_of(account) == before
    assert await by_hand_store(hass, entry.entry_id).load() == {}


async def test_they_are_back_after_a_restart(
    hass: HomeAssistant,
    before: dict[str, object],
    entry: ConfigEntry[Any],
    account: Account,
    wait: Wait,
) -> None:
    """The owner's tariff is there in between; with another planner it stays."""
    await upload(hass)
    ours = told_of(account)
    assert await hass.config_entries.async_unload(entry.entry_id)
    assert told_of(account) == before
    await start(hass, entry)
    for _ in range(7):
        await wait(MINUTE)
    assert told_of(account) == ours
    await act(hass, "select", "select_option", PLANNER, option="owner")
    assert told_of(account) == before
    await act(hass, "select", "select_option", PLANNER, option="itself")
    for _ in range(7):
        await wait(MINUTE)
    assert told_of(account) == before
    await hass.config_entries.async_remove(entry.entry_id)
    assert await by_hand_store(hass, entry.entry_id).load() is None


async def test_a_crash_past_midnight(
    hass: HomeAssistant,
    before: dict[str, object],
    entry: ConfigEntry[Any],
    account: Account,
    wait: Wait,
) -> None:
    """Yesterday's are not told again."""
    await upload(hass)
    await wait(MINUTE)
    await crash(hass, entry, account.cloud)
    account.cloud.written.clear()
    await wait(timedelta(hours=24))
    await start(hass, entry)
    for _ in range(3):
        await wait(MINUTE)
    assert told_of(account) == before


async def test_a_restart_over_midnight(
    hass: HomeAssistant,
    before: dict[str, object],
    entry: ConfigEntry[Any],
    account: Account,
    wait: Wait,
) -> None:
    """Yesterday's are not told again, however little of the new day has passed."""
    await upload(hass)
    now = dt_util.utcnow().astimezone(account.site.gateway.zone)
    midnight = now.replace(hour=0, minute=0, second=0) + timedelta(days=1)
    await wait(midnight - now - 7 * MINUTE)
    assert await hass.config_entries.async_unload(entry.entry_id)
    account.cloud.written.clear()
    await wait(7 * MINUTE + timedelta(seconds=20))
    await start(hass, entry)
    for _ in range(3):
        await wait(MINUTE)
    assert account.cloud.written == []
    assert told_of(account) == before


async def test_the_cloud_is_away_at_the_start(
    hass: HomeAssistant,
    before: dict[str, object],
    entry: ConfigEntry[Any],
    account: Account,
    wait: Wait,
) -> None:
    """Until it answers nobody knows what day it is there; then they are told again."""
    await upload(hass)
    ours = told_of(account)
    await wait(MINUTE)
    assert await hass.config_entries.async_unload(entry.entry_id)
    account.cloud.standing_fault = Fault(status=503)
    await start(hass, entry)
    for _ in range(7):
        await wait(MINUTE)
    account.cloud.heal()
    for _ in range(9):
        await wait(MINUTE)
    assert told_of(account) == ours


async def test_automatic_sync_takes_them_over(
    hass: HomeAssistant,
    before: dict[str, object],
    account: Account,
    wait: Wait,
) -> None:
    """Switched off, it leaves the owner's tariff, whoever asked for prices before."""
    await upload(hass)
    await act(hass, "switch", "turn_on", SWITCH)
    await upload(hass)
    for _ in range(7):
        await wait(MINUTE)
    assert value_of(hass, TARIFF) == "prices"
    await act(hass, "switch", "turn_off", SWITCH)
    for _ in range(7):
        await wait(MINUTE)
    assert told_of(account) == before
