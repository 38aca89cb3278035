"""A Powerwall in a whole Home Assistant: the user, the clock and crashes in any order.

What is told comes from the entities and actions that a householder has. At the end the
owner has tariff, mode, reserve, grid charging and export rule back exactly; at all
times a tariff of ours is for one day, and is what its sensor says.
"""

from contextlib import suppress
from datetime import timedelta
from random import Random
from typing import Any

import pytest

from custom_components.power_sync.const import DOMAIN
from custom_components.power_sync.devices.batteries.tesla import tariff
from homeassistant.config_entries import ConfigEntry
from homeassistant.core import HomeAssistant
from homeassistant.exceptions import HomeAssistantError
from homeassistant.util import dt as dt_util
from simulators.rest import Fault
from simulators.tesla.tariff import season_at
from tests.devices.tesla_site import Account, told_of

from .conftest import Wait, value_of
from .starts import crash, start
from .test_tesla_sync import LIVE, PLANNER, SWITCH, TARIFF, account, act, entry

__all__ = ["account", "entry"]
MINUTE = timedelta(minutes=1)
STEPS = (
    *("charge", "discharge", "normal", "upload", "upload", "sync", "sync"),
    *("itself", "itself", "powersync", "owner", "restart", "crash", "fault", "pass"),
)
COUNT = 9


class Household:
    """The user of one home, and what happens to it."""

    def __init__(
        self,
        hass: HomeAssistant,
        entry: ConfigEntry[Any],
        account: Account,
        wait: Wait,
    ) -> None:
        """Begin live, with automatic sync off."""
        self.hass, self.entry, self.account, self.wait = hass, entry, account, wait
        self.syncs = False

    async def step(self, what: str) -> None:
        """Let one thing happen, and some minutes pass."""
        match what:
            case "restart":
                assert await self.hass.config_entries.async_unload(self.entry.entry_id)
                await start(self.hass, self.entry)
            case "crash":
                await crash(self.hass, self.entry, self.account.cloud)
                await start(self.hass, self.entry)
            case "fault":
                self.account.cloud.fail(Fault(status=503))
            case "pass":
                await self.wait(timedelta(hours=7))
            case _:
                await self._do(what)
        for _ in range(3):
            await self.minute()

    async def _do(self, what: str) -> None:
        """Do what a user does."""
        match what:
            case "charge" | "discharge":
                await self._call(f"force_{what}", duration=20)
            case "normal":
                await self._call("restore_normal")
            case "upload":
                await self._call("sync_tou_schedule")
            case "sync":
                self.syncs = not self.syncs
                await act(
                    self.hass, "switch", f"turn_{'on' if self.syncs else 'off'}", SWITCH
                )
            case "itself" | "powersync" | "owner":
                await act(self.hass, "select", "select_option", PLANNER, option=what)

    async def _call(self, action: str, **data: object) -> None:
        """Do it, or be told why not: that is no failure here."""
        with suppress(HomeAssistantError):
            await self.hass.services.async_call(DOMAIN, action, data, blocking=True)
        await self.hass.async_block_till_done(wait_background_tasks=True)

    async def minute(self) -> None:
        """Let a minute pass, and look at what is on the Powerwall."""
        await self.wait(MINUTE)
        told, zone = self.account.set_by(), self.account.site.gateway.zone
        value = tariff.value_of(told.tariff)
        if not tariff.forces(value):
            return
        tomorrow = dt_util.utcnow().astimezone(zone) + timedelta(days=1)
        assert season_at(told.tariff, tomorrow.date()) is None
        if value_of(self.hass, TARIFF) == "prices":
            assert tariff.window_of(value) is None


@pytest.mark.parametrize("seed", [2, 4, 6, 9])
async def test_the_owner_has_it_back(
    hass: HomeAssistant,
    entry: ConfigEntry[Any],
    account: Account,
    wait: Wait,
    seed: int,
) -> None:
    """Whatever the user does, and whatever happens meanwhile."""
    await act(hass, "select", "select_option", PLANNER, option="itself")
    await act(hass, "switch", "turn_on", "switch.powersync_export_from_the_battery")
    await act(hass, *LIVE)
    before = told_of(account)
    household = Household(hass, entry, account, wait)
    steps = Random(seed).choices(STEPS, k=COUNT)  # noqa: S311 - no secret
    for what in steps:
        await household.step(what)
    account.cloud.heal()
    await act(hass, "select", "select_option", PLANNER, option="owner")
    for _ in range(26):
        await household.minute()
    assert told_of(account) == before, steps
    assert value_of(hass, TARIFF) == "own"
