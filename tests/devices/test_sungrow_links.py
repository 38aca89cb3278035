"""A Sungrow over each kind of link, its frames made by another library."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import replace
from datetime import timedelta
import fcntl
import os
import time

from modbus_connection import ModbusSerialParams, ModbusUnit
from modbus_connection.tmodbus import ModbusConnection
import pytest

from custom_components.power_sync.devices.batteries.brand import WrongUnitError
from custom_components.power_sync.devices.batteries.sungrow.driver import SungrowBattery
from custom_components.power_sync.devices.batteries.sungrow.link import LINKS, WINET
from custom_components.power_sync.devices.batteries.sungrow.probe import probe
from custom_components.power_sync.devices.protocols import DeviceUnreachableError
from custom_components.power_sync.model.battery import Mode, Write
from simulators.modbus_serial import SerialLine
from simulators.sungrow import SungrowSimulator

from .sungrow_unit import (
    CONFIG,
    IMPATIENT,
    LINK,
    SERIAL,
    Clock,
    carry_out,
    link_to,
    memory_unit,
    simulator,
)

pytestmark = pytest.mark.usefixtures("socket_enabled")


@asynccontextmanager
async def line_to(device: str, unit_id: int = 1) -> AsyncIterator[ModbusUnit]:
    """Yield a unit behind RTU frames, on a serial port or a socket."""
    connection = ModbusConnection(ModbusSerialParams(device=device))
    try:
        yield connection.for_unit(unit_id)
    finally:
        await connection.close()


@asynccontextmanager
async def serial_line(unit_id: int = 1) -> AsyncIterator[tuple[SungrowSimulator, str]]:
    """Yield an inverter, and the serial port that leads to it."""
    inverter = simulator(unit_id=unit_id)
    inverter.faults.silent_units = True  # On a line nobody else answers.
    async with SerialLine(inverter) as line:
        yield inverter, line.path


@asynccontextmanager
async def gateway(unit_id: int = 1) -> AsyncIterator[tuple[SungrowSimulator, str]]:
    """Yield an inverter, and the gateway that leads to it."""
    async with simulator(unit_id=unit_id, rtu=True) as inverter:
        inverter.faults.silent_units = True
        yield inverter, f"socket://127.0.0.1:{inverter.port}"


type Way = Callable[..., AbstractAsyncContextManager[tuple[SungrowSimulator, str]]]

WAYS = pytest.mark.parametrize("way", [serial_line, gateway])


@WAYS
async def test_rtu(way: Way, clock: Clock) -> None:
    """Found, read, forced and given back, all in the frames of a serial line."""
    async with way() as (inverter, device), line_to(device) as unit:
        found = await probe(unit, LINK)
        assert found.config.identity.serial == SERIAL
        battery = SungrowBattery(unit, found.config, now=clock, link=LINK)
        got = await battery.read()
        assert (got.soc_pct, got.solar_power_w, got.load_power_w) == (55, 3000, 1200)
        owner = await battery.read_settings()
        await carry_out(battery, Mode.CHARGE, 2500, owner)
        assert [(w.register, w.value) for w in inverter.writes] == [
            (13051, 2500),
            (13049, 2),
            (13050, 0xAA),
        ]
        for write in battery.writes_for_release(owner, await battery.read_settings()):
            await battery.write(write)
        assert await battery.read_settings() == owner


@WAYS
async def test_nobody_else_on_the_line(way: Way) -> None:
    """Another unit id gets no answer at all."""
    async with way(unit_id=3) as (_, device), line_to(device, unit_id=1) as unit:
        with pytest.raises(WrongUnitError):
            await probe(unit, IMPATIENT)


@WAYS
async def test_noise_on_the_line(way: Way, clock: Clock) -> None:
    """What is no frame is no reading; the next poll is a good one."""
    async with way() as (inverter, device), line_to(device) as unit:
        battery = SungrowBattery(unit, CONFIG, now=clock, link=IMPATIENT)
        await battery.read()
        inverter.faults.garbage_next = 1
        with pytest.raises(DeviceUnreachableError):
            await battery.read()
        await let_go(device)
        assert (await battery.read()).soc_pct == 55


async def let_go(device: str) -> None:
    """Wait until nobody holds a serial port: it is closed in a thread.

    Until then it is locked to others, which a poll ten seconds later never sees.
    """
    if device.startswith("socket:"):
        return
    port = os.open(device, os.O_RDWR | os.O_NOCTTY | os.O_NONBLOCK)
    try:
        async with asyncio.timeout(10):
            await asyncio.to_thread(fcntl.flock, port, fcntl.LOCK_EX)
    finally:
        os.close(port)


async def test_no_such_port() -> None:
    """An adapter that is not plugged in."""
    async with line_to("/dev/no-such-adapter") as unit:
        with pytest.raises(DeviceUnreachableError):
            await probe(unit, LINK)


async def test_pace(clock: Clock) -> None:
    """Requests keep their distance, and the one after a write a longer one."""
    slow = replace(LINK, spacing_s=0.05, after_write_s=0.3)
    async with simulator() as inverter, link_to(inverter.port) as unit:
        battery = SungrowBattery(unit, CONFIG, now=clock, link=slow)
        started = time.monotonic()
        await battery.read()
        apart = (inverter.requests - 1) * 0.05
        assert time.monotonic() - started >= apart
        started = time.monotonic()
        await battery.write(Write("forced_power_w", 3000))
        await battery.read_settings()
        assert time.monotonic() - started >= 0.3


@pytest.mark.parametrize(("key", "again_after"), [("lan", 60), ("winet", 300)])
async def test_settings_are_read_rarely(
    clock: Clock, key: str, again_after: int
) -> None:
    """A poll asks for readings; for the owner's settings only when it is time."""
    options = replace(
        LINKS[key].options, spacing_s=0, connect_delay_s=0, after_write_s=0
    )
    unit = memory_unit()
    battery = SungrowBattery(unit, CONFIG, now=clock, link=options)
    polls_s = int(options.poll_every.total_seconds())
    asked: dict[int, list[int]] = {}
    for second in range(0, 2 * again_after, polls_s):
        unit.read_events.clear()
        await battery.read()
        for event in unit.read_events:
            if event.register_type == "holding":
                asked.setdefault(event.address, []).append(second)
        clock.advance(polls_s)
    assert len(asked) > 1
    for first, again in asked.values():
        assert first <= 2 * polls_s
        assert again - first == again_after


def test_winet_is_treated_with_care() -> None:
    """One request at a time with pauses, and fewer of them."""
    lan = LINKS["lan"].options
    assert WINET.spacing_s >= 0.1
    assert WINET.connect_delay_s > lan.connect_delay_s
    assert WINET.settle > lan.settle
    assert WINET.after_write_s >= 1
    assert WINET.poll_every == timedelta(seconds=30)
    assert WINET.settings_every > lan.settings_every
