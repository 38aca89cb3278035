"""A simulated account at Sigenergy's cloud, and requests in its name."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from types import SimpleNamespace

from aiohttp import ClientSession
import pytest

from custom_components.power_sync.devices.batteries.cloud import Account, Login
from custom_components.power_sync.devices.batteries.sigenergy_cloud import budget
from custom_components.power_sync.devices.batteries.sigenergy_cloud.account import (
    CloudSession,
)
from simulators.clock import Clock, RealClock
from simulators.home import SimulatedHome
from simulators.profile import constant
from simulators.sigen_cloud import SigenCloudSimulator
from simulators.sigen_station import SimulatedStation

ACCOUNT = Account("owner@example.com", "correct horse")
STATION = "12025061000219"
HOLDS = 40 + 60 * 8
"""What an account may ask in its first hour."""
NOON = datetime(2026, 6, 15, 12, tzinfo=UTC)


def count_by(clock: Clock, monkeypatch: pytest.MonkeyPatch) -> None:
    """Have the budget of every account go by a clock."""
    seconds = SimpleNamespace(monotonic=lambda: clock.now().timestamp())
    monkeypatch.setattr(budget, "time", seconds)


@asynccontextmanager
async def cloud(
    clock: Clock | None = None, *, solar_w: float = 3000.0, load_w: float = 800.0
) -> AsyncIterator[SigenCloudSimulator]:
    """Run a cloud with one station."""
    clock = clock or RealClock()
    home = SimulatedHome(clock, constant(load_w, solar_w))
    async with SigenCloudSimulator(clock, [SimulatedStation(home)]) as running:
        yield running


@asynccontextmanager
async def asking(
    url: str, account: Account = ACCOUNT, *, timeout_s: float = 5.0
) -> AsyncIterator[CloudSession]:
    """Ask in the name of an account."""
    async with ClientSession() as session:
        yield CloudSession(Login(session, url, account), timeout_s=timeout_s)
