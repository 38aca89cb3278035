"""The names and the size of the battery."""

from typing import Final

DOMAIN: Final = "entity_battery"
CAPACITY_KWH: Final = 12.8
POWER_W: Final = 6600.0
OWNERS_MODE: Final = "eco"
OWNERS_POWER_W: Final = 1250.0
