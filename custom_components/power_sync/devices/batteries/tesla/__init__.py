"""Tesla Powerwalls, through Tesla's cloud."""

from typing import Final

from custom_components.power_sync.devices.batteries.brand import BatteryBrand

from .access import TeslaAccess
from .driver import BRAND, TeslaBattery
from .probe import probe
from .words import WORDS

TESLEMETRY: Final = "https://api.teslemetry.com"
"""Where a user's own token is shown."""

TESLA = BatteryBrand(
    key=BRAND,
    name="Tesla Powerwall",
    manufacturer="Tesla",
    access=TeslaAccess(base_url=TESLEMETRY, probe=probe, driver=TeslaBattery),
    words=WORDS,
)
