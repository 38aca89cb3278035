"""A borrowed Modbus link: pacing, patience, and errors in the common words."""

import asyncio
from collections.abc import AsyncIterator
import contextlib

from modbus_connection import (
    GatewayPathUnavailableError,
    GatewayTargetError,
    ModbusConnectionError,
    ModbusError,
    ModbusExceptionError,
    ModbusTimeoutError,
    ModbusUnit,
)

from custom_components.power_sync.devices.protocols import (
    DeviceError,
    DeviceRefusedError,
    DeviceUnreachableError,
)

from .brand import NotThisBrandError, WrongUnitError
from .modbus import LinkOptions


def pace(unit: ModbusUnit, link: LinkOptions) -> None:
    """Ask the shared link to be as gentle as this device needs it."""
    unit.set_message_spacing(link.spacing_s)
    unit.require_timeout(link.timeout_s)
    unit.require_connect_delay(link.connect_delay_s)


async def quiet_after_write(unit: ModbusUnit, link: LinkOptions) -> None:
    """Leave the device alone after a write to it that is just done.

    The quiet time is kept on the shared link, not by the caller only: the other
    batteries on it, of whatever site, wait as well.
    """
    if not link.after_write_s:
        return
    unit.set_message_spacing(max(link.spacing_s, link.after_write_s))
    try:
        await asyncio.sleep(link.after_write_s)
    finally:
        unit.set_message_spacing(link.spacing_s)


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


async def recycle(unit: ModbusUnit, error: ModbusError) -> None:
    """Have the link opened anew after a needed request without a usable answer.

    A connection that was cut off in silence, or a module that is stuck on one,
    stays as it is until somebody closes it, and an answer that comes too late
    would be taken for that to a later question. Not where a gateway told that its
    device is silent: that link works, and others use it, too. Nor for an answer
    that refuses something. Requests that may fail recycle nothing by themselves.
    """
    if not nobody_at_unit(error) and not isinstance(error, ModbusExceptionError):
        with contextlib.suppress(ModbusError):
            await unit.disconnect()


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


def first_contact_error(unit: ModbusUnit, error: ModbusError) -> DeviceError:
    """Return why nothing was learnt at the first request."""
    if nobody_at_unit(error):
        return WrongUnitError(str(error))
    if isinstance(error, ModbusTimeoutError) and unit.connected:
        return WrongUnitError(str(error))
    if isinstance(error, ModbusExceptionError):
        return NotThisBrandError(str(error))
    return DeviceUnreachableError(str(error))
