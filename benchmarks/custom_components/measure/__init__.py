"""Looks at a Home Assistant from the inside: its loop, its memory, its leftovers."""

import asyncio
from collections import Counter
from collections.abc import Callable
import ctypes
import gc
from pathlib import Path
import sys
import time
from typing import Final

from homeassistant.core import (
    HomeAssistant,
    ServiceCall,
    ServiceResponse,
    SupportsResponse,
)
from homeassistant.helpers.typing import ConfigType

DOMAIN: Final = "measure"
BEAT_S: Final = 0.005
MB: Final = 2**20


class Heart:
    """Beats on the event loop, and notes by how much it was late.

    Attributes:
        late_s: The most that a beat came late.
        busy_s: The most processor time that the loop's thread took between two
            beats: what is left of `late_s` on a machine that does nothing else.

    """

    def __init__(self) -> None:
        """Begin to beat."""
        self._loop = asyncio.get_running_loop()
        self.reset()
        self._beat_in(BEAT_S)

    def reset(self) -> None:
        """Forget what was, and what the next beat will be late by."""
        self.late_s = self.busy_s = 0.0
        self._forgiven = True

    def _beat_in(self, delay_s: float) -> None:
        self._due = self._loop.time() + delay_s
        self._spent = time.thread_time()
        self._loop.call_at(self._due, self._beat)

    def _beat(self) -> None:
        if not self._forgiven:
            self.late_s = max(self.late_s, self._loop.time() - self._due)
            self.busy_s = max(self.busy_s, time.thread_time() - self._spent)
        self._forgiven = False
        self._beat_in(BEAT_S)


async def async_setup(hass: HomeAssistant, config: ConfigType) -> bool:
    """Offer the action that answers with what was seen since it was last asked."""
    heart = Heart()
    trim = _trimmer()

    async def async_take(call: ServiceCall) -> ServiceResponse:
        late_ms, busy_ms = heart.late_s * 1000, heart.busy_s * 1000
        # Python keeps what it has freed; what counts is what is held.
        gc.collect()
        trim(0)
        held = Counter(
            f"{type(each).__module__}.{type(each).__qualname__}"
            for each in gc.get_objects()
        )
        seen: ServiceResponse = {
            "late_ms": late_ms,
            "busy_ms": busy_ms,
            "rss_mb": _resident_mb(),
            "sqlite_mb": _sqlite_mb(),
            "objects": held.total(),
            "held": dict(held),
            "tasks": len(asyncio.all_tasks()),
            "listeners": sum(hass.bus.async_listeners().values()),
            "scipy": "scipy" in sys.modules,
        }
        # Looking took its time.
        heart.reset()
        return seen

    hass.services.async_register(
        DOMAIN, "take", async_take, supports_response=SupportsResponse.ONLY
    )
    return True


def _trimmer() -> Callable[[int], int]:
    """Return what gives freed memory back to the system, where there is such."""
    trim: Callable[[int], int] | None = getattr(ctypes.CDLL(None), "malloc_trim", None)
    return trim or (lambda _: 0)


def _resident_mb() -> float:
    """Return the memory that the process holds (Linux)."""
    pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1])
    return pages * 4096 / MB


def _sqlite_mb() -> float:
    """Return what SQLite holds of it: the recorder's cache, bounded by itself."""
    used = ctypes.CDLL("libsqlite3.so.0").sqlite3_memory_used
    used.restype = ctypes.c_int64
    return int(used()) / MB
