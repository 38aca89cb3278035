"""The framing of the Modbus simulators: pymodbus's server with faults."""

import asyncio
from collections import deque
from collections.abc import Sequence
import time
from typing import Protocol, override

from pymodbus.constants import ExcCodes
from pymodbus.framer import FramerType
from pymodbus.pdu import ExceptionResponse, ModbusPDU
from pymodbus.server import ModbusTcpServer
from pymodbus.server.requesthandler import ServerRequestHandler
from pymodbus.simulator import DataType, SimData, SimDevice

from simulators.modbus_faults import Frame, ModbusFaults, RegisterError, Space

_READ_HOLDING, _READ_INPUT, _WRITE_ONE, _WRITE_MANY = 3, 4, 6, 16
_FUNCTIONS = {_READ_HOLDING, _READ_INPUT, _WRITE_ONE, _WRITE_MANY}
_WRITES = {_WRITE_ONE, _WRITE_MANY}
_GARBAGE = bytes.fromhex("deadbeefdeadbeefdeadbeef")


class ServedUnit(Protocol):
    """What answers for a unit id."""

    def serve_read(self, space: Space, first: int, count: int) -> list[int]:
        """Answer a read. Raises RegisterError."""

    def serve_write(self, first: int, values: Sequence[int]) -> None:
        """Answer a write. Raises RegisterError."""


class ServedDevice(Protocol):
    """What the server needs of a device."""

    host: str
    port: int
    faults: ModbusFaults
    requests: int
    frames: deque[Frame]
    request_received: asyncio.Event

    @property
    def awake(self) -> bool:
        """Whether it answers at all."""

    @property
    def connections(self) -> int:
        """How many clients are connected."""

    def at(self, unit_id: int) -> ServedUnit | None:
        """Return what answers for a unit id; None where nobody does."""


class _Registers:
    """The device's registers as pymodbus's server asks for them."""

    def __init__(self, device: ServedDevice) -> None:
        self._device = device
        self._echo: list[int] = []

    async def async_getValues(  # noqa: N802 - pymodbus's name
        self, device_id: int, func_code: int, address: int, count: int = 1
    ) -> list[int] | ExcCodes:
        """Read, or return the echo of a single write."""
        if func_code == _WRITE_ONE:
            return self._echo
        space = Space.INPUT if func_code == _READ_INPUT else Space.HOLDING
        try:
            return self._unit(device_id).serve_read(space, address, count)
        except RegisterError as err:
            return err.code

    async def async_setValues(  # noqa: N802 - pymodbus's name
        self, device_id: int, func_code: int, address: int, values: list[int]
    ) -> ExcCodes | None:
        """Write."""
        try:
            self._unit(device_id).serve_write(address, values)
        except RegisterError as err:
            return err.code
        self._echo = list(values)
        return None

    def _unit(self, device_id: int) -> ServedUnit:
        unit = self._device.at(device_id)
        if unit is None:
            raise RegisterError(ExcCodes.GATEWAY_NO_RESPONSE)
        return unit


class DeviceServer(ModbusTcpServer):
    """pymodbus's server in front of the device's registers."""

    def __init__(self, device: ServedDevice, *, rtu: bool = False) -> None:
        """Serve `device`, with `rtu` in the frames of a serial line.

        The registers that pymodbus asks for are not used.
        """
        unused = SimDevice(0, SimData(0, datatype=DataType.REGISTERS))
        super().__init__(
            unused,
            framer=FramerType.RTU if rtu else FramerType.SOCKET,
            address=(device.host, device.port),
        )
        self.context = _Registers(device)  # type: ignore[assignment] # same methods
        self.device = device

    def bound_port(self) -> int:
        """Return the port that is listened on."""
        assert isinstance(self.transport, asyncio.Server)  # noqa: S101 - for mypy
        port: int = self.transport.sockets[0].getsockname()[1]
        return port

    @override
    def callback_new_connection(self) -> _Connection:
        return _Connection(self)


class _Connection(ServerRequestHandler):
    """One client. Answers in the order of the requests, with the faults."""

    def __init__(self, server: DeviceServer) -> None:
        super().__init__(server, None, None, None)  # type: ignore[no-untyped-call] # pymodbus
        self._device = server.device
        self._registers = server.context
        self._turn = asyncio.Lock()
        self._tasks: set[asyncio.Task[None]] = set()

    @override
    def callback_connected(self) -> None:
        super().callback_connected()
        if self._device.faults.single_client and self._device.connections > 1:
            self.close()

    @override
    def callback_disconnected(self, exc: Exception | None) -> None:
        # The answer in the making may be what ended the connection.
        super().callback_disconnected(exc)
        for task in self._tasks - {asyncio.current_task()}:
            task.cancel()

    @override
    def handle_later(self) -> None:
        # The request is taken at once: pymodbus keeps only the last one, and a
        # late answer must carry the number of the request it belongs to.
        request, self.last_pdu = self.last_pdu, None
        if request is not None:
            self._note(request, asks=True)
            task = self.loop.create_task(self._handle(request))
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)

    async def _handle(self, request: ModbusPDU) -> None:
        device, faults = self._device, self._device.faults
        async with self._turn:
            other = device.at(request.dev_id) is None
            if not other:
                device.requests += 1
                device.request_received.set()
            every = faults.drop_every
            if faults.take("drop_next") or (every and device.requests % every == 0):
                self.close()
                return
            if faults.silent or not device.awake or (other and faults.silent_units):
                return
            await self._answer(request)

    async def _answer(self, request: ModbusPDU) -> None:
        code = request.function_code
        if self._device.at(request.dev_id) is None:
            response: ModbusPDU = ExceptionResponse(code, ExcCodes.GATEWAY_NO_RESPONSE)
        elif code not in _FUNCTIONS:
            response = ExceptionResponse(code, ExcCodes.ILLEGAL_FUNCTION)
        else:
            response = await request.datastore_update(
                self._registers,  # type: ignore[arg-type] # same methods
                request.dev_id,
            )
        if self._device.faults.take("drop_answer_next"):
            self.close()
        if self._device.faults.delay_s:
            await asyncio.sleep(self._device.faults.delay_s)
        response.transaction_id = request.transaction_id
        response.dev_id = request.dev_id
        if not self.is_active():
            return
        frame = self.framer.buildFrame(response)
        if self._device.faults.take("garbage_next"):
            frame = _GARBAGE
        elif self._device.faults.take("half_frame_next"):
            frame = frame[: len(frame) // 2]
        self._note(request, asks=False)
        self.send(frame)

    def _note(self, request: ModbusPDU, *, asks: bool) -> None:
        writes = request.function_code in _WRITES
        frame = Frame(time.monotonic(), request.dev_id, asks, writes)
        self._device.frames.append(frame)
