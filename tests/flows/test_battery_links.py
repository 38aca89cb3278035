"""Each way to reach an inverter: asked, tested, stored, and found again."""

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from typing import Any

from modbus_connection import ModbusSerialParams, ModbusTcpParams
import pytest
from pytest_homeassistant_custom_component.common import (  # type: ignore[import-untyped]  # has no type marker
    MockConfigEntry,
)

from custom_components.power_sync.bridges.modbus import link_params
from custom_components.power_sync.devices.batteries import BRANDS
from custom_components.power_sync.devices.batteries.stored import StoredConfigError
from homeassistant.config_entries import SOURCE_RECONFIGURE
from homeassistant.core import HomeAssistant
from simulators.home import SimulatedHome
from simulators.modbus_serial import SerialLine
from simulators.octopus import OctopusSimulator
from simulators.sungrow import SungrowSimulator
from tests.common import SERIAL, site_entry

from .dialogue import LIMITS, POWERS, ConfigDialogue, Dialogue, address

SUNGROW = BRANDS["sungrow"]
LINE = {"baud_rate": "9600", "parity": "none", "stop_bits": "1"}


@asynccontextmanager
async def on_a_line(home: SimulatedHome) -> AsyncIterator[dict[str, Any]]:
    """Yield what to type to reach the home's inverter on a serial port."""
    inverter = SungrowSimulator(home, serial=SERIAL)
    inverter.faults.silent_units = True
    async with SerialLine(inverter) as line:
        yield {"device": line.path, "unit_id": 1, "line": LINE}


async def finish(dialogue: ConfigDialogue) -> Mapping[str, Any]:
    """Go on to the end; return what is stored of the battery."""
    assert dialogue.step == "battery_found"
    await dialogue.submit(POWERS)
    await dialogue.submit(LIMITS)
    (battery,) = dialogue.entry.subentries.values()
    return battery.data


@pytest.mark.parametrize("link", ["lan", "winet"])
async def test_network(
    dialogue: ConfigDialogue,
    octopus: OctopusSimulator,
    sungrow: SungrowSimulator,
    link: str,
) -> None:
    """Modbus TCP, to the inverter itself or to its communication module."""
    await dialogue.to_link(octopus)
    await dialogue.submit({"link": link})
    await dialogue.submit(address(sungrow))
    stored = await finish(dialogue)
    assert {**stored, **address(sungrow), "link": link} == stored
    assert link_params(SUNGROW, stored) == (
        ModbusTcpParams(host="127.0.0.1", port=sungrow.port),
        1,
    )


async def test_gateway(
    dialogue: ConfigDialogue, octopus: OctopusSimulator, home: SimulatedHome
) -> None:
    """The frames of a serial line in a socket; a wrong host first."""
    await dialogue.to_link(octopus)
    await dialogue.submit({"link": "rtu_over_tcp"})
    async with SungrowSimulator(home, serial=SERIAL, rtu=True) as behind:
        await dialogue.submit({**address(behind), "host": "::bad::"})
        assert dialogue.errors == {"host": "invalid_host"}
        await dialogue.submit(address(behind))
        stored = await finish(dialogue)
    assert (stored["link"], stored["port"]) == ("rtu_over_tcp", behind.port)


async def test_serial(
    dialogue: ConfigDialogue, octopus: OctopusSimulator, home: SimulatedHome
) -> None:
    """A serial port of this machine; first none, then one that is not there."""
    await dialogue.to_link(octopus)
    await dialogue.submit({"link": "serial"})
    assert dialogue.step == "battery_serial"
    assert dialogue.form == {"unit_id": 1, "line": LINE}
    assert dialogue.folded_up == {"line"}
    async with on_a_line(home) as typed:
        await dialogue.submit({**typed, "device": " "})
        assert dialogue.errors == {"device": "no_serial_port"}
        await dialogue.submit({**typed, "device": "/dev/no-such-adapter"})
        assert dialogue.errors == {"base": "battery_unreachable"}
        assert dialogue.form == {**typed, "device": "/dev/no-such-adapter"}
        await dialogue.submit(typed)
        stored = await finish(dialogue)
    kept = {
        "link": "serial",
        "device": typed["device"],
        "baud_rate": 9600,
        "parity": "none",
        "stop_bits": 1,
        "unit_id": 1,
    }
    assert {key: stored[key] for key in kept} == kept
    assert "line" not in stored


async def test_another_way_to_the_same_battery(
    hass: HomeAssistant,
    dialogue: ConfigDialogue,
    octopus: OctopusSimulator,
    sungrow: SungrowSimulator,
    home: SimulatedHome,
) -> None:
    """From the network to a serial line, and what is stored is suggested."""
    site = site_entry(sungrow, octopus)
    site.add_to_hass(hass)
    change = Dialogue(hass, hass.config_entries.subentries)
    await reconfigure(change, site)
    assert change.form == {"link": "lan"}  # What was stored before there was a choice.
    await change.submit({"link": "serial"})
    async with on_a_line(home) as typed:
        await change.submit({**typed, "line": {**LINE, "baud_rate": "19200"}})
        await change.submit(change.form)
        assert change.reason == "reconfigure_successful"
        (battery,) = site.subentries.values()
        assert "host" not in battery.data
        assert battery.data["baud_rate"] == 19_200

        await reconfigure(change, site)
        assert change.form == {"link": "serial"}
        await change.submit(change.form)
        assert change.form == {**typed, "line": {**LINE, "baud_rate": "19200"}}


async def reconfigure(dialogue: Dialogue, site: MockConfigEntry) -> None:
    """Open the dialogue that changes the site's battery."""
    (battery,) = site.subentries.values()
    await dialogue.open(
        (site.entry_id, "battery"),
        source=SOURCE_RECONFIGURE,
        subentry_id=battery.subentry_id,
    )
    assert dialogue.step == "battery_link"


NETWORK = {"host": "Solar.local", "port": 502, "unit_id": 1}
SERIAL_PORT = {
    "link": "serial",
    "device": "/dev/ttyUSB0",
    "baud_rate": 19_200,
    "parity": "even",
    "stop_bits": 2,
    "unit_id": 9,
}


@pytest.mark.parametrize(
    ("stored", "params", "unit_id"),
    [
        (NETWORK, ModbusTcpParams(host="solar.local", port=502), 1),
        (
            {**NETWORK, "link": "rtu_over_tcp"},
            ModbusSerialParams(device="socket://solar.local:502", baudrate=115_200),
            1,
        ),
        (
            {**NETWORK, "host": "fe80::1", "link": "rtu_over_tcp"},
            ModbusSerialParams(device="socket://[fe80::1]:502", baudrate=115_200),
            1,
        ),
        (
            SERIAL_PORT,
            ModbusSerialParams(
                device="/dev/ttyUSB0", baudrate=19_200, parity="E", stopbits=2
            ),
            9,
        ),
    ],
)
def test_link_params(
    stored: dict[str, object],
    params: ModbusTcpParams | ModbusSerialParams,
    unit_id: int,
) -> None:
    """What Home Assistant's shared connections are asked for."""
    assert link_params(SUNGROW, stored) == (params, unit_id)


@pytest.mark.parametrize(
    "stored",
    [
        {**NETWORK, "link": "pigeon"},
        {**NETWORK, "unit_id": True},
        {"port": 502, "unit_id": 1},
        {"host": "solar.local", "unit_id": 1},
        {**SERIAL_PORT, "parity": "mark"},
        {**SERIAL_PORT, "stop_bits": 3},
        {"link": "serial", "unit_id": 1},
    ],
)
def test_no_link(stored: dict[str, object]) -> None:
    """What does not describe one is no reason to guess."""
    with pytest.raises(StoredConfigError):
        link_params(SUNGROW, stored)
