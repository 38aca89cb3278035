"""Battery brands. Each is a module of its own and one line here."""

from collections.abc import Mapping
from types import MappingProxyType

from .brand import BatteryBrand
from .entities import ENTITIES
from .sigenergy import SIGENERGY
from .sigenergy_cloud import SIGENERGY_CLOUD
from .simulated import SIMULATED
from .sungrow import SUNGROW
from .tesla import TESLA

BRANDS: Mapping[str, BatteryBrand] = MappingProxyType(
    {
        brand.key: brand
        for brand in (SUNGROW, SIGENERGY, SIGENERGY_CLOUD, TESLA, ENTITIES, SIMULATED)
    }
)
