"""Every running state: when a battery is left alone, over a real socket."""

from collections.abc import AsyncIterator

import pytest

from custom_components.power_sync.control.health import HealthTracker, Trouble
from custom_components.power_sync.devices.batteries.sungrow.codes import RUNNING_STATES
from custom_components.power_sync.devices.batteries.sungrow.driver import SungrowBattery
from simulators.sungrow import SungrowSimulator

from .sungrow_unit import CONFIG, LINK, Clock, link_to, simulator

pytestmark = pytest.mark.usefixtures("socket_enabled")

OFF_GRID = {0x1000: "off_grid", 0x0014: "microgrid", 0x0041: "off_grid_charge"}
FAULTS = {
    0x0004: "emergency_stop",
    0x1500: "emergency_stop",
    0x0100: "fault",
    0x5500: "fault",
    0x0200: "update_failed",
    0x1700: "afci",
    0x2500: "communication_fault",
    0x4001: "emergency_charging",
}
NORMAL = {
    0x0000: "running",
    0x0040: "running",
    0x0001: "stop",
    0x8000: "stop",
    0x0002: "key_stop",
    0x1300: "key_stop",
    0x0008: "standby",
    0x1400: "standby",
    0x0010: "initial_standby",
    0x1200: "initial_standby",
    0x0020: "starting",
    0x1600: "starting",
    0x0080: "derating",
    0x8100: "derating",
    0x0400: "maintain",
    0x0800: "forced",
    0x1111: "uninitialised",
    0x1800: "station_building",
    0x1900: "safe_mode",
    0x2000: "open_loop",
    0x2501: "restarting",
    0x4000: "external_ems",
    0x8200: "dispatch",
    0x9100: "warning",
}


@pytest.fixture
async def inverter() -> AsyncIterator[SungrowSimulator]:
    """Start an inverter."""
    async with simulator() as running:
        yield running


@pytest.mark.parametrize("code", sorted(RUNNING_STATES), ids=hex)
async def test_every_code(inverter: SungrowSimulator, clock: Clock, code: int) -> None:
    """The safety rule speaks for those off the grid and those with a fault."""
    inverter.running_state = code
    async with link_to(inverter.port) as unit:
        got = await SungrowBattery(unit, CONFIG, now=clock, link=LINK).read()
    expected = (OFF_GRID | FAULTS | NORMAL)[code]
    assert got.extra["running_state"] == expected
    assert got.islanded == (code in OFF_GRID)
    assert got.fault == (code in FAULTS)
    health = HealthTracker()
    health.good(got)
    trouble = health.trouble(clock())
    assert trouble == (
        Trouble.ISLANDED
        if code in OFF_GRID
        else Trouble.FAULT
        if code in FAULTS
        else None
    )


@pytest.mark.parametrize("code", OFF_GRID, ids=hex)
async def test_back_on_the_grid(
    inverter: SungrowSimulator, clock: Clock, code: int
) -> None:
    """It is left alone for five minutes more."""
    health = HealthTracker()
    async with link_to(inverter.port) as unit:
        battery = SungrowBattery(unit, CONFIG, now=clock, link=LINK)
        inverter.running_state = code
        health.good(await battery.read())
        assert health.trouble(clock()) is Trouble.ISLANDED
        inverter.running_state = None
        clock.advance(10)
        health.good(await battery.read())
        assert health.trouble(clock()) is Trouble.GRID_RETURNING
        clock.advance(300)
        health.good(await battery.read())
    assert health.trouble(clock()) is None


async def test_code_that_has_no_name(inverter: SungrowSimulator, clock: Clock) -> None:
    """It is told as it is; what it means is not known."""
    inverter.running_state = 0x7777
    async with link_to(inverter.port) as unit:
        got = await SungrowBattery(unit, CONFIG, now=clock, link=LINK).read()
    assert got.extra["running_state"] == "0x7777"
    assert (got.islanded, got.fault) == (None, None)


def test_every_code_is_judged() -> None:
    """No code of the table is left out above."""
    assert RUNNING_STATES == OFF_GRID | FAULTS | NORMAL
