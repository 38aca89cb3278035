"""What a check of a demo home saw, and how it waits for it."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from time import monotonic
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from .run import Demo


@dataclass(slots=True)
class Report:
    """What was seen, line by line."""

    started: float = field(default_factory=monotonic)
    failures: list[str] = field(default_factory=list)
    restores: int = 0
    resumes: int = 0

    def say(self, text: str) -> None:
        """Print a line with the time since the start."""
        print(f"[{monotonic() - self.started:6.1f} s] {text}", flush=True)  # noqa: T201 - a command's output

    def judge(self, what: str, *, good: bool) -> None:
        """Print a verdict and remember a bad one."""
        self.say(f"{'ok  ' if good else 'FAIL'} {what}")
        if not good:
            self.failures.append(what)


async def until(condition: Callable[[], Awaitable[bool]], within_s: float) -> bool:
    """Wait for a condition; return whether it came about in time."""
    end = monotonic() + within_s
    while monotonic() < end:
        if await condition():
            return True
        await asyncio.sleep(0.25)
    return False


def log_is_clean(demo: Demo, report: Report) -> None:
    """See that Home Assistant's log has nothing about PowerSync, and end."""
    report.say(f"{report.restores} restores, {report.resumes} forces resumed")
    about_us = [
        record
        for record in demo.hass.problems(levels=("WARNING", "ERROR", "CRITICAL"))
        if "power_sync" in record.logger or "power_sync" in record.message
    ]
    unexpected = [
        record
        for record in about_us
        if not record.message.startswith("We found a custom integration power_sync")
    ]
    for record in unexpected:
        report.say(f"log: {record.level} {record.logger} {record.message}")
    report.judge("nothing from or about PowerSync in the log", good=not unexpected)
    report.say("all is well" if not report.failures else "it is not well")
