"""Sigenergy systems, through the cloud of their own app."""

from typing import Final

from custom_components.power_sync.devices.batteries.brand import BatteryBrand
from custom_components.power_sync.devices.batteries.cloud import CloudAccess

from .driver import BRAND, SigenergyCloudBattery
from .probe import places, probe
from .words import WORDS

REGIONS: Final = {
    "eu": "https://api-eu.sigencloud.com",
    "aus": "https://api-aus.sigencloud.com",
    "apac": "https://api-apac.sigencloud.com",
    "us": "https://api-us.sigencloud.com",
    "cn": "https://api-cn.sigencloud.com",
}
"""An account exists in one of them only."""

SIGENERGY_CLOUD = BatteryBrand(
    key=BRAND,
    name="Sigenergy (cloud)",
    manufacturer="Sigenergy",
    access=CloudAccess(
        regions=REGIONS, places=places, probe=probe, driver=SigenergyCloudBattery
    ),
    words=WORDS,
)
