"""Slots of time: where each lies, and what is no grid."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from custom_components.power_sync.model.timegrid import TimeGrid

START = datetime(2026, 3, 28, 21, 10, tzinfo=UTC)
SLOT = timedelta(minutes=5)


def test_a_moment_lies_in_one_slot() -> None:
    """Its start belongs to a slot, its end to the next; outside there is none."""
    grid = TimeGrid(START, SLOT, 3)
    moment = timedelta(microseconds=1)
    assert grid.index_at(START - moment) is None
    assert [grid.index_at(start) for start in grid.starts()] == [0, 1, 2]
    assert grid.index_at(START + SLOT - moment) == 0
    assert grid.index_at(grid.end - moment) == 2
    assert grid.index_at(grid.end) is None


@pytest.mark.parametrize(
    "start",
    [
        datetime(2026, 3, 28, 21, 10),  # noqa: DTZ001 - what is to be refused
        datetime(2026, 6, 28, 21, 10, tzinfo=ZoneInfo("Europe/London")),
    ],
    ids=["naive", "local"],
)
def test_it_starts_at_a_time_that_is_utc(start: datetime) -> None:
    """Any other could be read in two ways."""
    with pytest.raises(ValueError, match="aware UTC"):
        TimeGrid(start, SLOT, 3)


@pytest.mark.parametrize(("step", "count"), [(timedelta(0), 3), (-SLOT, 3), (SLOT, -1)])
def test_slots_have_a_length_and_a_number(step: timedelta, count: int) -> None:
    """No time runs backwards; none at all is an empty grid."""
    with pytest.raises(ValueError, match="positive step"):
        TimeGrid(START, step, count)
    assert list(TimeGrid(START, SLOT, 0).starts()) == []
