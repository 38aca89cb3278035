"""Dialogues of a site that is running."""

from freezegun.api import FrozenDateTimeFactory
import pytest
from pytest_homeassistant_custom_component.common import (  # type: ignore[import-untyped]  # has no type marker
    MockConfigEntry,
)

from homeassistant.config_entries import SOURCE_USER, ConfigEntryState
from homeassistant.core import HomeAssistant
from simulators.home import SimulatedHome
from simulators.octopus import OctopusSimulator
from simulators.profile import constant
from simulators.sungrow import SungrowSimulator
from tests.common import HassClock, async_setup_site

from .dialogue import LIMITS, TARIFFS, ConfigDialogue, Dialogue, address, region


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


async def test_battery_is_added(hass: HomeAssistant, site: MockConfigEntry) -> None:
    """The site reloads and reads both."""
    home = SimulatedHome(HassClock(), constant(0), soc_pct=70)
    async with SungrowSimulator(home, serial="B1") as second:
        dialogue = Dialogue(hass, hass.config_entries.subentries)
        await dialogue.open((site.entry_id, "battery"), source=SOURCE_USER)
        await dialogue.submit({"brand": "sungrow"})
        await dialogue.submit({"link": "lan"})
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
    await dialogue.to_change(site)
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
