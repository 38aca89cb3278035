"""Sungrow SH hybrid inverters, over each of their Modbus ports."""

from custom_components.power_sync.devices.batteries.brand import BatteryBrand

from .driver import SungrowBattery
from .link import LINKS
from .probe import BRAND, probe

SUNGROW = BatteryBrand(
    key=BRAND,
    name="Sungrow SH",
    manufacturer="Sungrow",
    default_port=502,
    default_unit_id=1,
    links=LINKS,
    probe=probe,
    driver=SungrowBattery,
)
