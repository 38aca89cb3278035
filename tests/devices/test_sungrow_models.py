"""Each family of models, from registers worked out by hand and over a socket."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta

from modbus_connection import IllegalDataAddressError, ModbusConnectionError
from modbus_connection.mock import MockModbusUnit
import pytest

from custom_components.power_sync.devices.batteries.brand import Caveat
from custom_components.power_sync.devices.batteries.sungrow.codes import MODELS
from custom_components.power_sync.devices.batteries.sungrow.driver import SungrowBattery
from custom_components.power_sync.devices.batteries.sungrow.probe import probe
from custom_components.power_sync.devices.protocols import DeviceRefusedError
from custom_components.power_sync.model.battery import (
    BatteryIdentity,
    BatteryReading,
    Command,
    Mode,
    OwnerSetting,
)
from simulators.home import InverterMode
from simulators.modbus import ModbusDevice
from simulators.sungrow import (
    SH5K_30,
    SH8RL,
    SH10RS,
    SH10RS_WINET,
    SH10RT,
    SH10T,
    SungrowModel,
)

from .sungrow_unit import (
    CONFIG,
    LINK,
    NOON,
    Clock,
    carry_out,
    link_to,
    memory_unit,
    refuse,
    simulator,
    words,
)

pytestmark = pytest.mark.usefixtures("socket_enabled")

ALL = (SH10RT, SH10T, SH10RS, SH10RS_WINET, SH8RL, SH5K_30)
EVERY_MODEL = pytest.mark.parametrize("model", ALL, ids=lambda model: model.name)
FORCED = {Mode.CHARGE, Mode.DISCHARGE, Mode.STANDBY}
CEILINGS = {Mode.NO_DISCHARGE, Mode.LIMIT}


def hand_made(model: str, registers: Mapping[int, int]) -> MockModbusUnit:
    """Return a unit of a model; 0xFFFF where it has no register."""
    unit = memory_unit()
    code = next(code for code, name in MODELS.items() if name == model)
    unit.input.update({4999: code, **registers})
    return unit


async def read(unit: MockModbusUnit, model: str) -> BatteryReading:
    """Read a unit as the driver of a model does, until all has had its turn."""
    clock = Clock()
    identity = BatteryIdentity("sungrow", CONFIG.identity.serial, model)
    config = replace(CONFIG, identity=identity)
    battery = SungrowBattery(unit, config, now=clock, link=LINK)
    for _ in range(12):
        got = await battery.read()
        clock.advance(61)
    return got


@pytest.mark.parametrize(
    ("model", "registers", "battery_w"),
    [
        # The signed register: -1500 W as 0xFFFFFA24, its low word first.
        ("SH10RT", words(5213, 0xFA24, 0xFFFF), -1500),
        ("SH10RT", words(5213, 0x07D0, 0x0000), 2000),
        # Without it a magnitude, and its sign from the power flow (bit 1, bit 2).
        ("SH5K-30", words(5213, 0xFFFF, 0x7FFF) | {13021: 1500, 13000: 0b0010}, -1500),
        ("SH5K-30", words(5213, 0xFFFF, 0x7FFF) | {13021: 1500, 13000: 0b0100}, 1500),
        ("SH3K6", words(5213, 0xFFFF, 0x7FFF) | {13021: 0, 13000: 0b1000}, 0),
        # Signed on single-phase models: 0xFA24 is -1500 W, with no bit set.
        ("SH10RS", words(5213, 0xFFFF, 0x7FFF) | {13021: 0xFA24, 13000: 0}, -1500),
        ("SH5.0RS", words(5213, 0xFFFF, 0x7FFF) | {13021: 1500, 13000: 0}, 1500),
        # And with a bit set the bit counts, whatever the firmware makes of a sign.
        ("SH5.0RS", words(5213, 0xFFFF, 0x7FFF) | {13021: 0xFA24, 13000: 4}, 1500),
        # On the newest models the older register is not to be trusted.
        ("SH10T", words(5213, 0xFFFF, 0x7FFF) | {13021: 1500, 13000: 2}, None),
        ("SH10T", words(5213, 0xFA24, 0xFFFF) | {13021: 9}, -1500),
    ],
)
async def test_battery_power(
    model: str, registers: dict[int, int], battery_w: float | None
) -> None:
    """Each family in its own way."""
    got = await read(hand_made(model, registers), model)
    assert got.battery_power_w == battery_w


@pytest.mark.parametrize(
    ("load", "export"),
    [
        # Two values of 16 bits each, where one of 32 is expected: 1234 and 2,
        # 0 and 2000. As one they would be 132 kW and 131 MW.
        ((1234, 2), (0, 2000)),
        ((0xFFFF, 0x7FFF), (0xFFFF, 0x7FFF)),
    ],
)
async def test_load_that_cannot_be(
    load: tuple[int, int], export: tuple[int, int]
) -> None:
    """It is left out: the load is then what the other powers leave."""
    registers = words(13007, *load, *export) | words(5600, 0xFC18, 0xFFFF)
    got = await read(hand_made("SH10RS", registers), "SH10RS")
    # 3000 W of sun, 1500 W into the battery, 1000 W into the grid.
    assert (got.load_power_w, got.grid_power_w) == (500, -1000)


@pytest.mark.parametrize(
    ("model", "switch", "limit_pct"),
    [
        ("SH10RT", 13088, 70),
        ("SH10RS", 31203, 70),
        ("SH8RL", None, None),
        # The registers of the others are dead on RS.
        ("SH6.0RS", 13088, None),
    ],
)
async def test_limit_of_the_ac_port(
    model: str, switch: int | None, limit_pct: float | None
) -> None:
    """It is read where the family has it."""
    unit = hand_made(model, {})
    unit.holding.update(words(13088, 0xFFFF, 0xFFFF) | words(31203, 0xFFFF, 0xFFFF))
    if switch is not None:
        unit.holding.update(words(switch, 0xAA, 700))
    got = await read(unit, model)
    assert got.extra["ac_limit_pct"] == limit_pct


@EVERY_MODEL
async def test_recognised(model: SungrowModel) -> None:
    """Its model and what it serves, over a socket."""
    async with simulator(model) as inverter, link_to(inverter.port) as unit:
        found = await probe(unit, LINK)
    config = found.config
    assert config.identity.model == model.name
    assert (config.identity.sw_version is not None) == model.has_firmware_texts
    assert ("export_ratio_10th" in config.settings) == (
        model.has_export_switch and model.has_export_ratio
    )
    assert ("max_discharge_10w" in config.settings) == model.has_power_ceilings
    assert ("ems_mode" in config.settings) == model.tells_control
    assert found.caveat == (None if model.tells_control else Caveat.NO_FORCING)


@EVERY_MODEL
async def test_read_and_held(model: SungrowModel, clock: Clock) -> None:
    """The same home reads the same, and every mode it has ends at the owner's."""
    async with simulator(model) as inverter, link_to(inverter.port) as unit:
        found = await probe(unit, LINK)
        battery = SungrowBattery(unit, found.config, now=clock, link=LINK)
        got = await battery.read()
        assert (got.soc_pct, got.battery_power_w, got.grid_power_w) == (55, -1800, 0)
        assert (got.solar_power_w, got.load_power_w) == (3000, 1200)
        modes = battery.capabilities.modes
        assert modes == (
            {Mode.SELF_CONSUMPTION}
            | (FORCED if model.tells_control else set())
            | (CEILINGS if model.has_power_ceilings else set())
        )
        before = inverter.settings()
        owner = await battery.read_settings()
        for mode in sorted(modes):
            await carry_out(battery, mode, 2000, owner)
        await carry_out(battery, Mode.SELF_CONSUMPTION, None, owner)
        assert inverter.settings() | {13051: 0} == before


@EVERY_MODEL
async def test_requests(model: SungrowModel, clock: Clock) -> None:
    """No poll asks more than six times, not even one that finds out what there is."""
    async with simulator(model) as inverter, link_to(inverter.port) as unit:
        found = await probe(unit, LINK)
        battery = SungrowBattery(unit, found.config, now=clock, link=LINK)
        counts = []
        for _ in range(20):
            before = inverter.requests
            await battery.read()
            counts.append(inverter.requests - before)
            clock.advance(10)
    assert max(counts) <= 6


async def test_counters_over_winet(clock: Clock) -> None:
    """The totals count, as the counters of the day stay at 0."""
    async with simulator(SH10RS_WINET) as inverter, link_to(inverter.port) as unit:
        found = await probe(unit, LINK)
        battery = SungrowBattery(unit, found.config, now=clock, link=LINK)
        await carry_out(battery, Mode.NO_DISCHARGE, None, await battery.read_settings())
        inverter.home.clock.advance(timedelta(hours=30))  # type: ignore[attr-defined]  # a manual clock
        got = await battery.read()
    assert got.solar_energy_kwh is not None
    assert got.solar_energy_kwh > 80


async def test_control_that_is_not_told(clock: Clock) -> None:
    """What forces it is never written; its ceiling still holds it."""
    async with simulator(SH10RS_WINET) as inverter, link_to(inverter.port) as unit:
        found = await probe(unit, LINK)
        battery = SungrowBattery(unit, found.config, now=clock, link=LINK)
        owner = await battery.read_settings()
        assert set(owner) == {"max_charge_10w", "max_discharge_10w"}
        await carry_out(battery, Mode.NO_DISCHARGE, None, owner)
        assert [(w.register, w.value) for w in inverter.writes] == [(33047, 1)]
        for write in battery.writes_for_release(owner, await battery.read_settings()):
            await battery.write(write)
        assert inverter.settings()[33047] == 1060


async def test_48_volt_model_that_forgets(clock: Clock) -> None:
    """A forced mode that is overwritten is seen when the settings are read."""
    async with simulator(SH5K_30) as inverter, link_to(inverter.port) as unit:
        inverter.forgets_after = timedelta(minutes=1)
        found = await probe(unit, LINK)
        battery = SungrowBattery(unit, found.config, now=clock, link=LINK)
        owner = await battery.read_settings()
        await carry_out(battery, Mode.CHARGE, 2000, owner)
        forced = await battery.read_settings()
        assert (forced["ems_mode"], forced["forced_command"]) == (2, 0xAA)
        inverter.home.clock.advance(timedelta(minutes=1))  # type: ignore[attr-defined]  # a manual clock
        now = await battery.read_settings()
        assert (now["ems_mode"], now["forced_command"]) == (0, 0xCC)
        await carry_out(battery, Mode.CHARGE, 2000, owner)
        assert inverter.home.control.mode is InverterMode.FORCED_CHARGE


@pytest.mark.parametrize(("mode", "state"), [(3, None), (4, None), (0, 0x4000)])
async def test_another_energy_manager(
    clock: Clock, mode: int, state: int | None
) -> None:
    """Nothing but watching while it controls; all is back when it does not."""
    async with simulator() as inverter, link_to(inverter.port) as unit:
        inverter.owner_writes(13049, mode)
        inverter.running_state = state
        found = await probe(unit, LINK)
        assert found.caveat == (Caveat.EXTERNAL_CONTROL if mode else None)
        battery = SungrowBattery(unit, found.config, now=clock, link=LINK)
        await battery.read()
        assert battery.capabilities.modes == {Mode.SELF_CONSUMPTION}
        now = await battery.read_settings()
        command = Command(Mode.CHARGE, 2000, NOON + timedelta(hours=1))
        if mode:
            with pytest.raises(DeviceRefusedError):
                battery.writes_for(command, battery.owner_settings(now), now)
        assert inverter.writes == []

        inverter.owner_writes(13049, 0)
        inverter.running_state = None
        for _ in range(7):
            clock.advance(10)
            await battery.read()
        assert battery.capabilities.modes == {Mode.SELF_CONSUMPTION} | FORCED | CEILINGS


async def test_a_module_that_hangs_up_on_a_block(clock: Clock) -> None:
    """After three silences its parts are tried one by one."""
    unit = memory_unit()
    # The block of the settings has a register that the module chokes on.
    unit.fail_read(13087, ModbusConnectionError("gone"))
    battery = SungrowBattery(unit, CONFIG, now=clock, link=LINK)
    for _ in range(40):
        got = await battery.read()
        clock.advance(61)
    assert (got.min_soc_pct, got.export_limit_w) == (20, 5000)
    assert battery.owner_range(OwnerSetting.BACKUP_RESERVE_PCT) == (0, 100, 1)


async def test_capacity_beside_a_register_that_is_missing(clock: Clock) -> None:
    """SH-T over WiNet refuses the block of ratings; its parts are there."""
    unit = memory_unit()
    unit.fail_read(5630, IllegalDataAddressError(), register_type="input")
    battery = SungrowBattery(unit, CONFIG, now=clock, link=LINK)
    for _ in range(12):
        got = await battery.read()
        clock.advance(61)
    # 25 A and 10 A at 401.2 V.
    assert (got.capacity_kwh, got.max_charge_w, got.max_discharge_w) == (
        9.6,
        10_030,
        4012,
    )
    refuse(unit, 13049)
    assert battery.owner_range(OwnerSetting.MAX_CHARGE_W) == (10, 10_600, 10)


def test_simulators_are_devices() -> None:
    """Each model of the table has its code and name."""
    assert {model.name: MODELS[model.type_code] for model in ALL} == {
        model.name: model.name for model in ALL
    }
    assert issubclass(type(simulator()), ModbusDevice)
