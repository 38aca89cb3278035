"""Resampling of series: the fast way over a grid says what each mean does."""

from datetime import UTC, datetime, timedelta

from hypothesis import given, strategies as st
import pytest

from custom_components.power_sync.model.series import Series, Span
from custom_components.power_sync.model.timegrid import TimeGrid

NOON = datetime(2026, 3, 29, 12, tzinfo=UTC)
MINUTE = timedelta(minutes=1)

# Lengths in minutes of intervals one after the other, and whether each is known.
pieces = st.lists(
    st.tuples(st.integers(1, 40), st.booleans(), st.floats(-5.0, 5.0)), max_size=12
)


def _series(parts: list[tuple[int, bool, float]]) -> Series:
    spans, start = [], NOON
    for minutes, known, value in parts:
        end = start + minutes * MINUTE
        if known:
            spans.append(Span(start, end, value))
        start = end
    return Series(spans)


@given(pieces, st.integers(-60, 60), st.integers(1, 45), st.integers(0, 12))
def test_a_grid_has_the_mean_of_each_slot(
    parts: list[tuple[int, bool, float]], offset: int, step: int, count: int
) -> None:
    """Whatever the intervals and the slots are, and where nothing is known."""
    series = _series(parts)
    grid = TimeGrid(NOON + offset * MINUTE, step * MINUTE, count)
    expected = [series.mean(start, start + grid.step) for start in grid.starts()]
    assert series.on(grid) == pytest.approx(expected, rel=1e-12, abs=1e-12)


def test_slots_within_an_interval_have_its_value_and_others_what_is_shared() -> None:
    """A slot that is not wholly known has no mean."""
    series = Series(
        [
            Span(NOON, NOON + 30 * MINUTE, 1.0),
            Span(NOON + 30 * MINUTE, NOON + 60 * MINUTE, 4.0),
        ]
    )
    # From 11:50: not known, 12:10 to 12:30, 12:30 to 12:50, not known to its end.
    assert series.on(TimeGrid(NOON - 10 * MINUTE, 20 * MINUTE, 4)) == [
        None,
        1.0,
        4.0,
        None,
    ]
    # 10 of 20 minutes each.
    assert series.on(TimeGrid(NOON + 20 * MINUTE, 20 * MINUTE, 1)) == [2.5]
