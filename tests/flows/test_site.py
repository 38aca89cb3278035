"""Dialogues of a site that is running."""

from freezegun.api import FrozenDateTimeFactory
import pytest
from pytest_homeassistant_custom_component.common import (  # type: ignore[import-untyped]  # has no type marker
    MockConfigEntry,
)

from custom_components.power_sync.const import DOMAIN
from homeassistant.config_entries import SOURCE_USER, ConfigEntryState
from homeassistant.core import HomeAssistant
from simulators.home import SimulatedHome
from simulators.octopus import OctopusSimulator
from simulators.profile import constant
from simulators.sungrow import SungrowSimulator
from tests.common import HassClock, async_setup_site

from .dialogue import LIMITS, TARIFFS, ConfigDialogue, Dialogue, address, region

OPTIONS = {
    "reserve_pct": 30,
    "export_limit_w": 0,
    "grid_charging": False,
    "battery_export": True,
}


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
    return await async_setup_site(hass, sungrow, octopus, import_limit_w=14_000)


async def test_limits_are_changed(hass: HomeAssistant, site: MockConfigEntry) -> None:
    """The site runs on with the new ones; a reserve out of reach is refused."""
    before = site.runtime_data
    dialogue = Dialogue(hass, hass.config_entries.options)
    await dialogue.open(site.entry_id)
    assert dialogue.form == {
        "reserve_pct": 10,
        "import_limit_w": 14_000,
        "grid_charging": True,
        "battery_export": False,
    }
    await dialogue.submit(OPTIONS | {"reserve_pct": 19})
    assert dialogue.errors == {"reserve_pct": "reserve_below_floor"}
    assert dialogue.result["description_placeholders"] == {"floor": "20"}
    assert dialogue.form == OPTIONS | {"reserve_pct": 19}
    await dialogue.submit(OPTIONS | {"export_limit_w": 5})
    assert dialogue.errors == {"export_limit_w": "export_limit_too_low"}
    await dialogue.submit(OPTIONS | {"import_limit_w": 10})
    assert dialogue.errors == {"import_limit_w": "import_limit_too_low"}
    await dialogue.submit(OPTIONS)
    assert site.options == OPTIONS | {"import_limit_w": None}
    await hass.async_block_till_done(wait_background_tasks=True)
    assert site.state is ConfigEntryState.LOADED
    assert site.runtime_data is not before
    limits = site.runtime_data.controller.limits
    assert (limits.reserve_pct, limits.import_limit_w) == (30, None)
    assert (limits.export_limit_w, limits.battery_export) == (0, True)


async def test_limits_while_the_site_is_not_loaded(
    hass: HomeAssistant, site: MockConfigEntry
) -> None:
    """Nobody says where the inverter stops, so the reserve is taken as it is."""
    await hass.config_entries.async_unload(site.entry_id)
    dialogue = Dialogue(hass, hass.config_entries.options)
    await dialogue.open(site.entry_id)
    await dialogue.submit(OPTIONS | {"reserve_pct": 3})
    assert site.options["reserve_pct"] == 3


async def test_battery_is_added(hass: HomeAssistant, site: MockConfigEntry) -> None:
    """The site reloads and reads both."""
    home = SimulatedHome(HassClock(), constant(0), soc_pct=70)
    async with SungrowSimulator(home, serial="B1") as second:
        dialogue = Dialogue(hass, hass.config_entries.subentries)
        await dialogue.open((site.entry_id, "battery"), source=SOURCE_USER)
        await dialogue.submit(address(second))
        await dialogue.submit(dialogue.form)
        await hass.async_block_till_done(wait_background_tasks=True)
        levels = {key: r.soc_pct for key, r in site.runtime_data.readings.items()}
        assert levels == {"A2320500123": 55, "B1": 70}
        assert await hass.config_entries.async_unload(site.entry_id)


async def test_tariff_is_changed(
    hass: HomeAssistant, site: MockConfigEntry, octopus: OctopusSimulator
) -> None:
    """The site reloads and buys at the new prices."""
    dialogue = ConfigDialogue(hass)
    await dialogue.open(DOMAIN, source="reconfigure", entry_id=site.entry_id)
    await dialogue.submit(region(octopus))
    await dialogue.submit(TARIFFS | {"export_product": "none"})
    assert dialogue.reason == "reconfigure_successful"
    await hass.async_block_till_done(wait_background_tasks=True)
    curve = site.runtime_data.coordinators.prices.curve
    assert curve is not None
    assert {slot.export_per_kwh for slot in curve.slots} == {0.0}


async def test_site_from_the_dialogue_runs(
    hass: HomeAssistant, sungrow: SungrowSimulator, octopus: OctopusSimulator
) -> None:
    """What the dialogue stores is what a site needs."""
    dialogue = ConfigDialogue(hass)
    await dialogue.to_limits(octopus, sungrow)
    await dialogue.submit(LIMITS)
    await hass.async_block_till_done(wait_background_tasks=True)
    assert dialogue.entry.state is ConfigEntryState.LOADED
    site = dialogue.entry.runtime_data
    assert site.reading.soc_pct == 55
    assert site.controller.dry_run
    assert site.controller.plan is not None
    assert sungrow.writes == []
