"""The owner's own settings: ranges, present values, and what sets them."""

from dataclasses import replace
from datetime import timedelta

from hypothesis import given, strategies as st
from modbus_connection import ModbusConnectionError, ServerDeviceBusyError
import pytest

from custom_components.power_sync.devices.batteries.sungrow.driver import SungrowBattery
from custom_components.power_sync.devices.batteries.sungrow.owner import (
    OwnerLimits,
    owner_range,
    owner_value,
    owner_writes,
)
from custom_components.power_sync.devices.protocols import (
    DeviceRefusedError,
    DeviceUnreachableError,
)
from custom_components.power_sync.model.battery import (
    NO_LIMIT,
    Command,
    Mode,
    OwnerSetting,
    SettingValue,
)
from simulators.sungrow import SH5K_30

from .sungrow_unit import CONFIG, LINK, Clock, link_to, memory_unit, refuse, simulator

pytestmark = pytest.mark.usefixtures("socket_enabled")

LIMITS = OwnerLimits(
    rated_w=10_000, battery_w=10_600, export_least_w=100, export_most_w=9000
)
FOUND: dict[str, SettingValue] = {
    "reserve_pct": 20,
    "min_soc_10th": 100,
    "max_soc_10th": 950,
    "max_charge_10w": 1060,
    "max_discharge_10w": 800,
    "export_limit_w": 5000,
    "export_switch": 0x55,
    "export_ratio_10th": 1000,
    "export_limit_10w": None,
}
EXPORT = OwnerSetting.EXPORT_LIMIT_W


def steps(
    setting: OwnerSetting, value: float | None, **changed: SettingValue
) -> list[tuple[str, SettingValue]]:
    """Return the writes in a short form."""
    writes = owner_writes(setting, value, FOUND | changed, LIMITS)
    return [(write.setting, write.value) for write in writes]


@pytest.mark.parametrize(
    ("setting", "value", "expected"),
    [
        (OwnerSetting.BACKUP_RESERVE_PCT, 35, [("reserve_pct", 35)]),
        (OwnerSetting.BACKUP_RESERVE_PCT, 20, []),
        (OwnerSetting.MIN_SOC_PCT, 12.5, [("min_soc_10th", 125)]),
        (OwnerSetting.MIN_SOC_PCT, 99, [("min_soc_10th", 500)]),
        (OwnerSetting.MAX_SOC_PCT, 90, [("max_soc_10th", 900)]),
        (OwnerSetting.MAX_SOC_PCT, 20, [("max_soc_10th", 500)]),
        (OwnerSetting.MAX_CHARGE_W, 3000, [("max_charge_10w", 300)]),
        (OwnerSetting.MAX_CHARGE_W, 0, [("max_charge_10w", 1)]),
        (OwnerSetting.MAX_DISCHARGE_W, 20_000, [("max_discharge_10w", 1060)]),
        # The value comes before the switch, and within the inverter's bounds.
        (EXPORT, 3000, [("export_limit_w", 3000), ("export_switch", 0xAA)]),
        (EXPORT, 0, [("export_limit_w", 100), ("export_switch", 0xAA)]),
        (EXPORT, 60_000, [("export_limit_w", 9000), ("export_switch", 0xAA)]),
        (EXPORT, 5000, [("export_switch", 0xAA)]),
        (EXPORT, None, []),
    ],
)
def test_writes(
    setting: OwnerSetting, value: float | None, expected: list[tuple[str, int]]
) -> None:
    """Each setting by hand, from a limit that is switched off."""
    assert steps(setting, value) == expected


def test_no_export_limit() -> None:
    """The switch alone; the value stays."""
    assert steps(EXPORT, None, export_switch=0xAA) == [("export_switch", 0x55)]


def test_a_ratio_that_is_set() -> None:
    """It counts instead of the value in W, so it is written with it."""
    assert steps(EXPORT, 3005, export_ratio_10th=700, export_switch=0xAA) == [
        ("export_limit_w", 3005),
        ("export_ratio_10th", 300),
    ]


def test_the_wide_form() -> None:
    """In steps of 10 W, where there is no other."""
    got = steps(EXPORT, 3009, export_limit_w=None, export_limit_10w=500)
    assert got == [("export_limit_10w", 300), ("export_switch", 0xAA)]


@pytest.mark.parametrize(
    ("changed", "expected"),
    [
        ({}, NO_LIMIT),
        ({"export_switch": 0xAA}, 5000),
        ({"export_switch": None}, None),
        ({"export_switch": 0xAA, "export_ratio_10th": 700}, 7000),
        ({"export_switch": 0xAA, "export_ratio_10th": 0}, 5000),
        ({"export_switch": 0xAA, "export_ratio_10th": None}, 5000),
        (
            {"export_switch": 0xAA, "export_limit_w": None, "export_limit_10w": 700},
            7000,
        ),
        ({"export_switch": 0xAA, "export_limit_w": None}, None),
    ],
)
def test_export_limit_in_force(
    changed: dict[str, SettingValue], expected: float | None
) -> None:
    """Read as the inverter follows it."""
    assert owner_value(EXPORT, FOUND | changed, LIMITS) == expected


def test_what_it_lacks() -> None:
    """No range, no value and no writes; None is no value but of the export limit."""
    setting = OwnerSetting.MAX_CHARGE_W
    assert owner_range(setting, {"max_discharge_10w"}, LIMITS) is None
    assert owner_value(setting, {"max_charge_10w": None}, LIMITS) is None
    with pytest.raises(DeviceRefusedError):
        owner_writes(setting, 3000, {"max_charge_10w": None}, LIMITS)
    with pytest.raises(DeviceRefusedError):
        owner_writes(setting, None, FOUND, LIMITS)


@given(
    setting=st.sampled_from(
        [each for each in OwnerSetting if each.value.rpartition("_")[2] in ("pct", "w")]
    ),
    value=st.floats(-1e6, 1e6),
    switch=st.sampled_from([0x55, 0xAA]),
    ratio=st.integers(0, 1000),
)
def test_what_is_written_is_what_is_read(
    setting: OwnerSetting, value: float, switch: int, ratio: int
) -> None:
    """Within a step, inside the range, and nothing is left to write."""
    found = FOUND | {"export_switch": switch, "export_ratio_10th": ratio}
    after = found | {
        write.setting: write.value
        for write in owner_writes(setting, value, found, LIMITS)
    }
    allowed = owner_range(setting, found, LIMITS)
    got = owner_value(setting, after, LIMITS)
    assert allowed is not None
    assert got is not None
    wanted = min(max(value, allowed.least), allowed.most)
    # A set ratio is coarser: a thousandth of the rating.
    step = max(allowed.step, 10) if setting is EXPORT else allowed.step
    assert wanted - step - 0.1 <= got <= wanted + 0.1
    assert owner_writes(setting, value, after, LIMITS) == ()


async def test_over_the_wire(clock: Clock) -> None:
    """Read, written, and read back from a simulated inverter."""
    async with simulator() as inverter, link_to(inverter.port) as unit:
        inverter.owner_writes(13073, 7000)
        battery = SungrowBattery(unit, CONFIG, now=clock, link=LINK)
        await battery.read()
        assert battery.owner_range(EXPORT) == (0, 10_000, 1)
        assert battery.owner_range(OwnerSetting.MAX_CHARGE_W) == (10, 10_600, 10)
        found = await battery.read_owner()
        assert battery.owner_value(EXPORT, found) == NO_LIMIT
        for write in battery.owner_writes(EXPORT, 4000, found):
            await battery.write(write)
        assert [(w.register, w.value) for w in inverter.writes] == [
            (13073, 4000),
            (13086, 0xAA),
        ]
        assert battery.owner_value(EXPORT, await battery.read_owner()) == 4000
        clock.advance(10)
        assert (await battery.read()).export_limit_w == 4000


async def test_row_21_on_the_wire(clock: Clock) -> None:
    """45 % is 45, 12 kW are 1200; a charge has power, mode, command; signed power."""
    unit = memory_unit()
    config = replace(CONFIG, max_charge_w=12_000, max_discharge_w=12_000)
    unit.input[5627] = 120
    unit.holding |= {33046: 1100, 33047: 1100}
    battery = SungrowBattery(unit, config, now=clock, link=LINK)
    reading = await battery.read()
    assert (reading.battery_power_w, reading.grid_power_w) == (-1500, -1000)
    found = await battery.read_owner()
    for setting, value in (
        (OwnerSetting.BACKUP_RESERVE_PCT, 45),
        (OwnerSetting.MAX_CHARGE_W, 12_000),
        (OwnerSetting.MAX_DISCHARGE_W, 12_000),
    ):
        (write,) = battery.owner_writes(setting, value, found)
        await battery.write(write)
    assert (unit.holding[13099], unit.holding[33046], unit.holding[33047]) == (
        *(45, 1200, 1200),
    )
    now = await battery.read_settings()
    charge = Command(Mode.CHARGE, 3000, clock.at + timedelta(hours=1))
    # 13052, 13050 and 13051 of the maker's table, which counts from 1.
    registers = []
    for write in battery.writes_for(charge, now, now):
        before = dict(unit.holding)
        await battery.write(write)
        registers += [
            (register, value)
            for register, value in unit.holding.items()
            if before.get(register) != value
        ]
    assert registers == [(13051, 3000), (13049, 2), (13050, 0xAA)]


async def test_48_volt_model_has_no_export_limit(clock: Clock) -> None:
    """It lacks the switch and the ceilings."""
    async with simulator(SH5K_30) as inverter, link_to(inverter.port) as unit:
        battery = SungrowBattery(
            unit, CONFIG.__replace__(settings=frozenset()), now=clock, link=LINK
        )
        found = await battery.read_owner()
        has = {s for s in OwnerSetting if battery.owner_range(s) is not None}
    assert has == {
        OwnerSetting.BACKUP_RESERVE_PCT,
        OwnerSetting.MIN_SOC_PCT,
        OwnerSetting.MAX_SOC_PCT,
    }
    assert found["max_charge_10w"] is None


async def test_wide_limit_where_there_is_no_other(clock: Clock) -> None:
    """Bounds in 10 W from the inverter, the limit at 31221."""
    unit = memory_unit()
    refuse(unit, 13073)
    unit.input |= {5621: 0, 5622: 8000}
    unit.holding |= {31221: 7000, 13087: 1000}
    battery = SungrowBattery(unit, CONFIG, now=clock, link=LINK)
    for _ in range(16):
        got = await battery.read()
        clock.advance(61)
    assert got.export_limit_w == 70_000
    assert battery.owner_range(EXPORT) == (0, 80_000, 10)
    found = await battery.read_owner()
    (write,) = battery.owner_writes(EXPORT, 65_000, found)
    await battery.write(write)
    assert unit.holding[31221] == 6500


@pytest.mark.parametrize(
    ("refused", "error", "raised"),
    [
        ((), ServerDeviceBusyError(), DeviceRefusedError),
        ((), ModbusConnectionError("gone"), DeviceUnreachableError),
        ((13073,), ServerDeviceBusyError(), DeviceRefusedError),
    ],
)
async def test_not_read(
    clock: Clock,
    refused: tuple[int, ...],
    error: Exception,
    raised: type[Exception],
) -> None:
    """What is not answered now is no missing setting."""
    unit = memory_unit()
    refuse(unit, *refused)
    unit.fail_read(31221 if refused else 13057, error)
    battery = SungrowBattery(unit, CONFIG, now=clock, link=LINK)
    with pytest.raises(raised):
        await battery.read_owner()


@pytest.mark.parametrize("value", ["self_consumption", True])
async def test_what_is_no_number(clock: Clock, *, value: str | bool) -> None:
    """Is refused, and nothing is written."""
    battery = SungrowBattery(memory_unit(), CONFIG, now=clock, link=LINK)
    await battery.read()
    found = await battery.read_owner()
    with pytest.raises(DeviceRefusedError, match="is a number"):
        battery.owner_writes(OwnerSetting.MAX_CHARGE_W, value, found)
