"""What the rules see of one battery, and what they answer."""

from dataclasses import dataclass, field, replace
from datetime import datetime
from enum import StrEnum
from typing import Protocol

from custom_components.power_sync.model.battery import (
    BatteryReading,
    Capabilities,
    Command,
    Mode,
)
from custom_components.power_sync.model.mains import Mains
from custom_components.power_sync.model.plan import Reason
from custom_components.power_sync.model.tariff import DayTariff

from .car import CarView
from .health import Trouble
from .journal import Force
from .market import SpikeView
from .phases import FuseRoom


class Master(StrEnum):
    """Who decides for a battery."""

    SAFETY = "safety"
    FORCE = "force"
    SPIKE = "spike"
    PLAN = "plan"
    TARIFF = "tariff"
    NORMAL = "normal"


class PlannedBy(StrEnum):
    """Who decides what a battery does, while nobody forces it."""

    POWERSYNC = "powersync"
    ITSELF = "itself"
    """It plans for itself, from the prices that PowerSync uploads."""
    OWNER = "owner"
    """It is left as its owner has set it."""


class HoldMethod(StrEnum):
    """How a battery is kept from discharging into a car."""

    AUTOMATIC = "automatic"
    LIMIT = "limit"
    NO_DISCHARGE = "no_discharge"
    SMALL_CHARGE = "small_charge"


class HoldStatus(StrEnum):
    """What becomes of a battery while a car may charge."""

    NO_CAR = "no_car"
    HOLDING = "holding"
    NOT_DISCHARGING = "not_discharging"
    """Nothing to hold: it is at rest, at its reserve, or charged by spare sun."""
    CHARGING = "charging"
    """The plan, or the user, has it charged."""
    OWN_CHARGE = "own_charge"
    """It charges by its owner's or its maker's will, and is left to that."""
    CANNOT_HOLD = "cannot_hold"


@dataclass(frozen=True, slots=True, kw_only=True)
class SiteLimits:
    """What the home as a whole must keep to, in W and percent; None = no limit.

    Below `reserve_pct` nothing is discharged, above `max_soc_pct` nothing charged.
    `spike_floor_pct` stands for the reserve while a spike is answered; None is the
    reserve itself.
    The charge and discharge limits are for all batteries together.
    """

    import_limit_w: float | None = None
    export_limit_w: float | None = None
    grid_charging: bool = True
    battery_export: bool = False
    reserve_pct: float = 10.0
    spike_floor_pct: float | None = None
    max_soc_pct: float = 100.0
    charge_limit_w: float | None = None
    discharge_limit_w: float | None = None
    mains: Mains = field(default_factory=Mains)

    @property
    def in_spike(self) -> SiteLimits:
        """What is kept to while a spike is answered: never above the reserve."""
        floor_pct = self.spike_floor_pct
        if floor_pct is None or floor_pct >= self.reserve_pct:
            return self
        return replace(self, reserve_pct=floor_pct)


@dataclass(frozen=True, slots=True, kw_only=True)
class Planned:
    """The plan's word for one battery now."""

    command: Command
    reason: Reason
    firm: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Neighbour:
    """Another battery of the home, as it would be without regard to this one.

    It `takes` what is sold where it follows the meter and cannot be told to rest,
    and `serves` what charges where it cannot be kept from discharging.
    """

    master: Master
    command: Command | None
    takes: bool
    serves: bool

    @property
    def mode(self) -> Mode:
        """The mode it is meant to be in."""
        return Mode.SELF_CONSUMPTION if self.command is None else self.command.mode


@dataclass(frozen=True, slots=True, kw_only=True)
class BatteryView:
    """One battery at one moment, as the rules and masks see it.

    `net_load_w` is home load less sun, whole site, with the age of the reading
    it comes from in `reading_age_s`; None where not known. `net_load_high_w`
    and `net_load_low_w` are its extremes of the last five minutes. `share` is
    the part of the site's power limits that falls to this battery; `share_charge`
    and `share_discharge` those for each direction. `at_reserve` and `at_top` are
    whether the reserve or the highest level has been reached and not yet left
    again. `soc_unknown`
    is whether the last polls said nothing of the state of charge. `present` is
    the command that the battery has now. `others` are the home's other batteries.

    `at_spike_floor` is the same as `at_reserve` for the floor that holds in a spike.
    `spike` is one that lasts and is to be answered; `too_dear` is whether a forced
    charge waits for a lower price; `thirsty` whether a charger would take for its car
    what is sold. `peak_w` is the import beyond which the demand charge rises, None
    where what is imported now does not count.

    `car` is a car that draws power, `hold` how a battery is kept from feeding it
    (None where it is not to be), `hold_failed` the modes that did not keep it.
    `feeds_other` is whether it has been seen to charge another one unasked.

    `tariff` is what a battery that plans itself is to plan from, None where nothing is.
    """

    now: datetime
    battery_id: str = field(repr=False)
    capabilities: Capabilities
    reading: BatteryReading | None
    trouble: Trouble | None
    force: Force | None
    planned: Planned | None
    automatic: bool
    flash_writes_left: int
    limits: SiteLimits
    net_load_w: float | None
    net_load_high_w: float | None
    net_load_low_w: float | None
    reading_age_s: float | None
    share: float
    share_charge: float
    share_discharge: float
    at_reserve: bool
    at_top: bool
    soc_unknown: bool
    present: Command | None
    others: tuple[Neighbour, ...] = ()
    car: CarView | None = None
    hold: HoldMethod | None = None
    hold_failed: frozenset[Mode] = frozenset()
    feeds_other: bool = False
    at_spike_floor: bool = False
    spike: SpikeView | None = None
    too_dear: bool = False
    thirsty: bool = False
    peak_w: float | None = None
    fuse: FuseRoom | None = None
    """What the main fuse leaves it; None where there is none to keep."""

    @property
    def in_spike(self) -> BatteryView:
        """The same with the floor that holds while a spike is answered."""
        return replace(
            self, limits=self.limits.in_spike, at_reserve=self.at_spike_floor
        )

    planned_by: PlannedBy = PlannedBy.POWERSYNC
    tariff: DayTariff | None = None

    def flash_spent_for(self, mode: Mode) -> bool:
        """Whether a mode would cost flash writes that today's budget has not left.

        Taking a hold costs one write and ending it another. The hold that is in
        place already costs nothing.
        """
        return (
            mode in (Mode.NO_DISCHARGE, Mode.LIMIT)
            and bool(self.capabilities.flash_settings)
            and self.flash_writes_left <= 1
            and not (
                mode is Mode.NO_DISCHARGE
                and self.present is not None
                and self.present.mode is mode
            )
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Intent:
    """What a rule wants: a command, or None to give the battery back.

    `reason` is a key with a text; `detail` its numbers where it is the plan's.
    `until` is when it ends, as far as is known. `hold` is what a car means for it,
    None where that is not looked at.
    """

    command: Command | None
    reason: str
    until: datetime | None = None
    detail: Reason | None = None
    hold: HoldStatus | None = None


class Rule(Protocol):
    """A reason to act. Pure: one view in, one intent out."""

    @property
    def master(self) -> Master:
        """Whose word it is."""

    def decide(self, view: BatteryView) -> Intent | None:
        """Return what this rule wants, or None where it has nothing to say."""
