"""The demo's battery that is known through its entities only."""

from pathlib import Path

import pytest

import custom_components
from homeassistant.config_entries import SOURCE_USER
from homeassistant.core import HomeAssistant

MODE = "select.cellar_battery_mode"
POWER = "number.cellar_battery_forced_power"


@pytest.fixture
def found(monkeypatch: pytest.MonkeyPatch, enable_custom_integrations: None) -> None:
    """Let Home Assistant find the integration, as the demo does."""
    beside = Path(__file__).parents[2] / "simulators" / "custom_components"
    path = [*custom_components.__path__, str(beside)]
    monkeypatch.setattr(custom_components, "__path__", path)


@pytest.mark.usefixtures("found")
async def test_it_does_what_it_is_set_to(hass: HomeAssistant) -> None:
    """Its power follows its mode, and it keeps what it was set to."""
    form = await hass.config_entries.flow.async_init(
        "entity_battery", context={"source": SOURCE_USER}
    )
    done = await hass.config_entries.flow.async_configure(form["flow_id"], {})
    await hass.async_block_till_done()

    def shown() -> tuple[str, ...]:
        states = [hass.states.get(entity) for entity in (MODE, POWER)]
        return tuple(state.state for state in states if state is not None)

    assert shown() == ("eco", "1250.0")
    for domain, action, data in (
        ("number", "set_value", {"entity_id": POWER, "value": 2000}),
        ("select", "select_option", {"entity_id": MODE, "option": "charge"}),
    ):
        await hass.services.async_call(domain, action, data, blocking=True)
    assert shown() == ("charge", "2000.0")
    entry = done["result"]
    assert await hass.config_entries.async_reload(entry.entry_id)
    await hass.async_block_till_done()
    assert shown() == ("charge", "2000.0")
    power = hass.states.get("sensor.cellar_battery_power")
    assert power is not None
    assert float(power.state) == 2000
    assert await hass.config_entries.async_unload(entry.entry_id)
