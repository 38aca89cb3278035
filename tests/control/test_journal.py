"""The journal as text, and what is not one."""

from datetime import timedelta
import json

import pytest

from custom_components.power_sync.control.journal import (
    Force,
    JournalBook,
    JournalCorruptError,
    JournalError,
    Record,
)
from custom_components.power_sync.control.journal_codec import (
    records_from_json,
    records_to_json,
)
from custom_components.power_sync.model.battery import Mode

from .bench import DEVICE, OWNER, START, MemoryJournal

RECORD = Record(
    device=DEVICE,
    owner=OWNER,
    ours={"ems_mode": (2,), "max_discharge_10w": (1, 150)},
    force=Force(
        mode=Mode.CHARGE,
        power_w=3000.0,
        started=START,
        until=START + timedelta(hours=1),
    ),
    flash_writes=(START,),
)

STORED: dict[str, object] = dict(records_to_json({"A1": RECORD})["A1"])


def test_a_record_comes_back_as_it_was() -> None:
    """Through text, as on disk."""
    text = json.dumps(records_to_json({"A1": RECORD, "B2": Record(device={})}))
    assert records_from_json(json.loads(text)) == {
        "A1": RECORD,
        "B2": Record(device={}),
    }


@pytest.mark.parametrize(
    "damage",
    [
        [],
        {"A1": None},
        {"A1": {}},
        {"A1": STORED | {"ours": {"ems_mode": 2}}},
        {"A1": STORED | {"owner": {"x": [1]}}},
        {"A1": STORED | {"owner": 7}},
        {"A1": STORED | {"flash_writes": ["soon"]}},
        {"A1": STORED | {"flash_writes": [7]}},
        {"A1": STORED | {"flash_writes": ["2026-01-10T12:00:00"]}},
        {"A1": STORED | {"force": "charge"}},
        {
            "A1": STORED
            | {"force": {"mode": "melt", "power_w": 1, "started": "", "until": ""}}
        },
        {"A1": STORED | {"force": {"mode": "charge", "power_w": "much"}}},
    ],
)
def test_a_journal_that_is_understood_in_part_is_corrupt(damage: object) -> None:
    """Nothing is guessed at."""
    with pytest.raises(JournalCorruptError):
        records_from_json(damage)


async def test_memory_is_unchanged_where_the_disk_fails() -> None:
    """What is not on disk is not known either."""
    journal = MemoryJournal()
    book = JournalBook(journal)
    await book.load()
    book.introduce("A1", DEVICE)
    journal.broken = True
    with pytest.raises(JournalError):
        await book.put("A1", lambda _: RECORD)
    assert book.get("A1") == Record(device=DEVICE)
    with pytest.raises(JournalError):
        await book.forget("A1")


async def test_a_forgotten_record_is_gone_for_good() -> None:
    """Also from the disk."""
    journal = MemoryJournal()
    book = JournalBook(journal)
    await book.put("A1", lambda _: RECORD)
    assert list(book.strays) == ["A1"]
    await book.forget("A1")
    assert await journal.load() == {}
    assert not book.strays
