"""Any battery that another integration of Home Assistant reaches already."""

from custom_components.power_sync.devices.batteries.brand import BatteryBrand

from .access import EntitiesAccess
from .driver import EntitiesBattery

ENTITIES = BatteryBrand(
    key="entities",
    name="Any battery, through its entities",
    manufacturer="Home Assistant",
    access=EntitiesAccess(driver=EntitiesBattery),
)
