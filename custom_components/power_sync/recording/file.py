"""A recording within a file: its place, and whether this version can read it."""

import gzip
import json
from pathlib import Path
import zlib

from .codec import from_plain, to_plain
from .compact import PlainObject
from .errors import RecordingError
from .model import SCHEMA, Recording

KEY = "recording"
_PACKED = b"\x1f\x8b"
"""How a file begins that gzip has packed."""


def recording_plain(recording: Recording) -> PlainObject:
    """Return a recording as JSON can hold it, with the version of its form."""
    plain = to_plain(recording)
    return {"schema": SCHEMA, **(plain if isinstance(plain, dict) else {})}


def recording_of(value: object) -> Recording:
    """Return the recording of a downloaded diagnostics file, or of a part of it.

    Raises RecordingError with a text for people.
    """
    found = value
    for key in ("data", KEY):
        if isinstance(found, dict) and key in found:
            found = found[key]
    if not isinstance(found, dict) or "schema" not in found:
        raise RecordingError("This file holds no recording of PowerSync.")
    fields = dict(found)
    schema, versions = fields.pop("schema"), found.get("versions")
    by = versions.get("power_sync") if isinstance(versions, dict) else None
    said = f"It was made by PowerSync {by or 'of an unknown version'}"
    if schema != SCHEMA:
        raise RecordingError(
            f"{said}, whose recordings have form {schema}; this one reads form "
            f"{SCHEMA}. Replay it with that version."
        )
    try:
        return from_plain(Recording, fields)
    except RecordingError as err:
        raise RecordingError(
            f"{said}, and cannot be read by this one ({err}). Replay it with that "
            "version."
        ) from err


def read_file(path: Path) -> Recording:
    """Return the recording in a file, packed by gzip or not. Raises RecordingError."""
    try:
        read = path.read_bytes()
    except OSError as err:
        raise RecordingError(f"The file cannot be read: {err.strerror}.") from err
    try:
        content = json.loads(gzip.decompress(read) if read[:2] == _PACKED else read)
    except (OSError, EOFError, zlib.error) as err:
        raise RecordingError("The file is packed, and damaged.") from err
    except (ValueError, RecursionError) as err:
        raise RecordingError("The file is no JSON.") from err
    return recording_of(content)
