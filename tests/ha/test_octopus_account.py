"""A home with an Octopus account: dispatches in the plan, a key that is refused."""

from datetime import timedelta
import json
import logging

import pytest
from pytest_homeassistant_custom_component.common import (  # type: ignore[import-untyped]  # has no type marker
    MockConfigEntry,
)
from pytest_homeassistant_custom_component.components.diagnostics import (  # type: ignore[import-untyped]  # has no type marker
    get_diagnostics_for_config_entry,
)
from pytest_homeassistant_custom_component.typing import (  # type: ignore[import-untyped]  # has no type marker
    ClientSessionGenerator,
)

from homeassistant.core import HomeAssistant
from simulators.octopus import OctopusSimulator
from simulators.octopus.account import KEY, NUMBER, Dispatch
from simulators.sungrow import SungrowSimulator
from tests.common import NOON, site_entry

from .conftest import Wait, value_of

PRICE = "sensor.powersync_import_price"
NIGHT, DAY = 0.06825, 0.2835
MINUTE = timedelta(minutes=1)


@pytest.fixture
async def entry(
    hass: HomeAssistant, sungrow: SungrowSimulator, octopus: OctopusSimulator
) -> MockConfigEntry:
    """Return a home on Intelligent Octopus Go that charges its car just now."""
    half_hour = Dispatch(NOON - 10 * MINUTE, NOON + 20 * MINUTE)
    octopus.accounts.account.planned = [half_hour]
    entry = site_entry(sungrow, octopus)
    entry.add_to_hass(hass)
    prices = {
        **entry.data["prices"],
        "import_product": "INTELLI-VAR-24-10-29",
        "export_product": "OUTGOING-VAR-24-10-26",
        "account": NUMBER,
        "token": KEY,
    }
    data = {**entry.data, "prices": prices}
    hass.config_entries.async_update_entry(entry, data=data)
    assert await hass.config_entries.async_setup(entry.entry_id)
    await hass.async_block_till_done(wait_background_tasks=True)
    return entry


async def test_a_dispatch_is_planned_with(
    hass: HomeAssistant, entry: MockConfigEntry, octopus: OctopusSimulator, wait: Wait
) -> None:
    """The half-hour costs what the night does, until it is over or called off."""
    assert float(value_of(hass, PRICE)) == pytest.approx(NIGHT)
    plan = entry.runtime_data.coordinators.plan.planning.plan
    assert plan.slots[0].import_per_kwh == pytest.approx(NIGHT)
    octopus.accounts.account.planned = []
    await wait(6 * MINUTE)
    assert float(value_of(hass, PRICE)) == pytest.approx(DAY)


async def test_a_refused_key_is_asked_for_and_takes_no_prices(
    hass: HomeAssistant, entry: MockConfigEntry, octopus: OctopusSimulator, wait: Wait
) -> None:
    """The public prices go on; the new key has to be of the same account."""
    account = octopus.accounts.account
    account.key = "sk_live_new"
    octopus.accounts.forget_tokens()
    for _ in range(3):
        await wait(6 * MINUTE)
    (flow,) = hass.config_entries.flow.async_progress()
    assert flow["step_id"] == "reauth_confirm"
    assert float(value_of(hass, PRICE)) > 0
    await wait(timedelta(hours=7))
    fetched = entry.runtime_data.coordinators.prices.fetched_at
    assert fetched >= NOON + timedelta(hours=7)
    manager = hass.config_entries.flow
    shown = await manager.async_configure(flow["flow_id"], {"token": "sk_live_bad"})
    assert shown["errors"] == {"base": "invalid_auth"}
    account.number = "A-00000000"
    shown = await manager.async_configure(flow["flow_id"], {"token": account.key})
    assert shown["errors"] == {"base": "wrong_account"}
    account.number = NUMBER
    done = await manager.async_configure(flow["flow_id"], {"token": account.key})
    assert done["reason"] == "reauth_successful"
    await hass.async_block_till_done(wait_background_tasks=True)
    assert entry.data["prices"]["token"] == account.key


async def test_number_key_and_token_stay_at_home(
    hass: HomeAssistant,
    entry: MockConfigEntry,
    octopus: OctopusSimulator,
    hass_client: ClientSessionGenerator,
    caplog: pytest.LogCaptureFixture,
) -> None:
    """They are in no log, no entity and no diagnostics, also when they are refused."""
    caplog.set_level(logging.DEBUG, "custom_components.power_sync")
    octopus.accounts.account.key = "sk_live_new"
    octopus.accounts.forget_tokens()
    await entry.runtime_data.coordinators.prices.async_refresh()
    await hass.async_block_till_done(wait_background_tasks=True)
    assert hass.config_entries.flow.async_progress()
    found = json.dumps(await get_diagnostics_for_config_entry(hass, hass_client, entry))
    states = str(hass.states.async_all())
    ours = "".join(
        record.getMessage()
        for record in caplog.records
        if record.name.startswith("custom_components.power_sync")
    )
    for secret in (NUMBER, KEY, "eyJ.", "sk_live"):
        assert secret not in found
        assert secret not in states
        assert secret not in ours
