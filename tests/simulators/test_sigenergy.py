"""The Sigenergy simulator: what it tells and takes, word by word."""

from modbus_connection import IllegalDataAddressError, IllegalDataValueError
import pytest

from tests.devices.sigenergy_unit import link_to, simulator

pytestmark = pytest.mark.usefixtures("socket_enabled")


async def test_inputs() -> None:
    """The high word first; the battery + charging, the grid + importing."""
    async with simulator() as plant, link_to(plant) as units:
        unit = units[247]
        # 1200 W of load, 3000 W of sun: 1800 W into the battery, nothing to the grid.
        assert await unit.read_input_registers(30005, 2) == [0, 0]
        assert await unit.read_input_registers(30035, 4) == [0, 3000, 0, 1800]
        assert await unit.read_input_registers(30014, 1) == [550]
        await unit.write_registers(40034, [0, 2000])
        await unit.write_registers(40029, [1])
        await unit.write_registers(40031, [6])
        # 2000 W out of it now, and 3800 W sold.
        assert await unit.read_input_registers(30037, 2) == [0xFFFF, 0xF830]
        assert await unit.read_input_registers(30005, 2) == [0xFFFF, 0xF128]
        assert await unit.read_input_registers(30003, 1) == [7]
        plant.fault = True
        assert await unit.read_input_registers(30051, 1) == [2]


async def test_limits_in_self_consumption() -> None:
    """They act with newer firmware only."""
    for protocol, battery_w in ((2.5, -1800), (2.9, -500)):
        async with simulator(protocol=protocol) as plant, link_to(plant) as units:
            await units[247].write_registers(40032, [0, 500])
            assert plant.home.flows.battery_w == battery_w


async def test_what_is_refused() -> None:
    """Half of a wide setting, a mode that there is not, a device's registers."""
    async with simulator(charger_unit=2) as plant, link_to(plant) as units:
        for address, words in ((40032, [1]), (40033, [1]), (40031, [8])):
            with pytest.raises(IllegalDataValueError):
                await units[247].write_registers(address, words)
        with pytest.raises(IllegalDataAddressError):
            await units[247].write_registers(40060, [1])
        for unit in (1, 2):
            with pytest.raises(IllegalDataAddressError):
                await units[unit].write_registers(40029, [1])
            with pytest.raises(IllegalDataAddressError):
                await units[unit].read_holding_registers(40029, 1)
        assert await units[2].read_input_registers(32000, 1) == [1]


@pytest.mark.parametrize(
    ("mode", "power_w", "battery_w", "solar_w"),
    [
        (0, 0, 0, 3000),
        (0, 1500, 1500, 3000),
        (2, 0, -1800, 3000),
        # From the grid alone: the sun is held back.
        (3, 0, -8000, 0),
        # The AC port has 10 kW, of which the sun takes its part first.
        (5, 0, 7000, 3000),
    ],
)
async def test_modes_of_others(
    mode: int, power_w: int, battery_w: float, solar_w: float
) -> None:
    """Modes that PowerSync never writes, but may find."""
    async with simulator() as plant:
        plant.owner_writes(40001, power_w)
        plant.owner_writes(40031, mode)
        plant.owner_writes(40029, 1)
        assert plant.home.flows.battery_w == battery_w
        assert plant.home.flows.solar_w == solar_w
