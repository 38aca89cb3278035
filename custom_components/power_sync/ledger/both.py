"""The home as it is, and the same home without PowerSync, side by side."""

from typing import NamedTuple


class Both(NamedTuple):
    """Money or kWh of the home as it is, and of the one without PowerSync."""

    ours: float
    without: float

    @property
    def is_nothing(self) -> bool:
        """Whether there is nothing of it in either home."""
        return not (self.ours or self.without)
