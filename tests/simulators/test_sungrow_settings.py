"""What the settings of the simulated hybrid make it do."""

from datetime import timedelta

import pytest

from simulators.clock import ManualClock
from simulators.home import InverterMode, SimulatedHome
from simulators.modbus import RegisterError, WriteRecord
from simulators.profile import constant
from simulators.sungrow import SH5K_30, SH10RS, SH10T, SungrowModel, SungrowSimulator
from tests.simulators.modbus_client import ModbusClient


async def write(client: ModbusClient, register: int, value: int) -> None:
    """Write a register that takes it."""
    answer = await client.write(register, value)
    assert answer.exception_code is None


async def test_forced_charge_discharge_and_stop(
    client: ModbusClient, home: SimulatedHome, inverter: SungrowSimulator
) -> None:
    """The recipes of the facts, and back to normal."""
    before = inverter.settings()
    assert before == inverter.owner_defaults()
    await write(client, 13051, 3000)
    await write(client, 13050, 0xAA)
    assert home.flows.battery_w == 800
    await write(client, 13049, 2)
    assert home.flows.battery_w == -3000
    await write(client, 13050, 0xBB)
    assert home.flows.battery_w == 3000
    await write(client, 13050, 0xCC)
    assert home.flows.battery_w == 0
    await write(client, 13051, 0)
    await write(client, 13049, 0)
    assert home.flows.battery_w == 800
    assert inverter.settings() == before
    assert [(record.register, record.value) for record in inverter.writes] == [
        *((13051, 3000), (13050, 0xAA), (13049, 2), (13050, 0xBB)),
        *((13050, 0xCC), (13051, 0), (13049, 0)),
    ]
    assert all(record.applied for record in inverter.writes)


async def test_nothing_in_mode_2_times_out(
    client: ModbusClient,
    home: SimulatedHome,
    inverter: SungrowSimulator,
    clock: ManualClock,
) -> None:
    """A forced discharge outlives its client, down to the floor, for days."""
    home.profile = constant(0, 0)
    for register, value in ((13051, 1000), (13049, 2), (13050, 0xBB)):
        await write(client, register, value)
    client.close()
    await inverter.stop()
    clock.advance(timedelta(hours=1))
    assert home.flows.battery_w == 1000
    clock.advance(timedelta(days=3))
    assert home.effective_mode is InverterMode.FORCED_DISCHARGE
    # The factory's minimum is 5 %.
    assert home.soc_pct == 5


async def test_external_ems_lives_by_its_heartbeat(
    client: ModbusClient, home: SimulatedHome, clock: ManualClock
) -> None:
    """In mode 3 the command acts for the 20 s after each heartbeat."""
    for register, value in ((13051, 2000), (13050, 0xAA), (13049, 3)):
        await write(client, register, value)
    assert home.flows.battery_w == 800
    await write(client, 13079, 20)
    clock.advance(timedelta(seconds=19))
    assert home.flows.battery_w == -2000
    await write(client, 13079, 20)
    clock.advance(timedelta(seconds=19))
    assert home.flows.battery_w == -2000
    clock.advance(timedelta(seconds=1))
    assert home.flows.battery_w == 800


@pytest.mark.parametrize(
    ("load_w", "sun_w", "writes", "battery_w", "grid_w"),
    [
        pytest.param(800, 0, {33047: 1}, 10, 790, id="no discharge"),
        pytest.param(0, 2000, {33046: 1}, -10, -1990, id="no charge"),
        pytest.param(800, 2000, {33047: 1}, -1200, 0, id="sun still charges"),
        pytest.param(800, 0, {13099: 63}, 0, 800, id="reserve in whole percent"),
        pytest.param(800, 0, {13058: 500, 13099: 0}, 800, 0, id="minimum 50.0 %"),
        pytest.param(0, 2000, {13057: 620}, 0, -2000, id="maximum 62.0 %"),
        pytest.param(0, 9000, {13073: 500}, -6000, -3000, id="value without switch"),
        pytest.param(
            0, 9000, {13073: 500, 13086: 0xAA}, -6000, -500, id="export limit"
        ),
        pytest.param(
            0, 9000, {13086: 0xAA, 13087: 100}, -6000, -1000, id="a ratio wins"
        ),
        pytest.param(
            0, 9000, {31221: 70, 13086: 0xAA}, -6000, -700, id="wide export limit"
        ),
        pytest.param(
            800,
            0,
            {13086: 0xAA, 13073: 0, 13051: 3000, 13050: 0xBB, 13049: 2},
            *(800, 0),
            id="a stale export limit makes forced discharge look dead",
        ),
        pytest.param(
            800,
            0,
            {33047: 100, 13051: 3000, 13050: 0xBB, 13049: 2},
            *(1000, -200),
            id="the ceilings act in forced mode too",
        ),
        pytest.param(
            800, 0, {33147: 200, 13050: 0xAA, 13049: 2}, -2000, 2800, id="wide power"
        ),
        pytest.param(
            0, 9000, {13088: 0xAA, 13089: 100}, -6000, -1000, id="AC port at 10 %"
        ),
        pytest.param(800, 2000, {12999: 0xCE}, 0, 800, id="stopped"),
        pytest.param(800, 0, {13049: 4, 13050: 0xCC}, 800, 0, id="VPP, no heartbeat"),
    ],
)
async def test_what_settings_do(  # noqa: PLR0913, PLR0917 - one row of the table
    client: ModbusClient,
    home: SimulatedHome,
    load_w: float,
    sun_w: float,
    writes: dict[int, int],
    battery_w: float,
    grid_w: float,
) -> None:
    """Each setting acts as the facts say, and reads back as written."""
    home.profile = constant(load_w, sun_w)
    for register, value in writes.items():
        await write(client, register, value)
    assert (home.flows.battery_w, home.flows.grid_w) == (battery_w, grid_w)
    for register, value in writes.items():
        answer = await client.read_holding(register)
        assert answer.registers == [value]


@pytest.mark.parametrize(
    ("register", "value", "code"),
    [
        pytest.param(33046, 0, 3, id="ceiling of 0"),
        pytest.param(33047, 0, 3, id="ceiling of 0 for discharging"),
        pytest.param(33047, 601, 3, id="ceiling above the rating"),
        pytest.param(13051, 6001, 3, id="power above the rating"),
        pytest.param(13049, 1, 3, id="no such mode"),
        pytest.param(13050, 0xDD, 3, id="no such command"),
        pytest.param(13058, 501, 3, id="minimum above 50 %"),
        pytest.param(13057, 499, 3, id="maximum below 50 %"),
        pytest.param(13099, 101, 3, id="reserve above 100 %"),
        pytest.param(13073, 10_001, 3, id="export limit above the rating"),
        pytest.param(13086, 1, 3, id="no such switch"),
        pytest.param(13066, 100, 2, id="a register that is not there"),
        pytest.param(40_000, 100, 2, id="far away"),
    ],
)
async def test_refused_values(  # noqa: PLR0913, PLR0917 - one row of the table
    client: ModbusClient,
    inverter: SungrowSimulator,
    clock: ManualClock,
    register: int,
    value: int,
    code: int,
) -> None:
    """A refused write changes nothing and is on record."""
    answer = await client.write(register, value)
    assert answer.exception_code == code
    assert inverter.settings() == inverter.owner_defaults()
    assert inverter.writes == [
        WriteRecord(register, value, applied=False, at=clock.now())
    ]


async def test_several_registers_at_once(
    client: ModbusClient, inverter: SungrowSimulator
) -> None:
    """Function 16 writes all or, where one is refused, none."""
    answer = await client.write_many(13049, [2, 0xAA, 2500])
    assert answer.exception_code is None
    found = inverter.settings()
    assert [found[register] for register in (13049, 13050, 13051)] == [2, 0xAA, 2500]
    answer = await client.write_many(13049, [0, 0xCC, 9999])
    assert answer.exception_code == 3
    assert inverter.settings() == found
    assert [record.applied for record in inverter.writes] == [True] * 3 + [False] * 3


async def test_the_owner_changes_a_setting(
    client: ModbusClient, home: SimulatedHome, inverter: SungrowSimulator
) -> None:
    """It acts, it is read, and it is none of the client's writes."""
    inverter.owner_writes(13099, 70)
    assert (await client.read_holding(13099)).registers == [70]
    assert home.flows.battery_w == 0
    assert inverter.writes == []
    with pytest.raises(RegisterError):
        inverter.owner_writes(13099, 101)


@pytest.mark.parametrize(
    ("model", "has", "lacks"),
    [
        pytest.param(SH10RS, {31203, 31204, 33046}, {13088, 33148, 13017}, id="RS"),
        pytest.param(SH10T, {13017, 13088, 33148}, {31203}, id="T"),
        pytest.param(SH5K_30, {13049, 13099}, {13086, 33046, 13088}, id="48 V"),
    ],
)
async def test_models_differ(
    home: SimulatedHome,
    socket_enabled: None,
    model: SungrowModel,
    has: set[int],
    lacks: set[int],
) -> None:
    """What a model lacks reads as not available and refuses to be written."""
    async with (
        SungrowSimulator(home, model=model) as inverter,
        ModbusClient(inverter.host, inverter.port) as client,
    ):
        for register in has:
            assert inverter.settings()[register] != 0xFFFF
        for register in lacks:
            answer = await client.read_holding(register)
            assert answer.exception_code == 2 or answer.registers == [0xFFFF]
            answer = await client.write(register, 0xAA)
            assert answer.exception_code == 2


async def test_rs_limits_its_ac_port_elsewhere(
    home: SimulatedHome, socket_enabled: None
) -> None:
    """31203 and 31204 do on the RS what 13088 and 13089 do on the RT."""
    home.profile = constant(0, 9000)
    inverter = SungrowSimulator(home, model=SH10RS)
    inverter.owner_writes(31203, 0xAA)
    inverter.owner_writes(31204, 200)
    assert home.flows.grid_w == -2000


async def test_another_inverter_has_its_own_settings(
    client: ModbusClient, inverter: SungrowSimulator
) -> None:
    """A swapped device answers with its serial and the factory's settings."""
    await write(client, 13049, 2)
    inverter.swap_device("A2320500999")
    answer = await client.read_input(4993, 2)
    # The fifth and the sixth pair of the serial are "99" and "9".
    assert answer.registers == [0x3939, 0x3900]
    assert inverter.settings() == inverter.owner_defaults()
