"""The prices that an entity has in its attributes, in any of the common shapes.

They are lists of rows, each with a time and a price: those of Nord Pool (`raw_today`,
`raw_tomorrow`), ENTSO-E (`prices`), Frank Energie, EPEX Spot (`data`), Octopus Energy
(`rates`), Amber (`forecasts`), Amber Express (`forecast`), Tibber and others. Where a
row has no end it lasts until the next one.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta, tzinfo
from itertools import pairwise
from math import isfinite
import re

from custom_components.power_sync.forecast.shapes.reading import moment
from custom_components.power_sync.model.layers import Layers
from custom_components.power_sync.model.series import Series, Span

START_KEYS = (
    *("start", "start_time", "startsAt", "from", "valid_from"),
    *("time", "timestamp", "hour"),
)
END_KEYS = ("end", "end_time", "till", "to", "until", "valid_to")
PRICE_KEYS = (
    *("value_inc_vat", "price_per_kwh", "per_kwh", "total", "all_in"),
    *("value", "price"),
)
LONGEST = timedelta(hours=2)
"""A row without an end is no longer than this: behind it there is a gap."""

_HOUR = timedelta(hours=1)
_PER_MWH = 0.001
_SUBUNIT = 0.01
_UNIT = re.compile(r"\s*(?P<money>.+?)\s*/\s*(?P<energy>[kM]Wh)\s*", re.IGNORECASE)
_SUBUNITS = frozenset({"c", "ct", "cent", "cents", "p", "pence", "öre", "øre", "gr"})


@dataclass(frozen=True, slots=True)
class _Row:
    start: datetime
    end: datetime | None
    price: float


def per_kwh(unit: str | None) -> float:
    """Return what a price in a unit is multiplied with, for one per kWh.

    A unit that is not known counts as one of whole money per kWh.
    """
    match = _UNIT.fullmatch(unit or "")
    if match is None:
        return 1.0
    money, energy = match["money"].casefold(), match["energy"].casefold()
    scale = _SUBUNIT if money in _SUBUNITS else 1.0
    return scale * (_PER_MWH if energy == "mwh" else 1.0)


def read_prices(attributes: Mapping[str, object], zone: tzinfo) -> Series:
    """Return the prices of an entity as they stand there; empty where it has none.

    Times without an offset are of `zone`. Of rows that overlap the first one counts.
    """
    layers: Layers[float] = Layers()
    for value in attributes.values():
        rows = sorted(_rows(value, zone), key=lambda row: row.start)
        for start, end, price in _lasting(rows):
            layers.add(start, end, price)
    return Series(Span(start, end, price) for start, end, price in layers)


def _rows(value: object, zone: tzinfo) -> Iterator[_Row]:
    """Yield the rows of an attribute; none where it is no list of them."""
    if not isinstance(value, list | tuple):
        return
    for item in value:
        row = _row(item, zone) if isinstance(item, Mapping) else None
        if row is not None:
            yield row


def _row(item: Mapping[str, object], zone: tzinfo) -> _Row | None:
    start = _time(item, START_KEYS, zone)
    price = next((item[key] for key in PRICE_KEYS if key in item), None)
    if start is None or isinstance(price, bool):
        return None
    if not isinstance(price, int | float) or not isfinite(price):
        return None
    return _Row(start, _time(item, END_KEYS, zone), float(price))


def _time(
    item: Mapping[str, object], keys: Iterable[str], zone: tzinfo
) -> datetime | None:
    """Return a time to the minute: some starts come a second late."""
    value = next((item[key] for key in keys if key in item), None)
    when = moment(value, zone)
    if when is None:
        return None
    return when - timedelta(seconds=when.second, microseconds=when.microsecond)


def _lasting(rows: list[_Row]) -> Iterator[tuple[datetime, datetime, float]]:
    """Yield rows with their ends; the last one is as long as the one before it.

    A row that is followed later than those beside it has a gap behind it: rows are
    missing, and no price lasts until the next one that is known. Of rows that begin
    together the first one counts.
    """
    rows = [
        row
        for place, row in enumerate(rows)
        if not place or row.start != rows[place - 1].start
    ]
    gaps = [min(after.start - row.start, LONGEST) for row, after in pairwise(rows)]
    length = _HOUR
    for place, row in enumerate(rows):
        if place < len(gaps):
            beside = gaps[max(place - 1, 0) : place] + gaps[place + 1 : place + 2]
            length = min(gaps[place], max(beside, default=LONGEST))
        end = row.start + length if row.end is None else row.end
        if row.start < end:
            yield row.start, end, row.price
