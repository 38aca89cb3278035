"""How prices count, set on entities: in the next plan, and kept."""

from datetime import time

import pytest

from custom_components.power_sync.planner.shaping import Shaping
from homeassistant.const import EntityCategory
from homeassistant.core import HomeAssistant
from homeassistant.helpers import entity_registry as er

from .conftest import SetUp, state_of, value_of
from .test_settings import set_number, store_path, switch

TIMES = {
    "export_boost_from": "17:00:00",
    "export_boost_to": "21:00:00",
    "chip_mode_from": "22:00:00",
    "chip_mode_to": "06:00:00",
}
NUMBERS = {
    "export_boost_offset": ("0.0", 0.5),
    "export_boost_minimum": ("0.0", 1.0),
    "export_boost_threshold": ("0.0", 0.5),
    "chip_mode_threshold": ("0.3", 2.0),
}
SWITCHES = {"spike_protection": "on", "export_boost": "off", "chip_mode": "off"}


async def set_time(hass: HomeAssistant, name: str, value: time) -> None:
    """Set a time of day, and have done what follows from it."""
    await hass.services.async_call(
        "time",
        "set_value",
        {"entity_id": f"time.powersync_{name}", "time": value},
        blocking=True,
    )
    await hass.async_block_till_done(wait_background_tasks=True)


async def test_where_they_start(hass: HomeAssistant, set_up: SetUp) -> None:
    """As the facts have them; all are settings, prices in the home's currency."""
    await set_up()
    registry = er.async_get(hass)
    for name, value in TIMES.items():
        assert value_of(hass, f"time.powersync_{name}") == value
        entry = registry.async_get(f"time.powersync_{name}")
        assert entry is not None
        assert entry.entity_category is EntityCategory.CONFIG
    for name, (value, most) in NUMBERS.items():
        state = state_of(hass, f"number.powersync_{name}")
        assert (state.state, state.attributes["max"]) == (value, most)
        assert state.attributes["unit_of_measurement"] == "GBP/kWh"
    for name, value in SWITCHES.items():
        assert value_of(hass, f"switch.powersync_{name}") == value


async def test_a_wish_is_planned_with_and_kept(
    hass: HomeAssistant, set_up: SetUp
) -> None:
    """What is set is in the next problem at once, and there after a restart."""
    entry = await set_up(dry_run=True)
    site = entry.runtime_data
    before = site.coordinators.plan.planning
    for name, value in (
        ("export_boost_offset", 0.05),
        ("export_boost_minimum", 0.9),
        ("export_boost_threshold", 0.01),
        ("chip_mode_threshold", 0.4),
    ):
        await set_number(hass, name, value)
    # A window that ends where it begins lasts all day.
    await set_time(hass, "export_boost_from", time(7, 30))
    await set_time(hass, "export_boost_to", time(7, 30))
    await set_time(hass, "chip_mode_from", time(23, 15))
    await set_time(hass, "chip_mode_to", time(5))
    for name, on in (
        ("export_boost", True),
        ("chip_mode", True),
        ("spike_protection", False),
    ):
        await switch(hass, name, on=on)
    wished = Shaping(
        spike_protection=False,
        export_boost=True,
        boost_offset_per_kwh=0.05,
        boost_minimum_per_kwh=0.9,
        boost_threshold_per_kwh=0.01,
        boost_start_min=450,
        boost_end_min=450,
        chip_mode=True,
        chip_threshold_per_kwh=0.4,
        chip_start_min=1395,
        chip_end_min=300,
    )
    inputs = site.plan_inputs()
    assert inputs is not None
    assert inputs.shaping == wished
    planning = site.coordinators.plan.planning
    assert planning is not None
    assert planning is not before
    assert max(slot.export_per_kwh for slot in planning.plan.slots) < 0.9
    assert await hass.config_entries.async_reload(entry.entry_id)
    await hass.async_block_till_done(wait_background_tasks=True)
    assert entry.runtime_data.settings.shaping == wished
    assert value_of(hass, "time.powersync_chip_mode_from") == "23:15:00"


@pytest.mark.parametrize(
    "stored", ['{"boost_start_min": 1440}', '{"boost_start_min": "17:00"}']
)
async def test_a_time_that_is_none(
    hass: HomeAssistant, set_up: SetUp, stored: str
) -> None:
    """A file that somebody has changed: the time is as it was at the start."""
    store_path(hass).write_text(
        f'{{"version": 1, "minor_version": 1, "key": "x", "data": {stored}}}'
    )
    await set_up()
    assert value_of(hass, "time.powersync_export_boost_from") == "17:00:00"
