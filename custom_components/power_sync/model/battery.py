"""Batteries: what they can do, what they say, what they are told."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta, tzinfo
from enum import StrEnum
from math import inf
from typing import Final, NamedTuple

from .tariff import DayTariff


class Mode(StrEnum):
    """What a battery is told to do. Each brand executes those it declares."""

    SELF_CONSUMPTION = "self_consumption"
    """The owner's normal operation: the battery follows the home."""
    CHARGE = "charge"
    """Charge at a power, from sun and grid."""
    DISCHARGE = "discharge"
    """Discharge at a power, into home and grid."""
    NO_DISCHARGE = "no_discharge"
    """Sun may charge; the home is served by sun and grid."""
    STANDBY = "standby"
    """Neither charge nor discharge."""
    LIMIT = "limit"
    """Self-consumption, but discharge at most a power."""


@dataclass(frozen=True, slots=True)
class Command:
    """What a battery shall do, and until when at most.

    `power_w` is the AC power of the battery, solar excluded, as a magnitude
    (never negative); None stands for the battery's own maximum.
    """

    mode: Mode
    power_w: float | None
    until: datetime
    tariff: DayTariff | None = None
    """In self-consumption: the prices by which the battery plans itself meanwhile."""
    paid_per_kwh: float | None = None
    """In a spike: what the market pays, for a battery that acts on prices alone."""

    def __post_init__(self) -> None:
        """Refuse a power that would have to be guessed at."""
        if self.power_w is not None and not self.power_w >= 0:
            raise ValueError("the power of a command is a magnitude in W")


@dataclass(frozen=True, slots=True)
class BatteryIdentity:
    """Which battery it is. `serial` identifies the hardware."""

    brand: str
    serial: str = field(repr=False)
    model: str
    sw_version: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Capabilities:
    """What a battery can be told, and how often."""

    modes: frozenset[Mode]
    max_charge_w: float
    max_discharge_w: float
    min_power_w: float = 0.0
    """Forced power below this is not followed reliably."""
    power_step_w: float = 1.0
    sets_power: bool = True
    """Whether a forced power can be chosen; else it is as high as it can be."""
    slot_minutes: int = 5
    """The shortest stretch for which the battery can follow a mode."""
    min_interval: timedelta = timedelta(0)
    """The least time between two commands."""
    device_expiry: timedelta | None = None
    """After this the device itself returns to normal; None = it never does."""
    flash_settings: frozenset[str] = frozenset()
    """Settings kept in flash memory: written rarely, and counted."""
    flash_writes_per_day: int = 20
    settle: timedelta = timedelta(seconds=1)
    """How long a write takes until reading it back proves it."""
    poll_every: timedelta = timedelta(seconds=10)
    """How often it may be read."""
    tells_phases: bool = False
    """Whether it may tell the voltage of each phase."""
    inverters: tuple[int, ...] = ()
    """The unit ids of its inverters, where it has several that tell their share."""
    plans_itself: bool = False
    """Whether it can plan for itself, from a tariff that it is given."""
    tariff_zone: tzinfo | None = None
    """Whose clock such a tariff counts by.

    None until the battery has told, and while it cannot be given one.
    """


type SettingValue = int | float | str | bool | None
type Settings = Mapping[str, SettingValue]


def shown[ValueT](value: ValueT) -> ValueT | str:
    """Return a value as it is shown: what is behind a tab is for the device alone."""
    return value.partition("\t")[0] if isinstance(value, str) else value


@dataclass(frozen=True, slots=True)
class Write:
    """One write to a device: a setting of ours to a raw value."""

    setting: str
    value: SettingValue


class OwnerSetting(StrEnum):
    """A setting of the owner's own, for good: no command of ours."""

    BACKUP_RESERVE_PCT = "backup_reserve_pct"
    """The state of charge kept for when the grid fails."""
    STORM_MODE = "storm_mode"
    """Whether it fills up before a storm by itself: true or false."""
    OPERATION_MODE = "operation_mode"
    """What it does by itself: one of a few that its maker has."""
    GRID_EXPORT = "grid_export"
    """What may be fed into the grid: everything, the sun's alone, or nothing."""
    GRID_CHARGING = "grid_charging"
    """Whether the grid may charge it: true or false."""
    MIN_SOC_PCT = "min_soc_pct"
    """The battery is not discharged below this."""
    MAX_SOC_PCT = "max_soc_pct"
    """The battery is not charged above this."""
    MAX_CHARGE_W = "max_charge_w"
    """The ceiling of the charging power in every mode."""
    MAX_DISCHARGE_W = "max_discharge_w"
    """The ceiling of the discharging power in every mode."""
    EXPORT_LIMIT_W = "export_limit_w"
    """The most that may be fed into the grid; None as a value is no limit."""


type OwnerValue = float | str | bool | None
"""In the unit of the setting's name, one of its choices, or whether it is on."""

NO_LIMIT: Final = inf
"""The value of an export limit that is known not to be there."""


def limited(value: float | None) -> float | None:
    """Return a limit, or None where there is none or it is not known."""
    return None if value == NO_LIMIT else value


class OwnerRange(NamedTuple):
    """What an owner's setting can be, in the unit of its name."""

    least: float
    most: float
    step: float

    def allows(self, value: OwnerValue) -> bool:
        """Whether it can be this: a value that is no number never can."""
        return not isinstance(value, str | None) and self.least <= value <= self.most


class OwnerChoice(NamedTuple):
    """What an owner's setting can be, where it is one of a few."""

    options: tuple[str | bool, ...]

    def allows(self, value: OwnerValue) -> bool:
        """Whether it can be this."""
        return value in self.options


type OwnerAllowed = OwnerRange | OwnerChoice
ON_OFF: Final = OwnerChoice((False, True))
EXPORT_EVERYTHING: Final = "battery_ok"
EXPORT_SUN: Final = "pv_only"
EXPORT_NOTHING: Final = "never"


@dataclass(frozen=True, slots=True, kw_only=True)
class InverterReading:
    """One inverter's share, where several make one battery. Signs as below."""

    state: str | None = None
    """Its running state by name; by its code where that has none."""
    power_w: float | None = None
    """What it feeds into the home's wiring: sun and battery together."""
    battery_power_w: float | None = None
    solar_power_w: float | None = None
    soc_pct: float | None = None
    soh_pct: float | None = None
    temperature_c: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class BatteryReading:
    """What a battery says, in the common signs.

    Battery power is positive while discharging, grid power while importing;
    solar and load are never negative. Energies are totals in kWh. None stands
    for not known. `at` is when it was read.
    """

    at: datetime
    soc_pct: float | None = None
    battery_power_w: float | None = None
    solar_power_w: float | None = None
    grid_power_w: float | None = None
    load_power_w: float | None = None
    soh_pct: float | None = None
    temperature_c: float | None = None
    capacity_kwh: float | None = None
    min_soc_pct: float | None = None
    max_soc_pct: float | None = None
    max_charge_w: float | None = None
    """The most it can take now, as the battery or a limit of the owner says."""
    max_discharge_w: float | None = None
    export_limit_w: float | None = None
    """The owner's export limit at the meter; None where there is none."""
    islanded: bool | None = None
    fault: bool | None = None
    storm: bool | None = None
    """Whether it fills up before a storm, as its owner wants, whatever it is told."""
    solar_energy_kwh: float | None = None
    import_energy_kwh: float | None = None
    export_energy_kwh: float | None = None
    charge_energy_kwh: float | None = None
    discharge_energy_kwh: float | None = None
    load_energy_kwh: float | None = None
    phase_voltages_v: tuple[float | None, ...] = ()
    """Between each phase and neutral, the first phase first."""
    grid_phases_w: tuple[float, ...] = ()
    """What the home takes from each phase of the grid, + importing."""
    inverters: Mapping[str, InverterReading] = field(default_factory=dict)
    """What each inverter does of it, by its unit id as text."""
    owner: Settings = field(default_factory=dict)
    """Those of the owner's settings that are told with each poll, as `read_owner`."""
    extra: Mapping[str, float | str | None] = field(default_factory=dict)
    """What only this brand knows, for diagnostics."""

    @property
    def present_capacity_kwh(self) -> float | None:
        """What is left of the capacity, by the state of health."""
        if self.capacity_kwh is None or self.soh_pct is None:
            return None
        return self.capacity_kwh * self.soh_pct / 100

    @property
    def full_cycles(self) -> float | None:
        """How often its capacity has been discharged so far, by the counter."""
        if not self.capacity_kwh or self.discharge_energy_kwh is None:
            return None
        return self.discharge_energy_kwh / self.capacity_kwh
