"""Regular slots of time in UTC."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

SLOT = timedelta(minutes=5)
HORIZON = timedelta(hours=48)
HORIZON_SLOTS = HORIZON // SLOT

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def floor_time(when: datetime, step: timedelta) -> datetime:
    """Return the last multiple of `step` (counted in UTC) at or before `when`."""
    utc = when.astimezone(UTC)
    return utc - (utc - _EPOCH) % step


@dataclass(frozen=True, slots=True)
class TimeGrid:
    """`count` half-open slots of `step`, the first one beginning at `start`.

    Times are aware UTC, so a local day with 23 or 25 hours needs no care here.
    """

    start: datetime
    step: timedelta
    count: int

    def __post_init__(self) -> None:
        """Refuse a grid that could be read in two ways."""
        if self.start.utcoffset() != timedelta(0):
            raise ValueError("a time grid starts at an aware UTC time")
        if self.step <= timedelta(0) or self.count < 0:
            raise ValueError("a time grid needs a positive step and count")

    @classmethod
    def horizon(cls, now: datetime) -> TimeGrid:
        """Return the planning grid: 48 hours of 5 minutes, the present slot first."""
        return cls(floor_time(now, SLOT), SLOT, HORIZON_SLOTS)

    @property
    def end(self) -> datetime:
        """The end of the last slot."""
        return self.start + self.step * self.count

    @property
    def step_h(self) -> float:
        """The length of a slot in hours."""
        return self.step / timedelta(hours=1)

    def slot_start(self, index: int) -> datetime:
        """Return the start of slot `index`."""
        return self.start + self.step * index

    def starts(self) -> Iterator[datetime]:
        """Yield the start of each slot."""
        at = self.start
        for _ in range(self.count):
            yield at
            at += self.step

    def index_at(self, when: datetime) -> int | None:
        """Return the slot that contains `when`, or None outside the grid."""
        if not self.start <= when < self.end:
            return None
        return (when - self.start) // self.step
