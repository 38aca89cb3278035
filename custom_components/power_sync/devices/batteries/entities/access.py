"""What is asked of Home Assistant for a battery that is reached through entities."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from custom_components.power_sync.devices.batteries.brand import (
    AccessKind,
    BatteryBrand,
    BatteryConfig,
    utc_now,
)
from custom_components.power_sync.devices.protocols import BatteryDriver
from custom_components.power_sync.model.battery import SettingValue

from .mapping import Actions


class Entities(Protocol):
    """Home Assistant's entities and actions."""

    @property
    def starting(self) -> bool:
        """Whether those that are not there may be yet to come."""

    def power_w(self, entity: str) -> float | None:
        """Return what a power sensor says, in W; None where it says nothing."""

    def percent(self, entity: str) -> float | None:
        """Return what a level's sensor says; None where it says nothing."""

    def told_at(self, entity: str) -> datetime | None:
        """Return when an entity was last heard of; None where it is not there."""

    def setting(self, entity: str) -> SettingValue:
        """Return what a number, select or switch is set to; None where unknown."""

    def fitting(self, entity: str, watts: float) -> float | None:
        """Return a power in a number's own unit, as near as it can be set.

        None where the number is not there.
        """

    async def set(self, entity: str, value: SettingValue) -> None:
        """Set a number, select or switch, and wait until it shows the value.

        Where it never does, that is no error: who reads it back sees that. Raises
        DeviceRefusedError, and DeviceUnreachableError where nothing comes of it.
        """

    async def run(self, actions: Actions, variables: Mapping[str, object]) -> None:
        """Run actions to their end. Raises as `set` does."""


class EntitiesDriver(Protocol):
    """Makes the driver of one battery."""

    def __call__(
        self,
        entities: Entities,
        config: BatteryConfig,
        data: Mapping[str, object],
        *,
        now: Callable[[], datetime] = utc_now,
    ) -> BatteryDriver:
        """Return a driver; `data` is all that is stored. Raises StoredConfigError."""


@dataclass(frozen=True, slots=True, kw_only=True)
class EntitiesAccess:
    """How batteries are reached through entities of other integrations."""

    driver: EntitiesDriver

    @property
    def kind(self) -> AccessKind:
        """Through entities."""
        return AccessKind.ENTITIES

    def offline(self, _config: BatteryConfig) -> BatteryDriver | None:
        """Return None: what was picked is the owner's, and in no recording."""
        return None


def entities_access(brand: BatteryBrand) -> EntitiesAccess:
    """Return how a brand is reached. Raises TypeError where it is in another way."""
    if not isinstance(brand.access, EntitiesAccess):
        raise TypeError(f"{brand.key} is not reached through entities")
    return brand.access
