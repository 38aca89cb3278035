"""What a battery brand is: how to recognise it, and how to make its driver."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Protocol

from modbus_connection import ModbusUnit

from custom_components.power_sync.devices.protocols import BatteryDriver, DeviceError
from custom_components.power_sync.model.battery import BatteryIdentity


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


@dataclass(frozen=True, slots=True, kw_only=True)
class BatteryConfig:
    """What a driver is made with. Comes from a probe and is stored.

    `max_charge_w` and `max_discharge_w` bound every forced power. `settings`
    names the settings that the device was found to serve.
    """

    identity: BatteryIdentity
    rated_power_w: float
    capacity_kwh: float | None
    max_charge_w: float
    max_discharge_w: float
    settings: frozenset[str]


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
    ) -> BatteryDriver:
        """Return a driver that reads and writes through `unit`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class BatteryBrand:
    """A brand of batteries that are reached over Modbus.

    `probe` finds out what answers at a unit. It raises DeviceUnreachableError
    where nothing does, and the other errors of this module where it is not a
    battery that the driver can serve.
    """

    key: str
    name: str
    manufacturer: str
    default_port: int
    default_unit_id: int
    probe: Callable[[ModbusUnit], Awaitable[BatteryProbe]]
    driver: DriverFactory
