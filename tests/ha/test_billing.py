"""Demand charge, supply charge and fee of a home: shown, kept, and planned with."""

from datetime import date, timedelta
from functools import partial

import pytest

from homeassistant.const import STATE_UNKNOWN
from homeassistant.core import (
    HomeAssistant,
    ServiceCall,
    ServiceResponse,
    SupportsResponse,
)
from homeassistant.exceptions import HomeAssistantError
from homeassistant.util import dt as dt_util
from homeassistant.util.json import JsonValueType
from simulators.home import SimulatedHome
from simulators.profile import constant

from .conftest import SetUp, Wait, state_of, value_of

BILLING = {
    "billing_day": 15,
    "monthly_fee": 25.0,
    "rate_is": "per_period",
    "days": "all",
    "start": "12:00",
    "end": "12:15",
    "rate_per_kw": 9.0,
    "interval_min": 15,
}
WINDOW = "binary_sensor.powersync_demand_window"
PEAK = "sensor.powersync_highest_import_in_this_billing_period"


async def test_a_home_with_a_demand_charge(
    hass: HomeAssistant, set_up: SetUp, wait: Wait, home: SimulatedHome
) -> None:
    """20 kW of load, of which sun and battery give 10: a peak of 10 kW costs 90.

    It is there after a restart, in the plan's problem and in the bill: the 30th of
    31 days, at no standing charge that is known.
    """
    await hass.config.async_set_time_zone("UTC")
    home.profile = constant(20_000, 0)
    entry = await set_up(
        dry_run=True, billing=BILLING, plan_every_min=30, battery_poll_s=60
    )
    assert value_of(hass, WINDOW) == "on"
    assert value_of(hass, PEAK) == STATE_UNKNOWN
    peak_w = entry.runtime_data.controller.market.peak_w
    planned = peak_w(dt_util.utcnow())
    assert planned is not None
    assert planned > 0
    for _ in range(17):
        await wait(timedelta(minutes=1))
    peak = float(value_of(hass, PEAK))
    assert peak == pytest.approx(10.0, abs=0.1)
    assert float(value_of(hass, "sensor.powersync_demand_charge_so_far")) == (
        pytest.approx(9 * peak, abs=0.01)
    )
    expected = float(value_of(hass, "sensor.powersync_demand_charge_expected"))
    assert expected >= 9 * peak - 0.01
    # The window is over, until tomorrow.
    assert peak_w(dt_util.utcnow()) is None
    tomorrow = peak_w(dt_util.utcnow() + timedelta(hours=23, minutes=50))
    assert tomorrow is not None
    assert tomorrow >= 1000 * peak - 1
    bill = state_of(hass, "sensor.powersync_bill_so_far")
    parts = bill.attributes
    assert parts["period_start"].startswith("2025-12-15")
    assert (parts["days"], parts["monthly_fee"]) == (31, 25.0)
    supply = parts["supply"]
    assert float(bill.state) == pytest.approx(
        parts["energy"] + parts["demand"] + supply + 25.0, abs=1e-3
    )
    assert float(value_of(hass, "sensor.powersync_supply_charge_so_far")) == supply
    # What the day adds to the bill: its energy, and a 31st of the monthly fee.
    cost = value_of(hass, "sensor.powersync_cost_today_so_far")
    today = state_of(hass, "sensor.powersync_cost_today_with_all_charges")
    assert float(today.state) == pytest.approx(
        float(cost) + (today.attributes["standing_charge"] or 0) + 25 / 31, abs=1e-3
    )
    assert today.attributes["energy"] == float(cost)
    assert today.attributes["monthly_fee_per_day"] == pytest.approx(25 / 31, abs=1e-4)
    inputs = entry.runtime_data.plan_inputs()
    assert inputs is not None
    assert inputs.demand.peak_kw == pytest.approx(peak, abs=1e-3)
    past = entry.runtime_data.past_inputs()
    assert past is not None
    assert past.demand is None
    assert await hass.config_entries.async_reload(entry.entry_id)
    await hass.async_block_till_done(wait_background_tasks=True)
    assert float(value_of(hass, PEAK)) == peak
    assert value_of(hass, WINDOW) == "off"


async def test_no_demand_window_on_a_public_holiday(
    hass: HomeAssistant, set_up: SetUp, wait: Wait
) -> None:
    """The calendar is asked at the start and each hour; its outage changes nothing.

    14 January is a Wednesday, and a holiday as long as the calendar says so.
    """
    await hass.config.async_set_time_zone("UTC")
    events: list[JsonValueType] | None = [{"start": "2026-01-14", "end": "2026-01-15"}]

    async def answer(call: ServiceCall) -> ServiceResponse:
        assert call.data["entity_id"] == "calendar.holidays"
        if events is None:
            raise HomeAssistantError("no such calendar")
        return {"calendar.holidays": {"events": events}}

    register = partial(
        hass.services.async_register,
        *("calendar", "get_events", answer),
        supports_response=SupportsResponse.ONLY,
    )
    register()
    billing = {**BILLING, "days": "weekdays", "start": "11:00", "end": "20:00"}
    entry = await set_up(
        dry_run=True, billing={**billing, "holidays": "calendar.holidays"}
    )
    assert value_of(hass, WINDOW) == "off"
    inputs = entry.runtime_data.plan_inputs()
    assert inputs is not None
    assert inputs.demand.holidays == {date(2026, 1, 14)}
    # The calendar of the tariff has brought the real action.
    register()
    events = None
    await wait(timedelta(hours=1))
    assert value_of(hass, WINDOW) == "off"
    events = []
    await wait(timedelta(hours=1))
    assert value_of(hass, WINDOW) == "on"


async def test_without_one(hass: HomeAssistant, set_up: SetUp) -> None:
    """Who has said nothing of it is shown nothing of it."""
    entry = await set_up(dry_run=True)
    for entity_id in (WINDOW, PEAK, "sensor.powersync_bill_so_far"):
        assert hass.states.get(entity_id) is None
    inputs = entry.runtime_data.plan_inputs()
    assert inputs is not None
    assert inputs.demand is None
