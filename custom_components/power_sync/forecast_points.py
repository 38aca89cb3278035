"""What is expected, as points that a chart or an automation can read. Pure."""

from collections.abc import Sequence
from datetime import tzinfo

from .model.timegrid import TimeGrid

type Point = dict[str, str | float]


def forecast_points(
    grid: TimeGrid, values: Sequence[float], zone: tzinfo, digits: int
) -> list[Point]:
    """Return the start of each slot in local time with its value.

    Times carry their offset, so the hour that a clock change repeats is clear.
    """
    return [
        {"time": start.astimezone(zone).isoformat(), "value": round(value, digits)}
        for start, value in zip(grid.starts(), values, strict=True)
    ]
