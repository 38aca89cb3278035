"""What has a station plan for itself: the tariff in its app, and a mode that heeds it.

Both are its owner's. They are read before anything is replaced, and the tariff is
saved once as it was found: only where the same is read after that is it known that it
can be put back. That the cloud tells it is known of one public source alone.
"""

from collections.abc import Callable, Collection, Iterator
from datetime import datetime, timedelta
from typing import Final

from custom_components.power_sync.devices.batteries.tariff_text import prices_of
from custom_components.power_sync.devices.protocols import (
    DeviceError,
    DeviceRefusedError,
    DeviceUnreachableError,
)
from custom_components.power_sync.model.battery import (
    Settings,
    SettingValue,
    Write,
)
from custom_components.power_sync.model.tariff import DayTariff

from . import tariff
from .answers import AI_MODE, OperatingMode
from .client import SigenCloud

TARIFF: Final = "tariff"
MODE: Final = "operating_mode"
BOTH: Final = frozenset({TARIFF, MODE})
LOOKED_EVERY: Final = timedelta(minutes=10)
FRESH: Final = timedelta(seconds=20)
"""What is written follows from what was read no longer ago than that."""
_ENDS: Final = (MODE, TARIFF)
"""Given back in this order, so that nothing plans by a tariff it is not meant to."""


class Planning:
    """Reads and writes what is `served` of both. Raises DeviceError."""

    def __init__(
        self, station: str, served: Collection[str], now: Callable[[], datetime]
    ) -> None:
        """Know nothing yet."""
        self._station = station
        self.served = served
        self._now = now
        self._found: dict[str, SettingValue] = {}
        self._mode = OperatingMode()
        self._read_at: datetime | None = None
        self._written = False
        self._proven: SettingValue = None

    @property
    def plans(self) -> bool:
        """Whether it has a tariff of ours, as far as was read."""
        return tariff.is_ours(self._found.get(TARIFF))

    async def read(
        self, cloud: SigenCloud, within: timedelta = LOOKED_EVERY
    ) -> Settings:
        """Return them, read anew where that was not done within a while."""
        at, last = self._now(), self._read_at
        if self._written or last is None or at - last >= within:
            found: dict[str, SettingValue] = {}
            if TARIFF in self.served:
                found[TARIFF] = tariff.value_of(await cloud.tariff(self._station))
            self._mode = await cloud.operating_mode(self._station)
            self._found = {**found, MODE: self._mode.value}
            self._read_at, self._written = at, False
        return dict(self._found)

    async def mode(self, cloud: SigenCloud) -> OperatingMode:
        """Return the operating mode at this moment."""
        await self.read(cloud, timedelta(0))
        return self._mode

    async def write(self, cloud: SigenCloud, write: Write) -> None:
        """Write one. Raises DeviceUnreachableError where either was changed since."""
        if not self._written:
            before = dict(self._found)
            if before != await self.read(cloud, FRESH):
                raise DeviceUnreachableError("something was changed in the meantime")
        try:
            if write.setting == MODE:
                await cloud.set_operating_mode(self._station, str(write.value))
            else:
                await self._save(cloud, write.value)
        except DeviceError:
            # Nobody knows whether it was done.
            self._read_at = None
            raise
        self._written = True

    async def _save(self, cloud: SigenCloud, value: SettingValue) -> None:
        content = tariff.content_of(value)
        held = self._found.get(TARIFF)
        if tariff.is_ours(value) and not tariff.is_ours(held):
            await self._prove(cloud, held)
        await cloud.save_tariff(self._station, content)

    async def _prove(self, cloud: SigenCloud, held: SettingValue) -> None:
        """Save the owner's tariff as it is, and see that it is the same after that."""
        if held == self._proven:
            return
        await cloud.save_tariff(self._station, tariff.content_of(held))
        if tariff.value_of(await cloud.tariff(self._station)) != held:
            raise DeviceRefusedError("the cloud does not keep a tariff as it is told")
        self._proven = held


def writes_for(prices: DayTariff, owner: Settings) -> Iterator[Write]:
    """Yield what has a station plan by prices. Raises DeviceRefusedError."""
    if owner.get(TARIFF) is None or owner.get(MODE) is None:
        raise DeviceRefusedError("there is no tariff in the app that could be put back")
    yield Write(TARIFF, tariff.value_for(prices))
    yield Write(MODE, AI_MODE)


def writes_back(owner: Settings) -> Iterator[Write]:
    """Yield what gives both back, as far as they are known."""
    for name in _ENDS:
        if owner.get(name) is not None:
            yield Write(name, owner[name])


def owners(found: Settings) -> dict[str, SettingValue]:
    """Return what is the owner's of both: a tariff of ours is not."""
    both = {name: found[name] for name in BOTH if name in found}
    if prices_of(both.get(TARIFF)) is not None:
        both[TARIFF] = None
    return both
