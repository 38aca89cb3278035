"""What a scan of a battery's packs has found, for batteries that do not tell it.

Health is the present capacity over the original one, and may exceed 100 %: packs are
sold with some to spare. Energies are in Wh.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

PACK_WH: Final = 13_500.0
"""What a single pack is measured against."""


@dataclass(frozen=True, slots=True)
class Scan:
    """The capacity of a battery as it was new, and as it was found."""

    original_wh: float
    current_wh: float

    def __post_init__(self) -> None:
        """Refuse what is no capacity."""
        if not (self.original_wh > 0 and self.current_wh > 0):
            raise ValueError("a capacity is more than nothing")

    @property
    def health_pct(self) -> float:
        """The state of health, to one decimal."""
        return health_pct(self.current_wh, self.original_wh)


def health_pct(current_wh: float, original_wh: float = PACK_WH) -> float:
    """Return the state of health of a capacity, to one decimal."""
    return round(100 * current_wh / original_wh, 1)


def scan_of(
    original_wh: float | None,
    current_wh: float | None,
    degradation_pct: float | None,
    packs_wh: Iterable[float] = (),
    count: int | None = None,
) -> Scan | None:
    """Return the scan that is told, whole or by packs; None where nothing is.

    Raises ValueError for what is told in part, or cannot be.
    """
    packs = list(packs_wh)
    if packs:
        current_wh = sum(packs) if current_wh is None else current_wh
        count = len(packs) if count is None else count
    if original_wh is None and count is not None:
        original_wh = count * PACK_WH
    if current_wh is None and None not in (original_wh, degradation_pct):
        current_wh = (original_wh or 0) * (1 - (degradation_pct or 0) / 100)
    if original_wh is None and current_wh is None and degradation_pct is None:
        return None
    if original_wh is None or current_wh is None:
        raise ValueError("a scan tells what is left, and of what")
    return Scan(original_wh, current_wh)
