"""A provider's simulator on a loopback socket, and a client of it."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime

from aiohttp import ClientSession
import pytest

from custom_components.power_sync.prices.octopus_client import OctopusClient
from simulators.clock import ManualClock
from simulators.octopus import OctopusSimulator


@pytest.fixture
def clock() -> ManualClock:
    """Noon of a Wednesday in winter, before the next day is published."""
    return ManualClock(datetime(2026, 1, 14, 12, tzinfo=UTC))


@pytest.fixture
async def simulator(
    socket_enabled: None, clock: ManualClock
) -> AsyncIterator[OctopusSimulator]:
    """Octopus Energy."""
    async with OctopusSimulator(clock) as running:
        yield running


@pytest.fixture
async def session(socket_enabled: None) -> AsyncIterator[ClientSession]:
    """Give the session that Home Assistant would give."""
    async with ClientSession() as opened:
        yield opened


@pytest.fixture
def client(simulator: OctopusSimulator, session: ClientSession) -> OctopusClient:
    """Return a client of the simulator."""
    return OctopusClient(session, simulator.url, timeout_s=5)
