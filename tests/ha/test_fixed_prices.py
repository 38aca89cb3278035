"""A home whose prices its owner has entered."""

from datetime import UTC, datetime, timedelta

import pytest

from homeassistant.config_entries import ConfigEntryState
from homeassistant.core import HomeAssistant
from simulators.octopus import OctopusSimulator
from simulators.sungrow import SungrowSimulator
from tests.common import site_entry

from .conftest import Wait, state_of, value_of

IMPORT = "sensor.powersync_import_price"
EXPORT = "sensor.powersync_export_price"
CREDITED = "sensor.powersync_credits_so_far"
RATE = {"weekdays": list(range(7)), "months": list(range(1, 13))}
PRICES = {
    "currency": "EUR",
    "zone": "Europe/Berlin",
    "import_per_kwh": 0.3,
    "export_per_kwh": 0.08,
    "standing_per_day": 0.55,
    "rates": [
        {
            **RATE,
            "direction": "import",
            "price_per_kwh": 0.4,
            "start": "13:30",
            "end": "20:00",
        }
    ],
}


async def test_prices_by_the_clock(
    hass: HomeAssistant,
    sungrow: SungrowSimulator,
    octopus: OctopusSimulator,
    wait: Wait,
) -> None:
    """The dear hours begin at 13:30 in Berlin, which is 12:30 UTC; nobody is asked."""
    entry = site_entry(sungrow, octopus)
    entry.add_to_hass(hass)
    hass.config_entries.async_update_entry(
        entry, data={**entry.data, "provider": "fixed", "prices": PRICES}
    )
    assert await hass.config_entries.async_setup(entry.entry_id)
    await hass.async_block_till_done(wait_background_tasks=True)
    assert entry.state is ConfigEntryState.LOADED
    price = state_of(hass, IMPORT)
    assert (price.state, price.attributes["unit_of_measurement"]) == ("0.3", "EUR/kWh")
    assert value_of(hass, EXPORT) == "0.08"
    plan = entry.runtime_data.coordinators.plan.planning.plan
    assert len(plan.slots) == 576
    assert all(slot.firm for slot in plan.slots)
    await wait(timedelta(minutes=30))
    assert (value_of(hass, IMPORT), value_of(hass, EXPORT)) == ("0.4", "0.08")
    for _ in range(36):
        await wait(timedelta(seconds=10))
    cost = state_of(hass, "sensor.powersync_cost_today_so_far")
    assert cost.attributes["standing_charge"] == 0.55
    whole = float(value_of(hass, "sensor.powersync_cost_today_with_all_charges"))
    assert whole == pytest.approx(float(cost.state) + 0.55, abs=1e-3)
    assert not octopus.requests


async def test_a_credit(
    hass: HomeAssistant,
    sungrow: SungrowSimulator,
    octopus: OctopusSimulator,
    wait: Wait,
) -> None:
    """What is bought for it is shown, and paid into the bill when the window ends."""
    credit = {"amount": 1.0, "start": "13:05", "end": "13:15", "most_kwh": 10.0}
    entry = site_entry(sungrow, octopus)
    entry.add_to_hass(hass)
    hass.config_entries.async_update_entry(
        entry,
        data={
            **entry.data,
            "provider": "fixed",
            "prices": {**PRICES, "credit": credit},
        },
        options={**entry.options, "billing": {"monthly_fee": 10.0}},
    )
    assert await hass.config_entries.async_setup(entry.entry_id)
    await hass.async_block_till_done(wait_background_tasks=True)
    plan = entry.runtime_data.coordinators.plan.planning.plan
    assert plan.notes["terms"] < 0
    await wait(timedelta(minutes=5))
    for _ in range(66):
        await wait(timedelta(seconds=10))
        if value_of(hass, CREDITED) == "1.0":
            break
        shown = state_of(hass, CREDITED).attributes
    assert shown["credit"] == 1.0
    assert 0 < shown["bought_kwh"] < shown["most_kwh"] == 10.0
    assert shown["lost"] is False
    begins = datetime.fromisoformat(shown["window_start"])
    assert begins == datetime(2026, 1, 14, 12, 5, tzinfo=UTC)
    bill = state_of(hass, "sensor.powersync_bill_so_far")
    assert bill.attributes["credited"] == 1.0
    energy = bill.attributes["energy"]
    assert float(bill.state) == pytest.approx(
        energy + 10 + bill.attributes["supply"] - 1, abs=1e-3
    )
