"""A Modbus device that nothing is read from or written to as another one's."""

from collections.abc import Awaitable, Callable
from datetime import datetime
from typing import Protocol

from modbus_connection import ModbusError, ModbusUnit
from modbus_connection.model import Component

from custom_components.power_sync.devices.protocols import (
    DeviceError,
    DeviceUnreachableError,
    WrongDeviceError,
)

from .blocks import silent, text
from .modbus import LinkOptions
from .modbus_link import device_error, pace, patience, recycle


class Plate(Protocol):
    """The registers that tell a device's serial number."""

    @property
    def serial(self) -> str | None:
        """The serial number as it was read last."""

    async def async_update(self) -> object:
        """Read it anew."""


class ConfirmedUnit:
    """A unit on a borrowed link, and whether the device behind it is known.

    The serial number is read before anything else where the link has been down,
    where a request stayed unanswered, and after `settings_every`, as another user
    of a shared link may have reconnected it. Until it has been read, nothing is
    written and no setting is taken for the owner's.
    """

    def __init__(
        self, unit: ModbusUnit, plate: Plate, serial: str, link: LinkOptions
    ) -> None:
        """Take the unit, and what tells the serial that it has to have.

        The plate may be at another unit of the same link.
        """
        self._unit = unit
        self._plate = plate
        self._serial = serial
        self._link = link
        self._confirmed_at: datetime | None = None

    def is_due(self, at: datetime) -> bool:
        """Whether a poll has to confirm it."""
        confirmed = self._confirmed_at
        return confirmed is None or at - confirmed >= self._link.settings_every

    def doubt(self) -> None:
        """Have it confirmed before it is used again."""
        self._confirmed_at = None

    async def ensure(self, at: datetime) -> None:
        """Confirm it where the link has been down since. Raises as `confirm`."""
        if self._confirmed_at is None or not self._unit.connected:
            await self.confirm(at)

    async def confirm(self, at: datetime) -> None:
        """Read the serial: one request.

        Raises WrongDeviceError where it is another's, DeviceUnreachableError
        where it is not told, and what `ask` raises.
        """
        self.doubt()
        # A dialogue may have looked at it as if it were to be treated otherwise.
        pace(self._unit, self._link)
        await self.ask(self._plate.async_update)
        serial = text(self._plate.serial)
        if not serial:
            raise DeviceUnreachableError("the device does not tell its serial")
        if serial != self._serial:
            raise WrongDeviceError("another device answers at this address")
        self._confirmed_at = at

    async def update(self, component: Component) -> None:
        """Read a component that is needed. Raises as `ask`."""
        await self.ask(component.async_update)

    async def ask[T](self, request: Callable[[], Awaitable[T]]) -> T:
        """Make a request that is needed, within the link's patience.

        Raises DeviceUnreachableError and DeviceRefusedError.
        """
        try:
            async with patience(self._link):
                return await request()
        except ModbusError as err:
            raise await self.failed(err) from err

    async def failed(self, error: ModbusError) -> DeviceError:
        """Return the error to raise for a needed request that failed.

        Where there was no usable answer, the device is no longer taken for the
        one it was, and the link is recycled if that may help.
        """
        if silent(error):
            self.doubt()
            await recycle(self._unit, error)
        return device_error(error)
