"""Simulated devices around a Home Assistant whose time can stand still."""

import asyncio
from collections.abc import AsyncIterator
import os

from freezegun import api, freeze_time
from freezegun.api import FrozenDateTimeFactory
from hypothesis import HealthCheck, settings
import pytest

# Imported so that Home Assistant finds the integration in this directory.
import custom_components.power_sync  # noqa: F401
from simulators.home import Cells, SimulatedHome
from simulators.octopus import OctopusSimulator
from simulators.profile import constant
from simulators.sungrow import SungrowSimulator

from .common import BATTERY_W, CAPACITY_KWH, NOON, RATED_W, SERIAL, HassClock

settings.register_profile(
    "power_sync",
    max_examples=100,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow],
    # Where changes are checked, the same ones pass today and tomorrow.
    derandomize="CI" in os.environ,
)
settings.load_profile("power_sync")
"""How fast a computer is decides about no property."""


@pytest.fixture
async def frozen_time(
    monkeypatch: pytest.MonkeyPatch,
) -> AsyncIterator[FrozenDateTimeFactory]:
    """Stop the clock at noon; sleeps and time-outs of sockets go on.

    The loop's time runs on and jumps with each `tick` and `move_to`, so that
    what falls due by then is due for the loop, too.
    """
    with freeze_time(NOON) as frozen:
        assert isinstance(frozen, FrozenDateTimeFactory)
        start = frozen()

        def loop_time() -> float:
            return api.real_monotonic() + (frozen() - start).total_seconds()

        # Home Assistant's harness has bound the frozen clock to the loop itself.
        monkeypatch.setattr(asyncio.get_running_loop(), "time", loop_time)
        yield frozen


@pytest.fixture
def home() -> SimulatedHome:
    """Return a home with 1.2 kW of load, 3 kW of sun and a battery at 55 %."""
    cells = Cells(
        capacity_kwh=CAPACITY_KWH, max_charge_w=BATTERY_W, max_discharge_w=BATTERY_W
    )
    return SimulatedHome(
        HassClock(), constant(1200, 3000), cells=cells, soc_pct=55, rated_w=RATED_W
    )


@pytest.fixture
async def sungrow(
    socket_enabled: None, home: SimulatedHome
) -> AsyncIterator[SungrowSimulator]:
    """Start an SH10RT at the home."""
    async with SungrowSimulator(home, serial=SERIAL) as running:
        yield running


@pytest.fixture
async def octopus(socket_enabled: None) -> AsyncIterator[OctopusSimulator]:
    """Start the electricity provider."""
    async with OctopusSimulator(HassClock()) as running:
        yield running
