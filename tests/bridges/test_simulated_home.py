"""The demo's small integration gives PowerSync a forecast and a history."""

from datetime import timedelta
from pathlib import Path

import pytest
from pytest_homeassistant_custom_component.components.recorder.common import (  # type: ignore[import-untyped]  # has no type marker
    async_wait_recording_done,
)

import custom_components
from custom_components.power_sync.bridges.solar_forecast import async_solar_forecast
from custom_components.power_sync.bridges.statistics import async_measured_home
from homeassistant.components.energy.data import async_get_manager
from homeassistant.components.recorder.statistics import statistics_during_period
from homeassistant.config_entries import SOURCE_IMPORT, SOURCE_USER, ConfigEntryState
from homeassistant.core import HomeAssistant
from homeassistant.data_entry_flow import FlowResultType
from homeassistant.helpers.recorder import get_instance
from homeassistant.util import dt as dt_util
from simulators.profile import RecordedHousehold

from .conftest import HOUR

DOMAIN = "simulated_home"
SIMULATED = Path(__file__).parents[2] / "simulators" / "custom_components"
pytestmark = pytest.mark.usefixtures("recorder_mock", "found")


@pytest.fixture
def found(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let Home Assistant find the integration, as the demo does."""
    path = [*custom_components.__path__, str(SIMULATED)]
    monkeypatch.setattr(custom_components, "__path__", path)


async def set_up(hass: HomeAssistant) -> str:
    """Add it as a user would, and return the entry's id."""
    form = await hass.config_entries.flow.async_init(
        DOMAIN, context={"source": SOURCE_USER}
    )
    assert form["type"] is FlowResultType.FORM
    done = await hass.config_entries.flow.async_configure(form["flow_id"], {})
    assert done["type"] is FlowResultType.CREATE_ENTRY
    await hass.async_block_till_done()
    await async_wait_recording_done(hass)
    entry = done["result"]
    assert entry.state is ConfigEntryState.LOADED
    return entry.entry_id


async def test_history_forecast_and_dashboard(hass: HomeAssistant) -> None:
    """What our bridges read is the recorded household."""
    entry_id = await set_up(hass)
    home = RecordedHousehold()
    measured = await async_measured_home(hass)
    assert measured is not None
    history = measured.load
    assert len(history.samples) == 30 * 24
    for sample in history.samples[::100]:
        halves = (home.load_w(sample.start), home.load_w(sample.start + HOUR / 2))
        assert sample.mean_w == pytest.approx(sum(halves) / 2, abs=0.01)
    forecast = await async_solar_forecast(hass)
    assert forecast is not None
    assert forecast.source == DOMAIN
    at = dt_util.as_utc(dt_util.start_of_local_day()) + timedelta(hours=36)
    assert forecast.p50_w.at(at) == pytest.approx(home.forecast_solar_w(at))
    manager = await async_get_manager(hass)
    assert manager.data is not None
    assert [s["type"] for s in manager.data["energy_sources"]] == ["grid", "solar"]
    assert manager.data["energy_sources"][1].get("config_entry_solar_forecast") == [
        entry_id
    ]


async def test_a_second_start_adds_nothing_twice(hass: HomeAssistant) -> None:
    """The totals go on where they were; the user's dashboard stays as it is."""
    entry_id = await set_up(hass)
    before = await read_all(hass)
    manager = await async_get_manager(hass)
    await manager.async_update({**manager.default_preferences(), "energy_sources": []})
    await hass.config_entries.async_reload(entry_id)
    await async_wait_recording_done(hass)
    assert (await read_all(hass))[: len(before)] == before
    assert manager.data is not None
    assert len(manager.data["energy_sources"]) == 2
    kept = manager.data["energy_sources"][:1]
    await manager.async_update({**manager.data, "energy_sources": kept})
    await hass.config_entries.async_reload(entry_id)
    assert manager.data["energy_sources"] == kept


async def test_import_and_only_once(hass: HomeAssistant) -> None:
    """The demo's script may import it; a second one is refused."""
    done = await hass.config_entries.flow.async_init(
        DOMAIN, context={"source": SOURCE_IMPORT}, data={}
    )
    assert done["type"] is FlowResultType.CREATE_ENTRY
    again = await hass.config_entries.flow.async_init(
        DOMAIN, context={"source": SOURCE_USER}
    )
    assert again["type"] is FlowResultType.ABORT
    assert again["reason"] == "single_instance_allowed"


async def read_all(hass: HomeAssistant) -> list[float | None]:
    """Return the hourly totals of the import meter."""
    start = dt_util.utcnow() - timedelta(days=32)
    rows = await get_instance(hass).async_add_executor_job(
        statistics_during_period,
        hass,
        start,
        None,
        {f"{DOMAIN}:grid_import"},
        "hour",
        None,
        {"sum"},
    )
    return [row.get("sum") for row in rows[f"{DOMAIN}:grid_import"]]
