"""What a day adds to the recorder's database, from a span that was recorded.

The span's rows are added as often as a day has such spans, to a copy of the
database: what it grows by has all that belongs to a row, indexes included.
"""

from collections.abc import Iterable
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
import shutil
import sqlite3

DAY_S = 86_400
HOUR_S = 3600
MB = 2**20

STATES = """SELECT states.* FROM states
    JOIN states_meta ON states_meta.metadata_id = states.metadata_id
    JOIN temp.ours ON ours.entity_id = states_meta.entity_id
    WHERE last_updated_ts BETWEEN :since AND :until"""
ATTRIBUTES = f"""SELECT * FROM state_attributes
    WHERE attributes_id IN (SELECT attributes_id FROM ({STATES}))
    AND attributes_id NOT IN (SELECT attributes_id FROM states
        WHERE attributes_id NOT NULL AND last_updated_ts < :since)"""  # noqa: S608 - parts of its own
STATISTICS = """SELECT statistics_short_term.* FROM statistics_short_term
    JOIN statistics_meta ON statistics_meta.id = metadata_id
    JOIN temp.ours ON ours.entity_id = statistic_id
    WHERE created_ts BETWEEN :since AND :until"""
BY_ENTITY = f"""SELECT entity_id, count(*) FROM
    (SELECT metadata_id FROM ({STATES})) JOIN states_meta USING (metadata_id)
    GROUP BY entity_id ORDER BY count(*) DESC"""  # noqa: S608 - parts of its own


@dataclass(frozen=True, slots=True)
class Growth:
    """What a day adds; and the rows of the span for each entity, most first."""

    rows_per_day: int
    mb_per_day: float
    by_entity: dict[str, int]


def growth(
    database: Path, entities: Iterable[str], since_s: float, span_s: float
) -> Growth:
    """Return the growth by the rows of `entities` in the span after `since_s`."""
    copy = database.with_suffix(".copy")
    with closing(sqlite3.connect(database)) as source:
        source.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    shutil.copyfile(database, copy)
    try:
        with closing(sqlite3.connect(copy)) as connection:
            return _growth(connection, entities, since_s, span_s)
    finally:
        copy.unlink()


def _growth(
    database: sqlite3.Connection,
    entities: Iterable[str],
    since_s: float,
    span_s: float,
) -> Growth:
    span = {"since": since_s, "until": since_s + span_s}
    database.execute("CREATE TEMP TABLE ours (entity_id TEXT PRIMARY KEY)")
    database.executemany(
        "INSERT INTO temp.ours VALUES (?)", [(each,) for each in entities]
    )
    by_entity = dict(database.execute(BY_ENTITY, span))
    parts = (
        ("states", STATES, span_s),
        ("state_attributes", ATTRIBUTES, span_s),
        ("statistics_short_term", STATISTICS, span_s),
        # The hourly rows look as the five-minute ones do.
        ("statistics", STATISTICS, HOUR_S),
    )
    for table, select, _ in parts:
        database.execute(f"CREATE TEMP TABLE span_{table} AS {select}", span)
    size = _size(database)
    rows = sum(_live_a_day(database, table, every_s) for table, _, every_s in parts)
    database.commit()
    return Growth(rows, (_size(database) - size) / MB, by_entity)


def _live_a_day(database: sqlite3.Connection, table: str, every_s: float) -> int:
    """Add the rows of the span as often as a day has them; return how many."""
    columns = [
        name
        for _, name, _, _, _, primary in database.execute(f"PRAGMA table_info({table})")
        if not primary
    ]
    shifted = [f"{name} + :shift" if "_ts" in name else name for name in columns]
    insert = (
        f"INSERT INTO {table} ({','.join(columns)}) "  # noqa: S608 - names of its own
        f"SELECT {','.join(shifted)} FROM temp.span_{table}"
    )
    rows = 0
    for time in range(1, round(DAY_S / every_s) + 1):
        rows += database.execute(insert, {"shift": time * every_s}).rowcount
    return rows


def _size(database: sqlite3.Connection) -> int:
    """Return the bytes of the pages in use."""
    (pages,) = database.execute("PRAGMA page_count").fetchone()
    (free,) = database.execute("PRAGMA freelist_count").fetchone()
    (size,) = database.execute("PRAGMA page_size").fetchone()
    return int((pages - free) * size)
