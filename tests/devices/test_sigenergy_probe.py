"""Recognising a Sigenergy plant and its devices."""

from dataclasses import replace
from typing import Any

from modbus_connection import GatewayTargetError, IllegalDataAddressError
from modbus_connection.mock import MockModbusConnection
import pytest

from custom_components.power_sync.devices.batteries.brand import (
    BatteryNotConnectedError,
    BatteryProbe,
    Caveat,
    NoBatteryError,
    NotThisBrandError,
    WrongUnitError,
)
from custom_components.power_sync.devices.batteries.modbus import modbus_access
from custom_components.power_sync.devices.batteries.sigenergy import SIGENERGY
from custom_components.power_sync.devices.batteries.sigenergy.probe import probe
from custom_components.power_sync.devices.batteries.sigenergy.units import (
    Units,
    siblings,
    units_of,
)
from custom_components.power_sync.devices.protocols import DeviceUnreachableError
from simulators.clock import ManualClock
from simulators.home import SimulatedHome
from simulators.modbus import Space
from simulators.profile import constant
from simulators.sigenergy import SigenergySimulator

from .sigenergy_unit import (
    CONFIG,
    IMPATIENT,
    LINK,
    SERIAL,
    SETTINGS,
    link_to,
    memory_plant,
    simulator,
)
from .sungrow_unit import NOON, words

pytestmark = pytest.mark.usefixtures("socket_enabled")


async def looked_at(**parts: Any) -> BatteryProbe:
    """Return what a simulated plant is found to be."""
    async with simulator(**parts) as plant, link_to(plant) as units:
        return await probe(units[247], LINK, units)


async def test_plant() -> None:
    """Everything that set-up wants to know."""
    plant = simulator()
    plant.owner_writes(40046, 200)
    plant.owner_writes(40038, 5000)
    async with plant, link_to(plant) as units:
        found = await probe(units[247], LINK, units)
    assert plant.writes == []
    assert found == BatteryProbe(
        config=CONFIG,
        soc_pct=55,
        min_soc_pct=5,
        max_soc_pct=100,
        backup_reserve_pct=20,
        export_limit_w=5000,
    )


async def test_from_registers_worked_out_by_hand() -> None:
    """Model, serial, firmware and ratings; while forced, a limit is no rating."""
    found = await probe(*_memory(memory_plant(1)))
    identity = found.config.identity
    assert (identity.model, identity.serial) == ("SigenStor EC 6.0", SERIAL)
    assert (identity.sw_version, found.config.rated_power_w) == ("V1", 10_000)
    assert (found.config.capacity_kwh, found.soc_pct) == (16.2, 55.3)
    assert (found.config.max_charge_w, found.config.max_discharge_w) == (8000, 9000)
    assert (found.min_soc_pct, found.max_soc_pct) == (5, 95)
    assert found.export_limit_w == 5000


def _memory(units: dict[int, Any]) -> tuple[Any, Any, Any]:
    return units[247], LINK, units


async def test_limits_of_the_owner() -> None:
    """What the owner allows bounds what is offered, outside of a remote EMS."""
    units = memory_plant(1)
    units[247].holding.update(words(40029, 0))
    found = await probe(*_memory(units))
    assert (found.config.max_charge_w, found.config.max_discharge_w) == (3000, 9000)


async def test_several_inverters_and_a_charger() -> None:
    """An AC charger has the first id, so the inverters come after it."""
    found = await looked_at(
        serials=("SIGA", "SIGB"), inverter_units=(2, 4), charger_unit=1
    )
    assert found.config.identity.serial == "SIGA"
    assert found.config.variant == "inverter:2,inverter:4,charger:1"
    assert units_of(found.config) == Units((2, 4), 1)
    assert siblings(found.config) == (247, 2, 4, 1)
    assert siblings(None) == (247, 1, 2, 3, 4, 5, 6, 7, 8)


async def test_silent_ids() -> None:
    """Ids at which nobody answers cost a little time, and no inverter."""
    plant = simulator(inverter_units=(3,))
    plant.faults.silent_units = True
    async with plant, link_to(plant) as units:
        near = {unit: each for unit, each in units.items() if unit in (2, 3, 4, 5, 247)}
        found = await probe(units[247], replace(LINK, timeout_s=0.2), near)
    assert found.config.variant == "inverter:3"


async def test_an_id_that_was_typed() -> None:
    """It is looked at first, where it is not one that is searched anyway."""
    units = memory_plant(50, 1)
    units[1].input.clear()
    units[1].fail_requests(GatewayTargetError())
    found = await probe(units[50], LINK, units)
    assert found.config.variant == "inverter:50"


@pytest.mark.parametrize("text", [None, "", "ihomemanager", "inverter:0,charger:x"])
def test_what_is_stored_and_makes_no_sense(text: str | None) -> None:
    """It names no unit."""
    assert units_of(replace(CONFIG, variant=text)) == Units()


async def test_no_inverter_found() -> None:
    """Then its id is to be asked for."""
    units = memory_plant(1)
    units[1].fail_requests(GatewayTargetError())
    with pytest.raises(WrongUnitError):
        await probe(*_memory(units))
    with pytest.raises(WrongUnitError):
        await probe(units[247], LINK, {247: units[247]})


async def test_no_battery() -> None:
    """A plant that only has sun."""
    home = SimulatedHome(ManualClock(NOON), constant(1200, 3000), cells=None)
    async with SigenergySimulator(home) as plant, link_to(plant) as units:
        with pytest.raises(NoBatteryError):
            await probe(units[247], LINK, units)


async def test_battery_that_does_not_report() -> None:
    """It is there, and tells no level."""
    units = memory_plant(1)
    units[247].input[30014] = 0xFFFF
    with pytest.raises(BatteryNotConnectedError):
        await probe(*_memory(units))


@pytest.mark.parametrize(
    "registers",
    [words(30003, 500), words(30014, 1200), words(30051, 0xFFFF)],
)
async def test_another_brand(registers: dict[int, int]) -> None:
    """Registers that hold something else."""
    units = memory_plant(1)
    units[247].input.update(registers)
    with pytest.raises(NotThisBrandError):
        await probe(*_memory(units))


async def test_another_brand_that_refuses() -> None:
    """A device at this unit id without these registers."""
    unit = MockModbusConnection().for_unit(247)
    unit.fail_requests(IllegalDataAddressError())
    with pytest.raises(NotThisBrandError):
        await probe(unit, LINK)


async def test_nobody_at_the_plants_id() -> None:
    """A gateway that knows no unit 247."""
    unit = MockModbusConnection().for_unit(247)
    unit.fail_requests(GatewayTargetError())
    with pytest.raises(WrongUnitError):
        await probe(unit, LINK)


async def test_unreachable() -> None:
    """Nobody listens, or the answer is no Modbus."""
    plant = simulator()
    async with plant, link_to(plant) as units:
        plant.faults.drop_every = 1
        with pytest.raises(DeviceUnreachableError):
            await probe(units[247], IMPATIENT, units)
        await plant.refuse_connections()
        with pytest.raises(DeviceUnreachableError):
            await probe(units[247], IMPATIENT, units)


async def test_control_that_is_not_served() -> None:
    """Then it can be watched, and its own settings be set."""
    plant = simulator()
    plant.faults.hide(Space.HOLDING, 40031)
    async with plant, link_to(plant) as units:
        found = await probe(units[247], LINK, units)
    assert found.caveat is Caveat.NO_FORCING
    assert found.config.settings == SETTINGS - {
        "remote_ems",
        "remote_ems_mode",
        "max_charge_w",
        "max_discharge_w",
    }


async def test_power_plant() -> None:
    """Under a virtual power plant somebody else controls the battery."""
    plant = simulator()
    plant.work_mode = 6
    async with plant, link_to(plant) as units:
        found = await probe(units[247], LINK, units)
    assert found.caveat is Caveat.EXTERNAL_CONTROL


def test_offline() -> None:
    """A recording is replayed without a plant."""
    battery = modbus_access(SIGENERGY).offline(CONFIG)
    assert battery.identity == CONFIG.identity
    assert battery.capabilities.max_charge_w == 8000
