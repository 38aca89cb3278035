"""How a Powerwall is asked and told: what a way to its cloud has to offer."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta, tzinfo
from typing import Final, Protocol

from custom_components.power_sync.devices.batteries.brand import (
    AccessKind,
    BatteryBrand,
    BatteryConfig,
    BatteryProbe,
    utc_now,
)
from custom_components.power_sync.devices.protocols import BatteryDriver

VIA_TOKEN: Final = "token"  # noqa: S105 - a choice
"""As `via`: PowerSync asks itself, with a token of the user's."""

type Answer = Mapping[str, object]
"""What the cloud answers, out of its envelope."""


class TeslaSiteApi(Protocol):
    """One energy site. Methods raise DeviceError and nothing else."""

    @property
    def dispatches(self) -> bool:
        """Whether the gateway is at hand, and can be told a power."""

    async def live_status(self) -> Answer:
        """Return the powers now."""

    async def site_info(self) -> Answer:
        """Return how the site is set."""

    async def history(self, query: Mapping[str, str]) -> Answer:
        """Return the energies of a calendar; `query` is as the API takes it."""

    async def set_mode(self, mode: str) -> None:
        """Set the operation mode."""

    async def set_reserve(self, percent: int) -> None:
        """Set the backup reserve."""

    async def set_grid_charging(self, *, allowed: bool) -> None:
        """Allow charging from the grid, or not."""

    async def set_export_rule(self, rule: str) -> None:
        """Set what may be fed into the grid."""

    async def set_storm_mode(self, *, enabled: bool) -> None:
        """Have it fill up before a storm by itself, or not."""

    async def set_tariff(self, tariff: Answer) -> None:
        """Set the tariff, as `tariff_content_v2`."""

    async def dispatch(self, power_w: int, duration: timedelta) -> None:
        """Have the gateway discharge (charge where negative) for a while."""

    async def resume(self) -> None:
        """End that: the operation mode acts again."""


@dataclass(frozen=True, slots=True)
class FoundSite:
    """A site to choose from. `can_command` is whether it may be told anything."""

    site_id: str = field(repr=False)
    name: str | None = field(repr=False)
    can_command: bool = True


class TeslaDriver(Protocol):
    """Makes the driver of one site."""

    def __call__(
        self,
        api: TeslaSiteApi | None,
        config: BatteryConfig,
        *,
        now: Callable[[], datetime] = utc_now,
        zone: tzinfo | None = None,
    ) -> BatteryDriver:
        """Return a driver; without an `api` it only says its writes.

        `zone` is the home's, for a site that tells none.
        """


class TeslaProbe(Protocol):
    """Finds out what a site is."""

    async def __call__(self, api: TeslaSiteApi, site: FoundSite) -> BatteryProbe:
        """Return what was found. Raises DeviceError."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TeslaAccess:
    """How a Powerwall is reached: through an integration, or with a token.

    `base_url` is where the token is shown.
    """

    base_url: str
    probe: TeslaProbe
    driver: TeslaDriver

    @property
    def kind(self) -> AccessKind:
        """Through Tesla's cloud."""
        return AccessKind.TESLA

    def offline(self, config: BatteryConfig) -> BatteryDriver:
        """Return a driver that asks nobody."""
        return self.driver(None, config)


def tesla_access(brand: BatteryBrand) -> TeslaAccess:
    """Return how a brand is reached. Raises TypeError where it is in another way."""
    if not isinstance(brand.access, TeslaAccess):
        raise TypeError(f"{brand.key} is not reached through Tesla's cloud")
    return brand.access
