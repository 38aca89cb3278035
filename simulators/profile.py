"""What load and sun do over time."""

from collections.abc import Callable
import csv
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cache
import gzip
from importlib.resources import files
from typing import Protocol, override

_YEAR = timedelta(days=364)
_HALF_HOUR = timedelta(minutes=30)
_FIRST = datetime(2024, 2, 29, tzinfo=UTC)
_PER_DAY = 48
_ROWS = 364 * _PER_DAY


class Profile(Protocol):
    """Load and sun in W as functions of time, constant within each `step`.

    Steps start at whole multiples of `step` since 1970 in UTC; a function is
    asked at the start of a step.
    """

    @property
    def step(self) -> timedelta:
        """How long a value holds."""

    def load_w(self, at: datetime) -> float:
        """Return what the home draws, never negative."""

    def solar_w(self, at: datetime) -> float:
        """Return what the sun would give, never negative."""


@dataclass(frozen=True, slots=True)
class FunctionProfile(Profile):
    """A profile of two functions of time."""

    load: Callable[[datetime], float]
    solar: Callable[[datetime], float]
    every: timedelta = timedelta(minutes=5)

    @property
    @override
    def step(self) -> timedelta:
        """How long a value holds."""
        return self.every

    @override
    def load_w(self, at: datetime) -> float:
        """Return what the home draws."""
        return self.load(at)

    @override
    def solar_w(self, at: datetime) -> float:
        """Return what the sun would give."""
        return self.solar(at)


@dataclass(frozen=True, slots=True)
class WithAppliances(Profile):
    """A profile with appliances on top of what the home draws."""

    home: Profile
    watts: float

    @property
    @override
    def step(self) -> timedelta:
        """How long a value holds."""
        return self.home.step

    @override
    def load_w(self, at: datetime) -> float:
        """Return what the home and the appliances draw."""
        return self.home.load_w(at) + self.watts

    @override
    def solar_w(self, at: datetime) -> float:
        """Return what the sun would give."""
        return self.home.solar_w(at)


def constant(load_w: float, solar_w: float = 0.0) -> FunctionProfile:
    """Return a profile that never changes."""
    return FunctionProfile(lambda _: load_w, lambda _: solar_w, timedelta(days=1))


@dataclass(frozen=True, slots=True)
class _Recording:
    """Half-hour means in W, from `_FIRST` on; every half-hour has a value."""

    load_w: tuple[float, ...]
    solar_w: tuple[float, ...]
    forecast_w: tuple[float, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordedHousehold(Profile):
    """A year of a real household, at any date.

    A date is mapped by whole years of 364 days, so weekdays stay weekdays and
    the season moves by 1.25 days a year. A half-hour's mean is held constant,
    so its energy is exact. `shift` is added to the time before the mapping: 26
    weeks turn the seasons for the southern hemisphere, hours turn the day for
    another longitude (the household lives in France). The recorded peak of the
    sun is 4.4 kW; the scales make homes of other sizes.
    """

    shift: timedelta = timedelta(0)
    load_scale: float = 1.0
    solar_scale: float = 1.0

    @property
    @override
    def step(self) -> timedelta:
        """How long a value holds."""
        return _HALF_HOUR

    @override
    def load_w(self, at: datetime) -> float:
        """Return what the home draws."""
        return self.load_scale * _recording().load_w[self._index(at)]

    @override
    def solar_w(self, at: datetime) -> float:
        """Return what the sun would give."""
        return self.solar_scale * _recording().solar_w[self._index(at)]

    def forecast_solar_w(self, at: datetime) -> float:
        """Return the solar power that had been forecast for `at`."""
        return self.solar_scale * _recording().forecast_w[self._index(at)]

    def _index(self, at: datetime) -> int:
        return ((at + self.shift - _FIRST) % _YEAR) // _HALF_HOUR


@cache
def _recording() -> _Recording:
    """Read the recording once.

    Blanks are outages of the recording, or night in the solar columns. A blank
    load takes the same half-hour of the nearest week that has one (weekdays
    differ); a blank sun that of the nearest day within a week, and is 0 where
    none has one, which is the night. The small negative powers of the
    inverter's own consumption at night count as 0, and so does a forecast for
    a half-hour without sun: the recording holds a few in the deep of the night.
    """
    source = files("simulators") / "data" / "household_emhass.csv.gz"
    with (
        source.open("rb") as raw,
        gzip.open(raw, "rt", encoding="ascii", newline="") as text,
    ):
        rows = list(csv.DictReader(text))
    if len(rows) != _ROWS or datetime.fromisoformat(rows[0]["start_utc"]) != _FIRST:
        raise ValueError("the recorded household is not the year it should be")
    weeks = [sign * 7 * n for n in range(1, 9) for sign in (1, -1)]
    days = [sign * n for n in range(1, 8) for sign in (1, -1)]
    solar_w = _filled([row["pv_w"] for row in rows], days)
    forecast_w = _filled([row["pv_forecast_w"] for row in rows], days)
    return _Recording(
        load_w=_filled([row["load_w"] for row in rows], weeks),
        solar_w=solar_w,
        forecast_w=tuple(
            forecast if sun > 0 else 0.0
            for sun, forecast in zip(solar_w, forecast_w, strict=True)
        ),
    )


def _filled(column: list[str], days: list[int]) -> tuple[float, ...]:
    """Return a column in W, its blanks from the first of `days` with a value."""

    def value(row: int) -> float:
        for day in (0, *days):
            if text := column[(row + day * _PER_DAY) % _ROWS]:
                return max(0.0, float(text))
        return 0.0

    return tuple(value(row) for row in range(_ROWS))
