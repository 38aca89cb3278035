"""The options about what load and sun are learned from, with real statistics."""

from datetime import timedelta
from typing import Any

from freezegun.api import FrozenDateTimeFactory
import pytest
from pytest_homeassistant_custom_component.common import (  # type: ignore[import-untyped]  # has no type marker
    MockConfigEntry,
)
from pytest_homeassistant_custom_component.components.recorder.common import (  # type: ignore[import-untyped]  # has no type marker
    async_wait_recording_done,
)

from custom_components.power_sync.const import DOMAIN
from homeassistant.components.recorder.models.statistics import (
    StatisticData,
    StatisticMeanType,
    StatisticMetaData,
)
from homeassistant.components.recorder.statistics import async_import_statistics
from homeassistant.config_entries import ConfigEntryState
from homeassistant.core import HomeAssistant
from homeassistant.helpers import entity_registry as er
from homeassistant.util import dt as dt_util
from simulators.octopus import OctopusSimulator
from simulators.sungrow import SungrowSimulator
from tests.common import NOON, async_setup_site

from .dialogue import Dialogue

HOUR = timedelta(hours=1)
LOAD, SUN = "sensor.house", "sensor.roof"


@pytest.fixture(autouse=True)
def running(
    recorder_mock: object,
    frozen_time: FrozenDateTimeFactory,
    enable_custom_integrations: None,
) -> None:
    """Have a recorder first, as it must be there before Home Assistant is."""


@pytest.fixture
async def site(
    hass: HomeAssistant, sungrow: SungrowSimulator, octopus: OctopusSimulator
) -> MockConfigEntry:
    """Set up a site."""
    return await async_setup_site(hass, sungrow, octopus)


async def measured(
    hass: HomeAssistant,
    statistic_id: str,
    hourly: float,
    unit: str | None = "W",
    hours: int = 48,
) -> None:
    """Record the last hours of a sensor: means, or what a meter counted in them."""
    counted = unit is not None and unit.endswith("Wh")
    metadata = StatisticMetaData(
        mean_type=(StatisticMeanType.NONE if counted else StatisticMeanType.ARITHMETIC),
        has_sum=counted,
        name=None,
        source="recorder",
        statistic_id=statistic_id,
        unit_class={"W": "power", "kWh": "energy"}.get(unit or ""),
        unit_of_measurement=unit,
    )
    start = NOON - hours * HOUR
    rows = [
        StatisticData(start=start + hour * HOUR, sum=(hour + 1) * hourly)
        if counted
        else StatisticData(start=start + hour * HOUR, mean=hourly)
        for hour in range(hours)
    ]
    async_import_statistics(hass, metadata, rows)
    await async_wait_recording_done(hass)


async def opened(hass: HomeAssistant, site: MockConfigEntry, source: str) -> Dialogue:
    """Open the options and choose a kind of source."""
    dialogue = Dialogue(hass, hass.config_entries.options)
    await dialogue.open(site.entry_id)
    await dialogue.submit({"next_step_id": "history"})
    assert dialogue.step == "history"
    await dialogue.submit({"history_source": source})
    return dialogue


async def stored(
    hass: HomeAssistant, site: MockConfigEntry, dialogue: Dialogue
) -> dict[str, Any]:
    """Take what was found, and return what is stored after the reload."""
    await dialogue.submit({})
    assert dialogue.result["type"] == "create_entry"
    await hass.async_block_till_done(wait_background_tasks=True)
    assert site.state is ConfigEntryState.LOADED
    names = ("history_source", "load_sensor", "solar_sensor")
    return {name: site.options[name] for name in names if name in site.options}


async def test_sensors(hass: HomeAssistant, site: MockConfigEntry) -> None:
    """What they know is told, stored, and learned from: load, plan and backtest."""
    await measured(hass, LOAD, 500.0, hours=24 * 8)
    await measured(hass, SUN, 0.25, "kWh", hours=24 * 6)
    dialogue = await opened(hass, site, "sensors")
    assert dialogue.step == "history_sensors"
    assert dialogue.form == {}
    typed = {"load_sensor": LOAD, "solar_sensor": SUN}
    await dialogue.submit(typed)
    assert dialogue.step == "history_found_sun"
    assert dialogue.result["description_placeholders"] == {
        "days": "8",
        "until": f"{dt_util.as_local(NOON):%Y-%m-%d %H:%M}",
        "per_day": "12.0",
        # Of a meter the first row is where counting starts.
        "sun_days": "6",
        "sun_per_day": "6.0",
    }
    assert await stored(hass, site, dialogue) == {"history_source": "sensors", **typed}
    coordinators = site.runtime_data.coordinators
    history = coordinators.forecasts.data.load_history
    assert history is not None
    assert {sample.mean_w for sample in history.samples} == {500.0}
    assert coordinators.plan.data.outlook.learned_days == 8
    assumptions = coordinators.backtest.finding.assumptions
    assert assumptions["measured_by"] == "sensors"
    assert assumptions["load_sensor"] == LOAD
    assert assumptions["solar_sensor"] == SUN

    dialogue = await opened(hass, site, "sensors")
    assert dialogue.form == typed


async def test_too_few_hours_are_looked_into_again(
    hass: HomeAssistant, site: MockConfigEntry
) -> None:
    """That there was too little of one sensor says nothing about another."""
    await measured(hass, LOAD, 500.0)
    await measured(hass, "sensor.new_house", 0.8, "kWh", hours=73)
    for chosen, days in ((LOAD, 2), ("sensor.new_house", 3)):
        dialogue = await opened(hass, site, "sensors")
        await dialogue.submit({"load_sensor": chosen})
        assert dialogue.step == "history_found"
        assert (await stored(hass, site, dialogue))["solar_sensor"] is None
        finding = site.runtime_data.coordinators.backtest.finding
        assert finding.learned_days == days


async def test_sensors_that_cannot_be_used(
    hass: HomeAssistant, site: MockConfigEntry
) -> None:
    """Each is named with what is wrong; what was typed stays, and can be corrected."""
    await measured(hass, LOAD, 500.0)
    await measured(hass, SUN, 300.0)
    await measured(hass, "sensor.warm", 20.0, "°C")
    await measured(hass, "sensor.new", 20.0, hours=23)
    await measured(hass, "sensor.below", -500.0)
    own = er.async_get(hass).async_get_entity_id
    forecast = own("sensor", DOMAIN, f"{site.entry_id}_load_forecast")
    load = own("sensor", DOMAIN, f"{site.entry_id}_home_load")
    dialogue = await opened(hass, site, "sensors")
    for typed, field, error in (
        ({"load_sensor": "sensor.none"}, "load_sensor", "no_statistics"),
        ({"load_sensor": "sensor.warm"}, "load_sensor", "wrong_unit"),
        ({"load_sensor": "sensor.new"}, "load_sensor", "too_short"),
        ({"load_sensor": "sensor.below"}, "load_sensor", "negative"),
        ({"load_sensor": forecast}, "load_sensor", "own_sensor"),
        ({"load_sensor": load}, "load_sensor", "no_statistics"),
        ({"load_sensor": LOAD, "solar_sensor": load}, "solar_sensor", "own_sensor"),
        ({"load_sensor": LOAD, "solar_sensor": LOAD}, "solar_sensor", "same_sensor"),
        (
            {"load_sensor": LOAD, "solar_sensor": "sensor.new"},
            "solar_sensor",
            "too_short",
        ),
    ):
        await dialogue.submit(typed)
        assert dialogue.step == "history_sensors"
        assert dialogue.errors == {field: f"history_{error}"}
        assert dialogue.result["description_placeholders"] == {"sensor": typed[field]}
        assert dialogue.form == typed
    await dialogue.submit({"load_sensor": LOAD, "solar_sensor": SUN})
    assert (await stored(hass, site, dialogue))["load_sensor"] == LOAD


async def test_statistics_that_are_of_no_use(
    hass: HomeAssistant, site: MockConfigEntry
) -> None:
    """A mean of energy is what is stored, not what is used."""
    metadata = StatisticMetaData(
        mean_type=StatisticMeanType.ARITHMETIC,
        has_sum=False,
        name=None,
        source="recorder",
        statistic_id=LOAD,
        unit_class="energy",
        unit_of_measurement="kWh",
    )
    async_import_statistics(hass, metadata, [StatisticData(start=NOON - HOUR, mean=5)])
    await async_wait_recording_done(hass)
    dialogue = await opened(hass, site, "sensors")
    await dialogue.submit({"load_sensor": LOAD})
    assert dialogue.errors == {"load_sensor": "history_wrong_unit"}
    await measured(hass, SUN, 300.0)
    await dialogue.submit({"load_sensor": SUN})
    assert dialogue.step == "history_found"


async def test_automatic(hass: HomeAssistant, site: MockConfigEntry) -> None:
    """PowerSync's own sensors serve without a dashboard; picks are kept, unused."""
    dialogue = await opened(hass, site, "automatic")
    assert dialogue.result["type"] == "create_entry"
    assert site.options["history_source"] == "automatic"
    await hass.async_block_till_done(wait_background_tasks=True)
    await measured(hass, LOAD, 500.0)
    dialogue = await opened(hass, site, "sensors")
    await dialogue.submit({"load_sensor": LOAD})
    await stored(hass, site, dialogue)

    own = er.async_get(hass).async_get_entity_id(
        "sensor", DOMAIN, f"{site.entry_id}_home_load"
    )
    assert own is not None
    await measured(hass, own, 250.0, hours=48)
    dialogue = await opened(hass, site, "automatic")
    assert dialogue.step == "history_found"
    said = dialogue.result["description_placeholders"]
    assert said is not None
    assert said["days"] == "2"
    chosen = await stored(hass, site, dialogue)
    assert (chosen["history_source"], chosen["load_sensor"]) == ("automatic", LOAD)
    history = site.runtime_data.coordinators.forecasts.data.load_history
    assert {sample.mean_w for sample in history.samples} == {250.0}
