"""Prices as the user wants the plan to count them, where these are not the true ones.

Three wishes, in this order: an export boost, chip mode and spike protection. They
change the problem and never the money that is shown.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, time, tzinfo
from typing import Final

from custom_components.power_sync.prices.windows import Window

MIDNIGHT_MIN: Final = 24 * 60
PROTECTION_PER_KWH: Final = 1.0
"""So much more than the best selling price a kWh bought in a spike is said to cost."""
DIGITS: Final = 4


@dataclass(frozen=True, slots=True, kw_only=True)
class Shaping:
    """What the user wishes. Prices are per kWh; times are minutes after midnight.

    The export boost lifts selling prices of at least `boost_threshold_per_kwh` by
    an offset, and to a minimum, from one time to another; with both at 0 it does
    nothing. Chip mode lets no energy be sold below its threshold in its window. Spike
    protection keeps the plan from buying while the provider says that a price spike
    may come.
    """

    spike_protection: bool = True
    export_boost: bool = False
    boost_offset_per_kwh: float = 0.0
    boost_minimum_per_kwh: float = 0.0
    boost_threshold_per_kwh: float = 0.0
    boost_start_min: int = 17 * 60
    boost_end_min: int = 21 * 60
    chip_mode: bool = False
    chip_threshold_per_kwh: float = 0.30
    chip_start_min: int = 22 * 60
    chip_end_min: int = 6 * 60

    @property
    def boosts(self) -> bool:
        """Whether the export boost changes any price."""
        lifted = self.boost_offset_per_kwh or self.boost_minimum_per_kwh
        return self.export_boost and bool(lifted)

    def bought(
        self, prices: Sequence[float], sold: Sequence[float], spiking: Sequence[bool]
    ) -> tuple[float, ...]:
        """Return import prices as the plan is to count them.

        `sold` are the export prices as they count. Where a spike may come, buying
        costs more than any selling brings, and never less than it does.
        """
        if not self.spike_protection or not any(spiking):
            return tuple(prices)
        dear = max(sold) + PROTECTION_PER_KWH
        return tuple(
            max(price, dear) if spikes else price
            for price, spikes in zip(prices, spiking, strict=True)
        )

    def sold(
        self, prices: Sequence[float], starts: Sequence[datetime], zone: tzinfo
    ) -> tuple[float, ...]:
        """Return export prices as the plan is to count them.

        `starts` are those of the slots, `zone` that of the tariff. Chip mode
        compares the true price with its threshold; what costs money to sell goes on
        doing so.
        """
        if not self.boosts and not self.chip_mode:
            return tuple(prices)
        boost = window(self.boost_start_min, self.boost_end_min)
        chip = window(self.chip_start_min, self.chip_end_min)
        counted = []
        for price, start in zip(prices, starts, strict=True):
            local = start.astimezone(zone)
            value = price
            if self.boosts and boost.covers(local):
                value = self._boosted(price)
            if self.chip_mode and chip.covers(local):
                sells = price >= self.chip_threshold_per_kwh
                value = value if sells else min(price, 0.0)
            counted.append(value)
        return tuple(counted)

    def _boosted(self, price: float) -> float:
        threshold = self.boost_threshold_per_kwh
        if threshold and price < threshold:
            return price
        lifted = max(price + self.boost_offset_per_kwh, self.boost_minimum_per_kwh)
        return round(lifted, DIGITS)

    @property
    def said(self) -> str | None:
        """What differs from the true prices, in short; None where nothing does."""
        parts = []
        if self.boosts:
            parts.append(
                f"boost {self.boost_offset_per_kwh:g}/{self.boost_minimum_per_kwh:g}"
                f"/{self.boost_threshold_per_kwh:g} "
                f"{_clock(self.boost_start_min)}-{_clock(self.boost_end_min)}"
            )
        if self.chip_mode:
            parts.append(
                f"chip {self.chip_threshold_per_kwh:g} "
                f"{_clock(self.chip_start_min)}-{_clock(self.chip_end_min)}"
            )
        return "; ".join(parts) or None


TRUE_PRICES: Final = Shaping()
"""Nothing wished, and no purchase in a spike."""


def window(start_min: int, end_min: int) -> Window:
    """Return the daily window between two minutes after midnight."""
    return Window(time_of(start_min), time_of(end_min))


def time_of(minutes: int) -> time:
    """Return a time of day from its minutes after midnight."""
    hour, minute = divmod(minutes % MIDNIGHT_MIN, 60)
    return time(hour, minute)


def _clock(minutes: int) -> str:
    return time_of(minutes).strftime("%H:%M")
