"""What keeps a battery from being controlled in full is told before it is added."""

from typing import Any

import pytest

from homeassistant.core import HomeAssistant
from simulators.home import SimulatedHome
from simulators.octopus import OctopusSimulator
from simulators.sungrow import (
    SH10RS_WINET,
    HomeManagerSimulator,
    SungrowSimulator,
)
from tests.common import SERIAL

from .dialogue import LIMITS, POWERS, ConfigDialogue, address


async def finish(dialogue: ConfigDialogue, step: str, model: str) -> dict[str, Any]:
    """See what is told, and go on to the end; return what is stored."""
    assert dialogue.step == step
    assert dialogue.result["description_placeholders"] == {"model": model}
    await dialogue.submit({})
    assert dialogue.step == "battery_found"
    await dialogue.submit(dialogue.form)
    await dialogue.submit(LIMITS)
    (battery,) = dialogue.entry.subentries.values()
    return dict(battery.data)


async def test_home_manager(
    dialogue: ConfigDialogue, octopus: OctopusSimulator, home: SimulatedHome
) -> None:
    """An iHomeManager can only be watched; at unit 1 it is not found."""
    await dialogue.to_address(octopus)
    async with HomeManagerSimulator(home) as manager:
        typed = {"host": manager.host, "port": manager.port, "unit_id": 1}
        await dialogue.submit(typed)
        assert dialogue.errors == {"base": "wrong_unit"}
        await dialogue.submit({**typed, "unit_id": 247})
        stored = await finish(dialogue, "battery_telemetry_only", "iHomeManager")
        assert manager.writes == []
    assert (stored["variant"], stored["settings"]) == ("ihomemanager", [])


@pytest.mark.parametrize("mode", [3, 4])
async def test_under_another_energy_manager(
    dialogue: ConfigDialogue,
    octopus: OctopusSimulator,
    sungrow: SungrowSimulator,
    mode: int,
) -> None:
    """An external EMS or a VPP is left to its work."""
    sungrow.owner_writes(13049, mode)
    await dialogue.to_address(octopus)
    await dialogue.submit(address(sungrow))
    stored = await finish(dialogue, "battery_external_control", "SH10RT")
    assert "variant" not in stored
    assert sungrow.writes == []


async def test_control_that_is_not_told(
    dialogue: ConfigDialogue,
    hass: HomeAssistant,
    octopus: OctopusSimulator,
    home: SimulatedHome,
) -> None:
    """What cannot be read cannot be put back."""
    await dialogue.to_address(octopus)
    async with SungrowSimulator(home, model=SH10RS_WINET, serial=SERIAL) as inverter:
        await dialogue.submit(address(inverter))
        stored = await finish(dialogue, "battery_no_forcing", "SH10RS")
    assert "ems_mode" not in stored["settings"]


async def test_nothing_to_tell(
    dialogue: ConfigDialogue, octopus: OctopusSimulator, sungrow: SungrowSimulator
) -> None:
    """Most batteries are added without another step."""
    await dialogue.to_powers(octopus, sungrow)
    await dialogue.submit(POWERS)
    assert dialogue.step == "limits"
