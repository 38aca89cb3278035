"""Two sites whose batteries are behind one gateway: one link, and one pace."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass, replace
from datetime import timedelta
from itertools import batched, pairwise

import pytest
from pytest_homeassistant_custom_component.common import (  # type: ignore[import-untyped]  # has no type marker
    MockConfigEntry,
)

from custom_components.power_sync.bridges import access
from custom_components.power_sync.bridges.access import battery_driver
from custom_components.power_sync.devices.batteries.sungrow.link import WINET
from custom_components.power_sync.devices.protocols import BatteryDriver
from custom_components.power_sync.model.battery import Mode
from homeassistant.components.modbus.connection import async_get_connection_info
from homeassistant.core import HomeAssistant
from simulators.modbus_faults import Frame
from simulators.sungrow import SungrowSimulator
from tests.common import battery_data, brand_on
from tests.devices.sungrow_unit import carry_out, simulator

pytestmark = pytest.mark.usefixtures("socket_enabled")

APART_S, AFTER_WRITE_S = 0.03, 0.2
QUICK = replace(
    WINET,
    spacing_s=APART_S,
    after_write_s=AFTER_WRITE_S,
    connect_delay_s=0.0,
    settle=timedelta(milliseconds=5),
)
"""A WiNet-S in less of a test's time."""
TICK_S = 0.001


@dataclass
class Gateway:
    """Two inverters at one port, and the batteries that two sites make of them."""

    near: SungrowSimulator
    far: SungrowSimulator
    batteries: tuple[BatteryDriver, BatteryDriver]


@pytest.fixture
async def gateway(
    hass: HomeAssistant, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[Gateway]:
    """Have two entries hold a battery each, at an address spelled in two ways."""
    monkeypatch.setattr(access, "BRANDS", {"sungrow": brand_on(QUICK)})
    far = simulator(unit_id=2)
    far.serial = "B2320500456"
    async with simulator() as near:
        near.beside[2] = far
        near.faults.single_client = True
        entries = [MockConfigEntry(), MockConfigEntry()]
        one, other = (
            battery_driver(
                hass, entry, {**battery_data(inverter), "link": "winet"} | at
            )
            for entry, inverter, at in (
                (entries[0], near, {}),
                (entries[1], far, {"host": "LocalHost", "port": near.port}),
            )
        )
        yield Gateway(near, far, (one, other))
        for entry in entries:
            await entry._async_process_on_unload(hass)  # noqa: SLF001 - as unloading does


async def looked_after(battery: BatteryDriver) -> None:
    """Read a battery, force it, and give it back."""
    await battery.read()
    owner = await battery.read_settings()
    await carry_out(battery, Mode.CHARGE, 2500, owner)
    await battery.read()
    for write in battery.writes_for_release(owner, await battery.read_settings()):
        await battery.write(write)
    assert await battery.read_settings() == owner


def exchanges(frames: list[Frame]) -> list[tuple[Frame, Frame]]:
    """Return requests with their answers; they never overlap."""
    found = [(asked, answered) for asked, answered in batched(frames, 2, strict=True)]
    for asked, answered in found:
        assert (asked.asks, answered.asks) == (True, False)
        assert asked.unit_id == answered.unit_id
    return found


async def test_one_link_and_one_pace(hass: HomeAssistant, gateway: Gateway) -> None:
    """Each site looks after its battery at the same time, and none gets in the way.

    A gateway that takes one client only serves both, one request at a time. None
    comes sooner after another than the pace, and after a write, of either site,
    none within its longer quiet time.
    """
    await asyncio.gather(*(looked_after(each) for each in gateway.batteries))
    (link,) = async_get_connection_info(hass)
    assert (len(link.units), gateway.near.connections) == (2, 1)
    done = exchanges(list(gateway.near.frames))
    turns = 0
    for (_, answered), (asked, _) in pairwise(done):
        apart_s = AFTER_WRITE_S if answered.writes else APART_S
        assert asked.at_s - answered.at_s >= apart_s - TICK_S
        turns += asked.unit_id != answered.unit_id
    assert turns >= 10
    for inverter in (gateway.near, gateway.far):
        written = [(each.register, each.value) for each in inverter.writes]
        assert written[:3] == [(13051, 2500), (13049, 2), (13050, 0xAA)]


async def test_the_quiet_time_ends(gateway: Gateway) -> None:
    """What follows it comes at the usual pace again."""
    battery, _ = gateway.batteries
    await looked_after(battery)
    gateway.near.frames.clear()
    await battery.read()
    done = exchanges(list(gateway.near.frames))
    gaps = [asked.at_s - answered.at_s for (_, answered), (asked, _) in pairwise(done)]
    assert gaps
    assert APART_S - TICK_S <= min(gaps) < AFTER_WRITE_S
