"""The options: what they show, refuse and bring into force."""

from pathlib import Path
from typing import Any

from freezegun.api import FrozenDateTimeFactory
import pytest
from pytest_homeassistant_custom_component.common import (  # type: ignore[import-untyped]  # has no type marker
    MockConfigEntry,
)

from custom_components.power_sync.bridges.storage import SettingsStore
from custom_components.power_sync.settings import Settings
from homeassistant.config_entries import ConfigEntryState
from homeassistant.core import HomeAssistant
from simulators.octopus import OctopusSimulator
from simulators.sungrow import SungrowSimulator
from tests.common import async_setup_site

from .dialogue import Dialogue

BATTERY = {"min_soc_pct": 0, "max_soc_pct": 100}
LIMITS: dict[str, Any] = {
    "reserve_pct": 30,
    "export_limit_w": 0,
    "grid_charging": False,
    "battery_export": True,
    "battery": BATTERY,
}
UPDATES = {"battery_poll_s": 10, "plan_every_min": "5", "forecast_every_min": 30}
PLANNING = {
    "objective": "self_consumption",
    "wear_per_kwh": 0.05,
    "updates": UPDATES,
}


@pytest.fixture
def hass_config_dir(hass_tmp_config_dir: str) -> str:
    """Give Home Assistant a directory of its own: settings are stored in it."""
    return hass_tmp_config_dir


@pytest.fixture
def hass_storage() -> dict[str, object]:
    """Let it store for real."""
    return {}


@pytest.fixture(autouse=True)
def running(
    recorder_mock: object,
    frozen_time: FrozenDateTimeFactory,
    enable_custom_integrations: None,
) -> None:
    """Have a recorder first, as it must be there before Home Assistant is."""


@pytest.fixture
async def site(
    hass: HomeAssistant,
    sungrow: SungrowSimulator,
    octopus: OctopusSimulator,
) -> MockConfigEntry:
    """Set up a site whose inverter stops at 20 %."""
    sungrow.owner_writes(13099, 20)
    return await async_setup_site(
        hass, sungrow, octopus, import_limit_w=14_000, export_ceiling_w=5000
    )


async def opened(hass: HomeAssistant, site: MockConfigEntry, step: str) -> Dialogue:
    """Open the options and choose from their menu."""
    dialogue = Dialogue(hass, hass.config_entries.options)
    await dialogue.open(site.entry_id)
    assert dialogue.result["type"] == "menu"
    await dialogue.submit({"next_step_id": step})
    assert dialogue.step == step
    return dialogue


async def stored(hass: HomeAssistant, site: MockConfigEntry) -> Settings:
    """Return the settings on the disk; others than any that are set here."""
    nothing = Settings(reserve_pct=99, wear_per_kwh=9)
    return await SettingsStore(hass, site.entry_id).load(nothing)


def battery(**limits: float) -> dict[str, Any]:
    """Return the part of the form that is folded up."""
    return {"battery": BATTERY | limits}


async def test_limits_are_changed(hass: HomeAssistant, site: MockConfigEntry) -> None:
    """They are in force at once, without a reload, and on the disk."""
    before = site.runtime_data
    dialogue = await opened(hass, site, "limits")
    assert dialogue.folded_up == {"battery"}
    assert dialogue.form == {
        "reserve_pct": 10,
        "import_limit_w": 14_000,
        "grid_charging": True,
        "battery_export": False,
        "battery": BATTERY,
    }
    await dialogue.submit(LIMITS)
    assert dialogue.result["type"] == "create_entry"
    await hass.async_block_till_done(wait_background_tasks=True)
    assert site.state is ConfigEntryState.LOADED
    assert site.runtime_data is before
    limits = site.runtime_data.controller.limits
    assert (limits.reserve_pct, limits.import_limit_w) == (30, None)
    assert (limits.export_limit_w, limits.battery_export) == (0, True)
    assert await stored(hass, site) == site.runtime_data.settings

    dialogue = await opened(hass, site, "limits")
    assert dialogue.form == LIMITS


async def test_limits_that_cannot_be(
    hass: HomeAssistant, site: MockConfigEntry
) -> None:
    """What was typed stays; after a correction it works."""
    dialogue = await opened(hass, site, "limits")
    for typed, errors in (
        ({"reserve_pct": 19}, {"reserve_pct": "reserve_below_floor"}),
        ({"export_limit_w": 5}, {"export_limit_w": "export_limit_too_low"}),
        ({"import_limit_w": 10}, {"import_limit_w": "import_limit_too_low"}),
        (battery(min_soc_pct=50, max_soc_pct=54), {"base": "levels_too_close"}),
        (battery(max_soc_pct=29), {"reserve_pct": "reserve_above_maximum"}),
        (battery(charge_limit_w=5), {"base": "power_limit_too_low"}),
        (battery(discharge_limit_w=199), {"base": "power_limit_too_low"}),
    ):
        await dialogue.submit(LIMITS | typed)
        assert dialogue.errors == errors
        assert dialogue.result["description_placeholders"] == {"floor": "20"}
        assert dialogue.form == LIMITS | typed
    assert site.runtime_data.settings.reserve_pct == 10
    await dialogue.submit(LIMITS)
    assert dialogue.result["type"] == "create_entry"


async def test_limits_of_the_batteries(
    hass: HomeAssistant, site: MockConfigEntry
) -> None:
    """Levels and powers; a power that is left empty has no limit."""
    limited = {
        "min_soc_pct": 35,
        "max_soc_pct": 90,
        "charge_limit_w": 3000,
        "discharge_limit_w": 200,
    }
    dialogue = await opened(hass, site, "limits")
    await dialogue.submit(LIMITS | battery(**limited))
    settings = site.runtime_data.settings
    assert (settings.min_soc_pct, settings.max_soc_pct) == (35, 90)
    assert (settings.charge_limit_w, settings.discharge_limit_w) == (3000, 200)
    # The higher of reserve and lowest level.
    assert site.runtime_data.controller.limits.reserve_pct == 35
    dialogue = await opened(hass, site, "limits")
    assert dialogue.form["battery"] == limited
    await dialogue.submit(LIMITS)
    assert site.runtime_data.settings.charge_limit_w is None


async def test_export_ceiling(hass: HomeAssistant, site: MockConfigEntry) -> None:
    """The options may raise what was found on the inverter, or drop it."""
    for limit_w, ceiling_w in ((4000, 5000), (6000, 6000), (5000, 6000), (None, None)):
        typed = {**LIMITS, "export_limit_w": limit_w}
        if limit_w is None:
            del typed["export_limit_w"]
        dialogue = await opened(hass, site, "limits")
        await dialogue.submit(typed)
        now = site.runtime_data.settings
        assert (now.export_limit_w, now.export_ceiling_w) == (limit_w, ceiling_w)


async def test_limits_while_the_site_is_not_loaded(
    hass: HomeAssistant, site: MockConfigEntry
) -> None:
    """They are in force with the next start; any reserve is taken as it is."""
    await hass.config_entries.async_unload(site.entry_id)
    dialogue = await opened(hass, site, "limits")
    await dialogue.submit(LIMITS | {"reserve_pct": 3})
    assert (await stored(hass, site)).reserve_pct == 3
    dialogue = await opened(hass, site, "limits")
    assert dialogue.form["reserve_pct"] == 3
    assert await hass.config_entries.async_setup(site.entry_id)
    await hass.async_block_till_done(wait_background_tasks=True)
    assert site.runtime_data.controller.limits.reserve_pct == 3


@pytest.mark.parametrize(
    ("loaded", "step", "typed"),
    [
        (True, "limits", LIMITS),
        (False, "planning", PLANNING),
    ],
)
async def test_a_full_disk(
    hass: HomeAssistant,
    site: MockConfigEntry,
    step: str,
    typed: dict[str, Any],
    *,
    loaded: bool,
) -> None:
    """The user is told that the change will not last; then it works."""
    if not loaded:
        await hass.config_entries.async_unload(site.entry_id)
    dialogue = await opened(hass, site, step)
    target = Path(hass.config.path(".storage")) / f"power_sync.settings.{site.entry_id}"
    target.mkdir()
    await dialogue.submit(typed)
    assert dialogue.errors == {"base": "settings_not_stored"}
    target.rmdir()
    await dialogue.submit(typed)
    assert dialogue.result["type"] == "create_entry"


async def test_planning_is_changed(hass: HomeAssistant, site: MockConfigEntry) -> None:
    """Wear changes the plan at once, without a reload."""
    before = site.runtime_data
    dialogue = await opened(hass, site, "planning")
    assert dialogue.folded_up == {"updates"}
    assert dialogue.form == {
        "objective": "lowest_cost",
        "wear_per_kwh": 0.02,
        "updates": UPDATES,
    }
    await dialogue.submit(PLANNING)
    await hass.async_block_till_done(wait_background_tasks=True)
    assert dialogue.result["type"] == "create_entry"
    inputs = before.plan_inputs()
    assert (inputs.wear_per_kwh, inputs.objective) == (0.05, "self_consumption")
    kept = await stored(hass, site)
    assert (kept.wear_per_kwh, kept.objective) == (0.05, "self_consumption")


@pytest.mark.parametrize(
    ("step", "key", "unit"),
    [("planning", "wear_per_kwh", "GBP/kWh"), ("billing", "monthly_fee", "GBP")],
)
async def test_money_is_that_of_the_prices(
    hass: HomeAssistant, site: MockConfigEntry, step: str, key: str, unit: str
) -> None:
    """Whatever the currency of Home Assistant; that one where no price is known."""
    assert hass.config.currency == "EUR"
    for expected in (unit, unit.replace("GBP", "EUR")):
        dialogue = await opened(hass, site, step)
        form = dialogue.result["data_schema"]
        assert form is not None
        assert form.schema[key].config["unit_of_measurement"] == expected
        await hass.config_entries.async_unload(site.entry_id)


async def test_update_periods(hass: HomeAssistant, site: MockConfigEntry) -> None:
    """They are options of the entry: the site starts again with them."""
    # The options have the periods from now on, which is a change of them.
    before = site.runtime_data
    updates = {"battery_poll_s": 25, "plan_every_min": "15", "forecast_every_min": 60}
    dialogue = await opened(hass, site, "planning")
    await dialogue.submit(PLANNING | {"updates": updates})
    await hass.async_block_till_done(wait_background_tasks=True)
    assert site.runtime_data is not before
    (battery,) = site.runtime_data.coordinators.batteries.values()
    assert battery.update_interval.total_seconds() == 25
    forecasts = site.runtime_data.coordinators.forecasts
    assert forecasts.update_interval.total_seconds() == 3600
    dialogue = await opened(hass, site, "planning")
    assert dialogue.form["updates"] == {**updates, "plan_every_min": 15}
