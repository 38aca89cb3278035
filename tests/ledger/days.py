"""Days to count: a battery, prices, and samples one after another."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta, tzinfo

from custom_components.power_sync.ledger.ledger import Figures, Ledger
from custom_components.power_sync.ledger.sample import Sample
from custom_components.power_sync.model.prices import PriceCurve, PriceSlot
from custom_components.power_sync.planner.problem import BatterySpec
from custom_components.power_sync.prices.demand import NO_CHARGES, Charges

MIDNIGHT = datetime(2026, 1, 14, tzinfo=UTC)
STEP = timedelta(minutes=1)
HOUR = timedelta(hours=1)
LONGEST = 2.5 * STEP

BATTERY = BatterySpec(
    capacity_kwh=10.0,
    max_charge_kw=5.0,
    max_discharge_kw=5.0,
    soc_pct=20.0,
    reserve_pct=0.0,
    charge_efficiency=0.8,
    discharge_efficiency=0.8,
)
"""Lossy enough for its losses to be seen, in round figures."""


def prices(
    *bought: float,
    sold: Sequence[float] | float = 0.0,
    start: datetime = MIDNIGHT,
    firm: bool = True,
    currency: str = "GBP",
) -> PriceCurve:
    """Return prices of an hour each."""
    exports = [sold] * len(bought) if isinstance(sold, float) else sold
    return PriceCurve.of(
        currency,
        "UTC",
        (
            PriceSlot(start + HOUR * index, start + HOUR * (index + 1), buy, sell, firm)
            for index, (buy, sell) in enumerate(zip(bought, exports, strict=True))
        ),
    )


@dataclass
class Count:
    """A ledger that is fed as time goes by; `closed` are the days that ended."""

    curve: PriceCurve
    battery: BatterySpec = BATTERY
    now: datetime = MIDNIGHT
    zone: tzinfo = UTC
    ledger: Ledger = field(default_factory=Ledger)
    acting: bool = False
    value: float | None = None
    event_per_kwh: float = 0.0
    export_limit_w: float | None = None
    charges: Charges = NO_CHARGES
    closed: list[Figures] = field(default_factory=list)

    def __post_init__(self) -> None:
        """Have the charges from the beginning."""
        self.ledger.charges = self.charges

    @property
    def figures(self) -> Figures:
        """What there is to show."""
        figures = self.ledger.figures
        assert figures is not None
        return figures

    @property
    def saved(self) -> float:
        """What has been saved today."""
        assert self.figures.saved is not None
        return self.figures.saved

    def closing(self) -> None:
        """Note the figures of a day that ends."""
        self.closed.append(self.figures)

    def read(self, grid_kw: float = 0.0, battery_kw: float = 0.0) -> None:
        """Take a sample of now."""
        self.ledger.take(
            Sample(
                at=self.now,
                grid_w=grid_kw * 1000,
                battery_w=battery_kw * 1000,
                battery=self.battery,
                export_limit_w=self.export_limit_w,
                acting=self.acting,
                stored_value_per_kwh=self.value,
                event_per_kwh=self.event_per_kwh,
            ),
            self.curve,
            self.zone,
            longest=LONGEST,
            closing=self.closing,
        )

    def run(
        self, lasting: timedelta, *, net_kw: float = 0.0, battery_kw: float = 0.0
    ) -> None:
        """Have a home take `net_kw` beyond its sun, and the battery give some of it.

        Begins with a reading of now and ends with one a step after the last.
        """
        grid_kw = net_kw - battery_kw
        end = self.now + lasting
        self.read(grid_kw, battery_kw)
        while self.now < end:
            self.now += STEP
            self.charge(-battery_kw * (STEP / HOUR))
            self.read(grid_kw, battery_kw)

    def charge(self, kwh: float) -> None:
        """Charge (or discharge) at the AC side, with the battery's losses."""
        spec = self.battery
        cells = (
            kwh * spec.charge_efficiency if kwh > 0 else kwh / spec.discharge_efficiency
        )
        soc_pct = spec.soc_pct + 100 * cells / spec.capacity_kwh
        self.battery = replace(spec, soc_pct=min(100.0, max(0.0, soc_pct)))

    def store(self, soc_pct: float) -> None:
        """Find the battery at another level."""
        self.battery = replace(self.battery, soc_pct=soc_pct)
