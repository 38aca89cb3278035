"""The command log: bounded in number and age, and the same after a restart."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
import json
from typing import Any

from hypothesis import given, strategies as st
import pytest

from custom_components.power_sync.control.log import CommandLog, LogEntry, Outcome
from custom_components.power_sync.control.log_codec import (
    entries_from_json,
    entries_to_json,
)
from custom_components.power_sync.model.battery import (
    Command,
    Mode,
    OwnerSetting,
    Write,
)

NOON = datetime(2026, 1, 10, 12, tzinfo=UTC)
DAY = timedelta(days=1)

times = st.integers(-(10**14), 10**14).map(
    lambda microseconds: NOON + timedelta(microseconds=microseconds)
)
settings = (
    st.none()
    | st.booleans()
    | st.integers(-(2**53), 2**53)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text()
)
commands = st.builds(
    Command,
    mode=st.sampled_from(Mode),
    power_w=st.none() | st.floats(0, 1e6),
    until=times,
)
entries = st.builds(
    LogEntry,
    at=times,
    battery_id=st.text(),
    master=st.text(),
    reason=st.text(),
    command=st.none() | commands,
    writes=st.lists(st.builds(Write, st.text(), settings)).map(tuple),
    read_back=st.dictionaries(st.text(), settings),
    outcome=st.sampled_from(Outcome),
    error=st.none() | st.text(),
    owner_setting=st.none() | st.sampled_from(OwnerSetting),
    owner_value=st.none() | st.floats(0, 1e5),
)


def entry(
    at: datetime = NOON, outcome: Outcome = Outcome.FOLLOWED, **changes: str
) -> LogEntry:
    """Return an entry; by default one of battery A that was followed."""
    known: dict[str, Any] = {
        "battery_id": "A",
        "master": "plan",
        "reason": "balanced",
        **changes,
    }
    return LogEntry(
        at=at, command=None, writes=(), read_back={}, outcome=outcome, **known
    )


@given(st.lists(entries, max_size=5))
def test_what_is_stored_is_what_was_logged(logged: list[LogEntry]) -> None:
    """Through the text of a file and back nothing is lost, nor its order."""
    text = json.dumps(entries_to_json(logged), allow_nan=False)
    assert entries_from_json(json.loads(text)) == tuple(logged)


def damaged() -> Mapping[str, object]:
    """Return what may stand in place of the parts of an entry."""
    return {
        "at": "yesterday",
        "battery": 7,
        "command": ["charge"],
        "writes": [["forced_power_w"]],
        "read_back": "all",
        "outcome": "splendid",
        "error": 404,
    }


@pytest.mark.parametrize("part", damaged())
def test_an_entry_that_is_damaged_is_left_out(part: str) -> None:
    """The others are still there."""
    stored = json.loads(json.dumps(entries_to_json([entry(), entry(NOON + DAY)])))
    stored[0][part] = damaged()[part]
    assert entries_from_json(stored) == (entry(NOON + DAY),)


@pytest.mark.parametrize(
    "change",
    [
        {"command": {"mode": "charge", "power_w": True, "until": NOON.isoformat()}},
        {"command": {"mode": "charge", "power_w": -5, "until": NOON.isoformat()}},
        {"command": {"mode": "charge", "power_w": None, "until": "2026-01-10T12:00"}},
        {"writes": "none"},
        {"writes": ["forced_power_w"]},
        {"writes": [["forced_power_w", {}]]},
    ],
)
def test_a_value_that_cannot_be_is_left_out(change: Mapping[str, object]) -> None:
    """Neither a power that is no power, nor a time without an offset."""
    (stored,) = json.loads(json.dumps(entries_to_json([entry()])))
    assert entries_from_json([stored | change]) == ()


@pytest.mark.parametrize("data", [None, {}, "log", 3, [None], ["x"], [{}]])
def test_what_is_no_log_holds_nothing(data: object) -> None:
    """A file of another kind does no harm."""
    assert entries_from_json(data) == ()


def test_the_log_is_bounded() -> None:
    """In number, and in age: what is older than a week goes."""
    log = CommandLog(length=3)
    for hour in range(5):
        log.add(entry(NOON + timedelta(hours=hour)))
    assert [each.at.hour for each in log.entries] == [14, 15, 16]
    log.add(entry(NOON + 7 * DAY + timedelta(hours=3)))
    assert [each.at - NOON for each in log.entries] == [
        timedelta(hours=3),
        timedelta(hours=4),
        7 * DAY + timedelta(hours=3),
    ][-3:]
    log.add(entry(NOON + 30 * DAY))
    assert [each.at for each in log.entries] == [NOON + 30 * DAY]
    assert log.last == log.entries[-1]


def test_a_clock_set_back_keeps_the_order_of_what_happened() -> None:
    """What came last is last, whatever the clock said."""
    log = CommandLog()
    log.add(entry(NOON))
    log.add(entry(NOON - DAY))
    assert [each.at for each in log.entries] == [NOON, NOON - DAY]


def test_repeated_failures_are_one_entry_across_a_restart() -> None:
    """What was kept comes first, and a failure that goes on is not told again."""
    before = CommandLog()
    before.add(entry(NOON, Outcome.UNREACHABLE))
    before.add(entry(NOON, Outcome.FOLLOWED, battery_id="B"))
    log = CommandLog()
    told: list[LogEntry] = []
    log.listen(told.append)
    log.add(entry(NOON + DAY, Outcome.UNREACHABLE))
    log.add(entry(NOON + DAY, Outcome.FOLLOWED, battery_id="B"))
    log.restore(before.entries)
    assert [(each.battery_id, each.at - NOON) for each in log.entries] == [
        ("A", timedelta(0)),
        ("B", timedelta(0)),
        ("B", DAY),
    ]
    # What came in before is news once only, and what was kept is none.
    assert len(told) == 2
    log.add(entry(NOON + 2 * DAY, Outcome.UNREACHABLE))
    assert len(told) == 2


def test_a_listener_that_fails_stops_nothing(
    caplog: pytest.LogCaptureFixture,
) -> None:
    """Control goes on, the other listeners hear of it, and one may leave."""

    def fails(_entry: LogEntry) -> None:
        raise RuntimeError("no")

    log = CommandLog()
    told: list[LogEntry] = []
    log.listen(fails)
    leave = log.listen(told.append)
    log.add(entry())
    assert told == [entry()]
    assert "A listener of the command log failed" in caplog.text
    leave()
    log.add(entry(NOON + DAY))
    assert len(told) == 1
