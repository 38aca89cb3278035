"""What a battery brand is: how to recognise it, and how to make its driver."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import Final, Protocol

from modbus_connection import ModbusUnit

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


@dataclass(frozen=True, slots=True, kw_only=True)
class LinkOptions:
    """How to treat the link of a Modbus device.

    `spacing_s` is the quiet time around requests, `timeout_s` how long an
    answer may take, `connect_delay_s` the pause after the link has opened, and
    `settle` how long a write takes until reading it back proves it. `patience_s`
    bounds a request in all, with the wait for others on the same link and the
    link's own retries while the device says that it is busy.
    """

    spacing_s: float
    timeout_s: float
    connect_delay_s: float
    patience_s: float
    settle: timedelta
    after_write_s: float = 0.0
    """The quiet time after a write, before anything else is asked."""
    poll_every: timedelta = timedelta(seconds=10)
    """How often readings may be asked for."""
    settings_every: timedelta = timedelta(seconds=60)
    """How often the owner's settings may be asked for."""


class Transport(StrEnum):
    """How Modbus reaches a device."""

    TCP = "tcp"
    """Modbus TCP, to a host and port."""
    RTU_OVER_TCP = "rtu_over_tcp"
    """The frames of a serial line, to the host and port of a gateway."""
    SERIAL = "serial"
    """A serial line of this machine."""


@dataclass(frozen=True, slots=True, kw_only=True)
class BrandLink:
    """One of the ways to reach batteries of a brand."""

    transport: Transport
    options: LinkOptions


CONF_LINK: Final = "link"
"""Where the key of a brand's link is stored; older data has none."""


class Caveat(StrEnum):
    """Why a battery that was found cannot be controlled in full."""

    TELEMETRY_ONLY = "telemetry_only"
    """It can be watched and nothing else."""
    EXTERNAL_CONTROL = "external_control"
    """Another energy manager controls it at the moment."""
    NO_FORCING = "no_forcing"
    """What would force it cannot be read, so it is never written either."""


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


def utc_now() -> datetime:
    """Return the present time, aware, in UTC."""
    return datetime.now(UTC)


class DriverFactory(Protocol):
    """Makes the driver of one battery."""

    def __call__(
        self,
        unit: ModbusUnit,
        config: BatteryConfig,
        *,
        now: Callable[[], datetime] = utc_now,
        link: LinkOptions,
    ) -> BatteryDriver:
        """Return a driver that reads and writes through `unit`."""


class Probe(Protocol):
    """Finds out what answers at a unit."""

    async def __call__(self, unit: ModbusUnit, link: LinkOptions) -> BatteryProbe:
        """Return what was found. Raises DeviceError."""


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

    `fields` are the names under which its value may come, in a unit of which
    `scale` make one of the setting's. With `zero_is_none` 0 stands for no limit. A
    `shared` value is that of all batteries chosen together.
    """

    name: str
    setting: OwnerSetting
    fields: tuple[str, ...]
    scale: float = 1.0
    zero_is_none: bool = False
    shared: bool = False


type BrandAction = ForceAction | RestoreAction | OwnerAction


@dataclass(frozen=True, slots=True, kw_only=True)
class SettingWords:
    """How a setting that may be written is called and shown to its owner.

    `choices` names what its values mean, where it is a choice; a number is shown
    as `scale` times its value, in W.
    """

    name: str
    choices: Mapping[int, str] = field(default_factory=dict)
    scale: float = 1.0


@dataclass(frozen=True, slots=True, kw_only=True)
class BatteryBrand:
    """A brand of batteries that are reached over Modbus.

    `probe` finds out what answers at a unit. It raises DeviceUnreachableError
    where nothing does, and the other errors of this module where it is not a
    battery that the driver can serve. `links` are the ways to reach it by the
    key that is stored, the usual one first.
    """

    key: str
    name: str
    manufacturer: str
    default_port: int
    default_unit_id: int
    links: Mapping[str, BrandLink]
    probe: Probe
    driver: DriverFactory
    actions: tuple[BrandAction, ...] = ()
    """Generic actions under names of the brand's own, for batteries of it alone."""
    words: Mapping[str, SettingWords] = field(default_factory=dict)
    """By the name of the setting, for each that its driver may write."""

    @property
    def usual_link(self) -> str:
        """The key of the link that is suggested, and that older data means."""
        return next(iter(self.links))
