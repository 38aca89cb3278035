"""The coordinators of a home: what its entities follow."""

import asyncio
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from .accounts import Accounts
from .backtesting import BacktestCoordinator
from .battery_coordinator import BatteryCoordinator
from .charger_coordinator import ChargerCoordinator, charger_coordinators
from .control_coordinator import ControlCoordinator
from .forecast_coordinator import ForecastCoordinator
from .plan_coordinator import PlanCoordinator
from .price_coordinator import SYNC_AT_MOST_EVERY, PriceCoordinator
from .prices.protocols import PriceSource
from .prices.spike_watch import SpikeWatch
from .site_devices import Devices
from .spike import SpikeCoordinator

if TYPE_CHECKING:
    from .site import Site


@dataclass(slots=True)
class Coordinators:
    """What entities follow."""

    batteries: dict[str, BatteryCoordinator] = field(repr=False)
    chargers: dict[str, ChargerCoordinator] = field(repr=False)
    prices: PriceCoordinator
    forecasts: ForecastCoordinator
    plan: PlanCoordinator
    control: ControlCoordinator
    accounts: Accounts
    backtest: BacktestCoordinator
    spike: SpikeCoordinator | None

    async def async_sync(self) -> None:
        """Read and fetch everything now.

        A provider is asked once a minute at most, and not before it wants to be; a
        battery or charger whose readings come seldom, as those of a cloud, or just
        now for its failures, keeps its rhythm.
        """
        batteries = [
            battery
            for battery in self.batteries.values()
            if battery.driver.capabilities.poll_every <= SYNC_AT_MOST_EVERY
        ]
        chargers = [
            charger
            for charger in self.chargers.values()
            if (every := charger.update_interval) and every <= SYNC_AT_MOST_EVERY
        ]
        await asyncio.gather(
            *(battery.async_refresh() for battery in batteries),
            *(charger.async_refresh() for charger in chargers),
            *(
                provider.async_sync()
                for provider in (self.prices, self.spike)
                if provider is not None
            ),
            self.forecasts.async_refresh(),
        )


def coordinators_of(
    site: Site, devices: Devices, source: PriceSource, watch: SpikeWatch | None
) -> Coordinators:
    """Make the coordinators of a site; nothing is read before they are asked to."""
    hass, entry, controller = site.hass, site.entry, site.controller
    return Coordinators(
        batteries={
            member.driver.identity.serial: BatteryCoordinator(
                hass, entry, subentry_id, member.driver, controller
            )
            for subentry_id, member in devices.batteries.items()
        },
        chargers=charger_coordinators(hass, entry, devices.chargers, controller),
        prices=PriceCoordinator(hass, entry, source),
        forecasts=ForecastCoordinator(hass, entry),
        plan=PlanCoordinator(hass, entry, site.plan_inputs, site.take_plan),
        control=ControlCoordinator(hass, entry, controller),
        accounts=Accounts(hass, entry, site),
        backtest=BacktestCoordinator(hass, entry, site.past_inputs, source),
        spike=None if watch is None else SpikeCoordinator(hass, entry, watch),
    )
