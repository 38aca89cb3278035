"""A battery that exists in PowerSync only, to try it without hardware."""

from custom_components.power_sync.devices.batteries.brand import BatteryBrand
from custom_components.power_sync.devices.batteries.no_device import NoDeviceAccess

from .driver import BRAND, MODE, POWER, SimulatedBattery
from .words import WORDS

SIMULATED = BatteryBrand(
    key=BRAND,
    name="Simulated battery",
    manufacturer="PowerSync",
    access=NoDeviceAccess(
        driver=SimulatedBattery,
        settings=frozenset({MODE, POWER}),
        suggested_capacity_kwh=10.0,
        suggested_power_w=5000.0,
    ),
    words=WORDS,
)
