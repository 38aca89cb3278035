"""The journal: what it takes to put every battery back, kept before any write.

One record per battery. It is written and read back before the first write to
a device (`Journal.save` proves it), so a power cut at any moment leaves enough
behind to give the battery back to its owner.
"""

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import NamedTuple, Protocol

from custom_components.power_sync.model.battery import Mode, Settings, SettingValue
from custom_components.power_sync.model.plain import JsonObject

SAVE_PATIENCE_S = 5.0
"""A disk that takes longer must not keep a battery from being given back."""


class JournalError(Exception):
    """The journal could not be written and proven: nothing may be sent."""


class JournalCorruptError(Exception):
    """There is a journal, and it cannot be read: what it held is lost."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Force:
    """What the user wants at once: a mode, at most until `until` (UTC).

    `into_car` is whether a discharge goes on while a car charges, which takes it.
    """

    mode: Mode
    power_w: float | None
    started: datetime
    until: datetime
    into_car: bool = False


class Doubted(NamedTuple):
    """A value that somebody set over ours, and what the owner had before.

    It is `rewritten` each time that it is found there again after ours.
    """

    value: SettingValue
    before: SettingValue
    rewritten: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Record:
    """What is known of one battery that we control, or must give back.

    `device` is what it takes to reach it again (brand, connection), as stored
    with its config subentry. `owner` holds the owner's settings from before our
    first write. `ours` holds, for each setting that we wrote since, every value
    that it may have from us: values are added before they are written and taken
    away after another one was read back. A battery is *held* while `ours` is
    not empty. `lost` marks that the owner's settings are unknown because the
    journal was corrupt. `flash_writes` are the times of writes to flash memory,
    `told_at` is when it was told anything last. `doubted` holds the values that
    somebody set over ours and that were taken for the owner's.
    """

    device: JsonObject = field(repr=False)
    owner: Settings = field(default_factory=dict)
    ours: Mapping[str, tuple[SettingValue, ...]] = field(default_factory=dict)
    lost: bool = False
    force: Force | None = None
    flash_writes: tuple[datetime, ...] = ()
    told_at: datetime | None = None
    doubted: Mapping[str, Doubted] = field(default_factory=dict)

    @property
    def held(self) -> bool:
        """Whether the device may hold settings of ours."""
        return bool(self.ours) or self.lost


type Records = Mapping[str, Record]


class Journal(Protocol):
    """Durable storage of the records of one site."""

    async def load(self) -> Records:
        """Return what is stored (nothing, at first).

        Raises JournalCorruptError where something is stored that cannot be read.
        """

    async def save(self, records: Records) -> None:
        """Store the records and prove it by reading them back.

        Raises JournalError where they are not proven to be on disk.
        """


type Change = Callable[[Record], Record]


class JournalBook:
    """The records in memory, in step with the journal on disk.

    Records are changed by functions and not replaced, so that a hold and a
    force that change at the same time do not undo each other.
    """

    def __init__(self, journal: Journal) -> None:
        """Wrap durable storage; nothing is known before `load`."""
        self._journal = journal
        self._records: dict[str, Record] = {}
        self._devices: dict[str, JsonObject] = {}
        self._lock = asyncio.Lock()
        self._saving: asyncio.Future[None] | None = None
        self._closed = False

    async def load(self) -> None:
        """Read the journal. Raises JournalCorruptError; the book is then empty."""
        self._records = dict(await self._journal.load())

    def introduce(self, battery_id: str, device: JsonObject) -> None:
        """Note how a battery is reached today."""
        self._devices[battery_id] = device

    @property
    def strays(self) -> Records:
        """The records of batteries that nobody introduced."""
        return {
            key: record
            for key, record in self._records.items()
            if key not in self._devices
        }

    def get(self, battery_id: str) -> Record:
        """Return the record of a battery; an empty one where there is none."""
        record = self._records.get(battery_id)
        device = self._devices.get(battery_id)
        if record is None:
            return Record(device=device or {})
        return record if device is None else replace(record, device=device)

    def note(self, battery_id: str, change: Change) -> None:
        """Change a record in memory only; the next `put` takes it to disk.

        For what makes a record smaller: the one on disk then restores no less.
        """
        self._records[battery_id] = change(self.get(battery_id))

    async def put(self, battery_id: str, change: Change) -> None:
        """Change a record for good. Raises JournalError; memory is then unchanged."""
        await self.put_all({battery_id: change})

    async def put_all(self, changes: Mapping[str, Change]) -> None:
        """Change several records for good, all of them or none. Raises JournalError."""
        async with self._turn():
            changed = {key: change(self.get(key)) for key, change in changes.items()}
            await self._save({**self._records, **changed})
            for key, change in changes.items():
                self.note(key, change)

    def close(self) -> None:
        """Store nothing more: the next book of the same journal takes over."""
        self._closed = True

    async def _save(self, records: Records) -> None:
        if self._closed:
            raise JournalError("the site has stopped")
        if self._saving is not None:
            # One that was given up may still reach the disk, and must not
            # overwrite what is stored after it.
            await asyncio.wait({self._saving})
        self._saving = asyncio.ensure_future(self._journal.save(records))
        await asyncio.wait({self._saving})
        self._saving.result()

    @asynccontextmanager
    async def _turn(self) -> AsyncIterator[None]:
        """Have the journal to oneself, and not wait for it without end."""
        try:
            async with asyncio.timeout(SAVE_PATIENCE_S), self._lock:
                yield
        except TimeoutError as err:
            raise JournalError("the disk does not answer") from err

    async def forget(self, battery_id: str) -> None:
        """Drop a record. Raises JournalError."""
        async with self._turn():
            records = dict(self._records)
            records.pop(battery_id, None)
            await self._save(records)
            self._records.pop(battery_id, None)


def hold_of(held: Record) -> Change:
    """Return the change that gives a record the hold of another."""
    return lambda record: replace(
        record,
        owner=held.owner,
        ours=held.ours,
        lost=held.lost,
        flash_writes=held.flash_writes,
        told_at=held.told_at,
        doubted=held.doubted,
    )


def released(record: Record) -> Record:
    """Return the record of a battery that has been given back."""
    return replace(record, owner={}, ours={}, lost=False, doubted={})
