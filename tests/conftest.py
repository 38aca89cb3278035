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
from simulators.aemo import AemoSimulator
from simulators.amber import AmberSimulator
from simulators.car import SimulatedCar
from simulators.home import Cells, SimulatedHome
from simulators.myenergi import MyenergiSimulator, SimulatedZappi
from simulators.octopus import OctopusSimulator
from simulators.profile import constant
from simulators.sungrow import SungrowSimulator
from simulators.tls import TestAuthority

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

LONGEST_NAME = 250
AUTHORITY = TestAuthority.make()
"""Made once, and before any clock stands still."""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Refuse names of tests made from data: both processes must find the same."""
    for item in items:
        if len(item.nodeid) > LONGEST_NAME:
            msg = f"Give this test's parameter an id: {item.nodeid[:120]}…"
            raise pytest.UsageError(msg)


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


@pytest.fixture
async def amber(socket_enabled: None) -> AsyncIterator[AmberSimulator]:
    """Start the electricity provider of a home in Australia."""
    async with AmberSimulator(HassClock()) as running:
        yield running


@pytest.fixture
async def aemo(socket_enabled: None) -> AsyncIterator[AemoSimulator]:
    """Start the operator of Australia's market."""
    async with AemoSimulator(HassClock()) as running:
        yield running


@pytest.fixture
def zappi(home: SimulatedHome) -> SimulatedZappi:
    """Return a Zappi in the mode Fast, with nobody plugged in."""
    return SimulatedZappi(home, SimulatedCar(home), mode=1)


@pytest.fixture
async def myenergi(
    socket_enabled: None, zappi: SimulatedZappi, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[MyenergiSimulator]:
    """Start the cloud that a Zappi reports to, and have its authority trusted."""
    async with MyenergiSimulator(HassClock(), [zappi], authority=AUTHORITY) as running:
        monkeypatch.setattr(
            "custom_components.power_sync.bridges.myenergi.client_context",
            running.authority.client_context,
        )
        yield running
