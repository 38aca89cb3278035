"""Recorded Agile prices, laid on any date.

Eight whole weeks are repeated for ever, by the wall clock of London: the price
at 16:00 on a Wednesday is always one recorded at 16:00 on a Wednesday, whatever
the season. The hour that is skipped in spring is therefore never served, and
the one that is repeated in autumn has the same prices twice. The recorded
weeks hold no clock change. A half-hour the record lacked would be absent.
"""

import csv
from datetime import datetime, timedelta
from functools import cache
import gzip
from pathlib import Path
from typing import NamedTuple
from zoneinfo import ZoneInfo

LONDON = ZoneInfo("Europe/London")
HALF_HOUR = timedelta(minutes=30)

_FILE = Path(__file__).parent.parent / "data" / "agile_import_export.csv.gz"
_FIRST = datetime(2023, 6, 5)  # noqa: DTZ001 - a reading of London's wall clock
_CYCLE = timedelta(weeks=8)


class AgilePrice(NamedTuple):
    """Prices of one half-hour in pence per kWh, as the customer pays or earns."""

    import_inc_vat: float
    export: float


def _wall(when: datetime) -> datetime:
    """Return what the clocks in London show, without the time zone."""
    return when.astimezone(LONDON).replace(tzinfo=None, fold=0)


@cache
def _record() -> dict[datetime, AgilePrice]:
    """Read the recorded weeks by the wall clock of each half-hour's start."""
    with gzip.open(_FILE, "rt", newline="") as file:
        return {
            _wall(datetime.fromisoformat(row["start_utc"])): AgilePrice(
                float(row["import_p_per_kwh_inc_vat"]), float(row["export_p_per_kwh"])
            )
            for row in csv.DictReader(file)
        }


def agile_price(start: datetime) -> AgilePrice | None:
    """Return the prices of the half-hour that begins at `start`, if recorded."""
    return _record().get(_FIRST + (_wall(start) - _FIRST) % _CYCLE)
