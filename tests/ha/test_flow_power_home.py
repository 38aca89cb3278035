"""A home with Flow Power, whose prices follow the market every five minutes."""

from datetime import timedelta
import json

import pytest
from pytest_homeassistant_custom_component.common import (  # type: ignore[import-untyped]  # has no type marker
    MockConfigEntry,
)

from custom_components.power_sync.diagnostics import (
    async_get_config_entry_diagnostics,
)
from homeassistant.config_entries import ConfigEntryState
from homeassistant.core import HomeAssistant
from simulators.aemo import AemoSimulator
from simulators.octopus import OctopusSimulator
from simulators.rest import Fault
from simulators.sungrow import SungrowSimulator
from tests.common import NOON, site_entry
from tests.prices.flow_power_home import flow_power_settings

from .conftest import Wait, state_of, value_of

IMPORT = "sensor.powersync_import_price"
EXPORT = "sensor.powersync_export_price"
KNOWN_UNTIL = "sensor.powersync_prices_known_until"
BECAUSE = "sensor.powersync_because"
SECOND = timedelta(seconds=1)
MINUTE = timedelta(minutes=1)


@pytest.fixture
async def entry(
    hass: HomeAssistant,
    sungrow: SungrowSimulator,
    octopus: OctopusSimulator,
    aemo: AemoSimulator,
) -> MockConfigEntry:
    """Return a site in Melbourne, set up at noon UTC: 23:00 on the wall."""
    entry = site_entry(sungrow, octopus)
    entry.add_to_hass(hass)
    data = {"provider": "flow_power", "prices": flow_power_settings(aemo)}
    hass.config_entries.async_update_entry(entry, data={**entry.data, **data})
    assert await hass.config_entries.async_setup(entry.entry_id)
    await hass.async_block_till_done(wait_background_tasks=True)
    return entry


@pytest.mark.usefixtures("all_enabled")
async def test_prices_of_five_minutes(
    hass: HomeAssistant, entry: MockConfigEntry, wait: Wait
) -> None:
    """By hand: 73.67 $/MWh to 12:10 UTC, then 72.23: 0.144 c less.

    There is a firm price at every moment, and at 23:00 nothing is paid.
    """
    assert entry.state is ConfigEntryState.LOADED
    price = state_of(hass, IMPORT)
    assert price.attributes["unit_of_measurement"] == "AUD/kWh"
    assert value_of(hass, KNOWN_UNTIL) == (NOON + 5 * MINUTE).isoformat()
    assert float(value_of(hass, EXPORT)) == 0.0
    coordinator = entry.runtime_data.coordinators.prices
    for step in range(1, 23):
        await wait(30 * SECOND)
        slot = coordinator.curve.at(NOON + step * 30 * SECOND)
        assert slot is not None
        assert slot.firm
    fallen = float(price.state) - float(value_of(hass, IMPORT))
    assert fallen == pytest.approx(0.00144, abs=2e-4)


async def test_an_outage(
    hass: HomeAssistant, entry: MockConfigEntry, aemo: AemoSimulator, wait: Wait
) -> None:
    """The forecast is kept; nothing is bought or sold on it; then it goes on."""
    aemo.standing_fault = Fault(status=403)
    for _ in range(20):
        await wait(30 * SECOND)
    slot = entry.runtime_data.coordinators.prices.curve.at(NOON + 10 * MINUTE)
    assert slot is not None
    assert not slot.firm
    assert value_of(hass, BECAUSE) == "price_not_firm"
    aemo.heal()
    for _ in range(12):
        await wait(30 * SECOND)
    assert value_of(hass, BECAUSE) != "price_not_firm"


async def test_diagnostics(hass: HomeAssistant, entry: MockConfigEntry) -> None:
    """The contract can be replayed from them; addresses are private."""
    data = await async_get_config_entry_diagnostics(hass, entry)
    shown = json.dumps(data)
    for part in ('"region": "VIC1"', '"source": "aemo"', '"start": "17:30"'):
        assert part in shown
    assert "127.0.0.1" not in shown
