"""A Modbus TCP device on loopback, with faults on demand.

What the registers mean is up to the subclass.
"""

from abc import ABC, abstractmethod
import asyncio
from collections import deque
from collections.abc import Sequence
from typing import Self

from pymodbus.constants import ExcCodes

from simulators.clock import Clock
from simulators.modbus_faults import (
    Frame,
    ModbusFaults,
    RegisterError,
    Space,
    WriteRecord,
)
from simulators.modbus_server import DeviceServer, ServedUnit

__all__ = ["ModbusDevice", "ModbusFaults", "RegisterError", "Space", "WriteRecord"]

_MAX_READ = 125


class ModbusDevice(ABC):
    """A device that answers on a free port of loopback (or on `port`).

    A subclass has the registers. The device keeps its port over refusals and
    power losses. `requests` counts the requests for this device's unit.
    """

    def __init__(
        self,
        clock: Clock,
        *,
        unit_id: int = 1,
        host: str = "127.0.0.1",
        port: int = 0,
        rtu: bool = False,
    ) -> None:
        """Build the device; `start` makes it answer.

        With `rtu` the frames are those of a serial line, as behind a gateway.
        """
        self.faults = ModbusFaults()
        self.requests = 0
        self.writes: list[WriteRecord] = []
        self.frames: deque[Frame] = deque(maxlen=1000)
        """The latest traffic, of all units."""
        self.beside: dict[int, ServedUnit] = {}
        """What else answers here by its unit id, as behind a gateway."""
        self.request_received = asyncio.Event()
        """Set at every request; the waiting test clears it."""
        self.unit_id = unit_id
        self.host = host
        self.port = port
        self._clock = clock
        self._rtu = rtu
        self._server: DeviceServer | None = None

    def at(self, unit_id: int) -> ServedUnit | None:
        """Return what answers for a unit id: the device, one beside it, or nobody."""
        return self if unit_id == self.unit_id else self.beside.get(unit_id)

    @abstractmethod
    def read_registers(self, space: Space, first: int, count: int) -> list[int]:
        """Return registers by wire address. Raises RegisterError."""

    @abstractmethod
    def check_register(self, register: int, value: int) -> None:
        """Raise RegisterError where the device would refuse this write."""

    @abstractmethod
    def write_register(self, register: int, value: int) -> None:
        """Apply a write that was checked."""

    @property
    def awake(self) -> bool:
        """Whether it answers at all; a sleeping one keeps the socket open."""
        return True

    @abstractmethod
    def power_changed(self, *, powered: bool) -> None:
        """Hear that the device lost its power, or has it again."""

    async def start(self) -> None:
        """Listen, until `stop`."""
        if self._server is not None:
            return
        server = DeviceServer(self, rtu=self._rtu)
        await server.serve_forever(background=True)
        self._server = server
        self.port = server.bound_port()

    async def stop(self) -> None:
        """Close every connection and stop listening."""
        self._close()

    async def __aenter__(self) -> Self:
        """Start."""
        await self.start()
        return self

    async def __aexit__(self, *_: object) -> None:
        """Stop."""
        await self.stop()

    async def refuse_connections(self) -> None:
        """Close every connection and refuse new ones."""
        self._close()

    async def accept_connections(self) -> None:
        """Listen again, at the same port."""
        await self.start()

    def drop_connections(self) -> None:
        """Close every connection; new ones are welcome."""
        if self._server is not None:
            for connection in list(self._server.active_connections.values()):
                connection.close()

    def lose_power(self) -> None:
        """Go dark; the registers keep their values."""
        self._close()
        self.power_changed(powered=False)

    async def restore_power(self) -> None:
        """Come back."""
        self.faults.power_loss_after_writes = None
        self.power_changed(powered=True)
        await self.start()

    @property
    def connections(self) -> int:
        """How many clients are connected."""
        return 0 if self._server is None else len(self._server.active_connections)

    def _close(self) -> None:
        if self._server is not None:
            self._server.close()
            self._server = None

    def serve_read(self, space: Space, first: int, count: int) -> list[int]:
        """Answer a read. Raises RegisterError."""
        self.check_read(space, first, count)
        return self.read_registers(space, first, count)

    def check_read(self, space: Space, first: int, count: int) -> None:
        """Raise RegisterError where a read is refused, whatever is there."""
        if not 1 <= count <= _MAX_READ:
            raise RegisterError(ExcCodes.ILLEGAL_VALUE)
        wanted = {(space, first + offset) for offset in range(count)}
        if wanted & self.faults.hidden:
            raise RegisterError(ExcCodes.ILLEGAL_ADDRESS)

    def serve_write(self, first: int, values: Sequence[int]) -> None:
        """Answer a write of all `values` or none. Raises RegisterError."""
        numbered = list(enumerate(values, first))
        try:
            for register, value in numbered:
                self._check(register, value)
        except RegisterError:
            self._record(numbered, applied=False)
            raise
        for register, value in numbered:
            ignored = (
                self.faults.ignore_all_writes
                or register in self.faults.ignored_registers
            )
            if not ignored:
                self.write_register(register, value)
            self._record([(register, value)], applied=not ignored)
        self._count_down_power()

    def _check(self, register: int, value: int) -> None:
        refusal = self.faults.refused_registers.get(
            register, self.faults.refuse_all_writes
        )
        if refusal is not None:
            raise RegisterError(refusal)
        self.check_register(register, value)

    def _record(self, writes: Sequence[tuple[int, int]], *, applied: bool) -> None:
        at = self._clock.now()
        self.writes.extend(
            WriteRecord(register, value, applied=applied, at=at)
            for register, value in writes
        )

    def _count_down_power(self) -> None:
        left = self.faults.power_loss_after_writes
        if left is not None:
            self.faults.power_loss_after_writes = left - 1
            if left <= 1:
                self.lose_power()
