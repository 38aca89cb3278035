"""Sungrow SH hybrid inverters, over each of their Modbus ports."""

from collections.abc import Callable
from datetime import datetime

from modbus_connection import ModbusUnit

from custom_components.power_sync.devices.batteries.actions import actions_of
from custom_components.power_sync.devices.batteries.brand import (
    BatteryBrand,
    BatteryConfig,
    utc_now,
)
from custom_components.power_sync.devices.batteries.modbus import (
    NO_SIBLINGS,
    LinkOptions,
    ModbusAccess,
    Siblings,
)
from custom_components.power_sync.devices.protocols import BatteryDriver

from .codes import BRAND
from .driver import SungrowBattery
from .home_manager import HOME_MANAGER, HomeManager
from .link import LINKS
from .probe import probe
from .words import WORDS


def driver(
    unit: ModbusUnit,
    config: BatteryConfig,
    *,
    now: Callable[[], datetime] = utc_now,
    link: LinkOptions,
    siblings: Siblings = NO_SIBLINGS,
) -> BatteryDriver:
    """Return the driver of a hybrid inverter or of an iHomeManager."""
    make = HomeManager if config.variant == HOME_MANAGER else SungrowBattery
    return make(unit, config, now=now, link=link)


SUNGROW = BatteryBrand(
    key=BRAND,
    name="Sungrow SH",
    manufacturer="Sungrow",
    access=ModbusAccess(
        default_port=502, default_unit_id=1, links=LINKS, probe=probe, driver=driver
    ),
    actions=actions_of(BRAND),
    words=WORDS,
)
