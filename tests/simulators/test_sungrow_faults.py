"""Every fault that the simulated inverter can have on demand."""

import asyncio
from collections.abc import Callable
import contextlib

from pymodbus.constants import ExcCodes
import pytest

from simulators.home import SimulatedHome
from simulators.modbus import ModbusFaults, Space
from simulators.sungrow import SungrowSimulator
from tests.simulators.modbus_client import ModbusClient

SOC_REQUEST = bytes.fromhex("000700000006 01 04 32DE 0001")
SOC_ANSWER = bytes.fromhex("000700000005 01 04 02 0271")


PATIENCE_S = 5.0
"""How long an answer may take that has to come."""
IMPATIENCE_S = 0.1
"""How long to wait for one that must not."""


async def raw_answer(
    inverter: SungrowSimulator, *, within_s: float = PATIENCE_S
) -> bytes:
    """Return what arrives for one request in time, b"" for a closed socket."""
    reader, writer = await asyncio.open_connection(inverter.host, inverter.port)
    writer.write(SOC_REQUEST)
    try:
        return await asyncio.wait_for(reader.read(100), within_s)
    finally:
        writer.close()
        with contextlib.suppress(ConnectionError):
            await writer.wait_closed()


def impatient(inverter: SungrowSimulator) -> ModbusClient:
    """Return a client for answers that must not come."""
    return ModbusClient(inverter.host, inverter.port, timeout_s=IMPATIENCE_S)


async def test_no_fault(inverter: SungrowSimulator) -> None:
    """To begin with everything works."""
    assert await raw_answer(inverter) == SOC_ANSWER
    assert inverter.requests == 1


async def test_refused_connections(inverter: SungrowSimulator) -> None:
    """Nobody listens, until somebody does at the same port."""
    port = inverter.port
    await inverter.refuse_connections()
    with pytest.raises(ConnectionRefusedError):
        await raw_answer(inverter)
    await inverter.accept_connections()
    assert inverter.port == port
    assert await raw_answer(inverter) == SOC_ANSWER


@pytest.mark.parametrize(
    ("fault", "answer"),
    [
        pytest.param("drop_next", b"", id="socket closed"),
        pytest.param("garbage_next", bytes.fromhex("deadbeef" * 3), id="garbage"),
        pytest.param("half_frame_next", SOC_ANSWER[:5], id="half a frame"),
    ],
)
async def test_one_bad_answer(
    inverter: SungrowSimulator, fault: str, answer: bytes
) -> None:
    """The next answer is bad, the one after is good."""
    setattr(inverter.faults, fault, 1)
    assert await raw_answer(inverter) == answer
    assert await raw_answer(inverter) == SOC_ANSWER


async def test_every_third_answer_is_dropped(inverter: SungrowSimulator) -> None:
    """The third and the sixth."""
    inverter.faults.drop_every = 3
    answers = [await raw_answer(inverter) for _ in range(6)]
    assert answers == [*2 * [SOC_ANSWER], b""] * 2


async def test_dropped_before_and_after_the_write(
    client: ModbusClient, inverter: SungrowSimulator
) -> None:
    """A closed socket says nothing about whether the write was carried out."""
    inverter.faults.drop_next = 1
    with pytest.raises(ConnectionError):
        await client.write(13099, 20)
    assert inverter.settings()[13099] == 0
    await client.connect()
    inverter.faults.drop_answer_next = 1
    with pytest.raises(ConnectionError):
        await client.write(13099, 20)
    assert inverter.settings()[13099] == 20


async def test_silence(inverter: SungrowSimulator) -> None:
    """The socket opens, stays open, and says nothing."""
    inverter.faults.silent = True
    with pytest.raises(TimeoutError):
        await raw_answer(inverter, within_s=IMPATIENCE_S)
    async with asyncio.timeout(PATIENCE_S):
        await inverter.request_received.wait()
    assert inverter.requests == 1


async def test_slow_answers_keep_their_numbers(inverter: SungrowSimulator) -> None:
    """Late answers come in order, each under its request's number."""
    inverter.faults.delay_s = 0.03
    reader, writer = await asyncio.open_connection(inverter.host, inverter.port)
    started = asyncio.get_running_loop().time()
    writer.write(SOC_REQUEST)
    await inverter.request_received.wait()
    inverter.request_received.clear()
    writer.write(b"\x00\x08" + SOC_REQUEST[2:])
    assert await reader.readexactly(11) == SOC_ANSWER
    assert await reader.readexactly(11) == b"\x00\x08" + SOC_ANSWER[2:]
    assert asyncio.get_running_loop().time() - started >= 0.06
    writer.close()
    await writer.wait_closed()


async def test_a_late_write_counts_all_the_same(inverter: SungrowSimulator) -> None:
    """Who does not wait for the answer cannot know that it was carried out."""
    inverter.faults.delay_s = 5
    async with impatient(inverter) as client:
        writing = asyncio.ensure_future(client.write(13099, 20))
        await inverter.request_received.wait()
        with pytest.raises(TimeoutError):
            await writing
    assert inverter.settings()[13099] == 20
    await inverter.stop()
    assert inverter.connections == 0


async def test_hidden_registers(
    client: ModbusClient, inverter: SungrowSimulator
) -> None:
    """A read that touches one is refused, the other space is not concerned."""
    inverter.faults.hide(Space.INPUT, 13049, 2)
    assert (
        await client.read_input(13040, 12)
    ).exception_code == ExcCodes.ILLEGAL_ADDRESS
    assert (await client.read_input(13040, 9)).exception_code is None
    assert (await client.read_holding(13049)).exception_code is None


def _refuse_all(faults: ModbusFaults) -> None:
    faults.refuse_all_writes = ExcCodes.DEVICE_FAILURE


def _refuse_one(faults: ModbusFaults) -> None:
    faults.refused_registers[13049] = ExcCodes.DEVICE_BUSY


@pytest.mark.parametrize(
    ("fault", "code"), [(_refuse_all, 4), (_refuse_one, 6)], ids=["all", "one"]
)
async def test_refused_writes(
    client: ModbusClient,
    inverter: SungrowSimulator,
    fault: Callable[[ModbusFaults], None],
    code: int,
) -> None:
    """Exceptions 4 and 6; reading goes on."""
    fault(inverter.faults)
    assert (await client.write(13049, 2)).exception_code == code
    assert (await client.read_holding(13049)).registers == [0]
    assert [record.applied for record in inverter.writes] == [False]
    other = await client.write(13099, 5)
    assert (other.exception_code is not None) == (code == 4)


async def test_ignored_writes(client: ModbusClient, inverter: SungrowSimulator) -> None:
    """Acknowledged with the value that was sent, and not applied."""
    inverter.faults.ignored_registers.add(13049)
    answer = await client.write(13049, 2)
    assert answer.exception_code is None
    assert answer.registers == [2]
    assert inverter.settings()[13049] == 0
    assert (await client.write(13099, 5)).exception_code is None
    inverter.faults.ignore_all_writes = True
    assert (await client.write(13099, 9)).exception_code is None
    assert inverter.settings()[13099] == 5
    assert [record.applied for record in inverter.writes] == [False, True, False]


async def test_power_loss_in_the_middle_of_a_command(
    client: ModbusClient, home: SimulatedHome, inverter: SungrowSimulator
) -> None:
    """After the second write: no answer, nobody listens, nothing is forgotten."""
    inverter.faults.power_loss_after_writes = 2
    assert (await client.write(13051, 3000)).exception_code is None
    with pytest.raises(ConnectionError):
        await client.write(13049, 2)
    with pytest.raises(ConnectionRefusedError):
        await raw_answer(inverter)
    assert home.flows.battery_w == 0
    port = inverter.port
    await inverter.restore_power()
    assert inverter.port == port
    assert await raw_answer(inverter) == SOC_ANSWER
    found = inverter.settings()
    assert (found[13051], found[13049], found[13050]) == (3000, 2, 0xCC)
    await client.connect()
    assert (await client.write(13050, 0xAA)).exception_code is None
    assert home.flows.battery_w == -3000


async def test_one_client_at_a_time(
    client: ModbusClient, inverter: SungrowSimulator
) -> None:
    """The second is accepted and closed; when the first is gone it is served."""
    inverter.faults.single_client = True
    reader, writer = await asyncio.open_connection(inverter.host, inverter.port)
    assert await asyncio.wait_for(reader.read(1), PATIENCE_S) == b""
    writer.close()
    assert (await client.read_input(13022)).exception_code is None
    inverter.drop_connections()
    reader, writer = await asyncio.open_connection(inverter.host, inverter.port)
    writer.write(SOC_REQUEST)
    assert await asyncio.wait_for(reader.readexactly(11), PATIENCE_S) == SOC_ANSWER
    writer.close()


async def test_dropped_connections(
    client: ModbusClient, inverter: SungrowSimulator
) -> None:
    """Every client is gone and may come back."""
    assert inverter.connections == 1
    inverter.drop_connections()
    assert inverter.connections == 0
    assert await raw_answer(inverter) == SOC_ANSWER


async def test_another_unit(client: ModbusClient, inverter: SungrowSimulator) -> None:
    """A gateway says 0x0B for a unit that is not there, or says nothing."""
    answer = await client.read_input(13022, unit=2)
    assert answer.exception_code == 0x0B
    inverter.faults.silent_units = True
    async with impatient(inverter) as other:
        with pytest.raises(TimeoutError):
            await other.read_input(13022, unit=2)
    assert (await client.read_input(13022)).exception_code is None
    assert inverter.requests == 1


async def test_stop_and_start(inverter: SungrowSimulator) -> None:
    """Stopping twice is harmless, and the port stays."""
    port = inverter.port
    await inverter.stop()
    await inverter.stop()
    assert inverter.connections == 0
    await inverter.start()
    await inverter.start()
    assert inverter.port == port
    assert await raw_answer(inverter) == SOC_ANSWER
