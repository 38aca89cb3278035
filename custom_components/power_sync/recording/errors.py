"""How a recording fails to be read."""


class RecordingError(Exception):
    """A file holds no recording, or one that this version cannot read."""
