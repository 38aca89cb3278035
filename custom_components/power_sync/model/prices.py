"""Electricity prices as every provider gives them to the planner."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from functools import cached_property
from statistics import fmean

from .series import Series, Span


class Spike(StrEnum):
    """What a provider says of a wholesale price far above the usual."""

    NONE = "none"
    POTENTIAL = "potential"
    SPIKE = "spike"


@dataclass(frozen=True, slots=True)
class PriceSlot:
    """Import and export price of one interval, in major currency units per kWh.

    Both include all taxes the customer pays. Both may be negative; a positive
    export price is paid to the customer. `firm` is False for a forecast. A firm
    price is an `estimate` as long as the market has not settled it: it is acted
    on, and may still change a little.
    """

    start: datetime
    end: datetime
    import_per_kwh: float
    export_per_kwh: float
    firm: bool = True
    spike: Spike = Spike.NONE
    estimate: bool = False


@dataclass(frozen=True, slots=True)
class Credit:
    """A time for which `amount` is credited if hardly anything is bought in it.

    That is no more than `most_kwh`. Of several credits each is for its own time.
    """

    start: datetime
    end: datetime
    amount: float
    most_kwh: float


@dataclass(frozen=True, slots=True)
class Cap:
    """A time whose price is for so much energy only: what is beyond has another.

    It is about what is `sold`, or else bought. The `most_kwh` are those of all caps
    with the same `pool`, which names a day or a month.
    """

    start: datetime
    end: datetime
    sold: bool
    pool: str
    most_kwh: float
    beyond_per_kwh: float


@dataclass(frozen=True, slots=True)
class Doubt:
    """How far a provider's forecast of import prices is below its dear case.

    In money per kWh: in the mean of so many `samples`, and at the most.
    """

    mean_per_kwh: float
    most_per_kwh: float
    samples: int

    @classmethod
    def of(cls, apart_per_kwh: Sequence[float]) -> Doubt | None:
        """Return the doubt of differences; None where there is none of them."""
        if not apart_per_kwh:
            return None
        return cls(fmean(apart_per_kwh), max(apart_per_kwh), len(apart_per_kwh))


@dataclass(frozen=True)
class PriceCurve:
    """Prices in time order on the provider's own slots.

    `currency` is an ISO 4217 code; `zone` is the IANA time zone of the tariff,
    in which its day begins and its windows are meant. `credits` and `caps` are what
    a contract says beside its prices, from about the present on.
    """

    currency: str
    zone: str
    slots: tuple[PriceSlot, ...]
    credits: tuple[Credit, ...] = ()
    caps: tuple[Cap, ...] = ()
    doubt: Doubt | None = None
    """Where the provider says it of its forecast; nothing is planned with it."""
    controlled_load: PriceCurve | None = None
    """Prices of a circuit that the network switches, such as a water heater's.

    None where the home has none, or its provider does not tell. It has a meter of its
    own: nothing is planned with it, and nothing is sold on it (0.0).
    """

    def __post_init__(self) -> None:
        """Refuse slots that overlap or run backwards."""
        for before, after in zip(self.slots, self.slots[1:], strict=False):
            if after.start < before.end:
                raise ValueError(f"price slots overlap at {after.start.isoformat()}")

    @classmethod
    def of(cls, currency: str, zone: str, slots: Iterable[PriceSlot]) -> PriceCurve:
        """Return a curve of slots given in any order."""
        return cls(currency, zone, tuple(sorted(slots, key=lambda slot: slot.start)))

    @cached_property
    def import_series(self) -> Series:
        """Import prices per kWh."""
        return Series(Span(s.start, s.end, s.import_per_kwh) for s in self.slots)

    @cached_property
    def export_series(self) -> Series:
        """Export prices per kWh."""
        return Series(Span(s.start, s.end, s.export_per_kwh) for s in self.slots)

    @property
    def firm_until(self) -> datetime | None:
        """The end of the last price that is not a forecast."""
        return max((slot.end for slot in self.slots if slot.firm), default=None)

    def at(self, when: datetime) -> PriceSlot | None:
        """Return the slot that contains `when`."""
        for slot in self.slots:
            if slot.start <= when < slot.end:
                return slot
        return None

    def from_time(self, when: datetime) -> PriceCurve:
        """Return the curve without the slots that had ended by `when`."""
        beside = self.controlled_load
        return replace(
            self,
            slots=tuple(slot for slot in self.slots if slot.end > when),
            controlled_load=None if beside is None else beside.from_time(when),
        )
