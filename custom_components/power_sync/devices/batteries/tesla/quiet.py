"""When Tesla's cloud wants to be left alone: each answer it refuses may cost, too."""

import asyncio
from datetime import timedelta
from typing import Final

from custom_components.power_sync.devices.protocols import DeviceUnreachableError

BUSY_FOR: Final = timedelta(minutes=1)
"""How long to ask nothing where the cloud has enough and does not say for how long."""
LONGEST: Final = timedelta(hours=1)
"""A longer wait than that is a mistake; so long where credits have run out."""


class Quiet:
    """The times in which nothing is asked. Tariffs have a limit of their own."""

    def __init__(self) -> None:
        """Begin with none."""
        self._until_s: dict[bool, float] = {}

    def keep(self, wait: timedelta, *, tariff: bool) -> None:
        """Ask nothing for a while: no tariffs, or nothing at all."""
        wait_s = min(wait, LONGEST).total_seconds()
        self._until_s[tariff] = asyncio.get_running_loop().time() + wait_s

    def check(self, *, tariff: bool) -> None:
        """Raise DeviceUnreachableError while the cloud wants no more of these."""
        until_s = max(
            self._until_s.get(False, 0.0),
            self._until_s.get(True, 0.0) if tariff else 0.0,
        )
        left_s = until_s - asyncio.get_running_loop().time()
        if left_s > 0:
            raise DeviceUnreachableError(
                f"the cloud wants to be left alone for {left_s:.0f} s"
            )
