"""Chargers that follow the meter are stopped before a battery sells, and set back.

A charger in such a mode takes for its car whatever the home exports. So its mode is
stored with proof, it is stopped, and only when it says so is anything sold
(`masks.py`). What the owner sets meanwhile, here or in its maker's app, is the
owner's: then the charger is left alone, and nothing is sold while it would take it.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
import logging
from typing import Final, Protocol

from custom_components.power_sync.devices.protocols import DeviceError
from custom_components.power_sync.model.charger import (
    FOLLOWS_EXPORT,
    ChargeMode,
    ChargerReading,
)

LOGGER = logging.getLogger(__name__)

AFTER: Final = timedelta(seconds=60)
"""So long after the last sale a charger is set back: a sale may go on."""
SEND_AGAIN: Final = timedelta(minutes=3)
"""A cloud may take two minutes to tell what it was told."""
TRIES_TOLD: Final = 3
"""After so many tries the user is told that a charger is not set back yet."""


class StopNotStoredError(Exception):
    """A charger's mode could not be stored with proof: nothing may be sent."""


@dataclass(frozen=True, slots=True)
class Stopped:
    """A charger that we stopped, or are stopping.

    `mode` is the owner's. `seen` is whether it has been seen to have stopped, `back`
    whether it is being set back, and `tries` how often that has been sent.
    """

    mode: ChargeMode
    seen: bool = False
    back: bool = False
    tries: int = 0


class StopJournal(Protocol):
    """Durable storage of what was stopped."""

    async def load(self) -> dict[str, Stopped]:
        """Return what is stored; nothing where there is none."""

    async def save(self, stopped: Mapping[str, Stopped]) -> None:
        """Store and prove it. Raises StopNotStoredError."""


class SetMode(Protocol):
    """Tells a charger its mode. Raises DeviceError."""

    async def __call__(self, charger_id: str, mode: ChargeMode) -> None:
        """Set the mode for good."""


class CarStops:
    """The chargers of a home that are stopped, or to be."""

    def __init__(
        self,
        journal: StopJournal,
        set_mode: SetMode,
        stoppable: frozenset[str],
        now: Callable[[], datetime],
    ) -> None:
        """Nothing is known before `start`; `stoppable` can be told to stop."""
        self._journal = journal
        self._set_mode = set_mode
        self._stoppable = stoppable
        self._now = now
        self._last_wanted: datetime | None = None
        self._sent: dict[str, datetime] = {}
        self._left: set[str] = set()
        self.stopped: dict[str, Stopped] = {}

    async def start(self) -> None:
        """Go on with what was stopped before a restart."""
        known = await self._journal.load()
        self.stopped = {key: known[key] for key in known if key in self._stoppable}

    @property
    def failing(self) -> list[str]:
        """Return the chargers that are not set back in spite of several tries."""
        return [
            key
            for key, each in self.stopped.items()
            if each.back and each.tries >= TRIES_TOLD
        ]

    async def owner_chose(self, charger_id: str) -> None:
        """Note that the owner has set a mode here: it is not ours now. No raise."""
        if self.stopped.pop(charger_id, None) is None:
            return
        self._left.add(charger_id)
        self._sent.pop(charger_id, None)
        try:
            await self._journal.save(self.stopped)
        except StopNotStoredError as err:
            LOGGER.warning("What the owner set a charger to is not stored: %s", err)

    async def act(
        self, readings: Mapping[str, ChargerReading | None], *, wanted: bool
    ) -> None:
        """Stop or set back; `wanted` is whether a battery sells or is to. No raise."""
        now = self._now()
        if wanted:
            self._last_wanted = now
        sells = self._last_wanted is not None and now - self._last_wanted < AFTER
        if not sells:
            self._left.clear()
        for charger_id in sorted(self._stoppable):
            reading = readings.get(charger_id)
            try:
                if charger_id in self.stopped:
                    await self._follow(charger_id, reading, sells=sells)
                elif wanted and reading is not None:
                    await self._stop(charger_id, reading)
            except DeviceError as err:
                LOGGER.debug("A charger was not told its mode: %s", err)
            except StopNotStoredError as err:
                LOGGER.debug("A charger is left alone: %s", err)

    async def give_back(self) -> list[str]:
        """Set everything back at once, before a stop; return what was not told."""
        left = []
        for charger_id, each in list(self.stopped.items()):
            try:
                await self._send_back(charger_id, each)
            except DeviceError:
                left.append(charger_id)
            except StopNotStoredError as err:
                # It has been told; the next start finds it in its owner's mode.
                LOGGER.debug("That a charger is set back is not stored: %s", err)
        return left

    async def _stop(self, charger_id: str, reading: ChargerReading) -> None:
        mode = reading.mode
        if charger_id in self._left or not reading.plugged:
            return
        if mode is None or mode not in FOLLOWS_EXPORT:
            return
        await self._keep(charger_id, Stopped(mode))
        await self._send(charger_id, ChargeMode.STOPPED)

    async def _follow(
        self, charger_id: str, reading: ChargerReading | None, *, sells: bool
    ) -> None:
        each, mode = self.stopped[charger_id], reading.mode if reading else None
        if mode is ChargeMode.STOPPED and not each.seen:
            each = replace(each, seen=True)
            await self._keep(charger_id, each)
        owners = mode not in (None, ChargeMode.STOPPED)
        if each.seen and owners and self._settled(charger_id, reading):
            # It is back, or the owner has chosen: either way it is not ours.
            if not each.back:
                self._left.add(charger_id)
            await self._forget(charger_id)
        elif not sells or (reading is not None and reading.plugged is False):
            if not each.back or self._due(charger_id):
                await self._send_back(charger_id, each)
        elif each.back or (not each.seen and self._due(charger_id)):
            await self._keep(charger_id, replace(each, back=False, seen=False))
            await self._send(charger_id, ChargeMode.STOPPED)

    async def _send_back(self, charger_id: str, each: Stopped) -> None:
        # One that was never seen to stop may still do so: it is told all the same.
        back = replace(each, seen=True, back=True, tries=each.tries + 1)
        self.stopped[charger_id] = back
        await self._send(charger_id, each.mode)
        await self._keep(charger_id, back)

    async def _send(self, charger_id: str, mode: ChargeMode) -> None:
        self._sent[charger_id] = self._now()
        await self._set_mode(charger_id, mode)

    def _due(self, charger_id: str) -> bool:
        """Whether what was sent last should have been seen by now."""
        sent = self._sent.get(charger_id)
        return sent is None or self._now() - sent >= SEND_AGAIN

    def _settled(self, charger_id: str, reading: ChargerReading | None) -> bool:
        """Whether a reading is not of the moment in which something was sent."""
        sent = self._sent.get(charger_id)
        return reading is not None and (sent is None or reading.at > sent)

    async def _keep(self, charger_id: str, each: Stopped) -> None:
        await self._journal.save({**self.stopped, charger_id: each})
        self.stopped[charger_id] = each

    async def _forget(self, charger_id: str) -> None:
        self.stopped.pop(charger_id)
        self._sent.pop(charger_id, None)
        await self._journal.save(self.stopped)


def stopped_to_json(stopped: Mapping[str, Stopped]) -> dict[str, object]:
    """Return what was stopped as JSON can hold it."""
    return {
        key: {"mode": each.mode.value, "seen": each.seen, "back": each.back}
        for key, each in stopped.items()
    }


def stopped_from_json(data: object) -> dict[str, Stopped]:
    """Return what `stopped_to_json` wrote; what is none of it is left out."""
    found: dict[str, Stopped] = {}
    for key, each in data.items() if isinstance(data, Mapping) else ():
        try:
            mode = ChargeMode(each["mode"])
            found[str(key)] = Stopped(mode, each["seen"] is True, each["back"] is True)
        except KeyError, TypeError, ValueError:
            LOGGER.debug("What was stored of a charger cannot be read")
    return found
