"""The options about phases and main fuse: what is asked, refused and in force."""

from typing import Any

import pytest
from pytest_homeassistant_custom_component.common import (  # type: ignore[import-untyped]  # has no type marker
    MockConfigEntry,
)

from custom_components.power_sync.bridges.storage import SettingsStore
from custom_components.power_sync.model.mains import Mains, PhasePowers
from custom_components.power_sync.settings import Settings
from homeassistant.core import HomeAssistant
from tests.common import SERIAL

# It needs the same Home Assistant as the other options.
from .test_options import (
    hass_config_dir,  # noqa: F401
    hass_storage,  # noqa: F401
    opened,
    running,  # noqa: F401
    site,  # noqa: F401
    stored,
)

FUSE: dict[str, Any] = {
    "mains_phases": "3",
    "fuse_a": 25,
    "metered_per_phase": True,
}
PHASES = {f"phase_{number}": f"sensor.p1_l{number}" for number in (1, 2, 3)}
SENSORS: dict[str, Any] = {**PHASES, "export": {"phase_1_export": "sensor.p1_out"}}


def show(hass: HomeAssistant, unit: str = "kW", **powers: object) -> None:
    """Have a meter show powers."""
    for name, power in powers.items():
        hass.states.async_set(
            f"sensor.p1_{name}", str(power), {"unit_of_measurement": unit}
        )


async def test_three_phases(hass: HomeAssistant, site: MockConfigEntry) -> None:  # noqa: F811
    """Fuse, sensors and where the battery is: all of it is in force, and shown."""
    show(hass, l1=1.5, l2=-0.5, l3=0, out=0.25)
    dialogue = await opened(hass, site, "mains")
    assert dialogue.form == {"mains_phases": "1", "metered_per_phase": False}
    await dialogue.submit(FUSE)
    assert dialogue.step == "mains_phases"
    assert dialogue.folded_up == {"export"}
    await dialogue.submit(SENSORS)
    assert dialogue.step == "mains_battery"
    assert dialogue.result["description_placeholders"] == {"battery": "Sungrow SH10RT"}
    assert dialogue.form == {"connection": "all"}
    await dialogue.submit({"connection": "l2"})
    assert dialogue.result["type"] == "create_entry"
    await hass.async_block_till_done(wait_background_tasks=True)

    controller = site.runtime_data.controller
    assert controller.limits.mains == Mains(phases=3, fuse_a=25, metered_per_phase=True)
    assert controller.batteries[SERIAL].connection.value == "l2"
    measured = controller.sight.measure()
    assert isinstance(measured, PhasePowers)
    assert list(measured.powers_w) == [1250, -500, 0]
    assert await stored(hass, site) == site.runtime_data.settings

    # Sensors that stay the same restart nothing.
    before = site.runtime_data
    dialogue = await opened(hass, site, "mains")
    assert dialogue.form == FUSE
    await dialogue.submit({**FUSE, "fuse_a": 35})
    assert dialogue.form == SENSORS
    await dialogue.submit(SENSORS)
    assert dialogue.form == {"connection": "l2"}
    await dialogue.submit({"connection": "all"})
    await hass.async_block_till_done(wait_background_tasks=True)
    assert site.runtime_data is before
    assert before.controller.limits.mains.fuse_a == 35
    assert before.controller.batteries[SERIAL].connection.value == "all"


async def test_what_cannot_be(hass: HomeAssistant, site: MockConfigEntry) -> None:  # noqa: F811
    """What was typed stays; after a correction it works."""
    show(hass, l1=1, l2=2, l3="unavailable")
    show(hass, "A", out=3)
    dialogue = await opened(hass, site, "mains")
    typed = {key: value for key, value in FUSE.items() if key != "fuse_a"}
    await dialogue.submit(typed)
    assert dialogue.errors == {"fuse_a": "fuse_needed"}
    assert dialogue.form == typed
    await dialogue.submit({**FUSE, "metered_per_phase": False})
    for sensors, error in (
        ({"phase_1": PHASES["phase_1"], "export": {}}, "phases_incomplete"),
        ({**PHASES, "export": {}}, "phase_sensor_no_power"),
        ({**PHASES, "phase_3": "sensor.gone", "export": {}}, "phase_sensor_no_power"),
        ({**SENSORS, "phase_3": PHASES["phase_2"]}, "phase_sensor_no_power"),
    ):
        await dialogue.submit(sensors)
        assert dialogue.errors == {"base": error}
        assert dialogue.form == sensors
    await dialogue.submit({"export": {}})
    await dialogue.submit({"connection": "all"})
    assert dialogue.result["type"] == "create_entry"
    assert site.runtime_data.controller.sight.measure() is None


async def test_one_phase(hass: HomeAssistant, site: MockConfigEntry) -> None:  # noqa: F811
    """Nothing more is asked."""
    dialogue = await opened(hass, site, "mains")
    await dialogue.submit({**FUSE, "mains_phases": "1"})
    assert dialogue.result["type"] == "create_entry"
    settings = site.runtime_data.settings
    assert (settings.mains_phases, settings.fuse_a) == (1, 25)
    assert not settings.metered_per_phase


async def test_a_full_disk(
    hass: HomeAssistant,
    site: MockConfigEntry,  # noqa: F811
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """It says so at the last step, which can be sent again."""

    async def full(*_args: object) -> bool:
        return False

    async def works(_store: SettingsStore, _settings: Settings) -> bool:
        return True

    monkeypatch.setattr(SettingsStore, "save", full)
    dialogue = await opened(hass, site, "mains")
    await dialogue.submit(FUSE)
    await dialogue.submit({"export": {}})
    await dialogue.submit({"connection": "l1"})
    assert dialogue.errors == {"base": "settings_not_stored"}
    assert dialogue.form == {"connection": "l1"}
    monkeypatch.setattr(SettingsStore, "save", works)
    await dialogue.submit({"connection": "l1"})
    assert dialogue.result["type"] == "create_entry"
