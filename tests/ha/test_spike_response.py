"""Spikes of the wholesale price are answered, and dear forced charges wait."""

from datetime import timedelta
from typing import Any

import pytest
from pytest_homeassistant_custom_component.common import (  # type: ignore[import-untyped]  # has no type marker
    async_get_persistent_notifications,
)

from custom_components.power_sync.market_response import spike_store
from homeassistant.core import HomeAssistant
from simulators.aemo import AemoSimulator
from simulators.octopus import OctopusSimulator
from simulators.rest import Fault
from simulators.sungrow import SungrowSimulator
from tests.common import NOON
from tests.prices.flow_power_home import flow_power_settings

from .conftest import Wait, value_of
from .test_price_spike import FIVE, GLOBIRD, MINUTE, punctual, set_up_with
from .test_settings import set_number, switch

__all__ = ["punctual"]
SECOND = timedelta(seconds=1)
ANSWER = "sensor.powersync_price_spike_response"
BY = "sensor.powersync_controlled_by"
COST = "sensor.powersync_cost_today_so_far"


def told(hass: HomeAssistant, about: str) -> str | None:
    """Return what the user has been told, None where nothing."""
    for key, notification in async_get_persistent_notifications(hass).items():
        if key.startswith(f"power_sync_{about}_"):
            message: str = notification["message"]
            return message
    return None


async def live(
    hass: HomeAssistant, sungrow: SungrowSimulator, octopus: OctopusSimulator, **s: Any
) -> Any:
    """Set up a home with GloBird's contract that sells, for real."""
    entry = await set_up_with(hass, sungrow, octopus, "fixed", {**GLOBIRD, **s})
    await switch(hass, "dry_run", on=False)
    return entry


async def see_what_it_brings(hass: HomeAssistant, wait: Wait) -> None:
    """See what the contract pays counted, on top of the 3 c of the selling price."""
    # The cost is shown with the first reading of each five minutes: the next one.
    for _ in range(23):
        await wait(10 * SECOND)
    await set_number(hass, "paid_in_price_spikes", 1.5)
    await wait(10 * SECOND)
    before = float(value_of(hass, COST))
    for _ in range(30):
        await wait(10 * SECOND)
    sold_kwh = -float(value_of(hass, "sensor.powersync_grid_power")) / 1000 / 12
    assert sold_kwh > 0.1
    earned = before - float(value_of(hass, COST))
    assert earned == pytest.approx(sold_kwh * 1.53, rel=0.01)


async def test_row_8_a_spike_is_answered_over_a_restart(
    hass: HomeAssistant,
    sungrow: SungrowSimulator,
    octopus: OctopusSimulator,
    aemo: AemoSimulator,
    wait: Wait,
) -> None:
    """Sold from the first to the last price of it, over a restart, told at both ends.

    A price between the thresholds after the restart goes on with it.
    """
    for step, price in enumerate((100, 3500, *[2990] * 3, *[200] * 5)):
        aemo.prices["VIC1", NOON + step * FIVE] = price
    owner = sungrow.owner_defaults()
    address = aemo.addresses["report_url"]
    entry = await live(hass, sungrow, octopus, report_url=address)
    assert value_of(hass, ANSWER) == "not_allowed"
    await switch(hass, "export_from_the_battery", on=True)
    await wait(MINUTE)
    assert value_of(hass, ANSWER) == "waiting"
    for _ in range(5):
        await wait(MINUTE)
    assert value_of(hass, ANSWER) == "discharging"
    assert value_of(hass, BY) == "spike"
    assert value_of(hass, "sensor.powersync_because") == "price_spike"
    assert sungrow.settings() != owner
    begun = told(hass, "spike")
    assert begun is not None
    assert "VIC1 is 3500 $/MWh" in begun
    assert "down to 10 %" in begun
    await see_what_it_brings(hass, wait)
    # Off in the middle, and on again: told, and put back.
    await switch(hass, "sell_in_price_spikes", on=False)
    assert value_of(hass, ANSWER) == "off"
    assert sungrow.settings() == owner
    assert "over" in (told(hass, "spike") or "")
    await switch(hass, "sell_in_price_spikes", on=True)
    assert value_of(hass, ANSWER) == "discharging"
    assert await hass.config_entries.async_unload(entry.entry_id)
    await hass.async_block_till_done(wait_background_tasks=True)
    assert sungrow.settings() == owner
    aemo.standing_fault = Fault(status=503)
    assert await hass.config_entries.async_setup(entry.entry_id)
    await hass.async_block_till_done(wait_background_tasks=True)
    assert value_of(hass, ANSWER) == "discharging"
    aemo.heal()
    for _ in range(5):
        await wait(MINUTE)
    assert value_of(hass, ANSWER) == "discharging"
    for _ in range(6):
        await wait(MINUTE)
    assert value_of(hass, ANSWER) == "waiting"
    assert sungrow.settings() == owner
    assert "over" in (told(hass, "spike") or "")
    await set_number(hass, "reserve_in_price_spikes", 7)
    assert entry.runtime_data.controller.limits.in_spike.reserve_pct == 7
    await set_number(hass, "reserve_in_price_spikes", 10)
    assert entry.runtime_data.settings.spike_reserve_pct is None
    aemo.standing_fault = Fault(status=503)
    for _ in range(21):
        await wait(MINUTE)
    assert value_of(hass, ANSWER) == "unknown_price"
    await hass.config_entries.async_remove(entry.entry_id)
    store = spike_store(hass, entry.entry_id)
    assert await store.load() is None


async def test_where_prices_show_it(
    hass: HomeAssistant,
    sungrow: SungrowSimulator,
    octopus: OctopusSimulator,
    aemo: AemoSimulator,
) -> None:
    """With Flow Power it is the plan's, and there is nothing to switch."""
    aemo.prices["VIC1", NOON - FIVE] = aemo.prices["VIC1", NOON] = 500
    settings = flow_power_settings(aemo)
    entry = await set_up_with(hass, sungrow, octopus, "flow_power", settings)
    assert value_of(hass, ANSWER) == "in_prices"
    assert entry.runtime_data.controller.market.spike is None
    assert hass.states.get("switch.powersync_sell_in_price_spikes") is None
    assert hass.states.get("number.powersync_reserve_in_price_spikes") is None


async def test_a_forced_charge_waits(
    hass: HomeAssistant,
    sungrow: SungrowSimulator,
    octopus: OctopusSimulator,
    wait: Wait,
) -> None:
    """Above what the user wants to pay: it is told, and that it goes on."""
    await live(hass, sungrow, octopus, region=None)
    number = "number.powersync_pause_forced_charging_above"
    assert value_of(hass, number) == "1.0"
    await set_number(hass, "pause_forced_charging_above", 0.2)
    duration = {"duration": 60}
    await hass.services.async_call(
        "power_sync", "force_charge", duration, blocking=True
    )
    assert value_of(hass, "sensor.powersync_because") == "too_dear"
    assert value_of(hass, BY) == "force"
    assert sungrow.settings() == sungrow.owner_defaults()
    assert "more than 0.20 AUD" in (told(hass, "dear") or "")
    await switch(hass, "pause_forced_charging_while_buying_is_dear", on=False)
    assert value_of(hass, "sensor.powersync_current_action") == "charge"
    assert "goes on" in (told(hass, "dear") or "")
    await switch(hass, "pause_forced_charging_while_buying_is_dear", on=True)
    assert value_of(hass, "sensor.powersync_because") == "too_dear"
    await wait(60 * MINUTE)
    assert value_of(hass, BY) != "force"
    assert "has ended" in (told(hass, "dear") or "")
