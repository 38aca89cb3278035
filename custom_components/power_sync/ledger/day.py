"""One local day of a home: what it cost, and what it would have cost."""

from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from custom_components.power_sync.model.prices import PriceSlot
from custom_components.power_sync.planner.problem import BatterySpec

from .baseline import HOUR, W_PER_KW, Cells, follow
from .period import Energies
from .sample import Sample

_SOME_KWH = 1e-6
NOTHING = timedelta(0)


@dataclass(slots=True)
class Day:
    """A day that begins at `start` (UTC), counted as far as it was measured.

    Until PowerSync changes something (`apart`), the home without it is the home
    as it is. From then on `baseline` are the cells of the same battery in plain
    self-consumption. `skipped_kwh` is the part of the difference between both
    that came about while nothing was measured. `stored_kwh` is what was last
    read, None before the first reading of the day.
    """

    start: datetime
    measured: timedelta = NOTHING
    paid: float = 0.0
    baseline_paid: float = 0.0
    stored_kwh: float | None = None
    baseline: Cells = field(default_factory=lambda: Cells(0.0, resting=False))
    skipped_kwh: float = 0.0
    apart: bool = False
    value_per_kwh: float | None = None

    @property
    def more_kwh(self) -> float:
        """The energy that is in the cells beyond what the baseline has left."""
        if not self.apart or self.stored_kwh is None:
            return 0.0
        return self.stored_kwh - self.baseline.kwh - self.skipped_kwh

    @property
    def saved(self) -> float | None:
        """What PowerSync has saved, the worth of what it stored more included.

        None where something is stored and no plan has said what it is worth.
        """
        money = self.baseline_paid - self.paid
        if abs(self.more_kwh) <= _SOME_KWH:
            return money
        if self.value_per_kwh is None:
            return None
        return money + self.more_kwh * self.value_per_kwh

    def begin(self, battery: BatterySpec, stored_kwh: float) -> None:
        """Start with what is stored: so much have both homes."""
        self.stored_kwh = stored_kwh
        rested = self.baseline.resting
        self.baseline = Cells.at(battery, stored_kwh, rested=rested)

    def skip(self, sample: Sample) -> None:
        """Take a reading after a time that was not measured.

        What the battery did meanwhile is left out on both sides: the difference
        between both homes is the same as before.
        """
        if self.stored_kwh is None or not self.apart:
            self.begin(sample.battery, sample.stored_kwh)
            return
        before_kwh = self.more_kwh
        moved_kwh = sample.stored_kwh - self.stored_kwh
        self.stored_kwh = sample.stored_kwh
        self.baseline = self.baseline.moved(sample.battery, moved_kwh)
        self.skipped_kwh += self.more_kwh - before_kwh

    def add(
        self, sample: Sample, lasting: timedelta, price: PriceSlot, stored_kwh: float
    ) -> tuple[Energies, Energies]:
        """Count a stretch with the powers of `sample`; `stored_kwh` is at its end.

        Returns what both homes took from the grid, with and without PowerSync.
        """
        if sample.event_per_kwh:
            paid = price.export_per_kwh + sample.event_per_kwh
            price = replace(price, export_per_kwh=paid)
        grid_kwh = sample.grid_w / W_PER_KW * (lasting / HOUR)
        ours = without = Energies(grid_kwh, _price_of(grid_kwh, price))
        self.measured += lasting
        if self.apart:
            self.baseline, grid_kwh = follow(self.baseline, sample, lasting)
            without = Energies(grid_kwh, _price_of(grid_kwh, price))
            self.stored_kwh = stored_kwh
        else:
            self.begin(sample.battery, stored_kwh)
        self.paid += ours.paid
        self.baseline_paid += without.paid
        return ours, without

    def note(self, sample: Sample) -> None:
        """Note what a reading says beside its powers."""
        self.apart = self.apart or sample.acting
        if sample.stored_value_per_kwh is not None:
            self.value_per_kwh = sample.stored_value_per_kwh


def _price_of(grid_kwh: float, price: PriceSlot) -> float:
    """Return what grid energy costs (+ import); export earns, or costs below zero."""
    return grid_kwh * (price.import_per_kwh if grid_kwh > 0 else price.export_per_kwh)
