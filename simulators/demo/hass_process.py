"""A real Home Assistant in a process of its own, bound to this machine only."""

import asyncio
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass
from http import HTTPStatus
import os
from pathlib import Path
import re
import signal
import sys
from typing import Self

import aiohttp

from .hass_config import HOST

STOP_TIMEOUT_S = 60.0
POLL_S = 0.25
# The log-in page answers "onboarding required" while there is no user.
ANSWERS = (HTTPStatus.OK, HTTPStatus.BAD_REQUEST)

# Runs in the child before it becomes `hass`. A parent that is killed cannot stop
# its children, so the kernel is asked to (Linux only; elsewhere it is skipped).
LAUNCHER = """\
import ctypes, os, signal, sys
if sys.platform == "linux":
    PR_SET_PDEATHSIG = 1
    ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGTERM)
    if os.getppid() != int(sys.argv[1]):
        sys.exit("the parent is gone")
os.execv(sys.argv[2], sys.argv[2:])
"""

_LOG_LINE = re.compile(
    r"^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\.\d+(?:[+-]\d\d:\d\d)? "
    r"(?P<level>[A-Z]+) \(.*?\) \[(?P<logger>[^\]]+)\] (?P<message>.*)$"
)


class HassProcessError(Exception):
    """Home Assistant did not start, or ended by itself."""


@dataclass(frozen=True, slots=True)
class LogRecord:
    """One line of Home Assistant's log and what follows it, such as a traceback."""

    level: str
    logger: str
    message: str


class HassProcess:
    """Starts, watches and ends `hass` on one configuration folder.

    Use it as an async context manager: leaving it ends the process, whatever
    happened inside.
    """

    def __init__(
        self,
        folder: Path,
        port: int,
        python: Path | None = None,
        *,
        trusted: bytes | None = None,
    ) -> None:
        """Take the folder that `prepare_config` made, and its port.

        `python` is that of the environment which has Home Assistant, where it is
        not the one that runs this. `trusted` is the certificate, in PEM, of the one
        authority that its HTTPS clients are to trust.
        """
        self._trusted = trusted
        self._python = sys.executable if python is None else str(python)
        self.folder = folder
        self.url = f"http://{HOST}:{port}"
        # Home Assistant's own log file is moved away at each start; this one
        # goes on, and has what is printed before logging begins.
        self.log_path = folder / "console.log"
        self.libraries = folder / "libraries"
        """What is put there is found first, and by this Home Assistant only."""
        self._process: asyncio.subprocess.Process | None = None

    async def __aenter__(self) -> Self:
        """Return this, not started."""
        return self

    async def __aexit__(self, *_: object) -> None:
        """End the process."""
        await self.stop()

    @property
    def running(self) -> bool:
        """Tell whether the process is alive."""
        return self._process is not None and self._process.returncode is None

    @property
    def pid(self) -> int | None:
        """Return the process id, None while there is no process."""
        return self._process.pid if self._process is not None else None

    async def start(self, timeout_s: float = 120.0) -> None:
        """Start `hass` and wait until it takes log-ins.

        Raises:
            HassProcessError: It is running already, ended, or did not answer in time.

        """
        if self.running:
            message = "Home Assistant is running already"
            raise HassProcessError(message)
        self.libraries.mkdir(exist_ok=True)
        path = [str(self.libraries), os.environ.get("PYTHONPATH", "")]
        environment = {
            **os.environ,
            "PYTHONPATH": os.pathsep.join(filter(None, path)),
        }
        if self._trusted is not None:
            bundle = self.folder / "trusted.pem"
            bundle.write_bytes(self._trusted)
            environment["REQUESTS_CA_BUNDLE"] = str(bundle)
        with self.log_path.open("ab") as log:
            self._process = await asyncio.create_subprocess_exec(
                *(self._python, "-c", LAUNCHER, str(os.getpid())),
                *(self._python, "-m", "homeassistant"),
                *("--skip-pip", "--log-no-color", "--config", str(self.folder)),
                stdin=asyncio.subprocess.DEVNULL,
                stdout=log,
                stderr=asyncio.subprocess.STDOUT,
                start_new_session=True,
                env=environment,
            )
        try:
            async with asyncio.timeout(timeout_s):
                await self._wait_for_answer()
        except TimeoutError:
            await self.kill()
            message = f"Home Assistant did not answer in {timeout_s:.0f} s"
            raise HassProcessError(f"{message}\n{self._last_lines()}") from None
        except BaseException:
            await self.kill()
            raise

    async def stop(self, timeout_s: float = STOP_TIMEOUT_S) -> int | None:
        """Ask the process to end, and kill it when it does not.

        Returns:
            The exit code: 0 for a clean stop, negative for the signal that killed
            it, None if there was no process.

        """
        process = self._process
        if process is None:
            return None
        with suppress(ProcessLookupError):
            process.send_signal(signal.SIGTERM)
        try:
            async with asyncio.timeout(timeout_s):
                await process.wait()
        except TimeoutError:
            pass
        finally:
            await self.kill()
        return process.returncode

    async def kill(self) -> None:
        """End the process and its children at once, as a power cut would."""
        process, self._process = self._process, None
        if process is None:
            return
        # The child leads a group of its own, which its children belong to.
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        await process.wait()

    def log_size(self) -> int:
        """Return the log's size in bytes, a mark for `log_records`."""
        return self.log_path.stat().st_size if self.log_path.exists() else 0

    def log_records(self, since: int = 0) -> list[LogRecord]:
        """Return what was logged after the mark `since`."""
        if not self.log_path.exists():
            return []
        with self.log_path.open("rb") as log:
            log.seek(since)
            lines = log.read().decode(errors="replace").splitlines()
        records: list[LogRecord] = []
        for line in lines:
            if match := _LOG_LINE.match(line):
                records.append(LogRecord(**match.groupdict()))
            elif records:
                last = records[-1]
                message = f"{last.message}\n{line}"
                records[-1] = LogRecord(last.level, last.logger, message)
            else:
                # Printed before logging began: an interpreter's complaint.
                records.append(LogRecord("ERROR", "stderr", line))
        return records

    def problems(
        self, since: int = 0, levels: Iterable[str] = ("ERROR", "CRITICAL")
    ) -> list[LogRecord]:
        """Return the records of the given levels after the mark `since`."""
        wanted = frozenset(levels)
        return [record for record in self.log_records(since) if record.level in wanted]

    async def _wait_for_answer(self) -> None:
        """Return when the log-in page's data is served."""
        url = f"{self.url}/auth/providers"
        # The server listens before it has anything to serve.
        timeout = aiohttp.ClientTimeout(total=5.0)
        async with aiohttp.ClientSession(timeout=timeout) as session:
            while True:
                process = self._process
                if process is None or process.returncode is not None:
                    message = "Home Assistant ended while starting"
                    raise HassProcessError(f"{message}\n{self._last_lines()}")
                with suppress(aiohttp.ClientError, TimeoutError):
                    async with session.get(url) as response:
                        if response.status in ANSWERS:
                            return
                await asyncio.sleep(POLL_S)

    def _last_lines(self, count: int = 20) -> str:
        """Return the end of the log, to be shown with an error."""
        text = self.log_path.read_text(encoding="utf-8", errors="replace")
        return "\n".join(text.splitlines()[-count:])
