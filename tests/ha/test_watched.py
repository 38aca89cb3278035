"""A site whose battery PowerSync may only watch."""

from collections.abc import Mapping

import pytest
from pytest_homeassistant_custom_component.common import (  # type: ignore[import-untyped]  # has no type marker
    MockConfigEntry,
)

from custom_components.power_sync.const import DOMAIN
from homeassistant.config_entries import ConfigEntryState
from homeassistant.core import HomeAssistant
from homeassistant.exceptions import HomeAssistantError
from simulators.home import SimulatedHome
from simulators.octopus import OctopusSimulator
from simulators.sungrow import HomeManagerSimulator, SungrowSimulator
from tests.common import site_entry

from .conftest import value_of


async def started(
    hass: HomeAssistant, entry: MockConfigEntry, stored: Mapping[str, object]
) -> MockConfigEntry:
    """Set up a live site with what is stored of its battery changed."""
    entry.add_to_hass(hass)
    (battery,) = entry.subentries.values()
    data = {**battery.data, **stored}
    hass.config_entries.async_update_subentry(entry, battery, data=data)
    assert await hass.config_entries.async_setup(entry.entry_id)
    await hass.async_block_till_done(wait_background_tasks=True)
    return entry


async def force_charge(hass: HomeAssistant) -> None:
    """Force a charge, as a user does."""
    await hass.services.async_call(
        DOMAIN, "force_charge", {"duration": "30"}, blocking=True
    )


async def test_home_manager(
    hass: HomeAssistant,
    sungrow: SungrowSimulator,
    octopus: OctopusSimulator,
    home: SimulatedHome,
) -> None:
    """Its home is shown and planned for; nothing is ever written."""
    async with HomeManagerSimulator(home) as manager:
        stored = {
            "port": manager.port,
            "unit_id": 247,
            "serial": "IHM0E40",
            "model": "iHomeManager",
            "variant": "ihomemanager",
            "settings": [],
        }
        entry = await started(hass, site_entry(sungrow, octopus), stored)
        assert entry.state is ConfigEntryState.LOADED
        assert value_of(hass, "sensor.powersync_battery_level") == "55.0"
        assert float(value_of(hass, "sensor.powersync_solar_power")) == 3000
        plan = entry.runtime_data.controller.plan
        assert plan is not None
        assert {slot.mode for slot in plan.slots} == {"self_consumption"}
        with pytest.raises(HomeAssistantError, match="cannot do this"):
            await force_charge(hass)
        await hass.services.async_call(DOMAIN, "restore_normal", {}, blocking=True)
        assert await hass.config_entries.async_unload(entry.entry_id)
        assert manager.writes == []
    assert sungrow.requests == 0


async def test_under_another_energy_manager(
    hass: HomeAssistant, sungrow: SungrowSimulator, octopus: OctopusSimulator
) -> None:
    """The inverter behind one is left alone, whoever asks."""
    sungrow.owner_writes(13049, 3)
    entry = await started(hass, site_entry(sungrow, octopus), {})
    with pytest.raises(HomeAssistantError, match="cannot do this"):
        await force_charge(hass)
    assert await hass.config_entries.async_unload(entry.entry_id)
    assert sungrow.writes == []
