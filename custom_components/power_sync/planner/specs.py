"""What a home is made of: its batteries, its cars and what its grid charges for.

Every value is checked when it is made: a figure that no battery, car or tariff can
have raises ProblemError, which names the field.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import pairwise
from math import isfinite
from typing import Final

from custom_components.power_sync.model.battery import Mode

DEFAULT_WEAR_PER_KWH: Final = 0.02
_ROUNDING_KW = 1e-5


class ProblemError(ValueError):
    """A problem that says nothing sensible. `field` names the culprit."""

    def __init__(self, field: str, what: str) -> None:
        """Name the field and what is wrong with it."""
        super().__init__(f"{field}: {what}")
        self.field = field


def check(field: str, value: float, low: float, high: float = float("inf")) -> None:
    """Refuse a value that is not finite or not in `low..high`."""
    if not isfinite(value) or not low <= value <= high:
        span = f"from {low:g}" if high == float("inf") else f"in {low:g}..{high:g}"
        raise ProblemError(field, f"must be a finite number {span}, not {value}")


@dataclass(frozen=True, slots=True)
class Override:
    """What the owner told a battery, for `slots` slots from `first` on; power in kW."""

    mode: Mode
    power_kw: float | None
    slots: int
    first: int = 0

    def __post_init__(self) -> None:
        """Refuse an order that cannot be."""
        if self.power_kw is not None:
            check("override.power_kw", self.power_kw, 0.0)
        check("override.slots", self.slots, 1)
        check("override.first", self.first, 0)

    def holds(self, index: int) -> bool:
        """Return whether it holds in a slot."""
        return self.first <= index < self.first + self.slots


@dataclass(frozen=True, slots=True, kw_only=True)
class BatterySpec:
    """One battery, or a fleet merged to one.

    Powers are at its AC side. Charging 1 kWh there stores `charge_efficiency`
    kWh; delivering 1 kWh there takes 1 / `discharge_efficiency` kWh out of the
    cells. `wear_per_kwh` is money per kWh delivered at the AC side. The SOC at
    the start may be outside of `reserve_pct` and `max_soc_pct`. Where the
    reserve is above the maximum, the reserve holds. Once down at its reserve the
    battery discharges again from `resume_margin_pct` points above it.

    `charge_taper` is how the charging power falls as the battery fills: points of
    (SOC in percent, part of `max_charge_kw`), straight lines between them, full
    power below the first and the last point's beyond it. The lines must fall ever
    steeper. `reserves_pct` and `max_socs_pct` raise the reserve and lower the
    maximum slot by slot, one value for each. On a hybrid inverter, battery and
    `dc_solar_share` of the home's sun together give at most `ac_limit_kw` (and take
    as much): sun above it charges the battery or is lost.

    `modes` are what the battery can be told; self-consumption is always
    possible. It can be told something new only every `slot_minutes` (of a clock that
    is `slot_offset_minutes` ahead of UTC, counted from midnight), or with 0 at any
    time: what it has been told goes on until then. Whatever the clock says, what it
    has begun it goes on with for `min_dwell_minutes`. Forced powers are whole multiples
    of `power_step_kw` and not below `min_power_kw`. Raises ProblemError.
    """

    capacity_kwh: float
    max_charge_kw: float
    max_discharge_kw: float
    soc_pct: float
    reserve_pct: float
    max_soc_pct: float = 100.0
    charge_efficiency: float = 0.95
    discharge_efficiency: float = 0.95
    wear_per_kwh: float = DEFAULT_WEAR_PER_KWH
    modes: frozenset[Mode] = frozenset(Mode)
    slot_minutes: int = 0
    slot_offset_minutes: int = 0
    min_dwell_minutes: int = 0
    power_step_kw: float = 0.001
    min_power_kw: float = 0.0
    resume_margin_pct: float = 2.0
    charge_taper: tuple[tuple[float, float], ...] = ()
    reserves_pct: tuple[float, ...] = ()
    max_socs_pct: tuple[float, ...] = ()
    ac_limit_kw: float | None = None
    dc_solar_share: float = 0.0
    override: Override | None = None

    def __post_init__(self) -> None:
        """Refuse what no battery can be."""
        check("battery.capacity_kwh", self.capacity_kwh, 0.0)
        check("battery.max_charge_kw", self.max_charge_kw, 0.0)
        check("battery.max_discharge_kw", self.max_discharge_kw, 0.0)
        check("battery.soc_pct", self.soc_pct, 0.0, 100.0)
        check("battery.reserve_pct", self.reserve_pct, 0.0, 100.0)
        check("battery.max_soc_pct", self.max_soc_pct, 0.0, 100.0)
        check("battery.charge_efficiency", self.charge_efficiency, 0.01, 1.0)
        check("battery.discharge_efficiency", self.discharge_efficiency, 0.01, 1.0)
        check("battery.wear_per_kwh", self.wear_per_kwh, 0.0)
        check("battery.slot_minutes", self.slot_minutes, 0)
        check("battery.min_dwell_minutes", self.min_dwell_minutes, 0)
        check("battery.power_step_kw", self.power_step_kw, 0.0)
        check("battery.min_power_kw", self.min_power_kw, 0.0)
        check("battery.resume_margin_pct", self.resume_margin_pct, 0.0, 100.0)
        self._check_taper()
        for reserve in self.reserves_pct:
            check("battery.reserves_pct", reserve, 0.0, 100.0)
        for maximum in self.max_socs_pct:
            check("battery.max_socs_pct", maximum, 0.0, 100.0)
        if self.ac_limit_kw is not None:
            check("battery.ac_limit_kw", self.ac_limit_kw, 0.0)
        check("battery.dc_solar_share", self.dc_solar_share, 0.0, 1.0)

    def _check_taper(self) -> None:
        steepness = 0.0
        for soc_pct, share in self.charge_taper:
            check("battery.charge_taper", soc_pct, 0.0, 100.0)
            check("battery.charge_taper", share, 0.0, 1.0)
        for (soc, share), (next_soc, next_share) in pairwise(self.charge_taper):
            if next_soc <= soc:
                raise ProblemError("battery.charge_taper", "must ascend in SOC")
            slope = (next_share - share) / (next_soc - soc)
            if slope > steepness + 1e-12:
                raise ProblemError("battery.charge_taper", "must fall ever steeper")
            steepness = slope

    @property
    def is_plain(self) -> bool:
        """Whether it has nothing that only the site's planner knows."""
        return not (
            self.charge_taper
            or self.reserves_pct
            or self.max_socs_pct
            or self.ac_limit_kw is not None
            or self.override is not None
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class CarSpec:
    """A car that is plugged in, and what it still needs.

    `energy_kwh` is at its charger, wanted until `departure`. It draws nothing or a
    power within one of `ranges_kw` (`charging_ranges_kw` for one and three phases).
    `phases` is how many of the home's it draws from. Where the battery may not feed
    it, the batteries serve the home alone while it charges.
    """

    energy_kwh: float
    departure: datetime
    ranges_kw: tuple[tuple[float, float], ...]
    phases: int = 1
    may_battery_feed: bool = False

    def __post_init__(self) -> None:
        """Refuse what no car can be."""
        check("cars.energy_kwh", self.energy_kwh, 0.0)
        if self.departure.utcoffset() != timedelta(0):
            raise ProblemError("cars.departure", "must be an aware UTC time")
        if not self.ranges_kw:
            raise ProblemError("cars.ranges_kw", "needs a range of power")
        below = 0.0
        for low, high in self.ranges_kw:
            check("cars.ranges_kw", low, below)
            check("cars.ranges_kw", high, low)
            below = high
        if self.phases not in (1, 3):
            raise ProblemError("cars.phases", "must be 1 or 3")

    @property
    def most_kw(self) -> float:
        """The most it can draw."""
        return self.ranges_kw[-1][1]

    def nearest_kw(self, wanted_kw: float) -> float:
        """Return the power nearest to a wanted one that it can draw, or 0."""
        choices = [0.0]
        choices += [min(max(wanted_kw, low), high) for low, high in self.ranges_kw]
        return min(choices, key=lambda choice: (abs(choice - wanted_kw), -choice))

    def range_of(self, drawn_kw: float) -> tuple[float, float]:
        """Return the range that a power it draws lies in."""
        return next(
            (low, high)
            for low, high in self.ranges_kw
            if low - _ROUNDING_KW <= drawn_kw <= high + _ROUNDING_KW
        )

    def below_kw(self, allowed_kw: float) -> float:
        """Return the most that it can draw within `allowed_kw`."""
        return max(
            (
                min(high, allowed_kw)
                for low, high in self.ranges_kw
                if low <= allowed_kw
            ),
            default=0.0,
        )


MIN_CAR_A: Final = 6.0
"""The least current that a car draws (IEC 61851-1)."""


def charging_ranges_kw(
    max_a: float, phases: int, *, switches: bool = False, volts: float = 230.0
) -> tuple[tuple[float, float], ...]:
    """Return the powers of a charger for a current of up to `max_a` per phase.

    One that `switches` draws from one phase or from three.
    """
    counts = (1, 3) if switches else (phases,)
    ranges: list[tuple[float, float]] = []
    for count in counts:
        low, high = (current * volts * count / 1000 for current in (MIN_CAR_A, max_a))
        if ranges and low <= ranges[-1][1]:
            low = ranges.pop()[0]
        ranges.append((low, high))
    return tuple(ranges)


@dataclass(frozen=True, slots=True, kw_only=True)
class DemandCharge:
    """What the highest import of the billing period costs.

    `rate_per_kw` is for each kW of the highest mean import over `interval` (counted
    from midnight UTC) within the slots of `window`; `peak_kw` is the highest so far,
    which is paid for anyway.
    """

    rate_per_kw: float
    window: tuple[bool, ...]
    interval: timedelta = timedelta(minutes=30)
    peak_kw: float = 0.0

    def __post_init__(self) -> None:
        """Refuse what no tariff can be."""
        check("demand.rate_per_kw", self.rate_per_kw, 0.0)
        check("demand.peak_kw", self.peak_kw, 0.0)
        if self.interval <= timedelta(0):
            raise ProblemError("demand.interval", "must be a span of time")


@dataclass(frozen=True, slots=True, kw_only=True)
class ImportCredit:
    """Money for importing no more than `most_kwh` in the slots of `window`."""

    amount: float
    most_kwh: float
    window: tuple[bool, ...]

    def __post_init__(self) -> None:
        """Refuse what no contract can be."""
        check("credit.amount", self.amount, 0.0)
        check("credit.most_kwh", self.most_kwh, 0.0)


@dataclass(frozen=True, slots=True, kw_only=True)
class PriceCap:
    """Prices of what is `sold`, or else bought, that are for `most_kwh` only.

    By slot, `beyond_per_kwh` is what every further kWh costs or brings; None in the
    slots that the cap is not about.
    """

    sold: bool
    most_kwh: float
    beyond_per_kwh: tuple[float | None, ...]

    def __post_init__(self) -> None:
        """Refuse what no contract can be."""
        check("cap.most_kwh", self.most_kwh, 0.0)


@dataclass(frozen=True, slots=True)
class Fuse:
    """The main fuse: `amps` on each of 1 or 3 `phases`, both ways."""

    amps: float
    phases: int = 3
    volts: float = 230.0

    def __post_init__(self) -> None:
        """Refuse what no fuse can be."""
        check("fuse.amps", self.amps, 0.0)
        check("fuse.volts", self.volts, 1.0)
        if self.phases not in (1, 3):
            raise ProblemError("fuse.phases", "must be 1 or 3")

    @property
    def phase_kw(self) -> float:
        """The most through one phase."""
        return self.amps * self.volts / 1000

    @property
    def all_kw(self) -> float:
        """The most through all of them."""
        return self.phase_kw * self.phases
