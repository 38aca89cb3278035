"""Spikes of the wholesale price, where the home's own prices do not show them."""

from collections.abc import Mapping
from datetime import timedelta

import pytest
from pytest_homeassistant_custom_component.common import (  # type: ignore[import-untyped]  # has no type marker
    MockConfigEntry,
)

from custom_components.power_sync import spike
from homeassistant.const import STATE_UNKNOWN
from homeassistant.core import HomeAssistant
from simulators.aemo import AemoSimulator
from simulators.amber import AmberSimulator
from simulators.octopus import OctopusSimulator
from simulators.rest import Fault
from simulators.sungrow import SungrowSimulator
from tests.common import NOON, site_entry
from tests.prices.amber_home import amber_settings
from tests.prices.flow_power_home import flow_power_settings

from .conftest import Wait, state_of, value_of
from .test_settings import set_number

SPIKE = "binary_sensor.powersync_price_spike"
PRICE = "sensor.powersync_wholesale_price"
MINUTE = timedelta(minutes=1)
FIVE = 5 * MINUTE
GLOBIRD = {
    "currency": "AUD",
    "zone": "Australia/Melbourne",
    "import_per_kwh": 0.4,
    "export_per_kwh": 0.03,
    "standing_per_day": 1.1,
    "rates": [],
    "region": "VIC1",
    "spike_enter_per_mwh": 3000.0,
    "spike_leave_per_mwh": 2980.0,
}


@pytest.fixture(autouse=True)
def punctual(monkeypatch: pytest.MonkeyPatch) -> None:
    """Look at the full minutes, and not some seconds later."""
    monkeypatch.setattr(spike, "OWN_DELAY", timedelta())


async def set_up_with(
    hass: HomeAssistant,
    sungrow: SungrowSimulator,
    octopus: OctopusSimulator,
    provider: str,
    prices: Mapping[str, object],
) -> MockConfigEntry:
    """Set up a site with a provider of Australia."""
    entry = site_entry(sungrow, octopus)
    entry.add_to_hass(hass)
    data = {**entry.data, "provider": provider, "prices": prices}
    hass.config_entries.async_update_entry(entry, data=data)
    assert await hass.config_entries.async_setup(entry.entry_id)
    await hass.async_block_till_done(wait_background_tasks=True)
    return entry


async def test_a_fixed_contract(
    hass: HomeAssistant,
    sungrow: SungrowSimulator,
    octopus: OctopusSimulator,
    aemo: AemoSimulator,
    wait: Wait,
) -> None:
    """GloBird's event begins at 3000, ends below 2980, and is no news to the prices.

    An outage leaves what was known for ten minutes after its five minutes; then it
    is unknown, and the home's prices go on.
    """
    for step, price in enumerate((2999, 3000, 2980, 2980, 2980, 2980, 2979)):
        aemo.prices["VIC1", NOON + step * FIVE] = price
    settings = {**GLOBIRD, "report_url": aemo.addresses["report_url"]}
    entry = await set_up_with(hass, sungrow, octopus, "fixed", settings)
    coordinator: spike.SpikeCoordinator = entry.runtime_data.coordinators.spike
    began = [coordinator.event and coordinator.event.since]
    # Published some seconds into its five minutes: at 12:00 the last price is known.
    await wait(MINUTE)
    assert value_of(hass, SPIKE) == "off"
    assert float(value_of(hass, PRICE)) == 2999
    assert value_of(hass, "number.powersync_price_spike_from") == "3000.0"
    for _ in range(5):
        await wait(MINUTE)
    state = state_of(hass, SPIKE)
    since = (NOON + FIVE).isoformat()
    assert state.state == "on"
    assert state.attributes["since"] == since
    assert state.attributes["price_per_mwh"] == 3000
    assert state.attributes["region"] == "VIC1"
    began.append(coordinator.event and coordinator.event.since)
    aemo.standing_fault = Fault(status=503)
    known = []
    for _ in range(15):
        await wait(MINUTE)
        known.append(value_of(hass, SPIKE))
    # Known up to 12:10, and counted until 12:20: fourteen minutes from 12:06.
    assert known == ["on"] * 13 + [STATE_UNKNOWN] * 2
    assert value_of(hass, PRICE) == STATE_UNKNOWN
    assert coordinator.event is None
    assert began == [None, NOON + FIVE]
    assert float(value_of(hass, "sensor.powersync_import_price")) == 0.4
    aemo.heal()
    for _ in range(6):
        await wait(MINUTE)
    # 2980 does not take up a spike that nobody knew of any more.
    assert value_of(hass, SPIKE) == "off"
    await set_number(hass, "price_spike_from", 2000)
    assert value_of(hass, SPIKE) == "on"
    assert value_of(hass, "number.powersync_price_spike_until_below") == "2000.0"
    assert len(aemo.requests) < 25


async def test_asked_now_and_politely(
    hass: HomeAssistant,
    sungrow: SungrowSimulator,
    octopus: OctopusSimulator,
    aemo: AemoSimulator,
    wait: Wait,
) -> None:
    """`sync_now` asks the market once a minute, and not while it wants a rest."""
    settings = {**GLOBIRD, "report_url": aemo.addresses["report_url"]}
    await set_up_with(hass, sungrow, octopus, "fixed", settings)

    async def asked() -> int:
        aemo.requests.clear()
        await hass.services.async_call("power_sync", "sync_now", {}, blocking=True)
        return len(aemo.requests)

    assert await asked() == 0
    # The present price is there and firm: by itself the market is asked at 12:05:20.
    await wait(MINUTE)
    await wait(MINUTE)
    aemo.prices["VIC1", NOON] = 3500
    assert await asked() == 1
    assert float(value_of(hass, PRICE)) == 3500
    assert value_of(hass, SPIKE) == "on"
    assert await asked() == 0
    aemo.standing_fault = Fault(status=429, retry_after="600")
    await wait(MINUTE)
    assert await asked() == 1
    aemo.heal()
    await wait(8 * MINUTE)
    assert await asked() == 0
    await wait(3 * MINUTE)
    assert value_of(hass, SPIKE) == "off"


async def test_where_prices_follow_the_market(
    hass: HomeAssistant,
    sungrow: SungrowSimulator,
    octopus: OctopusSimulator,
    aemo: AemoSimulator,
    wait: Wait,
) -> None:
    """With Flow Power the plan sees it by itself; one answer serves both."""
    aemo.prices["VIC1", NOON - FIVE] = aemo.prices["VIC1", NOON] = 500
    entry = await set_up_with(
        hass, sungrow, octopus, "flow_power", flow_power_settings(aemo)
    )
    assert value_of(hass, SPIKE) == "on"
    assert entry.runtime_data.coordinators.spike.event is None
    asked = [path for path in aemo.requests if "SUMMARY" in path]
    assert len(asked) == 1
    await wait(MINUTE)
    assert value_of(hass, SPIKE) == "on"


async def test_amber_says_it(
    hass: HomeAssistant,
    sungrow: SungrowSimulator,
    octopus: OctopusSimulator,
    amber: AmberSimulator,
    wait: Wait,
) -> None:
    """Amber marks its prices; no region is asked for. What may come is no spike."""
    for step, marked in enumerate(("potential", "spike", "spike", "none")):
        amber.spikes[NOON + step * FIVE] = marked
    await set_up_with(hass, sungrow, octopus, "amber", amber_settings(amber))
    assert hass.states.get(PRICE) is None
    seen = []
    for _ in range(4):
        state = state_of(hass, SPIKE)
        seen.append((state.state, state.attributes["spike_status"]))
        assert state.attributes["since"] == (
            (NOON + FIVE).isoformat() if state.state == "on" else None
        )
        for _ in range(10):
            await wait(MINUTE / 2)
    off, on = ("off", "none"), ("on", "spike")
    assert seen == [("off", "potential"), on, on, off]


async def test_elsewhere(
    hass: HomeAssistant, sungrow: SungrowSimulator, octopus: OctopusSimulator
) -> None:
    """There is no such market: nothing of it is shown."""
    entry = site_entry(sungrow, octopus)
    entry.add_to_hass(hass)
    assert await hass.config_entries.async_setup(entry.entry_id)
    await hass.async_block_till_done(wait_background_tasks=True)
    for entity_id in (SPIKE, PRICE, "number.powersync_price_spike_from"):
        assert hass.states.get(entity_id) is None
