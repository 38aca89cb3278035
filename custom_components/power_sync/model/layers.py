"""Putting values together from sources that overlap."""

from bisect import bisect_right
from collections.abc import Iterator
from datetime import datetime


class Layers[T]:
    """Values on disjoint intervals; where two overlap, the first one stays."""

    def __init__(self) -> None:
        """Begin with nothing."""
        self._starts: list[datetime] = []
        self._parts: list[tuple[datetime, datetime, T]] = []

    def __iter__(self) -> Iterator[tuple[datetime, datetime, T]]:
        """Yield start, end and value in time order."""
        return iter(self._parts)

    def add(self, start: datetime, end: datetime, value: T) -> None:
        """Give `value` whatever of `start` to `end` is not yet taken."""
        index = max(0, bisect_right(self._starts, start) - 1)
        cursor = start
        while cursor < end:
            while index < len(self._parts) and self._parts[index][1] <= cursor:
                index += 1
            taken = self._parts[index][:2] if index < len(self._parts) else (end, end)
            until = min(taken[0], end)
            if cursor < until:
                self._starts.insert(index, cursor)
                self._parts.insert(index, (cursor, until, value))
            cursor = taken[1]
