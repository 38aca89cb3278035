"""Australia's National Electricity Market: its regions, its time, its prices.

The market's time is UTC+10 all year, also where clocks go forward in summer. All that
its operator publishes is labelled by the END of the interval, without an offset.
Prices are in $/MWh, without GST, losses and network; from -1000 to a cap that rises
each July (20 300 in 2025-26).
"""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, timezone
from decimal import Decimal, InvalidOperation
from enum import StrEnum

from custom_components.power_sync.model.timegrid import SLOT, floor_time

from .protocols import PriceAnswerError

CURRENCY = "AUD"
NEM_ZONE = "Australia/Brisbane"
"""A zone of the world that has the market's time."""
NEM = timezone(timedelta(hours=10))
"""The market's time; its day is the one that past prices are asked by."""

SPIKE_AUD_PER_KWH = 0.3
"""From here on a wholesale price is called a spike: 300 $/MWh."""

KWH_PER_MWH = 1000


class Region(StrEnum):
    """A region of the market, each with a price of its own."""

    NSW = "NSW1"
    QLD = "QLD1"
    SA = "SA1"
    TAS = "TAS1"
    VIC = "VIC1"


@dataclass(frozen=True, slots=True)
class Spot:
    """The wholesale price from `start` to `end`, without GST."""

    start: datetime
    end: datetime
    aud_per_kwh: float


def spot(end: str, length: timedelta, aud_per_mwh: Decimal) -> Spot:
    """Return the price of the interval that ends at a label of the market.

    Raises PriceAnswerError where the label is none.
    """
    until = moment(end)
    return Spot(until - length, until, per_kwh(aud_per_mwh))


def moment(label: str) -> datetime:
    """Return what a label of the market says, in UTC. Raises PriceAnswerError."""
    try:
        when = datetime.fromisoformat(label.strip().replace("/", "-"))
    except ValueError as err:
        raise PriceAnswerError(f"{label[:40]!r} is not a time") from err
    if when.tzinfo is not None:
        raise PriceAnswerError("a time of the market has no offset")
    try:
        when = when.replace(tzinfo=NEM).astimezone(UTC)
    except OverflowError as err:
        raise PriceAnswerError(f"{label[:40]!r} is out of all range") from err
    if when != floor_time(when, SLOT):
        raise PriceAnswerError(f"{label[:40]!r} is not on the market's five minutes")
    return when


def per_kwh(aud_per_mwh: Decimal) -> float:
    """Return a price in $/kWh."""
    return float(aud_per_mwh / KWH_PER_MWH) + 0.0


def price_of(text: str) -> Decimal:
    """Return a finite number that stands in a table. Raises PriceAnswerError."""
    try:
        value = Decimal(text.strip())
    except InvalidOperation as err:
        raise PriceAnswerError(f"{text[:40]!r} is not a price") from err
    if not value.is_finite():
        raise PriceAnswerError(f"{text[:40]!r} is not a price")
    return value
