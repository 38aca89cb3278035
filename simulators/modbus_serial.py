"""A serial line with a Modbus RTU device at its far end, as a pseudo-terminal."""

import asyncio
import os
import tty
from typing import Self, override

from simulators.modbus import ModbusDevice
from simulators.modbus_server import DeviceServer

_READ_SIZE = 4096


class SerialLine:
    """A serial port whose `path` a client opens as it would an RS485 adapter.

    The frames are made and read by pymodbus, with the faults of `device`.
    """

    def __init__(self, device: ModbusDevice) -> None:
        """Lay a line to a device, which need not listen on the network."""
        self.path = ""
        self._device = device
        self._fds: tuple[int, ...] = ()

    async def __aenter__(self) -> Self:
        """Connect both ends."""
        far, near = os.openpty()
        self._fds = (far, near)
        tty.setraw(near)
        os.set_blocking(far, False)
        self.path = os.ttyname(near)
        connection = DeviceServer(self._device, rtu=True).handle_new_connection()
        connection.connection_made(_FarEnd(far))
        asyncio.get_running_loop().add_reader(
            far, lambda: connection.data_received(os.read(far, _READ_SIZE))
        )
        return self

    async def __aexit__(self, *_: object) -> None:
        """Cut the line."""
        asyncio.get_running_loop().remove_reader(self._fds[0])
        for fd in self._fds:
            os.close(fd)


class _FarEnd(asyncio.Transport):
    """Where the device writes its answers."""

    def __init__(self, fd: int) -> None:
        super().__init__()
        self._fd = fd

    @override
    def write(self, data: bytes | bytearray | memoryview) -> None:
        os.write(self._fd, data)

    @override
    def close(self) -> None:
        """Leave the line as it is: a device cannot hang up on it."""
