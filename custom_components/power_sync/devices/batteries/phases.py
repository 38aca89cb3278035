"""The voltages of the phases, where an inverter tells them."""

from collections.abc import Sequence
from typing import Final

PHASES: Final = 3
_LEAST_V: Final = 50.0
_MOST_V: Final = 300.0
"""Between a phase and neutral, of any grid: from 100 V to 277 V, and then some."""


def phase_voltages(
    volts: Sequence[float | None], phases: int
) -> tuple[float | None, ...]:
    """Return the voltages of the first `phases` phases; None for one that is absurd."""
    return tuple(
        volt if volt is not None and _LEAST_V <= volt <= _MOST_V else None
        for volt in volts[:phases]
    )
