"""A Modbus TCP client of its own, so that client and server share no code."""

import asyncio
from dataclasses import dataclass
import struct
from typing import Self


@dataclass(frozen=True, slots=True)
class Answer:
    """Registers, or the code of a Modbus exception."""

    registers: list[int]
    exception_code: int | None = None


class ModbusClient:
    """Reads and writes registers, with patience for a busy computer.

    Raises TimeoutError where nothing answers in time, and ConnectionError where
    the socket is closed instead.
    """

    def __init__(self, host: str, port: int, *, timeout_s: float = 5) -> None:
        """Build it; `connect` opens the socket."""
        self._host, self._port, self._timeout_s = host, port, timeout_s
        self._number = 0
        self._reader: asyncio.StreamReader
        self._writer: asyncio.StreamWriter

    async def connect(self) -> None:
        """Open the socket."""
        self._reader, self._writer = await asyncio.open_connection(
            self._host, self._port
        )

    def close(self) -> None:
        """Close the socket."""
        self._writer.close()

    async def __aenter__(self) -> Self:
        """Connect."""
        await self.connect()
        return self

    async def __aexit__(self, *_: object) -> None:
        """Close."""
        self.close()

    async def read_input(self, first: int, count: int = 1, *, unit: int = 1) -> Answer:
        """Read input registers (function 4)."""
        return await self._read(struct.pack(">BHH", 4, first, count), unit)

    async def read_holding(self, first: int, count: int = 1) -> Answer:
        """Read holding registers (function 3)."""
        return await self._read(struct.pack(">BHH", 3, first, count), 1)

    async def write(self, register: int, value: int) -> Answer:
        """Write one holding register (function 6); the answer is its echo."""
        request = struct.pack(">BHH", 6, register, value)
        code, echo = await self._ask(request, 1)
        if code & 0x80:
            return Answer([], echo[0])
        assert struct.unpack(">H", echo[:2]) == (register,)
        return Answer(list(struct.unpack(">H", echo[2:])))

    async def write_many(self, first: int, values: list[int]) -> Answer:
        """Write holding registers (function 16)."""
        request = struct.pack(
            f">BHHB{len(values)}H", 16, first, len(values), 2 * len(values), *values
        )
        code, echo = await self._ask(request, 1)
        if code & 0x80:
            return Answer([], echo[0])
        assert struct.unpack(">HH", echo) == (first, len(values))
        return Answer(values)

    async def _read(self, request: bytes, unit: int) -> Answer:
        code, answer = await self._ask(request, unit)
        if code & 0x80:
            return Answer([], answer[0])
        assert answer[0] == len(answer) - 1
        return Answer(list(struct.unpack(f">{answer[0] // 2}H", answer[1:])))

    async def _ask(self, request: bytes, unit: int) -> tuple[int, bytes]:
        """Return the function code and the rest of the answer."""
        self._number += 1
        head = struct.pack(">HHHB", self._number, 0, len(request) + 1, unit)
        self._writer.write(head + request)
        try:
            async with asyncio.timeout(self._timeout_s):
                raw = await self._reader.readexactly(7)
                number, protocol, length, answering = struct.unpack(">HHHB", raw)
                body = await self._reader.readexactly(length - 1)
        except asyncio.IncompleteReadError as err:
            raise ConnectionError("closed") from err
        assert (number, protocol, answering) == (self._number, 0, unit)
        assert body[0] & 0x7F == request[0]
        return body[0], body[1:]
