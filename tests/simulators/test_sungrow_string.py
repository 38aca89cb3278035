"""The simulated string inverter."""

from collections.abc import AsyncIterator

import pytest

from simulators.clock import ManualClock
from simulators.home import Energies, SimulatedHome
from simulators.profile import constant
from simulators.sungrow import SungrowSimulator
from tests.simulators.modbus_client import ModbusClient


@pytest.fixture
def home(clock: ManualClock) -> SimulatedHome:
    """Return a home with 4 kW of sun, 800 W of load and no battery."""
    return SimulatedHome(
        clock,
        constant(800, 4000),
        cells=None,
        rated_w=5000,
        totals=Energies(solar_kwh=70_000.9),
    )


@pytest.fixture
async def inverter(
    home: SimulatedHome, socket_enabled: None
) -> AsyncIterator[SungrowSimulator]:
    """Yield an SG5.0RS that answers on loopback."""
    async with SungrowSimulator(
        home, string_inverter=True, sleeps_at_night=True
    ) as simulator:
        yield simulator


async def test_what_it_says(client: ModbusClient) -> None:
    """Its own type, 4 kW from the sun, 3200 W exported, totals in whole kWh."""
    answer = await client.read_input(4999, 6)
    # 70000 = 0x11170.
    assert answer.registers == [0x2606, 50, 0, 0, 0x1170, 0x0001]
    assert (await client.read_input(5016, 2)).registers == [4000, 0]
    assert (await client.read_input(5030, 2)).registers == [4000, 0]
    assert (await client.read_input(5037)).registers == [0x0000]
    # -3200 is 0xFFFFF380.
    answer = await client.read_input(5082, 2)
    assert answer.registers == [0xF380, 0xFFFF]
    assert (await client.read_input(5090, 2)).registers == [800, 0]


async def test_it_is_no_hybrid(client: ModbusClient) -> None:
    """Nothing of the battery is there."""
    for first in (12999, 13022, 5213, 5600):
        answer = await client.read_input(first, 2)
        assert answer.exception_code == 2
    answer = await client.read_holding(13049, 3)
    assert answer.exception_code == 2
    assert (await client.write(13049, 2)).exception_code == 2


@pytest.mark.parametrize(
    ("writes", "solar_w", "state"),
    [
        pytest.param({5007: 100}, 500, 0x8100, id="ratio of the rating"),
        pytest.param({5007: 0}, 0, 0x8000, id="ratio of 0"),
        pytest.param({5006: 0x55, 5007: 100}, 4000, 0x0000, id="switched off"),
        pytest.param({5038: 12}, 1200, 0x8100, id="absolute, 100 W"),
        pytest.param({5009: 0xAA, 5010: 0}, 800, 0x8100, id="no feed-in"),
        pytest.param({5009: 0xAA, 5010: 50}, 1300, 0x8100, id="feed-in, 10 W"),
        pytest.param({5009: 0xAA, 5014: 100}, 1300, 0x8100, id="feed-in ratio"),
        pytest.param({5005: 0xCE}, 0, 0x8000, id="stopped"),
        pytest.param({5005: 0xCE, 5006: 0x55}, 0, 0x8000, id="stopped for sure"),
    ],
)
async def test_curtailment(  # noqa: PLR0913, PLR0917 - one row of the table
    client: ModbusClient,
    home: SimulatedHome,
    inverter: SungrowSimulator,
    writes: dict[int, int],
    solar_w: float,
    state: int,
) -> None:
    """Each limit cuts the sun, and putting it back brings it back."""
    for register, value in writes.items():
        assert (await client.write(register, value)).exception_code is None
        answer = await client.read_holding(register)
        assert answer.registers == [value]
    assert home.flows.solar_w == solar_w
    assert (await client.read_input(5037)).registers == [state]
    for register, value in inverter.owner_defaults().items():
        assert (await client.write(register, value)).exception_code is None
    assert home.flows.solar_w == 4000


@pytest.mark.parametrize(
    ("register", "value"), [(5005, 0), (5006, 1), (5007, 1001), (5010, 501), (5038, 51)]
)
async def test_refused_values(
    client: ModbusClient,
    inverter: SungrowSimulator,
    register: int,
    value: int,
) -> None:
    """Exception 3, and nothing changes."""
    assert (await client.write(register, value)).exception_code == 3
    assert inverter.settings() == inverter.owner_defaults()


async def test_asleep_at_night(
    client: ModbusClient, home: SimulatedHome, inverter: SungrowSimulator
) -> None:
    """The socket opens and nothing answers, until the sun is back."""
    home.profile = constant(800)
    async with ModbusClient(inverter.host, inverter.port, timeout_s=0.1) as impatient:
        with pytest.raises(TimeoutError):
            await impatient.read_input(5016, 2)
    home.profile = constant(800, 100)
    assert (await client.read_input(5016, 2)).registers == [100, 0]


async def test_standby_when_it_stays_awake(
    home: SimulatedHome, socket_enabled: None
) -> None:
    """One that answers at night says that it waits."""
    home.profile = constant(800)
    async with (
        SungrowSimulator(home, string_inverter=True) as inverter,
        ModbusClient(inverter.host, inverter.port) as client,
    ):
        assert (await client.read_input(5037)).registers == [0x1400]
