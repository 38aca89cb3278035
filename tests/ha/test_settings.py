"""The settings as entities: their ranges, and what a change of them does."""

import json
from pathlib import Path

import pytest

from custom_components.power_sync.settings import Settings
from homeassistant.const import EntityCategory
from homeassistant.core import HomeAssistant
from homeassistant.exceptions import HomeAssistantError, ServiceValidationError
from homeassistant.helpers import entity_registry as er
from simulators.sungrow import SungrowSimulator

from .conftest import ENTRY_ID, SetUp, state_of, value_of

NUMBERS = {
    "reserve": ("10.0", 5, 95),
    "lowest_level": ("5.0", 5, 90),
    "highest_level": ("95.0", 10, 95),
    "charge_power_limit": ("10600.0", 200, 10_600),
    "discharge_power_limit": ("10600.0", 200, 10_600),
    "grid_import_limit": ("unknown", 500, 100_000),
    "grid_export_limit": ("4000.0", 0, 5000),
    "battery_wear": ("0.02", 0, 10),
}


async def set_number(hass: HomeAssistant, name: str, value: float) -> None:
    """Set a number, and have done what follows from it."""
    await hass.services.async_call(
        "number",
        "set_value",
        {"entity_id": f"number.powersync_{name}", "value": value},
        blocking=True,
    )
    await hass.async_block_till_done(wait_background_tasks=True)


async def switch(hass: HomeAssistant, name: str, *, on: bool) -> None:
    """Switch something, and have done what follows from it."""
    await hass.services.async_call(
        "switch",
        "turn_on" if on else "turn_off",
        {"entity_id": f"switch.powersync_{name}"},
        blocking=True,
    )
    await hass.async_block_till_done(wait_background_tasks=True)


def store_path(hass: HomeAssistant) -> Path:
    """Return where the settings are stored; its folder exists."""
    path = Path(hass.config.path(".storage", f"power_sync.settings.{ENTRY_ID}"))
    path.parent.mkdir(exist_ok=True)
    return path


async def test_ranges(
    hass: HomeAssistant, set_up: SetUp, sungrow: SungrowSimulator
) -> None:
    """They are the batteries' own, and the export limit has its ceiling."""
    sungrow.owner_writes(13057, 950)
    sungrow.owner_writes(13058, 50)
    sungrow.owner_writes(13099, 0)
    await set_up(export_limit_w=4000, export_ceiling_w=5000, max_soc_pct=95)
    registry = er.async_get(hass)
    for name, (value, least, most) in NUMBERS.items():
        state = state_of(hass, f"number.powersync_{name}")
        assert state.state == value
        assert (state.attributes["min"], state.attributes["max"]) == (least, most)
        entry = registry.async_get(state.entity_id)
        assert entry is not None
        assert entry.entity_category is EntityCategory.CONFIG
    wear = state_of(hass, "number.powersync_battery_wear")
    assert wear.attributes["unit_of_measurement"] == "GBP/kWh"


async def test_what_cannot_be(hass: HomeAssistant, set_up: SetUp) -> None:
    """Above the ceiling, across each other, or a limit that was meant in kW."""
    await set_up(export_limit_w=4000, export_ceiling_w=5000)
    for name, value in (
        ("grid_export_limit", 5001),
        ("grid_import_limit", 10),
        ("lowest_level", 96),
        ("highest_level", 9),
        ("charge_power_limit", 10_601),
    ):
        with pytest.raises(ServiceValidationError):
            await set_number(hass, name, value)
    with pytest.raises(ServiceValidationError) as caught:
        await set_number(hass, "grid_export_limit", 5)
    assert caught.value.translation_key == "export_limit_too_low"
    await set_number(hass, "grid_export_limit", 0)
    assert value_of(hass, "number.powersync_grid_export_limit") == "0.0"


async def test_a_change_is_planned_with_at_once(
    hass: HomeAssistant, set_up: SetUp
) -> None:
    """Every setting of the plan is in the next problem, without a reload."""
    entry = await set_up(dry_run=True)
    site = entry.runtime_data
    made_from = site.coordinators.plan.planning
    for name, value in (
        ("reserve", 25),
        ("highest_level", 80),
        ("charge_power_limit", 3000),
        ("discharge_power_limit", 2000),
        ("grid_import_limit", 9000),
        ("grid_export_limit", 1000),
        ("battery_wear", 0.07),
    ):
        await set_number(hass, name, value)
    inputs = site.plan_inputs()
    assert inputs is not None
    assert (inputs.reserve_pct, inputs.max_soc_pct) == (25, 80)
    assert (inputs.charge_limit_w, inputs.discharge_limit_w) == (3000, 2000)
    assert (inputs.import_limit_w, inputs.export_limit_w) == (9000, 1000)
    assert inputs.wear_per_kwh == 0.07
    assert site.coordinators.plan.planning is not made_from
    # The higher of the two counts; the top of a power limit is no limit.
    await set_number(hass, "lowest_level", 40)
    await set_number(hass, "charge_power_limit", 10_600)
    assert site.controller.limits.reserve_pct == 40
    assert site.settings.charge_limit_w is None
    assert value_of(hass, "number.powersync_charge_power_limit") == "10600.0"
    assert entry.runtime_data is site


async def test_objective(hass: HomeAssistant, set_up: SetUp) -> None:
    """For self-consumption the plan does nothing but let the battery serve."""
    entry = await set_up(battery_export=True)
    planning = entry.runtime_data.coordinators.plan.planning
    assert planning is not None
    assert len({slot.mode for slot in planning.plan.slots}) > 1
    await hass.services.async_call(
        "select",
        "select_option",
        {"entity_id": "select.powersync_objective", "option": "self_consumption"},
        blocking=True,
    )
    await hass.async_block_till_done(wait_background_tasks=True)
    assert value_of(hass, "select.powersync_objective") == "self_consumption"
    planning = entry.runtime_data.coordinators.plan.planning
    assert {slot.mode for slot in planning.plan.slots} == {"self_consumption"}


async def test_what_runs_is_clamped(
    hass: HomeAssistant, set_up: SetUp, sungrow: SungrowSimulator
) -> None:
    """A lower limit cuts a force at once; what is no longer allowed ends."""
    await set_up(battery_export=True)
    await switch(hass, "automatic_control", on=False)
    await hass.services.async_call(
        "power_sync",
        "force_charge",
        {"duration": 60, "power_w": 5000},
        blocking=True,
    )
    assert sungrow.home.flows.battery_w == -5000
    await set_number(hass, "charge_power_limit", 3000)
    assert sungrow.home.flows.battery_w == -3000
    await switch(hass, "charge_from_the_grid", on=False)
    # The sun that is left over, and no more.
    assert sungrow.home.flows.battery_w == -1800
    assert value_of(hass, "sensor.powersync_controlled_by") == "normal"
    assert value_of(hass, "button.powersync_force_charge") == "unavailable"
    # What has ended does not come back with the permission.
    await switch(hass, "charge_from_the_grid", on=True)
    assert value_of(hass, "sensor.powersync_controlled_by") == "normal"


async def test_a_raised_reserve_stops_a_discharge(
    hass: HomeAssistant, set_up: SetUp, sungrow: SungrowSimulator
) -> None:
    """At once, and not with the next reading."""
    await set_up(battery_export=True)
    await hass.services.async_call(
        "power_sync",
        "force_discharge",
        {"duration": 60, "power_w": 5000},
        blocking=True,
    )
    assert sungrow.home.flows.battery_w == 5000
    await set_number(hass, "reserve", 80)
    assert sungrow.home.flows.battery_w <= 0
    assert value_of(hass, "sensor.powersync_because") == "at_reserve"


async def test_settings_survive_a_restart(hass: HomeAssistant, set_up: SetUp) -> None:
    """The store has them; the answers of the set-up are only where they start."""
    entry = await set_up(dry_run=True, reserve_pct=15, export_ceiling_w=5000)
    await set_number(hass, "reserve", 35)
    await set_number(hass, "grid_export_limit", 4000)
    await switch(hass, "export_from_the_battery", on=True)
    before = entry.runtime_data.settings
    assert before.export_ceiling_w == 5000
    assert entry.options["reserve_pct"] == 15
    await hass.config_entries.async_reload(entry.entry_id)
    await hass.async_block_till_done(wait_background_tasks=True)
    assert entry.runtime_data.settings == before
    assert value_of(hass, "number.powersync_reserve") == "35.0"


@pytest.mark.parametrize("content", ["{", "[]", '{"version": 1, "data": 5}', ""])
async def test_a_damaged_store_is_a_dry_run(
    hass: HomeAssistant, set_up: SetUp, sungrow: SungrowSimulator, content: str
) -> None:
    """Nothing is written, nothing sold; also after the next restart."""
    store_path(hass).write_text(content, encoding="utf-8")
    entry = await set_up(battery_export=True, reserve_pct=20)
    for _ in range(2):
        settings = entry.runtime_data.settings
        assert (settings.dry_run, settings.battery_export) == (True, False)
        assert settings.reserve_pct == 20
        await hass.config_entries.async_reload(entry.entry_id)
        await hass.async_block_till_done(wait_background_tasks=True)
    assert sungrow.writes == []


async def test_odd_values_in_the_store(hass: HomeAssistant, set_up: SetUp) -> None:
    """Each that no setting can be is as at set-up; the others count."""
    data = {
        "reserve_pct": 101,
        "max_soc_pct": "90",
        "min_soc_pct": True,
        "charge_limit_w": None,
        "wear_per_kwh": -0.1,
        "import_limit_w": 9000,
        "objective": "fun",
        "picture_theme": "pink",
        "cheapest_window_h": 0,
        "grid_charging": 0,
        "automatic": None,
        "force_duration_min": 45.0,
        "unknown": 1,
    }
    content = {"version": 1, "minor_version": 1, "key": "x", "data": data}
    store_path(hass).write_text(json.dumps(content), encoding="utf-8")
    entry = await set_up(dry_run=True, reserve_pct=20, charge_limit_w=500)
    assert entry.runtime_data.settings == Settings(
        reserve_pct=20, import_limit_w=9000, force_duration_min=45
    )


async def test_what_could_not_be_stored(hass: HomeAssistant, set_up: SetUp) -> None:
    """It is in force all the same, and the user is told."""
    await set_up(dry_run=True)
    store_path(hass).mkdir()
    with pytest.raises(HomeAssistantError) as caught:
        await set_number(hass, "reserve", 45)
    assert caught.value.translation_key == "settings_not_stored"
    assert value_of(hass, "number.powersync_reserve") == "45.0"
