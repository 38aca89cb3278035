"""What a poll of a Sungrow asks for, and what it does without an answer."""

from dataclasses import replace
from datetime import timedelta

from modbus_connection import (
    GatewayTargetError,
    ModbusConnectionError,
    ModbusTimeoutError,
    ServerDeviceBusyError,
)
from modbus_connection.mock import MockModbusUnit, ReadEvent
import pytest

from custom_components.power_sync.devices.batteries.sungrow.driver import (
    SungrowBattery,
)
from custom_components.power_sync.devices.protocols import (
    DeviceRefusedError,
    DeviceUnreachableError,
)

from .sungrow_unit import CONFIG, LINK, Clock, memory_unit, refuse, words


def driver(unit: MockModbusUnit, clock: Clock | None = None) -> SungrowBattery:
    """Return a driver of the unit."""
    return SungrowBattery(unit, CONFIG, now=clock or Clock(), link=LINK)


async def test_missing_registers_are_asked_once() -> None:
    """Refused registers cost one request, and nothing else is lost."""
    unit = memory_unit()
    refuse(unit, 5016, 5213, 5600)
    battery = driver(unit)
    got = await battery.read()
    assert (got.solar_power_w, got.battery_power_w, got.grid_power_w) == (
        None,
        1500,
        -2000,
    )
    unit.read_events.clear()
    await battery.read()
    asked = {event.address for event in unit.read_events}
    assert not asked & {5016, 5213, 5600}


async def test_core_is_split_where_it_is_refused() -> None:
    """A model that refuses the pooled core still tells its battery."""
    unit = memory_unit()
    refuse(unit, 13007)
    battery = driver(unit)
    for _ in range(2):
        got = await battery.read()
        assert (got.soc_pct, got.solar_energy_kwh, got.islanded) == (
            55.1,
            1_690_906.0,
            False,
        )
        assert got.load_power_w == 500


async def test_owner_limits_are_split_where_they_are_refused() -> None:
    """A model without export switch still tells its state of charge limits."""
    unit = memory_unit()
    refuse(unit, 13086)
    clock = Clock()
    battery = driver(unit, clock)
    for _ in range(8):
        got = await battery.read()
        clock.advance(20)
    assert (got.min_soc_pct, got.max_soc_pct, got.export_limit_w) == (20, 95.0, None)


async def test_limits_are_read_once_a_minute_and_after_a_write() -> None:
    """Settings are not polled: the vendor asks for that."""
    unit, clock = memory_unit(), Clock()
    battery = driver(unit, clock)
    # What is slow has its turn one after the other at first.
    for _ in range(3):
        await battery.read()
    unit.holding[13099] = 40
    clock.advance(59)
    assert (await battery.read()).min_soc_pct == 20
    clock.advance(1)
    assert (await battery.read()).min_soc_pct == 40
    unit.holding[13099] = 50
    clock.advance(1)
    await battery.write(battery.writes_for_release({"ems_mode": 3}, {"ems_mode": 0})[0])
    assert (await battery.read()).min_soc_pct == 50


async def test_a_poll_is_at_most_six_requests() -> None:
    """From the first poll on, also when everything slow is due."""
    unit, clock = memory_unit(), Clock()
    battery = driver(unit, clock)
    for seconds in (0, 10, 10, 60, 10, 600):
        clock.advance(seconds)
        unit.read_events.clear()
        await battery.read()
        assert len(unit.read_events) <= 6
    assert ReadEvent("input", 12999, 48) in unit.read_events


async def test_meter_may_come_back() -> None:
    """A meter that reads as not available is asked again after a rest."""
    unit, clock = memory_unit(), Clock()
    unit.input.update(words(5600, 0xFFFF, 0x7FFF))
    battery = driver(unit, clock)
    assert (await battery.read()).grid_power_w == -2000
    unit.input.update(words(5600, 0x0064, 0))
    clock.advance(60)
    assert (await battery.read()).grid_power_w == -2000
    clock.advance(300)
    assert (await battery.read()).grid_power_w == 100


@pytest.mark.parametrize(
    "error", [ModbusTimeoutError("slow"), ModbusConnectionError("gone")]
)
async def test_silence_of_an_optional_block(error: Exception) -> None:
    """The poll goes on without it; after three in a row it is left alone."""
    unit, clock = memory_unit(), Clock()
    unit.fail_read(5213, error, register_type="input")
    battery = driver(unit, clock)
    for _ in range(3):
        got = await battery.read()
        assert (got.soc_pct, got.battery_power_w) == (55.1, 1500)
        clock.advance(10)
    unit.read_events.clear()
    assert (await battery.read()).grid_power_w == -1000
    assert 5213 not in {event.address for event in unit.read_events}
    unit.fail_read(5213, None, register_type="input")
    clock.advance(300)
    assert (await battery.read()).battery_power_w == -1500


async def test_what_was_not_asked_is_not_remembered() -> None:
    """A silent block ends the poll; the values of the last poll are not shown."""
    unit = memory_unit()
    battery = driver(unit)
    got = await battery.read()
    assert (got.battery_power_w, got.grid_power_w) == (-1500, -1000)
    unit.fail_read(5016, ModbusTimeoutError("slow"), register_type="input")
    got = await battery.read()
    assert (got.solar_power_w, got.battery_power_w, got.grid_power_w) == (
        None,
        1500,  # the older register and the export, both of this poll
        -2000,
    )


async def test_busy_core_is_refused_and_silent_core_unreachable() -> None:
    """The battery's own registers are needed."""
    unit = memory_unit()
    battery = driver(unit)
    unit.fail_read(13022, ServerDeviceBusyError(), register_type="input")
    with pytest.raises(DeviceRefusedError):
        await battery.read()
    unit.fail_read(13022, ModbusTimeoutError("slow"), register_type="input")
    with pytest.raises(DeviceUnreachableError):
        await battery.read()
    assert not unit.connected
    unit.fail_read(13022, None, register_type="input")
    assert (await battery.read()).soc_pct == 55.1


async def test_gateway_without_the_inverter_is_unreachable() -> None:
    """A gateway's exception is not the inverter's refusal."""
    unit = memory_unit()
    unit.fail_requests(GatewayTargetError())
    with pytest.raises(DeviceUnreachableError):
        await driver(unit).read()


async def test_pacing_is_asked_of_the_link() -> None:
    """The shared link is told how gentle to be."""
    unit = memory_unit()
    link = replace(LINK, spacing_s=0.05, timeout_s=7, connect_delay_s=1.5)
    battery = SungrowBattery(unit, CONFIG, link=link)
    assert (unit.message_spacing, unit.required_timeout) == (0.05, 7)
    assert unit.required_connect_delay == 1.5
    assert battery.capabilities.settle == timedelta(milliseconds=10)


async def test_silence_within_a_split_core() -> None:
    """Status and flows may be missing for a while; the battery may not."""
    unit = memory_unit()
    refuse(unit, 13045)
    battery = driver(unit)
    await battery.read()
    unit.fail_read(12999, ModbusTimeoutError("slow"), register_type="input")
    unit.read_events.clear()
    got = await battery.read()
    assert (got.soc_pct, got.islanded, got.fault) == (55.1, None, None)
    assert got.extra["load_register_w"] is None
    # Nothing more of the core is waited for.
    assert 13007 not in {event.address for event in unit.read_events}
    unit.fail_read(13022, ModbusTimeoutError("slow"), register_type="input")
    with pytest.raises(DeviceUnreachableError):
        await battery.read()


async def test_ceilings_that_stay_unanswered() -> None:
    """Silence is not the same as having none."""
    unit = memory_unit()
    unit.fail_read(33046, ModbusTimeoutError("slow"))
    battery = driver(unit)
    with pytest.raises(DeviceUnreachableError):
        await battery.read_settings()
    unit.fail_read(33046, None)
    assert await battery.read_settings() == {
        "ems_mode": 0,
        "forced_command": 0xCC,
        "forced_power_w": 0,
        "max_charge_10w": 1060,
        "max_discharge_10w": 800,
    }
