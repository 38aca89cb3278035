"""Quantities that are constant over intervals, and their exact resampling."""

from bisect import bisect_right
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import override

from .timegrid import TimeGrid


@dataclass(frozen=True, slots=True)
class Span:
    """A mean value over the half-open interval from `start` to `end` (UTC)."""

    start: datetime
    end: datetime
    value: float


class Series:
    """Mean values over disjoint intervals in time order; between them: unknown.

    Resampling is by time-weighted mean, so energy (or money) is conserved,
    whatever the lengths of the intervals on either side.
    """

    __slots__ = ("_starts", "spans")

    def __init__(self, spans: Iterable[Span]) -> None:
        """Take intervals in any order. Raises ValueError where two overlap."""
        self.spans = tuple(sorted(spans, key=lambda span: span.start))
        for before, after in zip(self.spans, self.spans[1:], strict=False):
            if after.start < before.end:
                raise ValueError(f"intervals overlap at {after.start.isoformat()}")
        self._starts = [span.start for span in self.spans]

    @classmethod
    def regular(
        cls, start: datetime, step: timedelta, values: Sequence[float | None]
    ) -> Series:
        """Return a series of slots of one length; a None leaves a gap."""
        return cls(
            Span(start + step * index, start + step * (index + 1), value)
            for index, value in enumerate(values)
            if value is not None
        )

    def __bool__(self) -> bool:
        """Whether anything is known."""
        return bool(self.spans)

    @override
    def __eq__(self, other: object) -> bool:
        """Series are equal by value."""
        return isinstance(other, Series) and self.spans == other.spans

    @override
    def __hash__(self) -> int:
        """Hash by value."""
        return hash(self.spans)

    @property
    def end(self) -> datetime | None:
        """The end of the last interval."""
        return self.spans[-1].end if self.spans else None

    def at(self, when: datetime) -> float | None:
        """Return the value at one moment."""
        index = bisect_right(self._starts, when) - 1
        if index < 0 or when >= self.spans[index].end:
            return None
        return self.spans[index].value

    def mean(self, start: datetime, end: datetime) -> float | None:
        """Return the mean from `start` to `end`; None unless all of it is known."""
        total, cursor = 0.0, start
        index = max(0, bisect_right(self._starts, start) - 1)
        for place in range(index, len(self.spans)):
            span = self.spans[place]
            if span.end <= cursor:
                continue
            if span.start > cursor or cursor >= end:
                break
            until = min(span.end, end)
            total += span.value * ((until - cursor) / timedelta(seconds=1))
            cursor = until
        if cursor < end:
            return None
        return total / ((end - start) / timedelta(seconds=1))

    def on(self, grid: TimeGrid) -> list[float | None]:
        """Return the mean over each slot of `grid`; None where not all is known."""
        spans, step = self.spans, grid.step
        place, last = bisect_right(self._starts, grid.start) - 1, len(spans) - 1
        means: list[float | None] = []
        for start in grid.starts():
            end = start + step
            while place < last and spans[place + 1].start <= start:
                place += 1
            # Most slots lie within one interval, or are that very interval.
            if place >= 0 and end <= spans[place].end:
                means.append(spans[place].value)
            else:
                means.append(self.mean(start, end))
        return means
