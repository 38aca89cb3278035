"""What can go wrong while a battery is looked for; each time the user gets on."""

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from typing import Any

from modbus_connection import ModbusTlsParams, ModbusUnit
import pytest

from homeassistant.components.modbus import async_get_temporary_unit
from homeassistant.core import HomeAssistant
from simulators.home import SimulatedHome
from simulators.modbus import Space
from simulators.octopus import OctopusSimulator
from simulators.profile import constant
from simulators.sungrow import SungrowModel, SungrowSimulator
from tests.common import HassClock

from .dialogue import LIMITS, POWERS, ConfigDialogue, address

type Inverter = Callable[[], SungrowSimulator]


def no_battery_home() -> SimulatedHome:
    """Return a home without a battery."""
    return SimulatedHome(HassClock(), constant(800), cells=None)


def something_else() -> SungrowSimulator:
    """Return a device that knows none of the registers of a nameplate."""
    device = SungrowSimulator(no_battery_home())
    device.faults.hide(Space.INPUT, 4989, 13)
    return device


@asynccontextmanager
async def web_server() -> AsyncIterator[dict[str, Any]]:
    """Yield the address of something that talks, but not Modbus."""

    async def hang_up(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 400 Bad Request\r\n\r\n")
        writer.close()
        await writer.wait_closed()

    server = await asyncio.start_server(hang_up, "127.0.0.1", 0)
    async with server:
        port = server.sockets[0].getsockname()[1]
        yield {"host": "127.0.0.1", "port": port, "unit_id": 1}


async def check(
    dialogue: ConfigDialogue, typed: Mapping[str, Any], errors: dict[str, str]
) -> None:
    """Type an address, and see the errors and the same address again."""
    await dialogue.submit(typed)
    assert (dialogue.step, dialogue.errors) == ("battery_connect", errors)
    assert dialogue.form == typed


@pytest.mark.parametrize(
    ("inverter", "error"),
    [
        pytest.param(something_else, "not_this_brand", id="something else"),
        pytest.param(
            lambda: SungrowSimulator(no_battery_home(), string_inverter=True),
            "no_battery",
            id="string inverter",
        ),
        pytest.param(
            lambda: SungrowSimulator(no_battery_home()),
            "battery_not_connected",
            id="hybrid without battery",
        ),
        pytest.param(
            lambda: SungrowSimulator(
                no_battery_home(), model=SungrowModel(name="SH125CX", type_code=0xE3D)
            ),
            "unsupported_model",
            id="commercial hybrid",
        ),
    ],
)
async def test_another_device(
    dialogue: ConfigDialogue,
    octopus: OctopusSimulator,
    sungrow: SungrowSimulator,
    inverter: Inverter,
    error: str,
) -> None:
    """What answers is not a battery that can be served."""
    await dialogue.to_address(octopus)
    async with inverter() as other:
        await check(dialogue, address(other), {"base": error})
    await dialogue.finish_from_address(sungrow)
    assert dialogue.entry


@pytest.mark.parametrize(
    ("changes", "errors"),
    [
        ({"host": "  "}, {"host": "invalid_host"}),
        ({"host": "http://127.0.0.1"}, {"host": "invalid_host"}),
        ({"port": 1}, {"base": "battery_unreachable"}),
        ({"unit_id": 7}, {"base": "wrong_unit"}),
    ],
)
async def test_wrong_address(
    dialogue: ConfigDialogue,
    octopus: OctopusSimulator,
    sungrow: SungrowSimulator,
    changes: dict[str, Any],
    errors: dict[str, str],
) -> None:
    """Nobody answers there."""
    await dialogue.to_address(octopus)
    await check(dialogue, {**address(sungrow), **changes}, errors)
    await dialogue.finish_from_address(sungrow)
    assert dialogue.entry


async def test_inverter_is_off(
    dialogue: ConfigDialogue, octopus: OctopusSimulator, sungrow: SungrowSimulator
) -> None:
    """It refuses connections, until it does not any more."""
    await dialogue.to_address(octopus)
    await sungrow.refuse_connections()
    await check(dialogue, address(sungrow), {"base": "battery_unreachable"})
    await sungrow.accept_connections()
    await dialogue.finish_from_address(sungrow)
    assert dialogue.entry


async def test_no_modbus(
    dialogue: ConfigDialogue, octopus: OctopusSimulator, sungrow: SungrowSimulator
) -> None:
    """A web server answers."""
    await dialogue.to_address(octopus)
    async with web_server() as there:
        await check(dialogue, there, {"base": "battery_unreachable"})
    await dialogue.finish_from_address(sungrow)
    assert dialogue.entry


async def test_link_of_another_integration(
    dialogue: ConfigDialogue,
    hass: HomeAssistant,
    octopus: OctopusSimulator,
    sungrow: SungrowSimulator,
) -> None:
    """It holds the same address with settings that differ from ours."""
    await dialogue.to_address(octopus)
    other = ModbusTlsParams(host=sungrow.host, port=sungrow.port)
    async with async_get_temporary_unit(hass, other, 1):
        await check(dialogue, address(sungrow), {"base": "link_settings_in_use"})
    await dialogue.finish_from_address(sungrow)
    assert dialogue.entry


async def test_fault_of_ours(
    dialogue: ConfigDialogue,
    octopus: OctopusSimulator,
    sungrow: SungrowSimulator,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    """It is told as unexpected, and logged with where it happened."""

    def fail(*_: object) -> AbstractAsyncContextManager[ModbusUnit]:
        raise RuntimeError("a bug")

    await dialogue.to_address(octopus)
    with monkeypatch.context() as patched:
        patched.setattr(
            "custom_components.power_sync.flows.battery_modbus.temporary_units", fail
        )
        await check(dialogue, address(sungrow), {"base": "unknown"})
    assert "a bug" in caplog.text
    await dialogue.finish_from_address(sungrow)
    assert dialogue.entry


async def test_capacity_is_asked_where_nobody_tells_it(
    dialogue: ConfigDialogue, octopus: OctopusSimulator, sungrow: SungrowSimulator
) -> None:
    """And only there."""
    await dialogue.to_powers(octopus, sungrow)
    assert dialogue.fields == {"max_charge_w", "max_discharge_w"}

    sungrow.faults.hide(Space.INPUT, 5638)
    sungrow.faults.hide(Space.INPUT, 13038)
    silent = ConfigDialogue(dialogue.hass)
    await silent.to_powers(octopus, sungrow)
    assert silent.fields == {"max_charge_w", "max_discharge_w", "capacity_kwh"}
    placeholders = silent.result["description_placeholders"]
    assert placeholders is not None
    assert placeholders["capacity"] == "–"  # noqa: RUF001 - the dash that is shown
    await silent.submit({**POWERS, "capacity_kwh": 12.8})
    await silent.submit(LIMITS)
    (battery,) = silent.entry.subentries.values()
    assert battery.data["capacity_kwh"] == 12.8
