"""An iHomeManager: found, read, and never written to."""

from dataclasses import replace
from datetime import timedelta

from modbus_connection import IllegalDataAddressError, ModbusConnectionError
from modbus_connection.mock import MockModbusConnection, MockModbusUnit
import pytest

from custom_components.power_sync.devices.batteries.brand import (
    BatteryConfig,
    BatteryNotConnectedError,
    BatteryProbe,
    Caveat,
    NotThisBrandError,
    WrongUnitError,
)
from custom_components.power_sync.devices.batteries.modbus import modbus_access
from custom_components.power_sync.devices.batteries.stored import (
    from_stored,
    to_stored,
)
from custom_components.power_sync.devices.batteries.sungrow import SUNGROW
from custom_components.power_sync.devices.batteries.sungrow.home_manager import (
    HomeManager,
)
from custom_components.power_sync.devices.batteries.sungrow.probe import probe
from custom_components.power_sync.devices.protocols import (
    DeviceRefusedError,
    DeviceUnreachableError,
)
from custom_components.power_sync.model.battery import (
    BatteryIdentity,
    BatteryReading,
    Command,
    Mode,
    OwnerSetting,
    Write,
)
from simulators.clock import ManualClock
from simulators.home import SimulatedHome
from simulators.profile import constant
from simulators.sungrow import HomeManagerSimulator

from .sungrow_unit import CELLS, IMPATIENT, LINK, NOON, Clock, link_to, words

pytestmark = pytest.mark.usefixtures("socket_enabled")

INPUT = (
    words(7999, 0x0E40, 0x4157, 0x3000)  # "AW0"
    | words(8144, 100, 0, 128, 0)  # 10.0 kW, 12.8 kWh
    | words(8150, 60, 0, 50, 0)  # 6.0 kW in, 5.0 kW out
    | words(8154, 0x00C8, 0x0000)  # 2000 W out of the inverters
    | words(8156, 0xFF9C, 0xFFFF)  # -1000 W: exporting
    | words(8158, 0x0064, 0x0000)  # 1000 W of load
    | words(8160, 0x0096, 0x0000)  # 1500 W into the battery
    | words(8162, 551)  # 55.1 %
    | words(8175, 0x0304, 0x0102, 0x2710, 0x0000)  # 0x01020304 tenths; 1000.0 kWh
    | words(8317, 0x5631, 0x2E30)  # "V1.0"
)
CONFIG = BatteryConfig(
    identity=BatteryIdentity("sungrow", "IHM0E40", "iHomeManager", "V1.0"),
    rated_power_w=10_000,
    capacity_kwh=12.8,
    max_charge_w=6000,
    max_discharge_w=5000,
    settings=frozenset(),
    variant="ihomemanager",
)


def hand_made() -> MockModbusUnit:
    """Return a unit that serves the registers above, and no inverter's."""
    unit = MockModbusConnection().for_unit(247)
    unit.input.update(INPUT)
    unit.fail_read(4989, IllegalDataAddressError(), register_type="input")
    return unit


def home() -> SimulatedHome:
    """Return a home with 3 kW of sun, 1.2 kW of load and a battery."""
    return SimulatedHome(
        ManualClock(NOON), constant(1200, 3000), cells=CELLS, soc_pct=55
    )


async def test_found_by_hand() -> None:
    """Everything that set-up wants to know."""
    assert await probe(hand_made(), LINK) == BatteryProbe(
        config=CONFIG,
        soc_pct=55.1,
        min_soc_pct=None,
        max_soc_pct=None,
        backup_reserve_pct=None,
        export_limit_w=None,
        caveat=Caveat.TELEMETRY_ONLY,
    )


async def test_read_by_hand(clock: Clock) -> None:
    """Its signs become ours; the sun is what is left of the load."""
    battery = HomeManager(hand_made(), CONFIG, now=clock, link=LINK)
    assert await battery.read() == BatteryReading(
        at=NOON,
        soc_pct=55.1,
        battery_power_w=-1500,
        solar_power_w=3500,
        grid_power_w=-1000,
        load_power_w=1000,
        capacity_kwh=12.8,
        max_charge_w=6000,
        max_discharge_w=5000,
        import_energy_kwh=1690906.0,
        export_energy_kwh=1000.0,
    )


@pytest.mark.parametrize(
    ("registers", "solar_w", "battery_w", "load_w"),
    [
        # At night: 1000 W out of the battery for 990 W of load.
        (
            words(8156, 0, 0, 99, 0, 0xFF9C, 0xFFFF),
            0,
            1000,
            990,
        ),
        (words(8160, 0xFFFF, 0x7FFF), None, None, 1000),
        (words(8158, 0xFFFF, 0x7FFF), None, -1500, None),
        # 0x000F4240 times 10 W is no home.
        (words(8160, 0x4240, 0x000F), None, None, 1000),
        # -100 W of load: another solar inverter is behind the meter.
        (words(8158, 0xFFF6, 0xFFFF), 2400, -1500, None),
    ],
)
async def test_what_is_not_known(
    clock: Clock,
    registers: dict[int, int],
    solar_w: float | None,
    battery_w: float | None,
    load_w: float | None,
) -> None:
    """A sentinel or a bad decode is None, and never 0."""
    unit = hand_made()
    unit.input.update(registers)
    got = await HomeManager(unit, CONFIG, now=clock, link=LINK).read()
    assert (got.solar_power_w, got.battery_power_w, got.load_power_w) == (
        solar_w,
        battery_w,
        load_w,
    )


async def test_over_the_wire(clock: Clock) -> None:
    """One request a poll, and the same home as an inverter would tell."""
    async with HomeManagerSimulator(home()) as manager:
        async with link_to(manager.port, 247) as unit:
            found = await probe(unit, LINK)
            assert from_stored(to_stored(found.config)) == found.config
            battery = modbus_access(SUNGROW).driver(
                unit, found.config, now=clock, link=LINK
            )
            before = manager.requests
            got = await battery.read()
            assert manager.requests == before + 1
        assert (got.soc_pct, got.battery_power_w, got.grid_power_w) == (55, -1800, 0)
        assert (got.solar_power_w, got.load_power_w) == (3000, 1200)
        assert manager.writes == []


async def test_never_written_to(clock: Clock) -> None:
    """It has one mode and no settings, and a write is refused before it is sent."""
    async with (
        HomeManagerSimulator(home()) as manager,
        link_to(manager.port, 247) as unit,
    ):
        battery = HomeManager(unit, CONFIG, now=clock, link=LINK)
        assert battery.identity == CONFIG.identity
        assert battery.capabilities.modes == {Mode.SELF_CONSUMPTION}
        now = await battery.read_settings()
        assert (now, await battery.read_owner()) == ({}, {})
        assert (battery.owner_settings(now), battery.safe_settings(now)) == ({}, {})
        assert battery.writes_for_release(now, now) == ()
        until = NOON + timedelta(hours=1)
        normal = Command(Mode.SELF_CONSUMPTION, None, until)
        assert battery.writes_for(normal, now, now) == ()
        for mode in set(Mode) - {Mode.SELF_CONSUMPTION}:
            with pytest.raises(DeviceRefusedError):
                battery.writes_for(Command(mode, 1000, until), now, now)
        for setting in OwnerSetting:
            assert battery.owner_range(setting) is None
            assert battery.owner_value(setting, now) is None
            with pytest.raises(DeviceRefusedError):
                battery.owner_writes(setting, 20, now)
        with pytest.raises(DeviceRefusedError):
            await battery.write(Write("ems_mode", 2))
        assert manager.requests == 0
        assert manager.writes == []


async def test_without_a_battery() -> None:
    """There is nothing to show."""
    manager = HomeManagerSimulator(home(), has_battery=False)
    async with manager, link_to(manager.port, 247) as unit:
        with pytest.raises(BatteryNotConnectedError):
            await probe(unit, LINK)


async def test_unit_of_an_inverter() -> None:
    """At unit 1 there is nobody."""
    manager = HomeManagerSimulator(home())
    async with manager, link_to(manager.port) as unit:
        with pytest.raises(WrongUnitError):
            await probe(unit, IMPATIENT)


@pytest.mark.parametrize(
    "registers", [words(7999, 0xFFFF), words(8000, 0, 0), words(8156, 0xFFFF, 0x7FFF)]
)
async def test_something_else(registers: dict[int, int]) -> None:
    """What has no such plate is not taken for one."""
    unit = hand_made()
    unit.input.update(registers)
    with pytest.raises(NotThisBrandError):
        await probe(unit, LINK)


async def test_older_software() -> None:
    """It does not tell its version."""
    unit = hand_made()
    unit.fail_read(8317, IllegalDataAddressError(), register_type="input")
    found = await probe(unit, LINK)
    assert found.config == replace(
        CONFIG, identity=replace(CONFIG.identity, sw_version=None)
    )


@pytest.mark.parametrize(
    ("error", "raised"),
    [
        (ModbusConnectionError("gone"), DeviceUnreachableError),
        (IllegalDataAddressError(), DeviceRefusedError),
    ],
)
async def test_no_answer(
    clock: Clock, error: Exception, raised: type[Exception]
) -> None:
    """A failed poll is told in the common words."""
    unit = hand_made()
    unit.fail_read(8144, error, register_type="input")
    with pytest.raises(raised):
        await HomeManager(unit, CONFIG, now=clock, link=LINK).read()
