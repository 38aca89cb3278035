"""What a Sungrow's registers come to, against figures worked out by hand."""

from modbus_connection.mock import MockModbusUnit
import pytest

from custom_components.power_sync.devices.batteries.sungrow.driver import (
    SungrowBattery,
)
from custom_components.power_sync.model.battery import BatteryReading

from .sungrow_unit import CONFIG, LINK, NOON, Clock, memory_unit, refuse, words


def driver(unit: MockModbusUnit, clock: Clock | None = None) -> SungrowBattery:
    """Return a driver of the unit."""
    return SungrowBattery(unit, CONFIG, now=clock or Clock(), link=LINK)


async def read_all(unit: MockModbusUnit) -> BatteryReading:
    """Return the third reading, by which everything was asked for once."""
    battery = driver(unit)
    for _ in range(2):
        await battery.read()
    return await battery.read()


async def test_every_field() -> None:
    """A full reading, with the signs turned to the common ones."""
    assert await read_all(memory_unit()) == BatteryReading(
        at=NOON,
        soc_pct=55.1,
        battery_power_w=-1500,
        solar_power_w=3000,
        grid_power_w=-1000,
        load_power_w=1234,
        soh_pct=98.5,
        temperature_c=-5.0,
        capacity_kwh=9.6,
        min_soc_pct=20,  # the reserve, above the limit of 10 %
        max_soc_pct=95.0,
        max_charge_w=10_030.0,  # 25 A at 401.2 V
        max_discharge_w=4012.0,  # 10 A
        export_limit_w=5000,
        islanded=False,
        owner={
            "export_limit_w": 5000,
            "export_limit_10w": None,
            "export_ratio_10th": 0,
            "max_soc_10th": 950,
            "min_soc_10th": 100,
            "export_switch": 170,
            "reserve_pct": 20,
            "max_charge_10w": 1060,
            "max_discharge_10w": 800,
        },
        fault=False,
        solar_energy_kwh=1_690_906.0,
        import_energy_kwh=6553.5,
        export_energy_kwh=6553.6,
        charge_energy_kwh=1200.0,
        discharge_energy_kwh=1000.0,
        load_energy_kwh=1_690_705.9,
        phase_voltages_v=(230.1, 231.2, 229.8),
        extra={
            "running_state": "external_ems",
            "ac_limit_pct": None,
            "battery_voltage_v": 401.2,
            "load_register_w": 1234,
        },
    )


@pytest.mark.parametrize(
    ("registers", "expected_w"),
    [
        pytest.param(words(5213, 0x05DC, 0), 1500, id="signed: discharging"),
        pytest.param(
            words(5213, 0xFFFF, 0x7FFF) | words(13000, 0x0D),
            1500,
            id="magnitude: discharging bit",
        ),
        pytest.param(
            words(5213, 0xFFFF, 0x7FFF) | words(13000, 0x0B),
            -1500,
            id="magnitude: charging bit",
        ),
        pytest.param(
            words(5213, 0xFFFF, 0x7FFF) | words(13000, 0x03) | words(13021, 0xFA24),
            -1500,
            id="legacy negative while charging",
        ),
        pytest.param(
            words(5213, 0xFFFF, 0x7FFF) | words(13000, 0x04) | words(13021, 0xFA24),
            1500,
            id="a firmware with the other sign",
        ),
        pytest.param(
            words(5213, 0xFFFF, 0x7FFF) | words(13000, 0) | words(13021, 0xFA24),
            -1500,
            id="no bit: its own sign",
        ),
        pytest.param(
            words(5213, 0xFFFF, 0x7FFF) | words(13000, 0) | words(13021, 0),
            0,
            id="at rest",
        ),
        pytest.param(
            words(5213, 0xFFFF, 0x7FFF) | words(13000, 0xFFFF),
            None,
            id="magnitude without any direction",
        ),
        pytest.param(
            words(5213, 0xFFFF, 0x7FFF) | words(13021, 0xFFFF), None, id="neither"
        ),
        pytest.param(
            # 0x000186A1 = 100001 W
            words(5213, 0x86A1, 0x0001) | words(13021, 0x7FFF),
            None,
            id="beyond any home",
        ),
    ],
)
async def test_battery_power(
    registers: dict[int, int], expected_w: float | None
) -> None:
    """+ is discharging, whichever register tells it."""
    unit = memory_unit()
    unit.input.update(registers)
    assert (await read_all(unit)).battery_power_w == expected_w


async def test_phases_at_the_meter() -> None:
    """With a meter of three phases each is told; with none, or another, none is."""
    unit = memory_unit()
    phases = words(5602, 0x03E8, 0, 0xFE0C, 0xFFFF, 0, 0)
    unit.input.update(words(5600, 0x01F4, 0) | phases)
    assert (await read_all(unit)).grid_phases_w == (1000, -500, 0)
    unit = memory_unit()
    unit.input.update(words(5600, 0x01F4, 0, 0xFFFF, 0x7FFF, 0xFFFF, 0x7FFF))
    got = await read_all(unit)
    assert (got.grid_power_w, got.grid_phases_w) == (500, ())
    refuse(unit, 5602)
    got = await read_all(unit)
    assert (got.grid_power_w, got.grid_phases_w) == (500, ())


@pytest.mark.parametrize(
    ("registers", "expected_w"),
    [
        pytest.param(words(5600, 0x03E8, 0), 1000, id="meter: importing"),
        pytest.param(words(5600, 0xFFFF, 0x7FFF), -2000, id="no meter: exporting"),
        pytest.param(
            words(5600, 0xFFFF, 0x7FFF) | words(13009, 0xFE0C, 0xFFFF),
            500,
            id="no meter: importing",
        ),
        pytest.param(
            words(5600, 0xFFFF, 0x7FFF) | words(13009, 0xFFFF, 0x7FFF),
            None,
            id="neither",
        ),
        pytest.param(
            words(5600, 0x86A1, 1) | words(13009, 0xFFFF, 0x7FFF),
            None,
            id="beyond any home",
        ),
    ],
)
async def test_grid_power(registers: dict[int, int], expected_w: float | None) -> None:
    """+ is importing: the meter's own sign, and the opposite of the export's."""
    unit = memory_unit()
    unit.input.update(registers)
    assert (await read_all(unit)).grid_power_w == expected_w


@pytest.mark.parametrize(
    ("registers", "expected_w"),
    [
        # 3000 of sun, 1500 into the battery, 1000 exported
        pytest.param(words(13007, 0xFFFF, 0x7FFF), 500, id="from the balance"),
        pytest.param(
            words(13007, 0xFFFF, 0x7FFF) | words(5016, 0xFFFF, 0xFFFF),
            None,
            id="balance without sun",
        ),
        pytest.param(words(13007, 0xFF9C, 0xFFFF), None, id="other sun behind"),
    ],
)
async def test_load_power(registers: dict[int, int], expected_w: float | None) -> None:
    """Load is told or follows from the balance, and is never negative."""
    unit = memory_unit()
    unit.input.update(registers)
    assert (await read_all(unit)).load_power_w == expected_w


@pytest.mark.parametrize(
    ("registers", "field"),
    [
        (words(5016, 0xFFFF, 0xFFFF), "solar_power_w"),
        (words(13002, 0xFFFF, 0xFFFF), "solar_energy_kwh"),
        (words(13002, 0xFFFF, 0xFFFF), "load_energy_kwh"),
        (words(13022, 0xFFFF), "soc_pct"),
        (words(13022, 1001), "soc_pct"),
        (words(13023, 0xFFFF), "soh_pct"),
        (words(13024, 0x7FFF), "temperature_c"),
        (words(13026, 0xFFFF, 0xFFFF), "discharge_energy_kwh"),
        (words(13036, 0xFFFF, 0xFFFF), "import_energy_kwh"),
        (words(13040, 0xFFFF, 0xFFFF), "charge_energy_kwh"),
        (words(13045, 0xFFFF, 0xFFFF), "export_energy_kwh"),
        (words(12999, 0xFFFF), "islanded"),
        (words(12999, 0xFFFF), "fault"),
        (words(12999, 0x0003), "islanded"),  # no state of this code is known
    ],
)
async def test_sentinel_is_none(registers: dict[int, int], field: str) -> None:
    """What is not available is None, never zero."""
    unit = memory_unit()
    unit.input.update(registers)
    assert getattr(await read_all(unit), field) is None


async def test_zero_is_a_value() -> None:
    """An empty battery at night in a quiet home is not unknown."""
    unit = memory_unit()
    for first, count in ((5016, 2), (5213, 2), (5600, 2), (13007, 2), (13022, 1)):
        unit.input.update(words(first, *(0,) * count))
    got = await read_all(unit)
    assert (got.solar_power_w, got.battery_power_w, got.grid_power_w) == (0, 0, 0)
    assert (got.load_power_w, got.soc_pct) == (0, 0)


@pytest.mark.parametrize(
    ("code", "name", "islanded", "fault"),
    [
        (0x0000, "running", False, False),
        (0x0040, "running", False, False),
        (0x0800, "forced", False, False),
        (0x0002, "key_stop", False, False),
        (0x9100, "warning", False, False),
        (0x1000, "off_grid", True, False),
        (0x0041, "off_grid_charge", True, False),
        (0x0014, "microgrid", True, False),
        (0x0100, "fault", False, True),
        (0x5500, "fault", False, True),
        (0x1500, "emergency_stop", False, True),
        (0x1234, "0x1234", None, None),
    ],
)
async def test_running_state(
    *, code: int, name: str, islanded: bool | None, fault: bool | None
) -> None:
    """Off the grid and faulty are told apart from running."""
    unit = memory_unit()
    unit.input[12999] = code
    got = await read_all(unit)
    assert (got.extra["running_state"], got.islanded, got.fault) == (
        name,
        islanded,
        fault,
    )


@pytest.mark.parametrize(("raw", "expected_pct"), [(985, 98.5), (99, 99), (1000, 100)])
async def test_soh_in_whole_percent(raw: int, expected_pct: float) -> None:
    """Some gateways give the health in whole percent."""
    unit = memory_unit()
    unit.input[13023] = raw
    assert (await read_all(unit)).soh_pct == expected_pct


@pytest.mark.parametrize(
    ("registers", "min_soc_pct", "limit_w"),
    [
        (words(13058, 300), 30, 5000),
        (words(13099, 0xFFFF), 10, 5000),
        (words(13058, 0xFFFF), 20, 5000),
        (words(13086, 0x55), 20, None),
        (words(13086, 0xFFFF), 20, None),
        (words(13073, 0), 20, 0),
    ],
)
async def test_owner_limits(
    registers: dict[int, int], min_soc_pct: float, limit_w: float | None
) -> None:
    """The floor is the higher of two; a limit counts while switched on."""
    unit = memory_unit()
    unit.holding.update(registers)
    got = await read_all(unit)
    assert (got.min_soc_pct, got.export_limit_w) == (min_soc_pct, limit_w)


async def test_without_battery_currents() -> None:
    """Where the battery tells no limit, the rating and the probe's figures hold."""
    unit = memory_unit()
    refuse(unit, 5634)
    got = await read_all(unit)
    assert (got.max_charge_w, got.max_discharge_w) == (10_600, 10_600)
    assert got.capacity_kwh == 9.5


@pytest.mark.parametrize(
    ("registers", "expected"),
    [
        (words(5001, 0), (230.1,)),
        # Three phases without neutral: those are voltages between lines.
        (words(5001, 2), ()),
        (words(5001, 0xFFFF), ()),
        (words(5019, 0xFFFF, 0), (230.1, None, None)),
        (words(5018, 4000), (None, 231.2, 229.8)),
    ],
)
async def test_phase_voltages(
    registers: dict[int, int], expected: tuple[float | None, ...]
) -> None:
    """Only those of the phases there are, and none that is absurd."""
    unit = memory_unit()
    unit.input.update(registers)
    assert (await read_all(unit)).phase_voltages_v == expected


async def test_refused_voltages_cost_nothing_else() -> None:
    """Where any of those registers is refused, the sun is still told."""
    unit = memory_unit()
    refuse(unit, 5008)
    got = await read_all(unit)
    assert (got.phase_voltages_v, got.solar_power_w) == ((), 3000)
