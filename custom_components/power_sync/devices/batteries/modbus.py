"""What a brand declares whose batteries are reached over Modbus."""

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from types import MappingProxyType
from typing import Final, Protocol

from modbus_connection import ModbusTcpParams, ModbusUnit
from modbus_connection.tmodbus import ModbusConnection

from custom_components.power_sync.devices.protocols import BatteryDriver

from .brand import AccessKind, BatteryBrand, BatteryConfig, BatteryProbe, utc_now


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


type Siblings = Mapping[int, ModbusUnit]
"""The units on a link by their unit id, the one that is stored among them."""

NO_SIBLINGS: Final[Siblings] = MappingProxyType({})


class ModbusDriver(Protocol):
    """Makes the driver of one battery."""

    def __call__(
        self,
        unit: ModbusUnit,
        config: BatteryConfig,
        *,
        now: Callable[[], datetime] = utc_now,
        link: LinkOptions,
        siblings: Siblings = NO_SIBLINGS,
    ) -> BatteryDriver:
        """Return a driver that reads and writes through `unit`, and its siblings."""


class ModbusProbe(Protocol):
    """Finds out what answers at a unit."""

    async def __call__(
        self, unit: ModbusUnit, link: LinkOptions, siblings: Siblings = NO_SIBLINGS
    ) -> BatteryProbe:
        """Return what was found. Raises DeviceError."""


def _no_siblings(config: BatteryConfig | None) -> tuple[int, ...]:
    """Return nothing: most batteries are one unit."""
    return ()


@dataclass(frozen=True, slots=True, kw_only=True)
class ModbusAccess:
    """How batteries of a brand are reached over Modbus.

    `probe` finds out what answers at a unit. It raises DeviceUnreachableError
    where nothing does, and the errors of `brand.py` where it is not a battery
    that the driver can serve. `links` are the ways to reach it by the key that
    is stored, the usual one first. `siblings` says which other unit ids of the
    link belong to a battery, or with None are to be looked at to find one.
    """

    default_port: int
    default_unit_id: int
    links: Mapping[str, BrandLink]
    probe: ModbusProbe
    driver: ModbusDriver
    siblings: Callable[[BatteryConfig | None], Collection[int]] = _no_siblings

    @property
    def kind(self) -> AccessKind:
        """Modbus."""
        return AccessKind.MODBUS

    @property
    def usual_link(self) -> str:
        """The key of the link that is suggested, and that older data means."""
        return next(iter(self.links))

    def offline(self, config: BatteryConfig) -> BatteryDriver:
        """Return a driver at a link that is never opened."""
        connection = ModbusConnection(ModbusTcpParams(host="nowhere.invalid"))
        link = self.links[self.usual_link].options
        return self.driver(connection.for_unit(1), config, link=link)


def modbus_access(brand: BatteryBrand) -> ModbusAccess:
    """Return how a brand is reached over Modbus. Raises TypeError where it is not."""
    if not isinstance(brand.access, ModbusAccess):
        raise TypeError(f"{brand.key} is not reached over Modbus")
    return brand.access
