"""Sigenergy plants (SigenStor and relatives), over Modbus TCP."""

from custom_components.power_sync.devices.batteries.actions import actions_of
from custom_components.power_sync.devices.batteries.brand import BatteryBrand
from custom_components.power_sync.devices.batteries.modbus import ModbusAccess

from .driver import SigenergyBattery
from .link import LINKS
from .probe import BRAND, probe
from .registers import PLANT_UNIT
from .units import siblings
from .words import WORDS

SIGENERGY = BatteryBrand(
    key=BRAND,
    name="Sigenergy",
    manufacturer="Sigenergy",
    access=ModbusAccess(
        default_port=502,
        default_unit_id=PLANT_UNIT,
        links=LINKS,
        probe=probe,
        driver=SigenergyBattery,
        siblings=siblings,
    ),
    actions=actions_of(BRAND),
    words=WORDS,
)
