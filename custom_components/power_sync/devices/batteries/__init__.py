"""Battery brands. Each is a module of its own and one line here."""

from collections.abc import Mapping
from types import MappingProxyType

from .brand import BatteryBrand
from .sungrow import SUNGROW

BRANDS: Mapping[str, BatteryBrand] = MappingProxyType(
    {brand.key: brand for brand in (SUNGROW,)}
)
