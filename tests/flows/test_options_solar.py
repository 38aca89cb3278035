"""The solar forecast's options: a source is tried before it is stored."""

from datetime import timedelta
from typing import Any

from freezegun.api import FrozenDateTimeFactory
import pytest
from pytest_homeassistant_custom_component.common import (  # type: ignore[import-untyped]  # has no type marker
    MockConfigEntry,
)

from homeassistant.config_entries import ConfigEntryState
from homeassistant.core import HomeAssistant
from homeassistant.setup import async_setup_component
from homeassistant.util import dt as dt_util
from simulators.octopus import OctopusSimulator
from simulators.sungrow import SungrowSimulator
from tests.bridges.test_solar_forecast import provider
from tests.common import NOON, async_setup_site

from .dialogue import Dialogue

HALF_HOUR = timedelta(minutes=30)


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


def solcast(day: int, kw: float) -> dict[str, Any]:
    """Return the attributes of a day from noon on."""
    start = NOON + timedelta(days=day)
    return {
        "detailedForecast": [
            {"period_start": start + index * HALF_HOUR, "pv_estimate": kw}
            for index in range(24)
        ],
        "unit_of_measurement": "kWh",
    }


async def opened(hass: HomeAssistant, site: MockConfigEntry, source: str) -> Dialogue:
    """Open the options and choose a kind of source."""
    dialogue = Dialogue(hass, hass.config_entries.options)
    await dialogue.open(site.entry_id)
    await dialogue.submit({"next_step_id": "solar"})
    assert dialogue.step == "solar"
    await dialogue.submit({"solar_source": source})
    return dialogue


async def stored(
    hass: HomeAssistant, site: MockConfigEntry, dialogue: Dialogue
) -> dict[str, Any]:
    """Take what was found, and return what is stored after the reload."""
    assert dialogue.step == "solar_found"
    await dialogue.submit({})
    assert dialogue.result["type"] == "create_entry"
    await hass.async_block_till_done(wait_background_tasks=True)
    assert site.state is ConfigEntryState.LOADED
    return {key: site.options[key] for key in site.options if "solar" in key}


async def test_sensors(hass: HomeAssistant, site: MockConfigEntry) -> None:
    """What is in them is shown, stored and planned with."""
    names = ["sensor.roof_today", "sensor.roof_tomorrow"]
    for day, name in enumerate(names):
        hass.states.async_set(name, "24", solcast(day, 2.0 + day))
    dialogue = await opened(hass, site, "sensors")
    assert dialogue.step == "solar_sensors"
    assert dialogue.form == {}
    await dialogue.submit({"solar_sensors": names})
    until = dt_util.as_local(NOON + timedelta(days=1, hours=12))
    assert dialogue.result["description_placeholders"] == {
        "source": "Solcast",
        "step": "30",
        "until": f"{until:%Y-%m-%d %H:%M}",
        "energy": "24.0",
    }
    assert await stored(hass, site, dialogue) == {
        "solar_source": "sensors",
        "solar_sensors": names,
    }
    forecasts = site.runtime_data.coordinators.forecasts
    assert forecasts.data.solar.p50_w.at(NOON) == 2000
    # A new forecast is used at once.
    hass.states.async_set(names[0], "12", solcast(0, 1.0))
    await hass.async_block_till_done(wait_background_tasks=True)
    assert forecasts.data.solar.p50_w.at(NOON) == 1000

    dialogue = await opened(hass, site, "sensors")
    assert dialogue.form == {"solar_sensors": names}


async def test_sensors_that_cannot_be_used(
    hass: HomeAssistant, site: MockConfigEntry
) -> None:
    """Each is named with what is wrong; after a correction it works."""
    hass.states.async_set("sensor.good_today", "24", solcast(0, 2.0))
    hass.states.async_set("sensor.past", "24", solcast(-2, 2.0))
    hass.states.async_set("sensor.empty", "24", {})
    dialogue = await opened(hass, site, "sensors")
    for bad, error in (
        ("sensor.nobody", "solar_sensor_missing"),
        ("sensor.empty", "solar_sensor_empty"),
        ("sensor.past", "solar_sensor_stale"),
    ):
        typed = {"solar_sensors": ["sensor.good_today", bad]}
        await dialogue.submit(typed)
        assert (dialogue.step, dialogue.errors) == (
            "solar_sensors",
            {"solar_sensors": error},
        )
        assert dialogue.result["description_placeholders"] == {"sensors": bad}
        assert dialogue.form == typed
    await dialogue.submit({})
    assert dialogue.errors == {"solar_sensors": "solar_nothing_chosen"}
    await dialogue.submit({"solar_sensors": ["sensor.good_today"]})
    assert (await stored(hass, site, dialogue))["solar_source"] == "sensors"


async def test_sensors_of_roofs_that_never_meet(
    hass: HomeAssistant, site: MockConfigEntry
) -> None:
    """A sum that stands nowhere is no forecast."""
    halves = {"a": (0, 1, 4, 5), "b": (2, 3)}
    for name, starts in halves.items():
        hours = {NOON + half * HALF_HOUR: 500 for half in starts}
        hass.states.async_set(f"sensor.{name}", "1", {"wh_hours": hours})
    dialogue = await opened(hass, site, "sensors")
    typed = {"solar_sensors": ["sensor.a", "sensor.b"]}
    await dialogue.submit(typed)
    assert dialogue.errors == {"solar_sensors": "no_solar_forecast"}
    await dialogue.submit({"solar_sensors": ["sensor.a"]})
    assert dialogue.step == "solar_found"


async def test_integrations(hass: HomeAssistant, site: MockConfigEntry) -> None:
    """They are listed by their titles, and summed."""
    assert await async_setup_component(hass, "energy", {})
    hours = {(NOON + n * 2 * HALF_HOUR).isoformat(): 1000.0 for n in range(3)}
    await provider(hass, "roof", lambda _: {"wh_hours": hours}, "east", "west")
    await provider(hass, "broken", lambda _: None, "nothing")
    dialogue = await opened(hass, site, "providers")
    assert dialogue.step == "solar_providers"
    await dialogue.submit({})
    assert dialogue.errors == {"solar_providers": "solar_nothing_chosen"}
    typed = {"solar_providers": ["nothing"]}
    await dialogue.submit(typed)
    assert dialogue.errors == {"solar_providers": "no_solar_forecast"}
    assert dialogue.form == typed
    await dialogue.submit({"solar_providers": ["east", "west"]})
    shown = dialogue.result["description_placeholders"]
    assert shown is not None
    assert (shown["source"], shown["energy"]) == ("roof", "6.0")
    assert await stored(hass, site, dialogue) == {
        "solar_source": "providers",
        "solar_providers": ["east", "west"],
    }
    assert site.runtime_data.coordinators.forecasts.data.solar.p50_w.at(NOON) == 2000

    await hass.config_entries.async_remove("west")
    dialogue = await opened(hass, site, "providers")
    assert dialogue.form == {"solar_providers": ["east"]}

    dialogue = await opened(hass, site, "automatic")
    assert (await stored(hass, site, dialogue))["solar_source"] == "automatic"


async def test_nothing_to_choose_from(
    hass: HomeAssistant, site: MockConfigEntry
) -> None:
    """Without an integration there is a text; automatic waits for one."""
    dialogue = await opened(hass, site, "providers")
    assert (dialogue.step, dialogue.errors) == (
        "solar",
        {"solar_source": "no_solar_providers"},
    )
    assert dialogue.form == {"solar_source": "providers"}
    await dialogue.submit({"solar_source": "automatic"})
    assert dialogue.result["type"] == "create_entry"
    assert site.options["solar_source"] == "automatic"
