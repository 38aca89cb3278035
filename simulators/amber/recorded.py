"""Recorded wholesale prices, laid on any date, and what a customer pays on them.

Four whole weeks are repeated for ever by the market's clock, which never changes:
the price at 18:00 on a Wednesday is always one recorded at 18:00 on a Wednesday.
What is added to them has the shape of a real bill (losses, GST, a network's rates by
the hour), and is no retailer's price list.
"""

import csv
from datetime import UTC, datetime, timedelta, timezone
from functools import cache
import gzip
from pathlib import Path
from statistics import fmean

NEM = timezone(timedelta(hours=10))
FIVE_MINUTES = timedelta(minutes=5)

_FILE = Path(__file__).parent.parent / "data" / "aemo_vic1_5min.csv.gz"
_FIRST = datetime(2026, 1, 4, 14, tzinfo=UTC)
_CYCLE = timedelta(weeks=4)
_CENTS_PER_KWH = 0.1
"""Of a dollar per MWh."""
_GST = 1.1
_LOSSES = 1.05
# A published tariff of SA Power Networks, without GST, from the hour on.
_NETWORK = ((16, 18.95), (10, 4.74), (6, 18.95), (0, 9.47))
_CONTROLLED = 4.0


@cache
def _record() -> dict[datetime, float]:
    """Read the recorded weeks by the start of each five minutes."""
    with gzip.open(_FILE, "rt", newline="") as file:
        return {
            datetime.fromisoformat(row["start_utc"]): float(row["rrp_aud_per_mwh"])
            for row in csv.DictReader(file)
        }


def wholesale(start: datetime, length: timedelta) -> float:
    """Return the mean wholesale price, in $/MWh, of an interval on the grid."""
    record = _record()
    return fmean(
        record[_FIRST + (start + step * FIVE_MINUTES - _FIRST) % _CYCLE]
        for step in range(length // FIVE_MINUTES)
    )


def spot_cents(rrp: float) -> float:
    """Return the wholesale part of what a kWh costs, GST included."""
    return rrp * _CENTS_PER_KWH * _GST


def bought_cents(rrp: float, start: datetime) -> float:
    """Return what a kWh from the grid costs."""
    hour = start.astimezone(NEM).hour
    network = next(cents for since, cents in _NETWORK if hour >= since)
    return (rrp * _CENTS_PER_KWH * _LOSSES + network) * _GST


def controlled_cents(rrp: float) -> float:
    """Return what a kWh of a controlled load costs, which the network switches."""
    return (rrp * _CENTS_PER_KWH * _LOSSES + _CONTROLLED) * _GST


def sold_cents(rrp: float) -> float:
    """Return what a kWh fed in costs: below zero the customer is paid."""
    return -rrp * _CENTS_PER_KWH
