"""What a home's energies were, in rows of a calendar."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta, tzinfo
from enum import StrEnum
from typing import Final


class Period(StrEnum):
    """How far back a calendar looks from the end of a day."""

    DAY = "day"
    WEEK = "week"
    MONTH = "month"
    YEAR = "year"
    LIFETIME = "lifetime"
    """All that there is."""


_BEGINNING: Final = date(2010, 1, 1)
"""Before there was any home battery of those that PowerSync knows."""
_DAYS_BACK: Final = {
    Period.DAY: 0,
    Period.WEEK: 7,
    Period.MONTH: 30,
    Period.YEAR: 365,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class EnergyRow:
    """Energies in Wh from a moment on, up to the next row; None is not known.

    `details` are further ones by the device's own names.
    """

    start: datetime
    solar_wh: float | None
    discharge_wh: float | None
    charge_wh: float | None
    import_wh: float | None
    export_wh: float | None
    home_wh: float | None
    details: Mapping[str, float] = field(default_factory=dict)


def span_of(period: Period, last: date, zone: tzinfo) -> tuple[datetime, datetime]:
    """Return from when to when a calendar goes that ends with a day of a zone."""
    after = datetime.combine(last + timedelta(days=1), time(), zone)
    if period is Period.LIFETIME:
        return datetime.combine(_BEGINNING, time(), zone), after
    midnight = datetime.combine(last, time(), zone)
    return midnight - timedelta(days=_DAYS_BACK[period]), after
