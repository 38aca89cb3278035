"""Python's collector of cycles, kept from work that leaves none behind. Pure.

A plan makes tens of thousands of small objects, which go by themselves when it is made.
The collector takes those that it finds meanwhile for lasting ones, and so looks through
all of Home Assistant once in a few plans, with everything else standing still: for a
quarter of a second on a quick computer, up to a second on a busy one (Python 3.14).
"""

from collections.abc import Iterator
from contextlib import contextmanager
import gc
from threading import Lock


class _Pause:
    """Counts who wants the collector to pause: it is one for all threads."""

    def __init__(self) -> None:
        """Begin with nobody."""
        self._lock = Lock()
        self._wanted = 0
        self._was_on = False

    @contextmanager
    def __call__(self) -> Iterator[None]:
        """Pause it for a moment; where it was off, it stays off."""
        with self._lock:
            if self._wanted == 0:
                self._was_on = gc.isenabled()
                gc.disable()
            self._wanted += 1
        try:
            yield
        finally:
            with self._lock:
                self._wanted -= 1
                if self._wanted == 0 and self._was_on:
                    gc.enable()


collector_paused = _Pause()
