"""The entities of a site: which there are, what they say, what they do."""

from datetime import datetime, timedelta
from unittest.mock import patch
from zoneinfo import ZoneInfo

import pytest
from pytest_homeassistant_custom_component.common import (  # type: ignore[import-untyped]  # has no type marker
    snapshot_platform,
)
from pytest_homeassistant_custom_component.components.recorder.common import (  # type: ignore[import-untyped]  # has no type marker
    async_wait_recording_done,
)
from syrupy.assertion import SnapshotAssertion
from syrupy.filters import props

from custom_components.power_sync.const import DOMAIN, PLATFORMS
from homeassistant.components.recorder import history
from homeassistant.const import STATE_UNAVAILABLE, STATE_UNKNOWN, Platform
from homeassistant.core import HomeAssistant
from homeassistant.exceptions import HomeAssistantError
from homeassistant.helpers import device_registry as dr, entity_registry as er
from homeassistant.helpers.recorder import get_instance
from simulators.home import InverterMode
from simulators.octopus import Fault, OctopusSimulator
from simulators.octopus.recorded import agile_price
from simulators.sungrow import SungrowSimulator
from tests.common import NOON, SERIAL

from .conftest import ENTRY_ID, SetUp, Wait, state_of, value_of

MINUTE = timedelta(minutes=1)
POLL = timedelta(seconds=10)


async def press(hass: HomeAssistant, button: str) -> None:
    """Press a button."""
    await hass.services.async_call(
        "button", "press", {"entity_id": f"button.powersync_{button}"}, blocking=True
    )


async def switch(hass: HomeAssistant, name: str, *, on: bool) -> None:
    """Turn a switch on or off."""
    await hass.services.async_call(
        "switch",
        "turn_on" if on else "turn_off",
        {"entity_id": f"switch.powersync_{name}"},
        blocking=True,
    )


@pytest.mark.parametrize("platform", PLATFORMS)
@pytest.mark.usefixtures("all_enabled")
async def test_entity_set(
    hass: HomeAssistant,
    set_up: SetUp,
    snapshot: SnapshotAssertion,
    platform: Platform,
) -> None:
    """All entities with their names, units, classes and states."""
    await hass.config.async_set_time_zone("Europe/London")
    with patch("custom_components.power_sync.PLATFORMS", [platform]):
        await set_up()
    await snapshot_platform(
        hass,
        er.async_get(hass),
        snapshot.with_defaults(
            exclude=props("forecast", "access_token", "entity_picture", "text")
        ),
        ENTRY_ID,
    )


async def test_devices(hass: HomeAssistant, set_up: SetUp) -> None:
    """One device is the home; that of the battery points to it."""
    entry = await set_up(dry_run=True)
    registry = dr.async_get(hass)
    by_id = {
        next(iter(device.identifiers)): device
        for device in dr.async_entries_for_config_entry(registry, entry.entry_id)
    }
    assert by_id.keys() == {(DOMAIN, ENTRY_ID), (DOMAIN, SERIAL)}
    home, battery = by_id[DOMAIN, ENTRY_ID], by_id[DOMAIN, SERIAL]
    assert (home.name, home.manufacturer) == ("PowerSync", "PowerSync")
    assert home.entry_type is dr.DeviceEntryType.SERVICE
    assert battery.via_device_id == home.id
    assert (battery.name, battery.manufacturer) == ("Sungrow SH10RT", "Sungrow")
    assert (battery.model, battery.serial_number) == ("SH10RT", SERIAL)


@pytest.mark.parametrize("direction", ["import", "export"])
async def test_price_forecast(
    hass: HomeAssistant, set_up: SetUp, direction: str
) -> None:
    """48 hours of prices, by local time, in pounds, as the provider has them."""
    zone = ZoneInfo("Europe/Amsterdam")
    await hass.config.async_set_time_zone(zone.key)
    await set_up(dry_run=True)
    state = state_of(hass, f"sensor.powersync_price_{direction}_forecast")
    points = state.attributes["forecast"]
    assert len(points) == 576
    assert points[0]["time"] == "2026-01-14T13:00:00+01:00"
    times = [datetime.fromisoformat(point["time"]) for point in points]
    assert times == [NOON + 5 * MINUTE * index for index in range(576)]
    # Published so far: until 23:00 in London.
    for index in range(11 * 12):
        half_hour = NOON + 30 * MINUTE * (index // 6)
        price = agile_price(half_hour)
        assert price is not None
        pence = price.import_inc_vat if direction == "import" else price.export
        assert points[index]["value"] == pytest.approx(pence / 100, abs=5e-6)
    assert float(state.state) == points[0]["value"]
    assert state.attributes["unit_of_measurement"] == "GBP/kWh"


async def test_forecasts_are_not_recorded(hass: HomeAssistant, set_up: SetUp) -> None:
    """The recorder keeps the states of forecasts, not their hundreds of points."""
    await set_up(dry_run=True)
    await async_wait_recording_done(hass)
    for name in ("price_import", "price_export", "solar", "load"):
        entity_id = f"sensor.powersync_{name}_forecast"
        recorded = await get_instance(hass).async_add_executor_job(
            history.state_changes_during_period,
            hass,
            NOON - MINUTE,
            NOON + MINUTE,
            entity_id,
        )
        last = recorded[entity_id][-1]
        assert last.state == value_of(hass, entity_id)
        assert "friendly_name" in last.attributes
        assert "forecast" not in last.attributes


async def test_what_is_not_forecast_is_unknown(
    hass: HomeAssistant, set_up: SetUp
) -> None:
    """Without a solar forecast there is no sun of zero; the load is learned."""
    await set_up(dry_run=True)
    solar = state_of(hass, "sensor.powersync_solar_forecast")
    assert solar.state == STATE_UNKNOWN
    assert "forecast" not in solar.attributes
    load = state_of(hass, "sensor.powersync_load_forecast")
    assert load.state == "1200.0"
    assert len(load.attributes["forecast"]) == 576


async def test_prices_follow_the_slot(
    hass: HomeAssistant, set_up: SetUp, wait: Wait, octopus: OctopusSimulator
) -> None:
    """A price changes when its half-hour begins, without a request."""
    await set_up(dry_run=True)
    asked = len(octopus.requests)
    for half_hour in (NOON, NOON + 30 * MINUTE):
        if half_hour > NOON:
            await wait(half_hour - NOON)
        price = agile_price(half_hour)
        assert price is not None
        now = float(value_of(hass, "sensor.powersync_import_price"))
        assert now == pytest.approx(price.import_inc_vat / 100)
    assert len(octopus.requests) == asked


async def test_powers_balance(hass: HomeAssistant, set_up: SetUp) -> None:
    """3 kW of sun serve 1.2 kW of load; the battery takes the rest."""
    await set_up(dry_run=True)
    powers = {
        name: float(value_of(hass, f"sensor.powersync_{name}"))
        for name in ("solar_power", "battery_power", "grid_power", "home_load")
    }
    assert powers == {
        "solar_power": 3000,
        "battery_power": -1800,
        "grid_power": 0,
        "home_load": 1200,
    }
    assert value_of(hass, "sensor.powersync_battery_level") == "55.0"


async def test_a_silent_battery(
    hass: HomeAssistant, set_up: SetUp, wait: Wait, sungrow: SungrowSimulator
) -> None:
    """Its figures are unavailable from the third lost answer on; control stays."""
    await set_up(dry_run=True)
    level = "sensor.sungrow_sh10rt_battery_level"
    await sungrow.refuse_connections()
    for _ in range(2):
        await wait(POLL)
        assert value_of(hass, level) == "55.0"
    await wait(POLL)
    await wait(POLL)
    for entity_id in (level, "sensor.powersync_battery_level"):
        assert value_of(hass, entity_id) == STATE_UNAVAILABLE
    assert value_of(hass, "sensor.powersync_controlled_by") == "safety"
    assert value_of(hass, "sensor.powersync_because") == "unreadable"
    assert value_of(hass, "switch.powersync_automatic_control") == "on"
    assert value_of(hass, "number.powersync_force_power") == "10600.0"
    await sungrow.accept_connections()
    for _ in range(4):
        await wait(POLL)
    # 80 s of 1.8 kW at an efficiency of 0.96 are 0.4 % of 9.6 kWh.
    assert value_of(hass, level) == "55.4"


@pytest.mark.usefixtures("all_enabled")
async def test_without_prices(
    hass: HomeAssistant, set_up: SetUp, octopus: OctopusSimulator
) -> None:
    """Nothing is made up: what depends on prices is unknown."""
    octopus.standing_fault = Fault(status=503)
    await set_up()
    for name in (
        "import_price",
        "planned_saving",
        "price_import_forecast",
        "next_action",
        "prices_known_until",
        "plan_made_at",
    ):
        assert value_of(hass, f"sensor.powersync_{name}") == STATE_UNKNOWN
    assert value_of(hass, "sensor.powersync_because") == "no_plan"
    with pytest.raises(HomeAssistantError, match="not enough to plan from"):
        await press(hass, "plan_again")


@pytest.mark.usefixtures("all_enabled")
async def test_an_old_plan_is_not_shown(
    hass: HomeAssistant, set_up: SetUp, wait: Wait, sungrow: SungrowSimulator
) -> None:
    """A plan that could not be renewed for an hour promises nothing any more."""
    await set_up(dry_run=True)
    saving = "sensor.powersync_planned_saving"
    assert float(value_of(hass, saving)) > 0
    await sungrow.refuse_connections()
    for _ in range(14):
        await wait(5 * MINUTE)
    assert value_of(hass, saving) == STATE_UNKNOWN
    made_at = datetime.fromisoformat(value_of(hass, "sensor.powersync_plan_made_at"))
    assert made_at <= NOON + 5 * MINUTE


async def test_automatic_control_off(
    hass: HomeAssistant, set_up: SetUp, sungrow: SungrowSimulator
) -> None:
    """The battery is given back, and it stays so after a reload."""
    entry = await set_up()
    assert value_of(hass, "sensor.powersync_controlled_by") == "plan"
    assert sungrow.settings() != sungrow.owner_defaults()
    await switch(hass, "automatic_control", on=False)
    await hass.async_block_till_done()
    assert sungrow.settings() == sungrow.owner_defaults()
    assert value_of(hass, "switch.powersync_automatic_control") == "off"
    assert value_of(hass, "sensor.powersync_current_action") == "self_consumption"
    assert value_of(hass, "sensor.powersync_because") == "owner"
    assert value_of(hass, "sensor.powersync_next_action") == STATE_UNKNOWN
    assert await hass.config_entries.async_reload(entry.entry_id)
    await hass.async_block_till_done(wait_background_tasks=True)
    assert value_of(hass, "switch.powersync_automatic_control") == "off"
    await switch(hass, "automatic_control", on=True)
    await hass.async_block_till_done()
    assert value_of(hass, "sensor.powersync_controlled_by") == "plan"


async def test_dry_run(
    hass: HomeAssistant, set_up: SetUp, sungrow: SungrowSimulator
) -> None:
    """In a dry run nothing is sent, and what would be is shown as such."""
    await set_up(dry_run=True)
    assert value_of(hass, "sensor.powersync_outcome") == "dry_run"
    assert sungrow.writes == []
    await switch(hass, "dry_run", on=False)
    await hass.async_block_till_done()
    assert value_of(hass, "sensor.powersync_outcome") == "followed"
    assert sungrow.settings() != sungrow.owner_defaults()
    await switch(hass, "dry_run", on=True)
    await hass.async_block_till_done()
    assert value_of(hass, "switch.powersync_dry_run") == "on"
    assert sungrow.settings() == sungrow.owner_defaults()


async def test_force_and_restore(
    hass: HomeAssistant, set_up: SetUp, sungrow: SungrowSimulator
) -> None:
    """The buttons use the number and the select; then the battery is given back."""
    await set_up()
    await switch(hass, "automatic_control", on=False)
    await hass.services.async_call(
        "number",
        "set_value",
        {"entity_id": "number.powersync_force_power", "value": 2500},
        blocking=True,
    )
    await hass.services.async_call(
        "select",
        "select_option",
        {"entity_id": "select.powersync_force_duration", "option": "90"},
        blocking=True,
    )
    await press(hass, "force_charge")
    await hass.async_block_till_done()
    assert sungrow.home.control.mode is InverterMode.FORCED_CHARGE
    assert sungrow.home.control.forced_power_w == 2500
    action = state_of(hass, "sensor.powersync_current_action")
    assert action.state == "charge"
    assert action.attributes["power_w"] == 2500
    assert value_of(hass, "sensor.powersync_controlled_by") == "force"
    assert value_of(hass, "sensor.powersync_because") == "user_request"
    for name in ("until", "next_action_at"):
        assert (
            value_of(hass, f"sensor.powersync_{name}")
            == (NOON + 90 * MINUTE).isoformat()
        )
    assert value_of(hass, "sensor.powersync_next_action") == "self_consumption"
    await press(hass, "restore_normal_operation")
    assert sungrow.settings() == sungrow.owner_defaults()


@pytest.mark.parametrize("allowed", [False, True])
async def test_force_buttons_need_consent(
    hass: HomeAssistant, set_up: SetUp, *, allowed: bool
) -> None:
    """There is nothing to press where the user has not allowed it."""
    await set_up(dry_run=True, grid_charging=allowed, battery_export=allowed)
    for name in ("force_charge", "force_discharge"):
        state = value_of(hass, f"button.powersync_{name}")
        assert state == (STATE_UNKNOWN if allowed else STATE_UNAVAILABLE)
    assert value_of(hass, "button.powersync_plan_again") == STATE_UNKNOWN


async def test_force_power_is_what_the_batteries_can(
    hass: HomeAssistant, set_up: SetUp
) -> None:
    """A power set for batteries that could do more is shown as it will be."""
    entry = await set_up(dry_run=True)
    await entry.runtime_data.async_set(force_power_w=20_000.0)
    await hass.async_block_till_done()
    assert value_of(hass, "number.powersync_force_power") == "10600.0"


@pytest.mark.usefixtures("all_enabled")
async def test_plan_again(hass: HomeAssistant, set_up: SetUp, wait: Wait) -> None:
    """The button makes a new plan at once."""
    await set_up(dry_run=True)
    await wait(MINUTE)
    await press(hass, "plan_again")
    await hass.async_block_till_done()
    made_at = value_of(hass, "sensor.powersync_plan_made_at")
    assert datetime.fromisoformat(made_at) == NOON + MINUTE
