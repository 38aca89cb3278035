"""A simulated home and a real Home Assistant without PowerSync, in their processes."""

import asyncio
from collections.abc import Awaitable, Callable, Coroutine, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
import json
from pathlib import Path
import select
import subprocess
from typing import Any, Final

import aiohttp

from simulators.demo.api import HassApi
from simulators.demo.dashboard import show_dashboard
from simulators.demo.hass_process import HassProcess, LogRecord
from simulators.demo.json_values import as_text
from simulators.demo.run import HASS_PYTHON, ROOT
from tests.simulators.modbus_client import ModbusClient

STARTS_WITHIN_S: Final = 150
STOPS_WITHIN_S: Final = 70

EMS_MODE: Final = 13049
FORCED_CHARGE: Final = 0xAA
SETTINGS: Final = ((EMS_MODE, 3), (13057, 3), (33046, 2))
"""The first register and the count of each block of settings."""


@dataclass(frozen=True, slots=True)
class Household:
    """Where everything is."""

    folder: Path
    url: str
    user: str
    password: str
    octopus: str
    inverter_host: str
    inverter_port: int

    def settings(self) -> list[list[int]]:
        """Return what is set on the inverter, read from it."""
        return _beside(self._settings())

    async def _settings(self) -> list[list[int]]:
        client = ModbusClient(self.inverter_host, self.inverter_port, timeout_s=5)
        async with client:
            answers = [await client.read_holding(*block) for block in SETTINGS]
        return [answer.registers for answer in answers]

    def make_dashboard(self) -> None:
        """Make the dashboard that `scripts/dashboard` makes, and open it first."""
        _beside(self._ask(show_dashboard))

    def access_token(self) -> str:
        """Return a long-lived token, as a user makes one on the page of the profile."""
        return _beside(self._ask(_make_token))

    async def _ask[T](self, question: Callable[[HassApi], Awaitable[T]]) -> T:
        async with aiohttp.ClientSession() as session:
            return await question(HassApi(session, self.url, self.user, self.password))

    def logged_errors(self) -> list[LogRecord]:
        """Return what Home Assistant logged as errors of PowerSync."""
        log = HassProcess(self.folder, 0)
        return [
            record
            for record in log.problems()
            if "power_sync" in f"{record.logger} {record.message}"
        ]


def _beside[T](work: Coroutine[Any, Any, T]) -> T:
    """Return what comes of it: Playwright's own event loop occupies this thread."""
    with ThreadPoolExecutor(1) as thread:
        return thread.submit(asyncio.run, work).result()


async def _make_token(api: HassApi) -> str:
    kind = "auth/long_lived_access_token"
    return as_text(await api.command(kind, client_name="scripts/dashboard", lifespan=1))


@contextmanager
def running_household(folder: Path) -> Iterator[Household]:
    """Start it all, and end it all."""
    command = (HASS_PYTHON, "-m", "simulators.demo", "--empty", "--folder", folder)
    with subprocess.Popen(  # noqa: S603 - a fixed command
        command,
        cwd=ROOT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        try:
            yield Household(folder=folder, **_addresses(process))
        finally:
            # The end of its input is what ends it.
            assert process.stdin
            process.stdin.close()
            try:
                process.wait(STOPS_WITHIN_S)
            finally:
                process.kill()


def _addresses(process: subprocess.Popen[str]) -> dict[str, Any]:
    """Return what the demo prints once it runs."""
    assert process.stdout
    ready, _, _ = select.select([process.stdout], [], [], STARTS_WITHIN_S)
    assert ready, "the demo does not start"
    line = process.stdout.readline()
    assert line.startswith("{"), f"the demo ended early: {line}"
    addresses: dict[str, Any] = json.loads(line)
    return addresses
