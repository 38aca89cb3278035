"""One forecast from the sensors that a user has chosen.

Integrations spread a forecast over sensors in two ways at once: one per day
("today", "tomorrow", "day 3") and one per roof. Days are put together, roofs
are added up.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
import re

from custom_components.power_sync.model.forecast import Forecast
from custom_components.power_sync.model.layers import Layers
from custom_components.power_sync.model.series import Series, Span

from .shapes.reading import SensorForecast
from .solar import total

OLDEST = timedelta(hours=36)
"""A sensor that has not been written for so long is not looked after any more."""
UNNAMED = "sensor"

_DAY = re.compile(r"(?<![a-z0-9])(today|tomorrow|day ?\d+|d\d+)(?![a-z0-9])")


class Unusable(StrEnum):
    """Why a chosen sensor takes no part."""

    MISSING = "missing"
    NO_FORECAST = "no_forecast"
    STALE = "stale"


@dataclass(frozen=True, slots=True)
class Sensor:
    """A sensor at one moment; `identity` names it the same in every language.

    `forecast` is None where it has none; `written_at` None where there is no
    such sensor, or no state of it.
    """

    entity_id: str
    identity: str
    written_at: datetime | None
    forecast: SensorForecast | None

    def trouble(self, now: datetime) -> Unusable | None:
        """Return why it cannot be used, or None."""
        if self.written_at is None:
            return Unusable.MISSING
        if self.forecast is None:
            return Unusable.NO_FORECAST
        end = self.forecast.p50_w.end
        if end is None or end <= now or self.written_at < now - OLDEST:
            return Unusable.STALE
        return None


@dataclass(frozen=True, slots=True)
class Found:
    """What the sensors hold: a forecast, its coarsest step, and who is left out."""

    forecast: Forecast | None
    step: timedelta
    unusable: dict[str, Unusable]


@dataclass(slots=True)
class _Array:
    """The sensors of one roof, one per day."""

    key: str
    sensors: list[Sensor] = field(default_factory=list)

    def series(self, pick: Callable[[SensorForecast], Series | None]) -> Series | None:
        """Return their days together; where two have one, "today" counts.

        Just after midnight "tomorrow" may still hold what is today by now. Of
        other days the newer sensor counts.
        """
        layers: Layers[float] = Layers()
        for sensor in sorted(self.sensors, key=_written, reverse=True):
            series = None if sensor.forecast is None else pick(sensor.forecast)
            if series is None:
                return None
            for span in series.spans:
                layers.add(span.start, span.end, span.value)
        return Series(Span(start, end, value) for start, end, value in layers)


def _written(sensor: Sensor) -> tuple[bool, datetime]:
    """Order by how well a sensor knows its day."""
    assert sensor.written_at is not None  # noqa: S101 - only usable ones get here
    return "today" in sensor.identity.lower(), sensor.written_at


def from_sensors(sensors: Sequence[Sensor], now: datetime) -> Found:
    """Return the forecast of all usable sensors together.

    The sum stands where each roof is known. It has a spread where all have one;
    the tenths of several roofs add up, as it is one sky over them.
    """
    unusable = {
        sensor.entity_id: trouble
        for sensor in sensors
        if (trouble := sensor.trouble(now)) is not None
    }
    usable = [sensor for sensor in sensors if sensor.entity_id not in unusable]
    arrays = _arrays(usable)
    forecasts = [s.forecast for s in usable if s.forecast is not None]
    p50 = _total(arrays, lambda forecast: forecast.p50_w)
    step = max((forecast.step for forecast in forecasts), default=timedelta())
    if not p50:
        return Found(None, step, unusable)
    names = sorted({forecast.provider or UNNAMED for forecast in forecasts})
    forecast = Forecast(
        p50,
        ", ".join(names),
        min(s.written_at for s in usable if s.written_at is not None),
        p10_w=_total(arrays, lambda forecast: forecast.p10_w),
        p90_w=_total(arrays, lambda forecast: forecast.p90_w),
    )
    return Found(forecast, step, unusable)


def _arrays(sensors: Sequence[Sensor]) -> list[_Array]:
    """Put the days of each roof together.

    Sensors whose names differ in the day alone belong to one roof; so does one
    whose time nobody else has.
    """
    arrays: list[_Array] = []
    for sensor in sensors:
        key = _DAY.sub("", sensor.identity.lower().replace("_", " "))
        array = next((found for found in arrays if found.key == key), None)
        if array is None:
            array = next((a for a in arrays if not _overlaps(a, sensor)), None)
        if array is None:
            array = _Array(key)
            arrays.append(array)
        array.sensors.append(sensor)
    return arrays


def _overlaps(array: _Array, sensor: Sensor) -> bool:
    """Whether a sensor forecasts a time that the array has already."""
    mine = _range(sensor)
    return any(
        start < mine[1] and mine[0] < end for start, end in map(_range, array.sensors)
    )


def _range(sensor: Sensor) -> tuple[datetime, datetime]:
    assert sensor.forecast is not None  # noqa: S101 - only usable ones get here
    spans = sensor.forecast.p50_w.spans
    return spans[0].start, spans[-1].end


def _total(
    arrays: Sequence[_Array], pick: Callable[[SensorForecast], Series | None]
) -> Series | None:
    """Return the sum of all arrays, or None where one of them has none."""
    series = [found for array in arrays if (found := array.series(pick)) is not None]
    if not series or len(series) < len(arrays):
        return None
    return total(series)
