"""What the simulated hybrid says, over its real protocol."""

import asyncio
from datetime import timedelta
import struct

import pytest

from simulators.clock import ManualClock
from simulators.home import Energies, SimulatedHome
from simulators.profile import constant
from simulators.sungrow import SH5K_30, SH10RS, SH10T, SungrowModel, SungrowSimulator
from tests.simulators.modbus_client import ModbusClient

HOUR = timedelta(hours=1)


async def inputs(client: ModbusClient, first: int, count: int = 1) -> list[int]:
    """Read input registers that are there."""
    answer = await client.read_input(first, count)
    assert answer.exception_code is None
    return answer.registers


async def test_frames_on_a_raw_socket(inverter: SungrowSimulator) -> None:
    """A request and its answer, byte by byte: SOC 62.5 % at wire 13022."""
    reader, writer = await asyncio.open_connection(inverter.host, inverter.port)
    writer.write(bytes.fromhex("000700000006 01 04 32DE 0001"))
    assert await reader.readexactly(11) == bytes.fromhex("000700000005 01 04 02 0271")
    writer.write(bytes.fromhex("000800000006 01 06 32FB 0BB8"))
    assert await reader.readexactly(12) == bytes.fromhex("000800000006 01 06 32FB 0BB8")
    writer.write(bytes.fromhex("000900000006 01 01 0000 0001"))
    assert await reader.readexactly(9) == bytes.fromhex("000900000003 01 81 01")
    writer.close()
    await writer.wait_closed()
    assert inverter.settings()[13051] == 3000


async def test_identity(client: ModbusClient) -> None:
    """Serial A2320500123, type E03, 10 kW, three phases and neutral."""
    registers = await inputs(client, 4989, 13)
    assert struct.pack(">10H", *registers[:10]) == b"A2320500123" + bytes(9)
    assert registers[10:] == [0xE03, 100, 1]
    assert await inputs(client, 4951, 2) == [0x0700, 0x0101]
    assert await inputs(client, 5621, 2) == [0, 1000]
    assert await inputs(client, 5627) == [60]
    assert await inputs(client, 5634, 5) == [15, 15, 0xFFFF, 0xFFFF, 960]


async def test_discharging_at_night(client: ModbusClient) -> None:
    """800 W from the battery: running, bits 2 and 3, and no sun."""
    assert await inputs(client, 12999, 2) == [0x0040, 0b1100]
    assert await inputs(client, 5213, 2) == [800, 0]
    assert await inputs(client, 5016, 2) == [0, 0]
    assert await inputs(client, 5600, 2) == [0, 0]
    assert await inputs(client, 13007, 4) == [800, 0, 0, 0]
    # 800 W at 400 V are 2.0 A; SOC 62.5 %, SOH 98.0 %, 25.0 degrees.
    assert await inputs(client, 13019, 6) == [4000, 20, 800, 625, 980, 250]


async def test_signs_while_charging_from_the_grid(
    client: ModbusClient, inverter: SungrowSimulator
) -> None:
    """-3000 W is 0xFFFFF448; import is + at 5600 and - at 13009."""
    for register, value in ((13051, 3000), (13049, 2), (13050, 0xAA)):
        inverter.owner_writes(register, value)
    assert await inputs(client, 5213, 2) == [0xF448, 0xFFFF]
    assert await inputs(client, 5630) == [0x10000 - 75]
    assert await inputs(client, 5600, 2) == [3800, 0]
    # A third of 3800 W on each phase.
    assert await inputs(client, 5602, 6) == [1267, 0, 1267, 0, 1267, 0]
    # -3800 is 0xFFFFF128.
    assert await inputs(client, 13009, 2) == [0xF128, 0xFFFF]
    assert await inputs(client, 13021) == [3000]
    assert await inputs(client, 12999, 2) == [0x0800, 0b101010]
    assert await inputs(client, 13033, 2) == [0xF448, 0xFFFF]


async def test_a_sunny_day(
    client: ModbusClient, home: SimulatedHome, inverter: SungrowSimulator
) -> None:
    """8 kW of sun: 0.8 to the load, 6 to the battery, 1.2 exported."""
    home.profile = constant(800, 8000)
    assert await inputs(client, 5016, 2) == [8000, 0]
    assert await inputs(client, 12999, 2) == [0x0040, 0b11011]
    assert await inputs(client, 13009, 2) == [1200, 0]
    assert await inputs(client, 5600, 2) == [0x10000 - 1200, 0xFFFF]
    # 4000 W of each of two trackers at 600 V, no third, no fourth.
    assert await inputs(client, 5010, 6) == [6000, 67, 6000, 67, 0xFFFF, 0xFFFF]
    assert await inputs(client, 5114, 2) == [0xFFFF, 0xFFFF]
    assert await inputs(client, 5018, 3) == [2300, 2300, 2300]
    assert await inputs(client, 5241) == [5000]


async def test_the_vendor_example_of_state_and_flow(
    client: ModbusClient, home: SimulatedHome, inverter: SungrowSimulator
) -> None:
    """External EMS, sun generating, battery discharging, load present."""
    home.profile = constant(800, 500)
    inverter.owner_writes(13049, 3)
    assert await inputs(client, 12999, 2) == [0x4000, 0x000D]


async def test_energies(
    client: ModbusClient, home: SimulatedHome, clock: ManualClock
) -> None:
    """Half an hour of 8 kW sun, then half an hour of night."""
    home.profile = constant(800, 8000)
    clock.advance(HOUR / 2)
    home.profile = constant(800)
    clock.advance(HOUR / 2)
    # Sun 4 kWh: 0.4 to the load, 3 to the battery, 0.6 exported; then 0.4
    # from the battery.
    assert await inputs(client, 13001, 6) == [40, 40, 0, 6, 6, 0]
    assert await inputs(client, 13011, 3) == [30, 30, 0]
    assert await inputs(client, 13016, 3) == [4, 4, 0]
    assert await inputs(client, 13025, 4) == [4, 4, 0, 850]
    assert await inputs(client, 13035, 3) == [0, 0, 0]
    assert await inputs(client, 13039, 3) == [30, 30, 0]
    assert await inputs(client, 13044, 3) == [6, 6, 0]
    assert await inputs(client, 5002, 3) == [44, 44, 0]
    # 62.5 % + 2.6 kWh of 9.6 kWh.
    assert await inputs(client, 13022) == [896]


async def test_totals_need_both_words(clock: ManualClock, socket_enabled: None) -> None:
    """12345.6 kWh is 123456 = 0x1E240; today stays today's."""
    home = SimulatedHome(clock, constant(0), totals=Energies(import_kwh=12345.6))
    async with (
        SungrowSimulator(home) as inverter,
        ModbusClient(inverter.host, inverter.port) as client,
    ):
        assert await inputs(client, 13035, 3) == [0, 0xE240, 0x0001]


async def test_states(
    client: ModbusClient, home: SimulatedHome, inverter: SungrowSimulator
) -> None:
    """Off-grid, stopped and fault have their codes; backup power off-grid."""
    home.islanded = True
    assert await inputs(client, 12999) == [0x1000]
    assert await inputs(client, 5722, 5) == [267, 267, 267, 800, 0]
    home.islanded = False
    assert await inputs(client, 5722, 5) == [0, 0, 0, 0, 0]
    inverter.owner_writes(12999, 0xCE)
    assert await inputs(client, 12999, 2) == [0x8000, 0b101000]
    inverter.owner_writes(12999, 0xCF)
    inverter.fault = True
    assert await inputs(client, 12999) == [0x5500]


@pytest.mark.parametrize(
    ("model", "first", "expected"),
    [
        pytest.param(SH10RS, 4999, [0xD1B, 100, 0], id="RS: single phase"),
        pytest.param(SH10RS, 5018, [2300, 0xFFFF, 0xFFFF], id="RS: one voltage"),
        pytest.param(SH10RS, 5602, [0xFFFF, 0x7FFF] * 3, id="RS: no phase powers"),
        pytest.param(SH10RS, 13249, [0] * 15, id="RS: no firmware text"),
        pytest.param(SH10RS, 13020, [0xFFF6, 0xFE70], id="RS: signed -400 W"),
        pytest.param(SH10RS, 5114, [6000, 5], id="RS: fourth tracker"),
        pytest.param(SH10T, 5014, [6000, 7], id="T: third tracker"),
        pytest.param(SH5K_30, 5213, [0xFFFF, 0x7FFF], id="48 V: no battery power"),
        pytest.param(SH5K_30, 13020, [10, 400], id="48 V: magnitudes"),
        pytest.param(SH5K_30, 13000, [0b1011], id="48 V: charging by the bits"),
    ],
)
async def test_models(
    home: SimulatedHome,
    socket_enabled: None,
    model: SungrowModel,
    first: int,
    expected: list[int],
) -> None:
    """1200 W of sun, of which 400 W charge: what each model says and lacks."""
    home.profile = constant(800, 1200)
    async with (
        SungrowSimulator(home, model=model) as inverter,
        ModbusClient(inverter.host, inverter.port) as client,
    ):
        assert await inputs(client, first, len(expected)) == expected


async def test_without_meter_and_without_battery(
    clock: ManualClock, socket_enabled: None
) -> None:
    """What is not there is not available, and never zero."""
    home = SimulatedHome(clock, constant(800, 1200), cells=None)
    async with (
        SungrowSimulator(home, has_meter=False) as inverter,
        ModbusClient(inverter.host, inverter.port) as client,
    ):
        for first in (5600, 13007, 13009):
            assert await inputs(client, first, 2) == [0xFFFF, 0x7FFF]
        assert await inputs(client, 13022, 3) == [0xFFFF, 0xFFFF, 0x7FFF]
        assert await inputs(client, 13038) == [0xFFFF]
        assert await inputs(client, 5627) == [100]


async def test_refused_reads(client: ModbusClient, inverter: SungrowSimulator) -> None:
    """Unknown registers are exception 2, an odd count is exception 3."""
    for first in (6099, 13120):
        answer = await client.read_input(first, 10)
        assert answer.exception_code == 2
    reader, writer = await asyncio.open_connection(inverter.host, inverter.port)
    for count in ("0000", "007E"):
        writer.write(bytes.fromhex(f"000700000006 01 04 32DE {count}"))
        assert await reader.readexactly(9) == bytes.fromhex("000700000003 01 84 03")
    writer.close()
    await writer.wait_closed()


async def test_poll_blocks_are_one_request_each(
    client: ModbusClient, inverter: SungrowSimulator
) -> None:
    """The blocks that the facts advise, and the widest that the field reads."""
    blocks = [
        *((12999, 48), (5002, 34), (5213, 2), (5600, 8), (4989, 13)),
        *((12999, 125), (5200, 100), (5600, 100)),
    ]
    for first, count in blocks:
        assert len(await inputs(client, first, count)) == count
    assert inverter.requests == len(blocks)


async def test_alarms_are_clear(client: ModbusClient) -> None:
    """Input 13049 is an alarm word, unrelated to the EMS mode of its number."""
    assert await inputs(client, 13049, 32) == [0] * 32
    holding = await client.read_holding(13049, 3)
    assert holding.registers == [0, 0xCC, 0]


async def test_nothing_is_remembered_from_an_earlier_read(
    client: ModbusClient, home: SimulatedHome
) -> None:
    """A value is that of the moment it is read."""
    assert await inputs(client, 13022) == [625]
    home.soc_pct = 100
    assert await inputs(client, 13022) == [1000]
