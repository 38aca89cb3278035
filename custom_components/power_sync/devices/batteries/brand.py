"""What a battery brand is, whatever the way to reach it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from enum import StrEnum
from typing import Protocol

from custom_components.power_sync.devices.protocols import BatteryDriver, DeviceError
from custom_components.power_sync.model.battery import (
    BatteryIdentity,
    Mode,
    OwnerSetting,
)


class WrongUnitError(DeviceError):
    """The address answers, but not for this Modbus unit id."""


class NotThisBrandError(DeviceError):
    """A device answers, but it is not of this brand."""


class UnsupportedModelError(DeviceError):
    """A device of this brand, but a model with a register map of its own."""


class NoBatteryError(DeviceError):
    """A solar inverter of this brand that has no battery side."""


class BatteryNotConnectedError(DeviceError):
    """A hybrid inverter of this brand whose battery does not report."""


class Caveat(StrEnum):
    """Why a battery that was found cannot be controlled in full."""

    TELEMETRY_ONLY = "telemetry_only"
    """It can be watched and nothing else."""
    EXTERNAL_CONTROL = "external_control"
    """Another energy manager controls it at the moment."""
    NO_FORCING = "no_forcing"
    """What would force it cannot be read, so it is never written either."""
    ACCESS_READS_ONLY = "access_reads_only"
    """What it is reached with was not given the right to tell it anything."""
    NO_TARIFF = "no_tariff"
    """It is forced with a tariff, and there is none that could be put back."""


@dataclass(frozen=True, slots=True, kw_only=True)
class BatteryConfig:
    """What a driver is made with. Comes from a probe and is stored.

    `max_charge_w` and `max_discharge_w` bound every forced power. `settings`
    names the settings that the device was found to serve. `variant` is for the
    brand's own use, where it has several drivers.
    """

    identity: BatteryIdentity
    rated_power_w: float
    capacity_kwh: float | None
    max_charge_w: float
    max_discharge_w: float
    settings: frozenset[str]
    variant: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class BatteryProbe:
    """What a device at an address was found to be. None stands for not known."""

    config: BatteryConfig
    soc_pct: float | None
    min_soc_pct: float | None
    max_soc_pct: float | None
    backup_reserve_pct: float | None
    export_limit_w: float | None
    """The owner's export limit at the meter; None also where it is off."""
    caveat: Caveat | None = None
    usual_power_w: float | None = None
    """What to suggest where nobody tells how hard the battery may be used."""


def utc_now() -> datetime:
    """Return the present time, aware, in UTC."""
    return datetime.now(UTC)


@dataclass(frozen=True, slots=True, kw_only=True)
class ForceAction:
    """A brand's own name for forcing a mode."""

    name: str
    mode: Mode


@dataclass(frozen=True, slots=True, kw_only=True)
class RestoreAction:
    """A brand's own name for giving batteries back."""

    name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class OwnerAction:
    """A brand's own name for setting what is the owner's.

    `fields` are the names under which its value may come: one of `options`, which
    may be another name of a choice, or where that is None a number in a unit of which
    `scale` make one of the setting's. With `zero_is_none` 0 stands for no limit. A
    `shared` value is that of all batteries chosen together.
    """

    name: str
    setting: OwnerSetting
    fields: tuple[str, ...]
    scale: float = 1.0
    zero_is_none: bool = False
    shared: bool = False
    options: Mapping[str | bool, str | bool] | None = None


type BrandAction = ForceAction | RestoreAction | OwnerAction


@dataclass(frozen=True, slots=True, kw_only=True)
class SettingWords:
    """How a setting that may be written is called and shown to its owner.

    `choices` names what its values mean, where it is a choice; a number is shown
    as `scale` times its value, in `unit`. A text may hold a choice and W: "charge
    3000".
    """

    name: str
    choices: Mapping[int | str, str] = field(default_factory=dict)
    scale: float = 1.0
    unit: str = "W"


class AccessKind(StrEnum):
    """How a battery is reached. Each kind is one line in two registries.

    `bridges/access.py` says what makes a driver from what is stored, and
    `flows/battery.py` which step asks for what is to be stored.
    """

    MODBUS = "modbus"
    """Over Modbus, on a connection that Home Assistant shares."""
    NONE = "none"
    """There is no device: the driver is the battery, too."""
    ENTITIES = "entities"
    """Through the entities and actions of other integrations."""
    CLOUD = "cloud"
    """Through the cloud of its maker, in the name of an account."""
    TESLA = "tesla"
    """Through Tesla's cloud, with another integration's access or a token."""


class Access(Protocol):
    """What a brand declares of one kind of access."""

    @property
    def kind(self) -> AccessKind:
        """Which kind it is."""

    def offline(self, config: BatteryConfig) -> BatteryDriver | None:
        """Return a driver that is connected to nothing, and only says its writes.

        None where what is stored of a battery is not enough to say them.
        """


@dataclass(frozen=True, slots=True, kw_only=True)
class BatteryBrand:
    """A brand of batteries, and the way to reach them."""

    key: str
    name: str
    manufacturer: str
    access: Access
    actions: tuple[BrandAction, ...] = ()
    """Generic actions under names of the brand's own, for batteries of it alone."""
    words: Mapping[str, SettingWords] = field(default_factory=dict)
    """By the name of the setting, for each that its driver may write."""
