"""The link to a Sungrow inverter: pacing, and errors in the common words."""

import asyncio
from collections.abc import AsyncIterator, Mapping
import contextlib
from datetime import timedelta
from types import MappingProxyType
from typing import Final

from modbus_connection import (
    GatewayPathUnavailableError,
    GatewayTargetError,
    ModbusConnectionError,
    ModbusError,
    ModbusExceptionError,
    ModbusTimeoutError,
    ModbusUnit,
)

from custom_components.power_sync.devices.batteries.brand import (
    BrandLink,
    LinkOptions,
    Transport,
)
from custom_components.power_sync.devices.protocols import (
    DeviceError,
    DeviceRefusedError,
    DeviceUnreachableError,
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


def pace(unit: ModbusUnit, link: LinkOptions) -> None:
    """Ask the shared link to be as gentle as this device needs it."""
    unit.set_message_spacing(link.spacing_s)
    unit.require_timeout(link.timeout_s)
    unit.require_connect_delay(link.connect_delay_s)


@contextlib.asynccontextmanager
async def patience(link: LinkOptions) -> AsyncIterator[None]:
    """Bound what is done inside; raise ModbusTimeoutError when it takes longer."""
    try:
        async with asyncio.timeout(link.patience_s):
            yield
    except ModbusTimeoutError:
        raise
    except TimeoutError as err:
        raise ModbusTimeoutError(f"not done within {link.patience_s} s") from err


def nobody_at_unit(error: ModbusError) -> bool:
    """Whether a gateway says that nothing answers for this unit id."""
    return isinstance(error, GatewayPathUnavailableError | GatewayTargetError)


def device_error(error: ModbusError) -> DeviceError:
    """Return an error of the Modbus layer in the words of the protocols."""
    if isinstance(error, ModbusExceptionError) and not nobody_at_unit(error):
        return DeviceRefusedError(str(error))
    # The texts of these two may name the address, which no log shall.
    if isinstance(error, ModbusConnectionError):
        return DeviceUnreachableError("no connection")
    if isinstance(error, ModbusTimeoutError):
        return DeviceUnreachableError("no answer in time")
    return DeviceUnreachableError(str(error))
