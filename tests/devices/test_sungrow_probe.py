"""Recognising a Sungrow hybrid, over a real socket."""

import asyncio
from typing import override

from modbus_connection import ModbusConnectionError, ModbusTimeoutError
from modbus_connection.mock import MockModbusConnection
import pytest

from custom_components.power_sync.devices.batteries import BRANDS
from custom_components.power_sync.devices.batteries.brand import (
    BatteryConfig,
    BatteryNotConnectedError,
    BatteryProbe,
    NoBatteryError,
    NotThisBrandError,
    UnsupportedModelError,
    WrongUnitError,
)
from custom_components.power_sync.devices.batteries.modbus import modbus_access
from custom_components.power_sync.devices.batteries.sungrow.probe import probe
from custom_components.power_sync.devices.protocols import DeviceUnreachableError
from custom_components.power_sync.model.battery import BatteryIdentity
from simulators.clock import ManualClock
from simulators.home import Cells, SimulatedHome
from simulators.modbus import Space
from simulators.profile import constant
from simulators.sungrow import SH5K_30, SungrowModel, SungrowSimulator

from .sungrow_unit import (
    CELLS,
    IMPATIENT,
    LINK,
    NOON,
    SERIAL,
    link_to,
    memory_unit,
    refuse,
    words,
)

pytestmark = pytest.mark.usefixtures("socket_enabled")

CONTROLS = {"ems_mode", "forced_command", "forced_power_w"}
CEILINGS = {"max_charge_10w", "max_discharge_10w"}
OWNERS = {
    "max_soc_10th",
    "min_soc_10th",
    "export_limit_w",
    "export_switch",
    "export_ratio_10th",
    "reserve_pct",
}
ALL_SETTINGS = CONTROLS | CEILINGS | OWNERS


def home(cells: Cells | None = CELLS) -> SimulatedHome:
    """Return a home at noon."""
    return SimulatedHome(
        ManualClock(NOON), constant(1200, 3000), cells=cells, soc_pct=55
    )


async def test_hybrid() -> None:
    """Everything that set-up wants to know."""
    inverter = SungrowSimulator(home(), serial=SERIAL)
    inverter.owner_writes(13058, 120)
    inverter.owner_writes(13099, 30)
    async with inverter, link_to(inverter.port) as unit:
        found = await probe(unit, LINK)
    assert found == BatteryProbe(
        config=BatteryConfig(
            identity=BatteryIdentity("sungrow", SERIAL, "SH10RT", "SIM-V1"),
            rated_power_w=10_000,
            capacity_kwh=9.6,
            max_charge_w=10_600,
            max_discharge_w=10_600,
            settings=frozenset(ALL_SETTINGS),
        ),
        soc_pct=55,
        min_soc_pct=12,
        max_soc_pct=100,
        backup_reserve_pct=30,
        export_limit_w=None,
    )
    assert inverter.writes == []


async def test_registers_by_hand() -> None:
    """The same from registers that were worked out by hand."""
    found = await probe(memory_unit(), LINK)
    assert found.config.identity == BatteryIdentity(
        "sungrow", "A2320500123", "SH10RT", "V1.0"
    )
    assert found.config.rated_power_w == 10_000
    # The owner has limited discharging to 800 times 10 W.
    assert found.config.max_charge_w == 10_600
    assert found.config.max_discharge_w == 8000
    assert (found.config.capacity_kwh, found.soc_pct) == (9.6, 55.1)
    assert (found.min_soc_pct, found.max_soc_pct) == (10, 95)
    assert (found.backup_reserve_pct, found.export_limit_w) == (20, 5000)


async def test_a_hold_is_no_limit_of_the_owner() -> None:
    """The ceiling of 10 W that a hold leaves is not the power of the battery."""
    unit = memory_unit()
    unit.holding[33046], unit.holding[33047] = 300, 1
    found = await probe(unit, LINK)
    assert found.config.max_charge_w == 3000
    assert found.config.max_discharge_w == 10_600


async def test_one_ceiling_only() -> None:
    """A ceiling that is a sentinel is not among the settings."""
    unit = memory_unit()
    unit.holding[33046] = 0xFFFF
    found = await probe(unit, LINK)
    assert found.config.settings == ALL_SETTINGS - {"max_charge_10w"}
    assert found.config.max_charge_w == 10_600


@pytest.mark.parametrize("old_kwh", [None, 9.5])
async def test_optional_registers_refused(old_kwh: float | None) -> None:
    """Without ratings the nominal power bounds, without capacity there is none."""
    unit = memory_unit()
    refuse(unit, 5627, 5638, 13057, 13073, 13086, 13087, 13099, 13249, 31221, 33046)
    if old_kwh is None:
        unit.input[13038] = 0xFFFF
    found = await probe(unit, LINK)
    assert found.config.max_discharge_w == 10_000
    assert found.config.capacity_kwh == old_kwh
    assert found.config.settings == CONTROLS
    assert found.config.identity.sw_version is None
    assert (found.min_soc_pct, found.backup_reserve_pct) == (None, None)
    assert found.export_limit_w is None


async def test_a_module_that_hangs_up() -> None:
    """Only the core is needed; after two silences the rest is left out."""
    unit = memory_unit()
    for address in (5627, 33046, 5634):
        unit.fail_read(address, ModbusConnectionError("gone"), register_type="input")
        unit.fail_read(address, ModbusConnectionError("gone"))
    found = await probe(unit, LINK)
    assert found.config.identity.serial == "A2320500123"
    assert found.config.max_charge_w == 10_000
    asked = {event.address for event in unit.read_events}
    assert asked == {4989, 13019, 5627, 33046}


async def test_48_volt_model() -> None:
    """No ceilings, so they are not among the settings."""
    inverter = SungrowSimulator(home(), model=SH5K_30)
    async with inverter, link_to(inverter.port) as unit:
        found = await probe(unit, LINK)
    assert found.config.identity.model == "SH5K-30"
    assert "max_discharge_10w" not in found.config.settings


async def test_unknown_hybrid() -> None:
    """A model that is newer than the table, but tells a state of charge."""
    model = SungrowModel(name="new", type_code=0xE31)
    inverter = SungrowSimulator(home(), model=model)
    async with inverter, link_to(inverter.port) as unit:
        found = await probe(unit, LINK)
    assert found.config.identity.model == "SH (0xE31)"


async def test_nothing_listens() -> None:
    """A closed port."""
    inverter = SungrowSimulator(home())
    await inverter.start()
    await inverter.stop()
    async with link_to(inverter.port) as unit:
        with pytest.raises(DeviceUnreachableError):
            await probe(unit, LINK)


async def test_host_that_does_not_answer() -> None:
    """A connection that never opens says nothing about the unit id."""

    class Nowhere(MockModbusConnection):
        @override
        async def _connect_client(self) -> object:
            raise ModbusTimeoutError("could not connect")

    with pytest.raises(DeviceUnreachableError):
        await probe(Nowhere().for_unit(1), LINK)


@pytest.mark.parametrize("silent", [False, True])
async def test_wrong_unit(*, silent: bool) -> None:
    """A gateway's exception, or silence on an open socket."""
    inverter = SungrowSimulator(home())
    inverter.faults.silent_units = silent
    async with inverter, link_to(inverter.port, unit_id=7) as unit:
        with pytest.raises(WrongUnitError):
            await probe(unit, IMPATIENT)


async def test_dropped_at_first_contact() -> None:
    """A socket that is closed is not a wrong unit."""
    inverter = SungrowSimulator(home())
    inverter.faults.drop_next = 1
    async with inverter, link_to(inverter.port) as unit:
        with pytest.raises(DeviceUnreachableError):
            await probe(unit, LINK)


async def test_string_inverter() -> None:
    """A Sungrow, but without a battery side."""
    inverter = SungrowSimulator(home(None), string_inverter=True)
    async with inverter, link_to(inverter.port) as unit:
        with pytest.raises(NoBatteryError):
            await probe(unit, LINK)


async def test_hybrid_without_battery() -> None:
    """A hybrid whose battery does not report."""
    inverter = SungrowSimulator(home(None))
    async with inverter, link_to(inverter.port) as unit:
        with pytest.raises(BatteryNotConnectedError):
            await probe(unit, LINK)


async def test_battery_switched_off() -> None:
    """Neither charge nor voltage is a battery that is not there."""
    unit = memory_unit()
    unit.input.update(words(13019, 0, 0, 0, 0))
    with pytest.raises(BatteryNotConnectedError):
        await probe(unit, LINK)


@pytest.mark.parametrize(
    "registers",
    [
        words(4989, *(0,) * 10),
        words(4989, *(0xFFFF,) * 10),
        words(4999, 0xFFFF),
        words(4999, 0),
        words(5000, 0xFFFF),
    ],
)
async def test_another_brand_answers_with_something(registers: dict[int, int]) -> None:
    """Numbers that are no nameplate of a Sungrow."""
    unit = memory_unit()
    unit.input.update(registers)
    with pytest.raises(NotThisBrandError):
        await probe(unit, LINK)


async def test_another_brand_refuses() -> None:
    """A device that does not know these registers."""
    inverter = SungrowSimulator(home())
    inverter.faults.hide(Space.INPUT, 4989, 13)
    async with inverter, link_to(inverter.port) as unit:
        with pytest.raises(NotThisBrandError):
            await probe(unit, LINK)


async def test_commercial_hybrid() -> None:
    """Its registers have other units, so it is refused by name."""
    model = SungrowModel(name="SH125CX", type_code=0xE3D)
    inverter = SungrowSimulator(home(), model=model)
    async with inverter, link_to(inverter.port) as unit:
        with pytest.raises(UnsupportedModelError):
            await probe(unit, LINK)


async def test_silence_after_the_nameplate() -> None:
    """The battery's own registers are needed."""
    inverter = SungrowSimulator(home())
    async with inverter, link_to(inverter.port) as unit:
        inverter.faults.drop_every = 2
        with pytest.raises(DeviceUnreachableError):
            await probe(unit, LINK)


async def test_something_that_is_not_modbus() -> None:
    """A web server on the port is not understood, and not a wrong unit id."""

    async def hang_up(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 400 Bad Request\r\n\r\n")
        writer.close()
        await writer.wait_closed()

    server = await asyncio.start_server(hang_up, "127.0.0.1", 0)
    async with server, link_to(server.sockets[0].getsockname()[1]) as unit:
        with pytest.raises(DeviceUnreachableError):
            await probe(unit, IMPATIENT)


async def test_registry() -> None:
    """One line per brand, each found under its own key."""
    assert all(key == brand.key for key, brand in BRANDS.items())
    brand = BRANDS["sungrow"]
    access = modbus_access(brand)
    assert (brand.manufacturer, access.default_port, access.default_unit_id) == (
        "Sungrow",
        502,
        1,
    )
    unit = memory_unit()
    assert access.usual_link == "lan"
    found = await access.probe(unit, LINK)
    battery = access.driver(unit, found.config, link=LINK)
    assert (await battery.read()).soc_pct == 55.1
