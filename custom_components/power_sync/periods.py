"""How often a site looks at its battery, plans, and asks for forecasts. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Final, Self


@dataclass(frozen=True, slots=True)
class Period:
    """The range that a period may be chosen from, and what it is unless chosen."""

    least: int
    most: int
    default: int

    def of(self, value: object) -> int:
        """Return a stored value, or the default where it is none of the range."""
        if isinstance(value, int) and self.least <= value <= self.most:
            return value
        return self.default


POLL_S: Final = Period(5, 60, 10)
FORECAST_EVERY_MIN: Final = Period(15, 180, 30)
PLAN_EVERY_MIN: Final = (5, 10, 15, 30)
"""A plan is made at the start of a slot, so the hour has to be a multiple."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Periods:
    """The periods of a site; a battery is read as often as suits it unless chosen."""

    poll: timedelta | None
    plan_min: int
    forecast: timedelta

    @classmethod
    def of(cls, options: Mapping[str, object]) -> Self:
        """Return those of an entry's options; what is missing or odd is the default."""
        plan, poll = options.get("plan_every_min"), options.get("battery_poll_s")
        return cls(
            poll=None if poll is None else timedelta(seconds=POLL_S.of(poll)),
            plan_min=next((m for m in PLAN_EVERY_MIN if m == plan), PLAN_EVERY_MIN[0]),
            forecast=timedelta(
                minutes=FORECAST_EVERY_MIN.of(options.get("forecast_every_min"))
            ),
        )
