"""Forecasts of solar and load power."""

from dataclasses import dataclass
from datetime import datetime

from .series import Series


@dataclass(frozen=True, slots=True)
class Forecast:
    """Mean power in W per interval, with its spread where one is known.

    `p50_w` is the median of what may come, and `mean_w` its mean where that is not
    the same. `p10_w` and `p90_w` are the low and high tenth, or None where the
    source gives no spread. `source` names where it came from; `learned_days` is how
    many days of the home's own history stand behind it, or None where it is not
    learned from history.
    """

    p50_w: Series
    source: str
    made_at: datetime
    p10_w: Series | None = None
    p90_w: Series | None = None
    learned_days: int | None = None
    mean_w: Series | None = None

    @property
    def expected_w(self) -> Series:
        """The energy to count on: the mean in W, or the median where none is known."""
        return self.p50_w if self.mean_w is None else self.mean_w
