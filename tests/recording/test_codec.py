"""What is kept is read back as it was, and what cannot be read is said so."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta, timezone
import json
from typing import Any

from hypothesis import given, settings, strategies as st
import pytest

from custom_components.power_sync.model.battery import Command, Mode, Write
from custom_components.power_sync.model.tariff import DayTariff
from custom_components.power_sync.recording import compact
from custom_components.power_sync.recording.codec import from_plain, to_plain
from custom_components.power_sync.recording.errors import RecordingError
from custom_components.power_sync.recording.file import recording_of, recording_plain
from custom_components.power_sync.recording.model import Recording, Versions

from .homes import recordings


@settings(max_examples=60)
@given(recordings)
def test_a_recording_comes_back_as_it_was(recording: Recording) -> None:
    """Through JSON, bit for bit; and writing it again gives the same text."""
    text = json.dumps(recording_plain(recording), allow_nan=False)
    found = recording_of({"data": {"recording": json.loads(text)}})
    assert found == recording
    assert json.dumps(recording_plain(found)) == text


@given(st.lists(st.none() | st.floats(allow_nan=False) | st.integers()))
def test_numbers_come_back_as_they_were(values: list[float | None]) -> None:
    """Exactly, with what is missing still missing."""
    assert compact.numbers_of(compact.numbers_text(values)) == values


@given(st.lists(st.sampled_from(["charge", "hold", "x_1"])))
def test_words_come_back_as_they_were(words: list[str]) -> None:
    """However often each is repeated."""
    assert compact.words_of(compact.words_text(words)) == words


def test_a_text_of_words_is_short() -> None:
    """Two days of one mode are one word."""
    assert compact.words_text(["charge"] * 576 + ["hold"]) == "charge*576 hold"


@given(st.datetimes(timezones=st.just(timezone(timedelta(hours=10)))))
def test_times_are_kept_in_utc(when: datetime) -> None:
    """Whatever offset they came with."""
    try:
        when.astimezone(UTC)
    except OverflowError:
        return
    found = compact.time_of(compact.time_text(when))
    assert found == when
    assert found.tzinfo is UTC


@dataclass(frozen=True)
class Odd:
    """A field of each kind that is read in a way of its own."""

    limit: float
    count: int
    on: bool
    mode: Mode
    writes: tuple[Write, ...]
    values: dict[str, int]
    late: float = 1.0


GOOD: dict[str, Any] = {
    "limit": "inf",
    "count": 3,
    "on": True,
    "mode": "charge",
    "writes": [{"setting": "a", "value": None}],
    "values": {"b": 1},
}


def test_what_is_missing_has_its_default() -> None:
    """A file from before a field can still be read."""
    made = from_plain(Odd, GOOD)
    assert made == Odd(
        limit=float("inf"),
        count=3,
        on=True,
        mode=Mode.CHARGE,
        writes=(Write("a", None),),
        values={"b": 1},
    )
    assert to_plain(made) == {**GOOD, "late": 1.0}


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("limit", None),
        ("limit", True),
        ("limit", "much"),
        ("count", 1.5),
        ("count", False),
        ("on", 1),
        ("mode", "fly"),
        ("writes", {"a": 1}),
        ("writes", [{"setting": "a"}]),
        ("writes", [{"setting": "a", "value": [1]}]),
        ("writes", ["a"]),
        ("values", [1]),
        ("values", {"b": "c"}),
        ("new", 1),
    ],
)
def test_what_does_not_fit_is_refused(key: str, value: Any) -> None:
    """By name, and never with another error."""
    with pytest.raises(RecordingError):
        from_plain(Odd, {**GOOD, key: value})


def test_what_is_needed_is_named() -> None:
    """And what is no object at all is refused."""
    with pytest.raises(RecordingError, match="Odd needs count"):
        from_plain(Odd, {key: value for key, value in GOOD.items() if key != "count"})
    with pytest.raises(RecordingError):
        from_plain(Odd, [])


def test_only_what_can_be_read_back_is_written() -> None:
    """An object of any other kind is a mistake of the programmer."""
    with pytest.raises(TypeError, match="object"):
        to_plain(object())


@pytest.mark.parametrize(
    ("read", "value"),
    [
        (compact.numbers_of, "1 x"),
        (compact.numbers_of, 1),
        (compact.time_of, "yesterday"),
        (compact.time_of, 1),
        (compact.series_of, {"start": 1}),
        (compact.series_of, ["x"]),
        (compact.series_of, [{"start": "2026-01-01", "step_s": "x", "values": "1"}]),
        (compact.curve_of, []),
        (compact.history_of, []),
    ],
)
def test_odd_series_are_refused(read: Any, value: object) -> None:
    """As every part of a recording."""
    with pytest.raises(RecordingError):
        read(value)


@pytest.mark.parametrize("content", [[], {}, {"data": {}}, {"data": {"recording": 1}}])
def test_another_file_is_told(content: object) -> None:
    """It holds no recording."""
    with pytest.raises(RecordingError, match="holds no recording"):
        recording_of(content)


def test_another_version_is_told() -> None:
    """With the version that can read it, where the file says it."""
    with pytest.raises(RecordingError, match=r"PowerSync 9\.1, whose .* form 99"):
        recording_of({"schema": 99, "versions": {"power_sync": "9.1"}})
    with pytest.raises(RecordingError, match="an unknown version"):
        recording_of({"schema": 99})
    odd = {"schema": 1, "versions": {"power_sync": "0.9"}, "more": 1}
    with pytest.raises(RecordingError, match=r"PowerSync 0\.9, .*has no more"):
        recording_of(odd)


def test_versions_are_readable() -> None:
    """They are the first thing to look at in a file."""
    versions = Versions(power_sync="0.1.0", home_assistant="2026.10.4")
    assert to_plain(versions) == {"power_sync": "0.1.0", "home_assistant": "2026.10.4"}


def test_a_tariff_to_plan_by_comes_back() -> None:
    """With its day, which is no moment."""
    until = datetime(2026, 11, 27, tzinfo=UTC)
    tariff = DayTariff(date(2026, 11, 26), "AUD", (0.3,) * 48, (-0.1,) * 48)
    command = Command(Mode.SELF_CONSUMPTION, None, until, tariff)
    plain = json.loads(json.dumps(to_plain(command)))
    assert plain["tariff"]["day"] == "2026-11-26"
    assert from_plain(Command, plain) == command
