"""The shapes in which sensors hold a solar forecast: a new one is a module and a line.

Each module has a `read`, which returns None for attributes of another shape.
"""

from collections.abc import Callable, Mapping
from datetime import tzinfo
from types import MappingProxyType

from . import by_time, rows, solcast
from .reading import SensorForecast

type Reader = Callable[
    [Mapping[str, object], str | None, tzinfo], SensorForecast | None
]
"""Reads the attributes and unit of a sensor; times without an offset are local."""

SHAPES: Mapping[str, Reader] = MappingProxyType(
    {
        "solcast": solcast.read,
        "by_time": by_time.read,
        "rows": rows.read,
    }
)
"""By name, the most particular first."""


def read_sensor(
    attributes: Mapping[str, object], unit: str | None, zone: tzinfo
) -> SensorForecast | None:
    """Return the forecast that a sensor holds, or None where it holds none."""
    for read in SHAPES.values():
        found = read(attributes, unit, zone)
        if found is not None:
            return found
    return None
