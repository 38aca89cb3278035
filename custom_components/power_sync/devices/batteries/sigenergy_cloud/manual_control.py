"""Reading and replacing the instant manual control of a station.

The cloud shows what it was told a few seconds later.
"""

import asyncio
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Final

from custom_components.power_sync.model.battery import SettingValue

from .answers import Manual
from .client import SigenCloud
from .manual import DURATION, OFF, Sent, noted, parsed, present, running

LOOKS: Final = 5
"""So often at most the cloud is asked what it was told last."""


class ManualControl:
    """Reads and writes it as one setting. Raises DeviceError."""

    def __init__(
        self, station: str, now: Callable[[], datetime], settle: timedelta
    ) -> None:
        """Know nothing yet; `settle` is how long the cloud takes to show a change."""
        self._station = station
        self._now = now
        self._settle = settle
        self._started = now()
        self._sent: Sent | None = None
        self._found: tuple[Manual, SettingValue] | None = None
        self._awaited: SettingValue = None
        """What was written and has not been read back yet."""

    async def read(self, cloud: SigenCloud) -> SettingValue:
        """Return its value; None where its power may be from before.

        After a write the cloud is asked again until it shows that, or until it was
        asked often enough.
        """
        awaited, self._awaited = self._awaited, None
        for _ in range(LOOKS):
            value = (await self._present(cloud))[1]
            if awaited is None or value == awaited:
                break
            await asyncio.sleep(self._settle.total_seconds())
        return value

    async def write(self, cloud: SigenCloud, wanted: SettingValue) -> None:
        """Begin one, or end it. Raises DeviceRefusedError."""
        (found, value), self._found = self._found or await self._present(cloud), None
        self._awaited = wanted
        if wanted == OFF:
            await cloud.cancel_manual(self._station)
            return
        mode, power_kw = parsed(wanted)
        self._sent = Sent(str(wanted))
        if running(found, self._now()) and found.mode == mode:
            self._sent = Sent(str(wanted), value, found.end)
        minutes = int(DURATION.total_seconds() // 60)
        await cloud.start_manual(self._station, mode, minutes, power_kw)

    async def _present(self, cloud: SigenCloud) -> tuple[Manual, SettingValue]:
        """Return the manual control, and what that is as a setting."""
        found = await cloud.manual(self._station)
        self._sent = noted(self._sent, found)
        self._found = found, present(found, self._sent, self._now(), self._started)
        return self._found
