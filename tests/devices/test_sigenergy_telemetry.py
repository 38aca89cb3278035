"""What a Sigenergy's registers come to, against figures worked out by hand."""

from dataclasses import replace
import json

from hypothesis import given
from hypothesis.strategies import integers
from modbus_connection import IllegalDataAddressError
from modbus_connection.mock import MockModbusConnection, MockModbusUnit
import pytest

from custom_components.power_sync.devices.batteries.sigenergy.driver import (
    SigenergyBattery,
)
from custom_components.power_sync.devices.batteries.sigenergy.registers import (
    Control,
    Core,
    Totals,
)
from custom_components.power_sync.model.battery import (
    BatteryReading,
    InverterReading,
    Mode,
    Write,
)
from custom_components.power_sync.recording.codec import from_plain, to_plain

from .sigenergy_unit import driver, memory_plant
from .sungrow_unit import NOON, Clock, words


async def read_all(units: dict[int, MockModbusUnit]) -> BatteryReading:
    """Return a reading by which everything was asked for once."""
    clock = Clock()
    battery = driver(units, clock, variant="inverter:1,inverter:3,charger:2")
    for _ in range(3):
        await battery.read()
    return await battery.read()


INVERTER = InverterReading(
    state="running",
    power_w=1500,
    battery_power_w=1000,
    solar_power_w=2500,
    soc_pct=55.1,
    soh_pct=96.5,
    temperature_c=22.5,
)
"""What each of the inverters in memory says."""


async def test_every_field() -> None:
    """A full reading, with the signs turned to the common ones."""
    units = memory_plant(1, 2, 3)
    units[2].input.clear()
    units[2].input.update(words(32000, 3, 0, 0, 0, 0x1CC0))  # 7360 W
    assert await read_all(units) == BatteryReading(
        at=NOON,
        soc_pct=55.3,
        battery_power_w=-2000,
        solar_power_w=5000,  # 4500 on own strings and 500
        grid_power_w=-1500,
        load_power_w=1500,
        soh_pct=97.3,
        temperature_c=-5.0,
        capacity_kwh=16.2,
        min_soc_pct=20,  # the reserve, above the cut-off of 5 % and 6 %
        max_soc_pct=95,
        max_charge_w=7000,  # what the battery takes now
        max_discharge_w=9000,  # the rating: it could give more
        export_limit_w=5000,
        islanded=False,
        owner={
            "max_charge_w": 3000,
            "max_discharge_w": 65536,
            "export_limit_w": 5000,
            "reserve_10th": 200,
            "max_soc_10th": 950,
            "min_soc_10th": 50,
        },
        fault=False,
        solar_energy_kwh=1010.0,
        import_energy_kwh=42_949_672.96,
        export_energy_kwh=1.0,
        charge_energy_kwh=655.36,
        discharge_energy_kwh=655.35,
        load_energy_kwh=2000.0,
        extra={
            "running_state": "running",
            "work_mode": "remote_ems",
            "alarms": "0000 8001 0000 0002",
            "phase_a_w": 1000,
            "phase_b_w": -500,
            "phase_c_w": 0,
            "plant_w": 2500,
            "third_party_solar_w": 500,
            "general_load_w": 1200,
            "chargeable_kwh": 8.0,
            "dischargeable_kwh": 9.0,
            "load_today_kwh": 12.5,
            "solar_today_kwh": 7.1,
            "ac_charger_w": 7360,
        },
        phase_voltages_v=(230.5, 231.0, 229.75),
        inverters={"1": INVERTER, "3": INVERTER},
    )


async def test_a_reading_can_be_recorded() -> None:
    """What a replay reads is what was read, but for the extras."""
    got = replace(await read_all(memory_plant(1, 2, 3)), extra={})
    plain = json.loads(json.dumps(to_plain(got)))
    assert from_plain(BatteryReading, plain) == got


@pytest.mark.parametrize(
    ("registers", "present_kwh", "cycles"),
    [
        pytest.param({}, 15.7626, 40.45, id="97.3 % of 16.2 kWh; 655.35 kWh"),
        # 1620 of 100 make 16.2 kWh, 500 of 10 make 50 %, 16200 of 100 make 162 kWh.
        pytest.param(
            words(30087, 500) | words(30204, 0, 0, 0, 16200), 8.1, 10.0, id="half"
        ),
        pytest.param(words(30087, 0xFFFF), None, 40.45, id="no health"),
        pytest.param(words(30204, *[0xFFFF] * 4), 15.7626, None, id="no counter"),
        # The capacity is then the one that was found at set-up: 16 kWh.
        pytest.param(words(30083, 0, 0), 15.568, 40.96, id="no capacity"),
    ],
)
async def test_health(
    registers: dict[int, int], present_kwh: float | None, cycles: float | None
) -> None:
    """The capacity that is left, and the full cycles that were done."""
    units = memory_plant(1, 2, 3)
    units[247].input.update(registers)
    got = await read_all(units)
    assert got.present_capacity_kwh == (present_kwh and pytest.approx(present_kwh))
    assert got.full_cycles == (cycles and pytest.approx(cycles, abs=0.005))


@pytest.mark.parametrize(
    ("registers", "field", "expected"),
    [
        (words(30005, 0, 0x0BB8), "grid_power_w", 3000),
        (words(30004, 0), "grid_power_w", None),
        (words(30005, 0x7FFF, 0xFFFF), "grid_power_w", None),
        (words(30005, 0x000F, 0x4241), "grid_power_w", None),  # 1000001 W
        (words(30037, 0xFFFF, 0xF060), "battery_power_w", 4000),
        (words(30037, 0, 0), "battery_power_w", 0),
        (words(30035, 0x7FFF, 0xFFFF), "solar_power_w", None),
        (words(30035, 0xFFFF, 0xFDA8), "solar_power_w", 0),  # -600 W and 500
        (words(30014, 1001), "soc_pct", None),
        (words(30014, 1000), "soc_pct", 100),
        (words(30009, 1), "islanded", True),
        (words(30009, 2), "islanded", True),
        (words(30009, 0xFFFF), "islanded", None),
        (words(30051, 2), "fault", True),
        (words(30051, 7), "fault", True),
        (words(30051, 0), "fault", False),
        (words(30051, 0xFFFF), "fault", None),
        (words(30047, 0, 0), "max_charge_w", 0),
        (words(30047, 0xFFFF, 0xFFFF), "max_charge_w", 8000),
        (words(30083, 0, 0), "capacity_kwh", 16.0),
        (words(30087, 0xFFFF), "soh_pct", None),
        (words(30286, 0x7FFF), "temperature_c", None),
        (words(30088, *[0xFFFF] * 4), "solar_energy_kwh", None),
        (words(30216, *[0xFFFF] * 4), "import_energy_kwh", None),
        # Without a total the load is the balance: 5000 - 2000 - 1500 W.
        (words(30284, 0x7FFF, 0xFFFF), "load_power_w", 1500),
        (words(30284, 0xFFFF, 0xFFFF), "load_power_w", None),
    ],
)
async def test_fields(
    registers: dict[int, int], field: str, expected: float | None
) -> None:
    """Both directions, sentinels, and what no plant can have."""
    units = memory_plant(1, 2, 3)
    units[247].input.update(registers)
    assert getattr(await read_all(units), field) == expected


@pytest.mark.parametrize(
    ("registers", "field", "expected"),
    [
        # 0xFFFFFFFE is written for no limit.
        (words(40038, 0xFFFF, 0xFFFE), "export_limit_w", None),
        (words(40038, 0xFFFF, 0xFFFF), "export_limit_w", None),
        (words(40038, 0, 0), "export_limit_w", 0),
        (words(40046, 0), "min_soc_pct", 6),  # the cut-off that the plant tells
        (words(40047, 0xFFFF), "max_soc_pct", 98),
    ],
)
async def test_owner_fields(
    registers: dict[int, int], field: str, expected: float | None
) -> None:
    """The owner's settings as the reading shows them."""
    units = memory_plant(1, 2, 3)
    units[247].holding.update(registers)
    assert getattr(await read_all(units), field) == expected


async def test_codes_without_a_name() -> None:
    """What a newer firmware may add is shown as its number."""
    units = memory_plant(1, 2, 3)
    units[247].input.update(words(30003, 12) | words(30051, 5))
    got = await read_all(units)
    assert (got.extra["work_mode"], got.extra["running_state"]) == ("12", "5")
    assert got.fault is False


def refuse(unit: MockModbusUnit, *addresses: int) -> None:
    """Have the unit not know these input registers."""
    for address in addresses:
        unit.fail_read(address, IllegalDataAddressError(), register_type="input")


@pytest.mark.parametrize(
    ("refused", "lost"),
    [
        # V2.8: no day counter and no cell temperature.
        ((30272, 30286), {"temperature_c"}),
        ((30272, 30282, 30286), {"temperature_c"}),
        (
            (30194, 30200, 30272, 30282, 30286),
            {
                "temperature_c",
                "charge_energy_kwh",
                "discharge_energy_kwh",
                "import_energy_kwh",
                "export_energy_kwh",
            },
        ),
    ],
)
async def test_older_protocols(refused: tuple[int, ...], lost: set[str]) -> None:
    """What is refused costs itself and nothing else, and is not asked again."""
    units = memory_plant(1, 2, 3)
    whole = await read_all(units)
    refuse(units[247], *refused)
    # The load is what the balance says then, without the roof of another maker.
    got = await read_all(units)
    assert {name for name in lost if getattr(got, name) is None} == lost
    assert got.load_power_w == (1000 if 30194 in refused else 1500)
    assert got.solar_energy_kwh == (1000 if 30194 in refused else 1010)
    same = {"soc_pct", "battery_power_w", "grid_power_w", "soh_pct", "min_soc_pct"}
    assert all(getattr(got, name) == getattr(whole, name) for name in same)


async def test_requests() -> None:
    """No poll asks more than six times, whatever the plant lacks."""
    for refused in ((), (30272,), (30194, 30272), (30064,), (30194, 30200, 30282)):
        units = memory_plant(1, 2, 3)
        refuse(units[247], *refused)
        clock = Clock()
        battery = driver(units, clock, variant="inverter:1,inverter:3,charger:2")
        for _ in range(30):
            before = sum(len(unit.read_events) for unit in units.values())
            await battery.read()
            asked = sum(len(unit.read_events) for unit in units.values()) - before
            assert asked <= 6
            clock.advance(10)


@given(power_w=integers(-1_000_000, 1_000_000))
async def test_signed_words(power_w: int) -> None:
    """A signed power of two words, made with arithmetic of its own."""
    unit = MockModbusConnection().for_unit(247)
    raw = power_w % 2**32
    unit.input.update(dict.fromkeys(range(30003, 30052), 0))
    unit.input.update({30005: raw // 65536, 30006: raw % 65536})
    core = Core(unit)
    await core.async_update()
    assert core.grid_w == power_w


@given(hundredths=integers(0, 2**63))
async def test_counters(hundredths: int) -> None:
    """A counter of four words."""
    unit = MockModbusConnection().for_unit(247)
    unit.input.update(dict.fromkeys(range(30194, 30224), 0))
    digits = [hundredths // 65536**power % 65536 for power in (3, 2, 1, 0)]
    unit.input.update(words(30216, *digits))
    totals = Totals(unit)
    await totals.async_update()
    assert totals.import_kwh == pytest.approx(hundredths / 100)


@given(watts=integers(0, 2**32 - 1))
async def test_written_and_read(watts: int) -> None:
    """Two words in one request, and the same value back, whatever it is."""
    units = memory_plant(1)
    sent: list[tuple[int, object]] = []
    units[247].on_write(lambda event: sent.append((event.address, event.values)))
    await driver(units).write(Write("max_charge_w", watts))
    assert sent == [(40032, [watts // 65536, watts % 65536])]
    control = Control(units[247])
    await control.async_update()
    assert control.max_charge_w == watts


async def test_capabilities() -> None:
    """A virtual power plant leaves nothing to command; a hold is a standby."""
    units = memory_plant(1)
    battery: SigenergyBattery = driver(units)
    forced = {Mode.SELF_CONSUMPTION, Mode.CHARGE, Mode.DISCHARGE, Mode.STANDBY}
    assert battery.capabilities.modes == forced
    assert battery.capabilities.max_charge_w == 8000
    assert battery.capabilities.max_discharge_w == 9000
    limits = {"max_charge_w", "max_discharge_w"}
    assert battery.capabilities.flash_settings == limits
    assert battery.capabilities.flash_writes_per_day == 96
    units[247].input[30003] = 6
    await battery.read()
    assert battery.capabilities.modes == {Mode.SELF_CONSUMPTION}
    units[247].input[30003] = 2
    await battery.read()
    assert battery.capabilities.modes == forced
    watched = driver(units, settings=frozenset({"export_limit_w"}))
    assert watched.capabilities.modes == {Mode.SELF_CONSUMPTION}
    assert await watched.read_settings() == {}


@pytest.mark.parametrize(
    ("registers", "expected"),
    [
        # 23050 hundredths, 23100, 22975: three phases with neutral.
        ({}, (230.5, 231.0, 229.75)),
        (words(31004, 1), (230.5, 231.0, 229.75)),
        (words(31004, 0), (230.5,)),
        (words(31004, 3), (230.5, 231.0)),
        (words(31004, 9), (230.5, 231.0, 229.75)),
        (words(31013, 0xFFFF, 0xFFFF), (230.5, None, 229.75)),
        (words(31015, 0, 0), (230.5, 231.0, None)),
        (words(31011, 0, 0x9C40), (None, 231.0, 229.75)),  # 400 V: between lines
        (words(31011, *[0xFFFF] * 6), ()),
    ],
)
async def test_phase_voltages(
    registers: dict[int, int], expected: tuple[float | None, ...]
) -> None:
    """Only those of the phases there are, and none that is absurd."""
    units = memory_plant(1, 2, 3)
    for unit_id in (1, 3):
        units[unit_id].input.update(registers)
    assert (await read_all(units)).phase_voltages_v == expected


async def test_refused_voltages_cost_nothing_else() -> None:
    """They are asked for no more, and the sun on the strings is still told."""
    units = memory_plant(1, 2, 3)
    for unit_id in (1, 3):
        for register in range(31004, 31017):
            units[unit_id].fail_read(
                register, IllegalDataAddressError(), register_type="input"
            )
    got = await read_all(units)
    assert got.phase_voltages_v == ()
    battery = driver(units, clock := Clock(), variant="inverter:1,inverter:3")
    for _ in range(12):
        clock.advance(10)
        got = await battery.read()
    assert [each.solar_power_w for each in got.inverters.values()] == [2500, 2500]
    assert got.phase_voltages_v == ()
