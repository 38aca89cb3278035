"""What a backtest finds, and how it is kept."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum

from .assumptions import Assumption

TINY = 0.005
"""Less money than this cannot be shared out."""


class Lacking(StrEnum):
    """What there is not enough of."""

    LOAD = "load"
    PRICES = "prices"


@dataclass(frozen=True, slots=True)
class Costs:
    """Import paid less export earned and less what was stored meanwhile."""

    no_battery: float
    self_consumption: float
    power_sync: float

    @property
    def saved(self) -> float:
        """What PowerSync saves over plain self-consumption."""
        return self.self_consumption - self.power_sync


@dataclass(frozen=True, slots=True)
class DayCosts:
    """One local day, and how many of its hours count."""

    day: date
    hours: float
    costs: Costs


@dataclass(frozen=True, slots=True, kw_only=True)
class Backtest:
    """What was found. Money is in the currency of the prices."""

    made_at: datetime
    start: datetime
    end: datetime
    currency: str
    hours: float
    """Hours that count."""
    missing_hours: float
    """Hours in between of which load, sun or price is not known: left out."""
    learned_days: int
    costs: Costs
    by_day: tuple[DayCosts, ...]
    assumptions: Mapping[str, Assumption]
    perfect_foresight: float | None = None
    """What it would have cost to know everything beforehand, where that was asked."""

    @property
    def captured_pct(self) -> float | None:
        """Which part was saved of what could be saved; None where nothing could."""
        if self.perfect_foresight is None:
            return None
        possible = self.costs.self_consumption - self.perfect_foresight
        return 100 * self.costs.saved / possible if possible > TINY else None

    @property
    def days(self) -> float:
        """The hours that count, in days."""
        return self.hours / 24

    @property
    def saved_per_day(self) -> float:
        """What is saved in 24 hours, on average."""
        return self.costs.saved / self.days


@dataclass(frozen=True, slots=True, kw_only=True)
class TooLittle:
    """There is not enough of the past yet; `look_again` is when there may be."""

    made_at: datetime
    lacking: Lacking
    learned_days: int
    look_again: datetime


type Finding = Backtest | TooLittle
