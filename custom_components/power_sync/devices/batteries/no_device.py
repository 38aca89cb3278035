"""What a brand declares whose batteries are no devices: PowerSync works them out."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, tzinfo
from typing import Final, Protocol

from custom_components.power_sync.devices.protocols import BatteryDriver
from custom_components.power_sync.model.plain import Json

from .brand import AccessKind, BatteryBrand, BatteryConfig, utc_now

CONF_LOAD_SENSOR: Final = "load_sensor"
CONF_SOLAR_SENSOR: Final = "solar_sensor"


class Surroundings(Protocol):
    """The home around a battery that is no device."""

    @property
    def zone(self) -> tzinfo:
        """The home's time zone."""

    def power_w(self, sensor: str) -> float | None:
        """Return what a power sensor says, in W; None where it says nothing."""

    async def recall(self) -> Mapping[str, object]:
        """Return what was kept of this battery; empty where there is nothing."""

    def keep(self, memory: Callable[[], Mapping[str, Json]]) -> None:
        """Have what `memory` then returns written down soon."""


class NoDeviceDriver(Protocol):
    """Makes the driver of one battery."""

    def __call__(
        self,
        surroundings: Surroundings | None,
        config: BatteryConfig,
        data: Mapping[str, object],
        *,
        now: Callable[[], datetime] = utc_now,
    ) -> BatteryDriver:
        """Return a driver; `data` is all that is stored of the battery.

        Without surroundings it can be asked for its writes and nothing else.
        """


@dataclass(frozen=True, slots=True, kw_only=True)
class NoDeviceAccess:
    """How batteries of a brand are made up."""

    driver: NoDeviceDriver
    settings: frozenset[str]
    """The names of the settings that the driver may write."""
    suggested_capacity_kwh: float
    suggested_power_w: float

    @property
    def kind(self) -> AccessKind:
        """None: there is no device."""
        return AccessKind.NONE

    def offline(self, config: BatteryConfig) -> BatteryDriver:
        """Return a driver without surroundings."""
        return self.driver(None, config, {})


def no_device_access(brand: BatteryBrand) -> NoDeviceAccess:
    """Return how a brand is made up. Raises TypeError where it has devices."""
    if not isinstance(brand.access, NoDeviceAccess):
        raise TypeError(f"{brand.key} has devices")
    return brand.access
