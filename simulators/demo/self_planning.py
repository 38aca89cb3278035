"""What is seen, without PowerSync, of a battery that plans for itself."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from simulators.sigen_prices import bought_at, sold_at
from simulators.tesla.tariff import Prices, prices_at

if TYPE_CHECKING:
    from .run import Demo


@dataclass(frozen=True, slots=True, kw_only=True)
class SelfPlanning:
    """A battery's tariff, as its cloud or gateway has it."""

    battery_id: str
    """What its entities' ids begin with."""
    name: Callable[[], str]
    """The name of the tariff that it has."""
    ours: str
    """What the names of PowerSync's tariffs begin with."""
    bought: Callable[[datetime], float | None]
    """What it takes for the price at a moment, per kWh."""
    sold: Callable[[datetime], float | None]
    """What it takes for the price that is paid then, per kWh."""
    owner_sets: bool = False
    """Whether mode, rules and Storm Watch are its owner's to set in Home Assistant."""
    in_removal: bool = False
    """Whether it is quick enough to plan for itself again while PowerSync goes."""


def powerwall(demo: Demo) -> SelfPlanning:
    """Return what the Powerwall's gateway has."""
    site = demo.home.tesla.site

    def prices(when: datetime) -> Prices:
        local = when.astimezone(site.gateway.zone)
        return prices_at(site.gateway.told.tariff, local)

    return SelfPlanning(
        battery_id=str(site.site_id),
        name=lambda: str(site.gateway.told.tariff.get("code")),
        ours="POWER_SYNC:PRICES:",
        bought=lambda when: prices(when).buy,
        sold=lambda when: prices(when).sell,
        owner_sets=True,
    )


def station(demo: Demo, zone: str) -> SelfPlanning:
    """Return what the Sigenergy system's cloud has; `zone` is that of the home."""
    owned = demo.home.cloud.station

    def local(when: datetime) -> datetime:
        return when.astimezone(ZoneInfo(zone))

    return SelfPlanning(
        battery_id=owned.station_id,
        name=lambda: bought_at(owned.tariff, local(owned.home.clock.now()))[0],
        ours="Prices 20",
        bought=lambda when: bought_at(owned.tariff, local(when))[1],
        sold=lambda when: sold_at(owned.tariff, local(when))[1],
        in_removal=True,
    )
