"""Sungrow SH hybrid inverters, over each of their Modbus ports."""

from collections.abc import Callable
from datetime import datetime

from modbus_connection import ModbusUnit

from custom_components.power_sync.devices.batteries.brand import (
    BatteryBrand,
    BatteryConfig,
    LinkOptions,
    utc_now,
)
from custom_components.power_sync.devices.protocols import BatteryDriver

from .actions import ACTIONS
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
) -> BatteryDriver:
    """Return the driver of a hybrid inverter or of an iHomeManager."""
    make = HomeManager if config.variant == HOME_MANAGER else SungrowBattery
    return make(unit, config, now=now, link=link)


SUNGROW = BatteryBrand(
    key=BRAND,
    name="Sungrow SH",
    manufacturer="Sungrow",
    default_port=502,
    default_unit_id=1,
    links=LINKS,
    probe=probe,
    driver=driver,
    actions=ACTIONS,
    words=WORDS,
)
