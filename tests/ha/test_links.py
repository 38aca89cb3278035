"""A site whose inverter is reached in other ways than over its own network port."""

from collections.abc import Mapping
from datetime import timedelta

import pytest
from pytest_homeassistant_custom_component.common import (  # type: ignore[import-untyped]  # has no type marker
    MockConfigEntry,
)

from custom_components.power_sync.bridges import access
from custom_components.power_sync.devices.batteries.sungrow import SUNGROW
from homeassistant.components.modbus.connection import async_get_connection_info
from homeassistant.config_entries import ConfigEntryState
from homeassistant.core import HomeAssistant
from simulators.home import SimulatedHome
from simulators.modbus_serial import SerialLine
from simulators.octopus import OctopusSimulator
from simulators.sungrow import SungrowSimulator
from tests.common import SERIAL, site_entry

from .conftest import value_of


async def started(
    hass: HomeAssistant, entry: MockConfigEntry, stored: Mapping[str, object]
) -> MockConfigEntry:
    """Set up a site with what is stored of its battery changed."""
    entry.add_to_hass(hass)
    (battery,) = entry.subentries.values()
    data = {**battery.data, **stored}
    hass.config_entries.async_update_subentry(entry, battery, data=data)
    await hass.config_entries.async_setup(entry.entry_id)
    await hass.async_block_till_done(wait_background_tasks=True)
    return entry


async def test_serial_line(
    hass: HomeAssistant, home: SimulatedHome, octopus: OctopusSimulator
) -> None:
    """It is read over a shared serial connection, which ends with the site."""
    inverter = SungrowSimulator(home, serial=SERIAL)
    async with SerialLine(inverter) as line:
        stored = {
            "link": "serial",
            "device": line.path,
            "baud_rate": 9600,
            "parity": "none",
            "stop_bits": 1,
        }
        entry = await started(hass, site_entry(inverter, octopus), stored)
        assert value_of(hass, "sensor.powersync_battery_level") == "55.0"
        (link,) = async_get_connection_info(hass)
        assert (link.endpoint, link.connected) == (("serial", line.path), True)
        assert await hass.config_entries.async_unload(entry.entry_id)
        assert async_get_connection_info(hass) == []


@pytest.fixture
def real_pace(monkeypatch: pytest.MonkeyPatch) -> None:
    """Treat links as at a real inverter."""
    monkeypatch.setattr(access, "BRANDS", {"sungrow": SUNGROW})


@pytest.mark.usefixtures("real_pace")
@pytest.mark.parametrize(("link", "seconds"), [(None, 10), ("lan", 10), ("winet", 30)])
async def test_how_often_it_is_read(
    hass: HomeAssistant,
    sungrow: SungrowSimulator,
    octopus: OctopusSimulator,
    link: str | None,
    seconds: int,
) -> None:
    """A communication module is asked less often; older data means the port."""
    stored = {} if link is None else {"link": link}
    entry = await started(hass, site_entry(sungrow, octopus), stored)
    (battery,) = entry.runtime_data.coordinators.batteries.values()
    assert battery.update_interval == timedelta(seconds=seconds)
    assert await hass.config_entries.async_unload(entry.entry_id)


async def test_unknown_link(
    hass: HomeAssistant, sungrow: SungrowSimulator, octopus: OctopusSimulator
) -> None:
    """What is stored by a newer version is not guessed at."""
    site = site_entry(sungrow, octopus)
    entry = await started(hass, site, {"link": "pigeon"})
    assert entry.state is ConfigEntryState.SETUP_ERROR
    assert sungrow.requests == 0
