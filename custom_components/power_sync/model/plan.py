"""The plan: what the batteries shall do, what it costs and why."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from .battery import Mode
from .timegrid import TimeGrid


class ReasonKey(StrEnum):
    """Why a slot is what it is. Each key has a text with its numbers."""

    CHARGE_FOR_LATER = "charge_for_later"
    """Stored energy will be worth more than it costs now."""
    CHARGE_PAID = "charge_paid"
    """The import price is below zero."""
    DISCHARGE_TO_GRID = "discharge_to_grid"
    """Export pays more than the stored energy is worth later."""
    COVER_HOME = "cover_home"
    """The battery serves the home: buying costs more than it is worth later."""
    OWN_ENERGY = "own_energy"
    """The home lives on its own energy, as its owner wants."""
    STORE_SUN = "store_sun"
    """Surplus sun is worth more stored than sold."""
    SELL_SUN = "sell_sun"
    """Surplus sun is sold: room in the battery is filled cheaper later."""
    KEEP_FOR_LATER = "keep_for_later"
    """The grid serves the home: stored energy is worth more later."""
    GO_ON = "go_on"
    """Another order would be better here, by less than a change is worth."""
    BALANCED = "balanced"
    """Nothing to gain: the battery follows the home."""
    EMPTY = "empty"
    """The battery is at its reserve."""
    FULL = "full"
    """The battery is full."""
    OTHER_BATTERY = "other_battery"
    """Another battery of the home does what is to be done in the slot."""


class LimitKey(StrEnum):
    """What keeps the battery from doing more of what it does in a slot."""

    IMPORT_LIMIT = "import_limit"
    """No more may be bought at a time."""
    EXPORT_LIMIT = "export_limit"
    """No more may be sold at a time."""
    POWER = "power"
    """The battery's own power."""
    FULL = "full"
    """The battery has reached its highest level."""
    RESERVE = "reserve"
    """The battery has reached its reserve."""


@dataclass(frozen=True, slots=True)
class Limit:
    """What limits a slot: a power in kW, or a level of the battery in percent."""

    key: LimitKey
    power_kw: float | None = None
    level_pct: float | None = None


@dataclass(frozen=True, slots=True)
class Reason:
    """Why, as a key and the numbers that belong to it.

    `price_per_kwh` is the price that decides in the slot (import or export),
    `value_per_kwh` what a kWh stored in it is worth later (at the meter, wear
    and losses taken off), `used_at` when that is. `limit` is what keeps the battery
    from doing more of it, None where nothing does.
    """

    key: ReasonKey
    price_per_kwh: float | None = None
    value_per_kwh: float | None = None
    used_at: datetime | None = None
    limit: Limit | None = None


@dataclass(frozen=True, slots=True)
class PlannedBattery:
    """One battery's part in a slot; see `PlannedSlot`."""

    mode: Mode
    power_kw: float | None
    battery_kw: float
    soc_pct: float
    reason: Reason


@dataclass(frozen=True, slots=True, kw_only=True)
class PlannedSlot:
    """One slot of the plan, as the simulator says it will come out.

    Powers are kW means in the common signs: battery + discharging, grid
    + importing. `power_kw` is what is commanded (a magnitude), None where the
    mode needs none. `soc_pct` is at the end of the slot. `cost` is import paid
    less export earned in the slot, at true prices; `baseline_cost` the same
    for the home without a plan.

    Where several batteries or cars are planned, `batteries` has the part of each, in
    the order of the problem, and `cars_kw` what each car draws; the load includes it.
    """

    mode: Mode
    power_kw: float | None
    battery_kw: float
    solar_kw: float
    load_kw: float
    grid_kw: float
    curtailed_kw: float
    soc_pct: float
    import_per_kwh: float
    export_per_kwh: float
    firm: bool
    cost: float
    baseline_cost: float
    baseline_soc_pct: float
    stored_value_per_kwh: float
    reason: Reason
    batteries: tuple[PlannedBattery, ...] = ()
    cars_kw: tuple[float, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """A plan and its certificate. Money is in the currency of the prices.

    `cost` and `baseline_cost` are for the whole horizon, less the value of
    what is left in the battery at its end. `bound` is a cost that no schedule
    can beat for these forecasts, `gap` how far `cost` is above it; for another
    objective than the lowest cost, `gap` is in what that counts, and there is no
    bound. `softened` names limits that could not be kept. `accepted` is False where
    the plan replayed no better than the baseline: then its slots are the baseline's.
    `battery_ids` are the serials of the batteries that are planned, in the order of
    `PlannedSlot.batteries`; empty where nobody said whose they are. `begun` is since
    when each does what the first slot says, None where that is as if for ever; empty
    where none has to go on with what it has begun.
    """

    grid: TimeGrid
    slots: tuple[PlannedSlot, ...]
    currency: str
    made_at: datetime
    solver: str
    solve_ms: float = field(compare=False)
    cost: float
    baseline_cost: float
    bound: float | None
    gap: float | None
    accepted: bool
    softened: tuple[str, ...] = ()
    notes: Mapping[str, float | str | None] = field(default_factory=dict)
    battery_ids: tuple[str, ...] = field(default=(), repr=False)
    begun: tuple[datetime | None, ...] = field(default=(), repr=False)

    @property
    def saving(self) -> float:
        """What the plan saves over the horizon."""
        return self.baseline_cost - self.cost

    def part_of(self, battery_id: str, slot: PlannedSlot) -> PlannedBattery | None:
        """Return one battery's part in a slot; None where it is not planned."""
        if battery_id not in self.battery_ids:
            return None
        if slot.batteries:
            return slot.batteries[self.battery_ids.index(battery_id)]
        return PlannedBattery(
            mode=slot.mode,
            power_kw=slot.power_kw,
            battery_kw=slot.battery_kw,
            soc_pct=slot.soc_pct,
            reason=slot.reason,
        )

    def slot_at(self, when: datetime) -> PlannedSlot | None:
        """Return the slot that contains `when`, or None outside the plan."""
        index = self.grid.index_at(when)
        return None if index is None else self.slots[index]
