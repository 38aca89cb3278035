"""The ways to a Sungrow inverter, and how gently each is to be treated."""

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
    timeout_s=5.0,
    connect_delay_s=0.2,
    patience_s=15.0,
    settle=timedelta(seconds=1),
)
"""For the inverter's own network port, which answers within a second."""

WINET: Final = LinkOptions(
    spacing_s=0.1,
    timeout_s=10.0,
    connect_delay_s=2.0,
    patience_s=30.0,
    settle=timedelta(seconds=2),
    after_write_s=1.0,
    poll_every=timedelta(seconds=30),
    settings_every=timedelta(minutes=5),
)
"""For WiNet-S and WiNet-S2: slow, one client, and no friend of many reads."""

RS485: Final = LinkOptions(
    spacing_s=0.05,
    timeout_s=5.0,
    connect_delay_s=0.2,
    patience_s=20.0,
    settle=timedelta(seconds=1),
)
"""For the inverter's serial port at 9600 baud, where a block takes 0.2 s."""

LINKS: Final[Mapping[str, BrandLink]] = MappingProxyType(
    {
        "lan": BrandLink(transport=Transport.TCP, options=LAN),
        "winet": BrandLink(transport=Transport.TCP, options=WINET),
        "rtu_over_tcp": BrandLink(transport=Transport.RTU_OVER_TCP, options=RS485),
        "serial": BrandLink(transport=Transport.SERIAL, options=RS485),
    }
)
"""The ways to a Sungrow, by the key that is stored."""
