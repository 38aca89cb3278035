"""Sungrow SH hybrid inverters, over the inverter's own network port."""

from custom_components.power_sync.devices.batteries.brand import BatteryBrand

from .driver import SungrowBattery
from .probe import BRAND, probe

SUNGROW = BatteryBrand(
    key=BRAND,
    name="Sungrow SH",
    manufacturer="Sungrow",
    default_port=502,
    default_unit_id=1,
    probe=probe,
    driver=SungrowBattery,
)
