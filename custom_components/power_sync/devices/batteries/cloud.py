"""What a brand declares whose batteries are reached through its maker's cloud."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, tzinfo
from typing import Final, Protocol

from aiohttp import ClientSession

from custom_components.power_sync.devices.protocols import BatteryDriver

from .brand import AccessKind, BatteryBrand, BatteryConfig, BatteryProbe, utc_now

CONF_EMAIL: Final = "email"
CONF_PASSWORD: Final = "password"  # noqa: S105 - the name of a field
CONF_REGION: Final = "region"
CONF_DEVICE_ID: Final = "device_id"
CONF_BASE_URL: Final = "base_url"
CONF_VIA: Final = "via"
"""What is stored beside a battery's configuration; `via` is the domain of the
integration whose account is borrowed, where one is."""


@dataclass(frozen=True, slots=True)
class Account:
    """Who asks. `device_id` stands for a phone; most accounts need none."""

    email: str = field(repr=False)
    password: str = field(repr=False)
    device_id: str | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True)
class Place:
    """One of an account's systems, to choose from. `key` identifies it."""

    key: str = field(repr=False)
    name: str | None = field(repr=False)
    controllable: bool
    """False where there is nothing to be read or told."""


@dataclass(frozen=True, slots=True)
class Login:
    """An account, and where and with what to ask in its name.

    The session is the caller's, who closes it.
    """

    session: ClientSession = field(repr=False)
    base_url: str
    account: Account


class CloudPlaces(Protocol):
    """Logs in, and lists an account's systems."""

    async def __call__(self, login: Login) -> list[Place]:
        """Return them, the usual one first. Raises DeviceError."""


class CloudProbe(Protocol):
    """Finds out what a system is."""

    async def __call__(self, login: Login, key: str) -> BatteryProbe:
        """Return what was found. Raises DeviceError."""


class CloudDriver(Protocol):
    """Makes the driver of one battery."""

    def __call__(
        self,
        login: Login | None,
        config: BatteryConfig,
        *,
        now: Callable[[], datetime] = utc_now,
        zone: tzinfo | None = None,
    ) -> BatteryDriver:
        """Return a driver; without a login it only says its writes.

        `zone` is the clock on the wall where the battery is.
        """


@dataclass(frozen=True, slots=True, kw_only=True)
class CloudAccess:
    """How batteries of a brand are reached through a cloud.

    `regions` are the base addresses by the key that is stored.
    """

    regions: Mapping[str, str]
    places: CloudPlaces
    probe: CloudProbe
    driver: CloudDriver

    @property
    def kind(self) -> AccessKind:
        """A cloud."""
        return AccessKind.CLOUD

    def offline(self, config: BatteryConfig) -> BatteryDriver:
        """Return a driver that asks nobody."""
        return self.driver(None, config)


def cloud_access(brand: BatteryBrand) -> CloudAccess:
    """Return how a brand is reached through its cloud. Raises TypeError."""
    if not isinstance(brand.access, CloudAccess):
        raise TypeError(f"{brand.key} is not reached through a cloud")
    return brand.access
