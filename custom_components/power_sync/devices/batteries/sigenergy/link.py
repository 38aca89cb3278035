"""The way to a Sigenergy plant, and how gently it is to be treated."""

from collections.abc import Mapping
from datetime import timedelta
from types import MappingProxyType
from typing import Final

from custom_components.power_sync.devices.batteries.modbus import (
    BrandLink,
    LinkOptions,
    Transport,
)

LAN: Final = LinkOptions(
    spacing_s=0.02,
    timeout_s=3.0,
    connect_delay_s=0.2,
    patience_s=12.0,
    settle=timedelta(seconds=2),
)
"""For the network port of any inverter. An answer may take a second."""

LINKS: Final[Mapping[str, BrandLink]] = MappingProxyType(
    {"lan": BrandLink(transport=Transport.TCP, options=LAN)}
)
"""The ways to a Sigenergy plant, by the key that is stored."""
