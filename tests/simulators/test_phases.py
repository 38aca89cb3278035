"""A home of three phases: what each carries, and what its meter tells."""

import aiohttp
import pytest

from simulators.clock import RealClock
from simulators.home import InverterControl, InverterMode, SimulatedHome
from simulators.phases import PhaseMeter, Phases
from simulators.profile import FunctionProfile


def phased(*inverter_on: int) -> tuple[SimulatedHome, Phases]:
    """Return a home that draws 900 W by itself, with 300 W of sun."""
    profile = FunctionProfile(lambda _: 900.0, lambda _: 300.0)
    home = SimulatedHome(RealClock(), profile)
    home.control = InverterControl(
        mode=InverterMode.FORCED_CHARGE, forced_power_w=1500.0
    )
    return home, Phases(home, inverter_on)


def test_the_inverter_is_on_one_phase() -> None:
    """Its sun and its battery are there alone; an appliance is on its own."""
    home, phases = phased(0)
    assert phases.grid_w == (1500.0, 300.0, 300.0)
    assert phases.without_battery_w == (0.0, 300.0, 300.0)
    phases.switch(0, 2000, 0)
    assert phases.grid_w == (1500.0, 2300.0, 300.0)
    assert sum(phases.grid_w) == home.flows.grid_w
    phases.switch(0, 0, 0)
    assert phases.grid_w == (1500.0, 300.0, 300.0)


def test_the_inverter_is_on_all_phases() -> None:
    """All carry their part."""
    home, phases = phased(0, 1, 2)
    assert phases.grid_w == (700.0, 700.0, 700.0)
    assert sum(phases.grid_w) == home.flows.grid_w


@pytest.mark.usefixtures("socket_enabled")
async def test_the_meter_tells_them() -> None:
    """By phase, and in sum."""
    _, phases = phased(0)
    async with (
        PhaseMeter(RealClock(), phases) as meter,
        aiohttp.ClientSession() as session,
        session.get(f"{meter.url}/data") as response,
    ):
        assert await response.json() == {
            "active_power_w": 2100.0,
            "active_power_l1_w": 1500.0,
            "active_power_l2_w": 300.0,
            "active_power_l3_w": 300.0,
        }
