"""A home whose prices are those of another integration's entity."""

from datetime import timedelta

import pytest

from homeassistant.config_entries import ConfigEntryState
from homeassistant.core import HomeAssistant
from simulators.octopus import OctopusSimulator
from simulators.sungrow import SungrowSimulator
from tests.common import NOON, site_entry

from .conftest import Wait, state_of, value_of

IMPORT = "sensor.powersync_import_price"
EXPORT = "sensor.powersync_export_price"
HOUR = timedelta(hours=1)
MINUTE = timedelta(minutes=1)
PRICES = {
    "currency": "EUR",
    "zone": "Europe/Berlin",
    "import_entity": "sensor.market",
    "export_entity": None,
    "export_per_kwh": 0.07,
    "published": True,
    "standing_per_day": None,
    "import_factor": 1.19,
    "import_addition": 0.2,
    "export_factor": 1.0,
    "export_addition": 0.0,
}


def show(hass: HomeAssistant, state: str, *euros_per_mwh: float) -> None:
    """Show the prices of hours from noon on."""
    rows = [
        {"time": (NOON + step * HOUR).isoformat(), "price": price}
        for step, price in enumerate(euros_per_mwh)
    ]
    hass.states.async_set(
        "sensor.market", state, {"prices": rows, "unit_of_measurement": "EUR/MWh"}
    )


async def test_prices_of_an_entity(
    hass: HomeAssistant,
    sungrow: SungrowSimulator,
    octopus: OctopusSimulator,
    wait: Wait,
) -> None:
    """By hand: 100 EUR/MWh x 1.19 + 0.20 make 0.319, 200 make 0.438."""
    await hass.config.async_set_time_zone("Europe/Berlin")
    show(hass, "today", 100, 200, 50)
    entry = site_entry(sungrow, octopus)
    entry.add_to_hass(hass)
    hass.config_entries.async_update_entry(
        entry, data={**entry.data, "provider": "entity", "prices": PRICES}
    )
    assert await hass.config_entries.async_setup(entry.entry_id)
    await hass.async_block_till_done(wait_background_tasks=True)
    assert entry.state is ConfigEntryState.LOADED
    price = state_of(hass, IMPORT)
    assert float(price.state) == pytest.approx(0.319)
    assert price.attributes["unit_of_measurement"] == "EUR/kWh"
    assert value_of(hass, EXPORT) == "0.07"
    # Nothing is made up for the time after them: the plan ends, and says so.
    plan = entry.runtime_data.coordinators.plan.planning.plan
    assert plan.grid.end == NOON + 3 * HOUR
    told = state_of(hass, "sensor.powersync_plan_in_words").attributes["text"]
    assert "until 16:00 only: the plan ends there" in told
    # New prices are seen within two minutes, and the old ones are not lost.
    show(hass, "today", 100, 200, 50, 60)
    await wait(2 * MINUTE)
    curve = entry.runtime_data.coordinators.prices.curve
    assert curve.firm_until == NOON + 4 * HOUR
    # An entity that is gone takes nothing away; its state alone is no price.
    hass.states.async_set("sensor.market", "unavailable")
    await wait(HOUR)
    assert float(value_of(hass, IMPORT)) == pytest.approx(0.438)
    show(hass, "inf", 100, 200, 50, 60, 70)
    await wait(3 * MINUTE)
    curve = entry.runtime_data.coordinators.prices.curve
    assert curve.firm_until == NOON + 5 * HOUR
    assert not octopus.requests


async def test_a_provider_that_is_not_known(
    hass: HomeAssistant, sungrow: SungrowSimulator, octopus: OctopusSimulator
) -> None:
    """The site says so, and nothing else happens."""
    entry = site_entry(sungrow, octopus)
    entry.add_to_hass(hass)
    hass.config_entries.async_update_entry(
        entry, data={**entry.data, "provider": "nobody"}
    )
    assert not await hass.config_entries.async_setup(entry.entry_id)
    assert entry.state is ConfigEntryState.SETUP_ERROR
    assert entry.error_reason_translation_key == "tariff_invalid"
