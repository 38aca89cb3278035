"""What of the home's prices and contract reaches a Powerwall that plans for itself."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from custom_components.power_sync.const import DOMAIN
from homeassistant.config_entries import ConfigEntry
from homeassistant.core import HomeAssistant
from homeassistant.util import dt as dt_util
from simulators.tesla.tariff import prices_at
from tests.devices.tesla_site import Account, told_of

from .conftest import Wait
from .test_tesla_sync import LIVE, PLANNER, SWITCH, account, act, entry

__all__ = ["account", "entry"]
MINUTE = timedelta(minutes=1)


@pytest.fixture
async def planning(
    hass: HomeAssistant, entry: ConfigEntry[Any], account: Account
) -> ConfigEntry[Any]:
    """Let it plan for itself from prices that are uploaded by themselves."""
    await act(hass, "switch", "turn_on", SWITCH)
    await act(hass, "select", "select_option", PLANNER, option="itself")
    await act(hass, *LIVE)
    return entry


def buys_at(account: Account) -> float:
    """Return the price at which the Powerwall thinks that it buys now."""
    local = dt_util.utcnow().astimezone(account.site.gateway.zone)
    price = prices_at(account.set_by().tariff, local).buy
    assert price is not None
    return price


def sells_at(account: Account) -> float:
    """Return the price at which the Powerwall thinks that it sells now."""
    local = dt_util.utcnow().astimezone(account.site.gateway.zone)
    price = prices_at(account.set_by().tariff, local).sell
    assert price is not None
    return price


async def test_row_7_what_is_uploaded_again(
    hass: HomeAssistant,
    planning: ConfigEntry[Any],
    account: Account,
    wait: Wait,
) -> None:
    """A price that moves by 0.5 c in all is not, by 0.51 c it is.

    After a force it is, however little has moved; and so it is on the user's word.
    """
    prices = planning.runtime_data.coordinators.prices

    async def moved(per_kwh: float) -> None:
        """Move what is bought at from now on, and wait for what comes of it."""
        slots = [
            replace(slot, import_per_kwh=slot.import_per_kwh + per_kwh)
            if slot.end > dt_util.utcnow()
            else slot
            for slot in prices.curve.slots
        ]
        prices.async_set_updated_data(replace(prices.curve, slots=tuple(slots)))
        for _ in range(6):
            await wait(MINUTE)

    first = buys_at(account)
    sent = account.cloud.commands_taken
    await moved(0.003)
    await moved(0.002)
    assert (account.cloud.commands_taken, buys_at(account)) == (sent, first)
    await moved(0.0001)
    assert account.cloud.commands_taken == sent + 1
    assert buys_at(account) == pytest.approx(first + 0.0051)
    # What was uploaded last is what news are measured by.
    await moved(-0.004)
    assert account.cloud.commands_taken == sent + 1
    ours = told_of(account)
    force = {"duration": 10}
    await hass.services.async_call(DOMAIN, "force_charge", force, blocking=True)
    assert told_of(account)["tariff"] != ours["tariff"]
    for _ in range(18):
        await wait(MINUTE)
    assert told_of(account) == ours
    await hass.services.async_call(DOMAIN, "sync_tou_schedule", {}, blocking=True)
    await hass.async_block_till_done(wait_background_tasks=True)
    assert told_of(account) != ours
    live = prices.curve.at(dt_util.utcnow()).import_per_kwh
    assert buys_at(account) == pytest.approx(live, abs=1e-4)


async def test_rows_1_to_3_what_the_user_wishes_is_uploaded(
    hass: HomeAssistant, planning: ConfigEntry[Any], account: Account, wait: Wait
) -> None:
    """Export boost and chip mode, once they are switched on and off."""
    site = planning.runtime_data

    async def sells_with(**wishes: object) -> float:
        await site.async_set(**wishes)
        for _ in range(6):
            await wait(MINUTE)
        return sells_at(account)

    true = site.coordinators.prices.curve.at(dt_util.utcnow()).export_per_kwh
    assert sells_at(account) == pytest.approx(true, abs=1e-4)
    boosted = await sells_with(
        export_boost=True,
        boost_offset_per_kwh=0.05,
        boost_start_min=11 * 60,
        boost_end_min=14 * 60,
    )
    assert boosted == pytest.approx(true + 0.05, abs=1e-4)
    chip = {"chip_mode": True, "chip_start_min": 0, "chip_end_min": 1439}
    assert await sells_with(**chip, chip_threshold_per_kwh=true + 0.02) == 0
    late = {"boost_start_min": 14 * 60, "boost_end_min": 15 * 60}
    assert await sells_with(chip_mode=False, **late) == pytest.approx(true, abs=1e-4)


async def test_a_demand_charge(
    hass: HomeAssistant, planning: ConfigEntry[Any], account: Account, wait: Wait
) -> None:
    """In its window buying counts 2.00 more, so that nothing is charged then."""
    plain = buys_at(account)
    now = dt_util.now()
    billing = {
        "rate_per_kw": 9.0,
        "days": "all",
        "start": (now - timedelta(minutes=30)).strftime("%H:%M"),
        "end": (now + timedelta(hours=2)).strftime("%H:%M"),
        "interval_min": 30,
    }
    hass.config_entries.async_update_entry(
        planning, options={**planning.options, "billing": billing}
    )
    await hass.async_block_till_done(wait_background_tasks=True)
    for _ in range(7):
        await wait(MINUTE)
    assert buys_at(account) == pytest.approx(plain + 2)
    await wait(timedelta(hours=2))
    for _ in range(7):
        await wait(MINUTE)
    assert buys_at(account) < 2
