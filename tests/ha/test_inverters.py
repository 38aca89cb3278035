"""A plant of several inverters: each is a device of its own, with its share."""

from dataclasses import replace
from datetime import timedelta

import pytest
from pytest_homeassistant_custom_component.common import (  # type: ignore[import-untyped]  # has no type marker
    MockConfigEntry,
)

from custom_components.power_sync.bridges import access
from custom_components.power_sync.devices.batteries.sigenergy import SIGENERGY
from custom_components.power_sync.devices.batteries.stored import to_stored
from homeassistant.core import HomeAssistant
from homeassistant.helpers import device_registry as dr, entity_registry as er
from simulators.home import SimulatedHome
from simulators.octopus import OctopusSimulator
from simulators.profile import constant
from simulators.sigenergy import SigenergySimulator
from simulators.sungrow import SungrowSimulator
from tests.common import LOOPBACK, HassClock, brand_on, site_entry
from tests.devices.sigenergy_unit import CELLS, CONFIG, SERIAL

from .conftest import ENTRY_ID, Wait, value_of


async def async_set_up(
    hass: HomeAssistant, made: MockConfigEntry, plant: SigenergySimulator, variant: str
) -> None:
    """Set up a home with a plant."""
    data = to_stored(replace(CONFIG, variant=variant))
    entry = MockConfigEntry(
        domain=made.domain,
        entry_id=ENTRY_ID,
        title=made.title,
        version=made.version,
        minor_version=made.minor_version,
        data=made.data,
        options=made.options,
        subentries_data=[
            {
                "data": data | {"host": plant.host, "port": plant.port, "unit_id": 247},
                "subentry_type": "battery",
                "title": "SigenStor",
                "unique_id": SERIAL,
            }
        ],
    )
    entry.add_to_hass(hass)
    assert await hass.config_entries.async_setup(entry.entry_id)
    await hass.async_block_till_done(wait_background_tasks=True)


@pytest.mark.parametrize("several", [True, False])
async def test_each_inverter_shows_its_share(  # noqa: PLR0913 - the home around it
    hass: HomeAssistant,
    sungrow: SungrowSimulator,
    octopus: OctopusSimulator,
    monkeypatch: pytest.MonkeyPatch,
    wait: Wait,
    *,
    several: bool,
) -> None:
    """Half of 3 kW of sun each, on devices behind that of the battery."""
    quick = brand_on(LOOPBACK, SIGENERGY)
    monkeypatch.setattr(access, "BRANDS", {quick.key: quick})
    home = SimulatedHome(HassClock(), constant(1200, 3000), cells=CELLS, soc_pct=55)
    serials, units = ((SERIAL, "SIG2"), (1, 3)) if several else ((SERIAL,), (1,))
    async with SigenergySimulator(home, serials=serials, inverter_units=units) as plant:
        made = site_entry(sungrow, octopus, dry_run=True)
        variant = "inverter:1,inverter:3" if several else "inverter:1"
        await async_set_up(hass, made, plant, variant)
        for _ in range(7 if several else 0):
            await wait(timedelta(seconds=10))
        devices = dr.async_get(hass)
        found = {
            unit: devices.async_get_device_by_identifier(
                ("power_sync", f"{SERIAL}_inverter_{unit}"), ENTRY_ID
            )
            for unit in (1, 3)
        }
        ids = er.async_get(hass)
        phase = ids.async_get_entity_id(
            "sensor", "power_sync", f"{SERIAL}_voltage_phase_1"
        )
        assert phase is not None
        entry = ids.async_get(phase)
        assert entry is not None
        assert entry.disabled_by is er.RegistryEntryDisabler.INTEGRATION
        if not several:
            assert set(found.values()) == {None}
        else:
            battery = devices.async_get_device_by_identifier(
                ("power_sync", SERIAL), ENTRY_ID
            )
            assert battery is not None
            for unit, device in found.items():
                assert device is not None
                assert device.name == f"SigenStor inverter {unit}"
                assert device.via_device_id == battery.id
                name = f"sensor.sigenstor_inverter_{unit}"
                assert float(value_of(hass, f"{name}_solar_power")) == 1500
                level = float(value_of(hass, f"{name}_battery_level"))
                assert level == pytest.approx(55, abs=0.5)
                assert value_of(hass, f"{name}_state") == "running"
            assert float(value_of(hass, "sensor.sigenstor_solar_power")) == 3000
        assert await hass.config_entries.async_unload(ENTRY_ID)
