"""What the sun was forecast to be, kept to learn from how it came out.

A solar forecast is replaced by the next one and kept nowhere, so what it said for
an hour is noted when the hour begins. What came is in the recorder's statistics.
"""

from contextlib import suppress
from datetime import datetime, timedelta
from math import isfinite
from typing import Final

from homeassistant.core import HomeAssistant
from homeassistant.util import dt as dt_util

from .bridges.kept import KeptFile, KeptStore
from .forecast.calibration import KEPT, SunRecord
from .model.forecast import Forecast
from .model.plain import Json
from .model.series import Series, Span
from .model.timegrid import HORIZON, floor_time

RECORD_FILE: Final = KeptFile("solar_forecasts", version=1, delay_s=900.0)
HOUR: Final = timedelta(hours=1)


class SolarRecord:
    """The forecasts of past hours of one site, across restarts."""

    def __init__(self, hass: HomeAssistant, entry_id: str) -> None:
        """Start with none; `load` reads those that were kept."""
        self._hass = hass
        self._hours: dict[datetime, float] = {}
        self._store = solar_record_store(hass, entry_id, self)
        self._loaded = False

    async def _load(self) -> None:
        self._hours = hours_from_json(await self._store.load()) | self._hours
        self._loaded = True

    async def async_close(self) -> None:
        """Write what is not written yet, and nothing after it."""
        await self._store.async_close()

    def to_json(self) -> list[Json]:
        """Return the hours, as Unix seconds, and their W."""
        return [
            [round(hour.timestamp()), round(watts, 1)]
            for hour, watts in sorted(self._hours.items())
        ]

    async def async_expected(
        self, source: Forecast | None, measured_w: Series | None
    ) -> Forecast | None:
        """Note what is forecast, and return it as put right by what came.

        As it is where nothing is measured; None where nothing is known at all.
        """
        if not self._loaded:
            await self._load()
        now = dt_util.utcnow()
        self._note(source, now)
        if not measured_w:
            return source
        record = await self._hass.async_add_executor_job(
            SunRecord, measured_w, self.said_w, now
        )
        expected = record.expected(source, floor_time(now, HOUR) + HORIZON + HOUR)
        return expected if expected.p50_w else source

    def _note(self, source: Forecast | None, now: datetime) -> None:
        hour = floor_time(now, HOUR)
        if source is None or hour in self._hours:
            return
        watts = source.p50_w.mean(hour, hour + HOUR)
        if watts is None:
            return
        self._hours[hour] = watts
        for old in [each for each in self._hours if each < now - KEPT]:
            del self._hours[old]
        self._store.async_changed()

    @property
    def said_w(self) -> Series:
        """What was forecast for each past hour when it began, in W."""
        return Series(
            Span(hour, hour + HOUR, watts) for hour, watts in self._hours.items()
        )


def solar_record_store(
    hass: HomeAssistant, entry_id: str, record: SolarRecord | None = None
) -> KeptStore:
    """Return the file of a site's solar forecasts."""
    return KeptStore(
        hass,
        entry_id,
        RECORD_FILE,
        lambda: [] if record is None else record.to_json(),
    )


def hours_from_json(content: object) -> dict[datetime, float]:
    """Return the hours of `to_json`, without what cannot be understood."""
    hours: dict[datetime, float] = {}
    for row in content if isinstance(content, list) else ():
        match row:
            case [int(seconds), int() | float() as watts] if isfinite(watts):
                with suppress(OverflowError, ValueError, OSError):
                    hour = dt_util.utc_from_timestamp(seconds)
                    hours[floor_time(hour, HOUR)] = float(watts)
    return hours
