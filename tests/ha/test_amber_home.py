"""A home whose prices come from Amber, every five minutes."""

from datetime import datetime, timedelta
import json
from typing import Any

import pytest
from pytest_homeassistant_custom_component.common import (  # type: ignore[import-untyped]  # has no type marker
    MockConfigEntry,
)
from syrupy.assertion import SnapshotAssertion
from syrupy.filters import props

from custom_components.power_sync.diagnostics import (
    async_get_config_entry_diagnostics,
)
from custom_components.power_sync.model.prices import PriceCurve, PriceSlot
from homeassistant.config_entries import ConfigEntryState
from homeassistant.core import HomeAssistant
from homeassistant.exceptions import ServiceValidationError
from homeassistant.helpers import entity_registry as er
from simulators.amber import AmberSimulator
from simulators.amber.server import HOME
from simulators.octopus import OctopusSimulator
from simulators.rest import Fault
from simulators.sungrow import SungrowSimulator
from tests.common import NOON, site_entry
from tests.prices.amber_home import HOME_WITH_BOILER, amber_settings

from .conftest import Wait, state_of, value_of

IMPORT = "sensor.powersync_import_price"
EXPORT = "sensor.powersync_export_price"
CONTROLLED_LOAD = "sensor.powersync_controlled_load_price"
KNOWN_UNTIL = "sensor.powersync_prices_known_until"
SECOND = timedelta(seconds=1)
HALF_HOUR = timedelta(minutes=30)
DAY = timedelta(days=1)


@pytest.fixture
async def entry(
    hass: HomeAssistant,
    sungrow: SungrowSimulator,
    octopus: OctopusSimulator,
    amber: AmberSimulator,
) -> MockConfigEntry:
    """Return a site in Melbourne, set up at noon UTC: 22:00 in the market."""
    entry = site_entry(sungrow, octopus)
    entry.add_to_hass(hass)
    prices = {**amber_settings(amber), "standing_per_day": 1.87}
    hass.config_entries.async_update_entry(
        entry, data={**entry.data, "provider": "amber", "prices": prices}
    )
    assert await hass.config_entries.async_setup(entry.entry_id)
    await hass.async_block_till_done(wait_background_tasks=True)
    return entry


@pytest.mark.usefixtures("all_enabled")
async def test_prices_of_five_minutes(
    hass: HomeAssistant, entry: MockConfigEntry, amber: AmberSimulator, wait: Wait
) -> None:
    """Each has its own price, which is never missing, not even for a moment.

    By hand: 73.67 $/MWh at 12:00 and 12:05, 72.23 at 12:10 are 7.367 and 7.223 c.
    """
    assert entry.state is ConfigEntryState.LOADED
    price = state_of(hass, IMPORT)
    assert price.attributes["unit_of_measurement"] == "AUD/kWh"
    assert float(price.state) == pytest.approx(0.29354, abs=1e-5)
    # Until the next one is there, its forecast is gone by.
    assert value_of(hass, KNOWN_UNTIL) == (NOON + timedelta(minutes=10)).isoformat()
    doubt = state_of(hass, "sensor.powersync_price_forecast_doubt")
    assert 0 < float(doubt.state) <= doubt.attributes["most_per_kwh"]
    assert doubt.attributes["samples"] > 40
    plan = entry.runtime_data.coordinators.plan.planning.plan
    assert [slot.firm for slot in plan.slots][:3] == [True, True, False]
    assert len(plan.slots) == 576
    seen = []
    for _ in range(20):
        await wait(30 * SECOND)
        seen.append(float(value_of(hass, EXPORT)))
        slot = entry.runtime_data.coordinators.prices.curve.at(NOON + SECOND)
        assert slot is not None
        assert entry.runtime_data.coordinators.prices.curve.at(
            NOON + len(seen) * 30 * SECOND
        ).firm
    assert seen[0] == seen[10] == 0.07367
    assert seen[-1] == 0.07223
    per_five_minutes = len(amber.requests) / 2
    assert per_five_minutes <= 4


async def test_a_controlled_load(
    hass: HomeAssistant,
    entry: MockConfigEntry,
    amber: AmberSimulator,
    wait: Wait,
    snapshot: SnapshotAssertion,
) -> None:
    """Its price is a sensor for as long as the home has one, and in no plan.

    By hand: 7.367 c x 1.05 + 4, x 1.1 are 12.908885 c at 12:00; the next row has
    the same price, and then 7.223 c are 12.742565.
    """
    registry = er.async_get(hass)
    assert registry.async_get(CONTROLLED_LOAD) is None
    with pytest.raises(ServiceValidationError, match="no prices of a controlled load"):
        await cheapest_controlled(hass)
    amber.sites[HOME.site_id] = HOME_WITH_BOILER
    await hass.config_entries.async_reload(entry.entry_id)
    await hass.async_block_till_done(wait_background_tasks=True)
    price = state_of(hass, CONTROLLED_LOAD)
    assert float(price.state) == 0.12909
    assert price.attributes["firm"] is True
    ahead = price.attributes["forecast"]
    assert [point["value"] for point in ahead[:3]] == [0.12909, 0.12909, 0.12743]
    assert datetime.fromisoformat(ahead[0]["time"]) == NOON
    # To 4:00 in the market, the day after tomorrow, from 23:00 on by half-hours.
    last = datetime.fromisoformat(ahead[-1]["time"])
    assert last == NOON + timedelta(hours=29.5)
    seen = snapshot.with_defaults(exclude=props("forecast", "unique_id"))
    assert registry.async_get(CONTROLLED_LOAD) == seen(name="entry")
    assert price == seen(name="state")
    assert float(value_of(hass, IMPORT)) == pytest.approx(0.29354, abs=1e-5)
    plan = entry.runtime_data.coordinators.plan.planning.plan
    assert plan.slots[0].import_per_kwh == pytest.approx(0.29354, abs=1e-5)
    found = await cheapest_controlled(hass)
    prices = [point["value"] for point in ahead]
    assert min(prices) <= found["mean_per_kwh"] < sum(prices) / len(prices)
    for _ in range(22):
        await wait(30 * SECOND)
    assert float(value_of(hass, CONTROLLED_LOAD)) == 0.12743
    amber.sites[HOME.site_id] = HOME
    await hass.config_entries.async_reload(entry.entry_id)
    await hass.async_block_till_done(wait_background_tasks=True)
    assert registry.async_get(CONTROLLED_LOAD) is None
    assert hass.states.get(CONTROLLED_LOAD) is None


async def cheapest_controlled(hass: HomeAssistant) -> dict[str, Any]:
    """Return the cheapest three hours of the controlled load."""
    answer = await hass.services.async_call(
        "power_sync",
        "find_cheapest_window",
        {"hours": 3, "controlled_load": True},
        blocking=True,
        return_response=True,
    )
    assert answer is not None
    return {**answer}


async def test_an_outage_keeps_what_is_known(
    hass: HomeAssistant, entry: MockConfigEntry, amber: AmberSimulator, wait: Wait
) -> None:
    """Amber's forecast is still there, and nothing is bought or sold on it."""
    amber.standing_fault = Fault(status=502)
    for _ in range(20):
        await wait(30 * SECOND)
    curve = entry.runtime_data.coordinators.prices.curve
    slot = curve.at(NOON + 10 * timedelta(minutes=1))
    assert slot is not None
    assert not slot.firm
    # Its own forecast is what is shown, and marked.
    assert float(value_of(hass, EXPORT)) > 0
    assert value_of(hass, "sensor.powersync_because") == "price_not_firm"
    amber.heal()
    # The next try is five minutes away at the most.
    for _ in range(12):
        await wait(30 * SECOND)
    assert curve is not entry.runtime_data.coordinators.prices.curve
    assert value_of(hass, "sensor.powersync_because") != "price_not_firm"


async def test_nothing_private_is_shown(
    hass: HomeAssistant,
    entry: MockConfigEntry,
    amber: AmberSimulator,
    caplog: pytest.LogCaptureFixture,
    wait: Wait,
) -> None:
    """Neither the token nor the home's id is in diagnostics or in the log."""
    amber.standing_fault = Fault(status=502)
    for _ in range(12):
        await wait(30 * SECOND)
    shown = json.dumps(await async_get_config_entry_diagnostics(hass, entry))
    for secret in (amber.token, HOME.site_id, HOME.nmi):
        assert secret not in shown
        assert secret not in caplog.text
    assert '"outlook": "predicted"' in shown


async def test_a_token_that_was_withdrawn(
    hass: HomeAssistant, entry: MockConfigEntry, amber: AmberSimulator, wait: Wait
) -> None:
    """A new one is asked for, tried, and goes into force."""
    amber.token = "psk_new"  # noqa: S105 - the simulator's own
    for _ in range(12):
        await wait(30 * SECOND)
    (flow,) = hass.config_entries.flow.async_progress()
    assert flow["step_id"] == "reauth_confirm"
    manager = hass.config_entries.flow
    shown = await manager.async_configure(flow["flow_id"], {"token": "psk_other"})
    assert shown["errors"] == {"base": "invalid_auth"}
    done = await manager.async_configure(flow["flow_id"], {"token": "psk_new"})
    assert done["reason"] == "reauth_successful"
    await hass.async_block_till_done(wait_background_tasks=True)
    assert entry.data["prices"]["token"] == amber.token
    assert float(value_of(hass, EXPORT)) > 0


async def test_the_past_is_let_go(
    hass: HomeAssistant, entry: MockConfigEntry, wait: Wait
) -> None:
    """A home that runs for months does not carry all prices there ever were."""
    prices = entry.runtime_data.coordinators.prices
    old = [
        PriceSlot(NOON - days * DAY, NOON - days * DAY + HALF_HOUR, 0.2, 0.1)
        for days in (20, 59, 61, 400)
    ]
    curve = prices.curve
    prices.data = PriceCurve.of(curve.currency, curve.zone, (*old, *curve.slots))
    await wait(60 * SECOND)
    assert [slot for slot in prices.curve.slots if slot in old] == [old[1], old[0]]
