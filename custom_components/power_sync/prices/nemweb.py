"""The files of Australia's market operator: folders, archives and tables.

In a table's file, a row that begins with `I` names the columns of the rows with `D`
that follow it; several tables follow each other. Source: AEMO, "Guide to CSV data
format standard".
"""

from collections.abc import Iterator, Mapping
import csv
from io import BytesIO
import re
from zipfile import BadZipFile, ZipFile
import zlib

from custom_components.power_sync.model.timegrid import SLOT

from .extend import HALF_HOUR
from .nem import Region, Spot, price_of, spot
from .protocols import PriceAnswerError

MOST_BYTES = 100_000_000
"""An archive that holds more is not what it should be."""

_PREDISPATCH = re.compile(
    r"PUBLIC_PREDISPATCH_(\d{12})_(\d{14})_LEGACY\.zip", re.IGNORECASE
)
_PREDISPATCH_TABLE = "PDREGION"
_PREDISPATCH_COLUMNS = frozenset({"REGIONID", "PERIODID", "RRP"})
_MONTH_COLUMNS = frozenset({"REGION", "SETTLEMENTDATE", "RRP"})


def newest_predispatch(folder: bytes) -> str:
    """Return the name of a folder's newest forecast. Raises PriceAnswerError."""
    # Some of the servers answer in UTF-16.
    text = folder.decode("utf-16" if b"\0" in folder[:200] else "utf-8", "replace")
    found = max(_PREDISPATCH.finditer(text), key=re.Match.groups, default=None)
    if found is None:
        raise PriceAnswerError("the folder has no forecast")
    return found[0]


def read_predispatch(archive: bytes, region: Region) -> tuple[Spot, ...]:
    """Return a region's half-hours ahead. Raises PriceAnswerError."""
    found = tuple(
        spot(row["PERIODID"], HALF_HOUR, price_of(row["RRP"]))
        for row in _rows(_unpacked(archive), _PREDISPATCH_TABLE)
        if row["REGIONID"] == region
    )
    if not found:
        raise PriceAnswerError("the forecast says nothing of the region")
    return found


def read_month(text: bytes, region: Region) -> tuple[Spot, ...]:
    """Return a month's prices of five minutes. Raises PriceAnswerError."""
    rows = csv.DictReader(text.decode("utf-8-sig", "replace").splitlines())
    if not set(rows.fieldnames or ()) >= _MONTH_COLUMNS:
        raise PriceAnswerError("the month lacks columns")
    return tuple(
        spot(row["SETTLEMENTDATE"] or "", SLOT, price_of(row["RRP"] or ""))
        for row in rows
        if row["REGION"] == region
    )


def _unpacked(archive: bytes) -> str:
    """Return the only file of an archive."""
    try:
        with ZipFile(BytesIO(archive)) as file:
            (member,) = file.infolist()
            if member.file_size > MOST_BYTES:
                raise PriceAnswerError("the archive holds too much")
            return file.read(member).decode("utf-8", "replace")
    except (BadZipFile, ValueError, NotImplementedError, EOFError, zlib.error) as err:
        raise PriceAnswerError("the archive cannot be read") from err


def _rows(text: str, table: str) -> Iterator[Mapping[str, str]]:
    """Yield the rows of one table by the names of its columns."""
    columns: list[str] = []
    # Other tables have a hundred times as many rows: they are not taken apart.
    wanted = (f"I,{table},", f"D,{table},")
    lines = (line for line in text.splitlines() if line.startswith(wanted))
    for row in csv.reader(lines):
        if row[0] == "I":
            columns = row
            continue
        named = dict(zip(columns, row, strict=False))
        if not named.keys() >= _PREDISPATCH_COLUMNS:
            raise PriceAnswerError("the forecast lacks columns")
        yield named
