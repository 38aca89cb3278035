"""The actions under Sigenergy's names, beside a battery of another brand."""

from collections.abc import AsyncIterator

import pytest
from pytest_homeassistant_custom_component.common import (  # type: ignore[import-untyped]  # has no type marker
    MockConfigEntry,
)

from custom_components.power_sync.bridges import access
from custom_components.power_sync.devices.batteries.sigenergy import SIGENERGY
from custom_components.power_sync.devices.batteries.stored import to_stored
from homeassistant.core import HomeAssistant
from simulators.octopus import OctopusSimulator
from simulators.sigenergy import SigenergySimulator
from simulators.sungrow import SungrowSimulator
from tests.common import LOOPBACK, brand_on, site_entry
from tests.devices.sigenergy_unit import CONFIG, SERIAL, simulator

from .conftest import ENTRY_ID, value_of
from .test_brand_services import (
    EXPORT_LIMIT,
    MAX_CHARGE,
    MAX_DISCHARGE,
    RESERVE,
    by_hand,
    refused,
)
from .test_services import call, device_id, run


@pytest.fixture
async def plant(socket_enabled: None) -> AsyncIterator[SigenergySimulator]:
    """Run a Sigenergy plant."""
    async with simulator() as running:
        yield running


@pytest.fixture
async def mixed(
    hass: HomeAssistant,
    sungrow: SungrowSimulator,
    plant: SigenergySimulator,
    octopus: OctopusSimulator,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Set up a home with a Sungrow and a Sigenergy plant."""
    quick = [brand_on(LOOPBACK), brand_on(LOOPBACK, SIGENERGY)]
    monkeypatch.setattr(access, "BRANDS", {each.key: each for each in quick})
    made = site_entry(sungrow, octopus, battery_export=True)
    (other,) = made.subentries.values()
    data = {
        **to_stored(CONFIG),
        "host": "127.0.0.1",
        "port": plant.port,
        "unit_id": 247,
    }
    entry = MockConfigEntry(
        domain=made.domain,
        entry_id=ENTRY_ID,
        title=made.title,
        version=made.version,
        minor_version=made.minor_version,
        data=made.data,
        options=made.options,
        subentries_data=[
            other.as_dict(),
            {
                "data": data,
                "subentry_type": "battery",
                "title": "SigenStor",
                "unique_id": SERIAL,
            },
        ],
    )
    entry.add_to_hass(hass)
    assert await hass.config_entries.async_setup(entry.entry_id)
    await hass.async_block_till_done(wait_background_tasks=True)


@pytest.mark.usefixtures("mixed")
async def test_sigenergy_beside_another_brand(
    hass: HomeAssistant, sungrow: SungrowSimulator, plant: SigenergySimulator
) -> None:
    """Its own actions reach it alone; the reserve of any brand, all that have one."""
    await by_hand(hass)
    before = sungrow.settings()
    await run(hass, "sigenergy_force_discharge", power_w=2500)
    # Remote EMS on, battery first, 2500 W.
    assert plant.settings().items() >= {40029: 1, 40031: 6, 40034: 2500}.items()
    await run(hass, "sigenergy_restore_normal")
    assert plant.settings()[40029] == 0
    await run(hass, "sigenergy_set_charge_rate", kw=4.2)
    await run(hass, "sigenergy_set_discharge_rate", kw=0)
    await run(hass, "sigenergy_set_export_limit", watts=5000)
    await run(hass, "sigenergy_set_backup_reserve", backup_reserve=12.5)
    # Powers in W; levels in tenths of a percent.
    wanted = {40032: 4200, 40034: 0, 40038: 5000, 40046: 125}
    assert plant.settings().items() >= wanted.items()
    await run(hass, "sigenergy_set_export_limit", watts=0)
    assert plant.settings()[40038] == 0xFFFFFFFE
    for register in (RESERVE, MAX_CHARGE, MAX_DISCHARGE, EXPORT_LIMIT):
        assert sungrow.settings()[register] == before[register]

    answer = await call(hass, "set_backup_reserve", percent=30)
    assert [each["outcome"] for each in answer["batteries"]] == ["followed"] * 2
    assert (sungrow.settings()[RESERVE], plant.settings()[40046]) == (30, 300)
    answer = await call(hass, "set_charge_rate", kw=6)
    first, second = (each["value"] for each in answer["batteries"])
    # Each its part of it, by what it can do.
    assert first + second == pytest.approx(6000)
    assert sungrow.settings()[MAX_CHARGE] == first // 10
    assert plant.settings()[40032] == int(second)
    await run(hass, "set_discharge_rate", kw=0)
    assert (sungrow.settings()[MAX_DISCHARGE], plant.settings()[40034]) == (1, 0)
    await run(hass, "set_export_limit", watts=4000)
    assert (sungrow.settings()[EXPORT_LIMIT], plant.settings()[40038]) == (4000, 4000)
    for name, value in (("charge_rate", second), ("export_limit", 4000)):
        assert float(value_of(hass, f"number.sigenstor_{name}")) == int(value)
    named = device_id(hass, SERIAL)
    await run(hass, "set_backup_reserve", percent=40, battery=named)
    assert (sungrow.settings()[RESERVE], plant.settings()[40046]) == (30, 400)
    error = await refused(hass, "sungrow_force_charge", battery=named)
    assert error.translation_key == "other_brand"
    error = await refused(hass, "set_backup_reserve", percent=101)
    assert error.translation_key == "owner_value_out_of_range"
