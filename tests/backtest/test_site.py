"""The backtest of a site: from real statistics, kept, and shown."""

import asyncio
from collections.abc import Generator, Sequence
from datetime import UTC, datetime, timedelta
import json
from pathlib import Path
from typing import Any

import pytest
from pytest_homeassistant_custom_component.components.recorder.common import (  # type: ignore[import-untyped]  # has no type marker
    async_wait_recording_done,
)

from custom_components.power_sync import backtesting
from custom_components.power_sync.const import DOMAIN
from custom_components.power_sync.planner import backtest as planner
from custom_components.power_sync.planner.backtest import LEARN, Past
from custom_components.power_sync.planner.findings import Finding
from custom_components.power_sync.planner.findings_json import finding_to_json
from custom_components.power_sync.planner.inputs import PlanInputs
from homeassistant.components.energy.data import GridSourceType, SolarSourceType
from homeassistant.components.recorder.history import get_significant_states
from homeassistant.core import HomeAssistant
from homeassistant.exceptions import HomeAssistantError
from homeassistant.helpers.recorder import get_instance
from homeassistant.setup import async_setup_component
from simulators.octopus import OctopusSimulator
from tests.bridges.conftest import HOUR, choose, meter
from tests.common import NOON
from tests.ha.conftest import ENTRY_ID, SetUp, Wait, state_of, value_of
from tests.planner.findings import BACKTEST

SAVED = "sensor.powersync_would_have_saved_30_days"
LEARNED = "sensor.powersync_learned_from"
BUTTON = "button.powersync_run_backtest"
DAYS = 7
MINUTE = timedelta(minutes=1)
FIRST = NOON - HOUR * 24 * DAYS


def hourly(night_kwh: float, day_kwh: float, days: int = DAYS) -> list[float | None]:
    """Return what a meter counts in each hour."""
    return [
        day_kwh if 7 <= (FIRST + HOUR * hour).hour < 22 else night_kwh
        for hour in range(24 * days)
    ]


async def record(hass: HomeAssistant, load: Sequence[float | None]) -> None:
    """Record a home without a battery, with a little sun at noon."""
    assert await async_setup_component(hass, "energy", {})
    await meter(hass, "t:import", FIRST, load)
    sun: list[float | None] = [
        1.5 if (FIRST + HOUR * hour).hour == 12 else 0.0 for hour in range(len(load))
    ]
    await meter(hass, "t:solar", FIRST, sun)
    grid = GridSourceType(
        type="grid",
        stat_energy_from="t:import",
        stat_energy_to=None,
        stat_cost=None,
        entity_energy_price=None,
        number_energy_price=None,
        stat_compensation=None,
        entity_energy_price_export=None,
        number_energy_price_export=None,
        cost_adjustment_day=0.0,
    )
    solar = SolarSourceType(
        type="solar", stat_energy_from="t:solar", config_entry_solar_forecast=None
    )
    await choose(hass, [grid, solar])


async def ask(hass: HomeAssistant) -> dict[str, Any]:
    """Run it as an automation does."""
    answer = await hass.services.async_call(
        DOMAIN, "backtest", {}, blocking=True, return_response=True
    )
    assert answer is not None
    return dict(answer)


@pytest.fixture
def briefly(monkeypatch: pytest.MonkeyPatch) -> list[float | None]:
    """Return some hours more load than is learned from, and have them do.

    For when the past is planned again, and not what comes of it: the wait for
    four days of it would be most of the test.
    """
    monkeypatch.setattr(planner, "LEAST", 6 * HOUR)
    load = hourly(0.3, 0.9)
    unknown = len(load) - LEARN // HOUR - 12
    return [None] * unknown + load[unknown:]


def stored(hass: HomeAssistant) -> Path:
    """Return the file of what was found."""
    return Path(hass.config.path(".storage", f"{DOMAIN}.backtest.{ENTRY_ID}"))


async def test_after_set_up_it_says_what_would_have_been_saved(
    hass: HomeAssistant, set_up: SetUp, octopus: OctopusSimulator
) -> None:
    """A sensor with the figures behind it; the big ones are not in the history."""
    await record(hass, hourly(0.3, 0.9))
    await set_up(dry_run=True)
    state = state_of(hass, SAVED)
    assert state.attributes["unit_of_measurement"] == "GBP"
    saved = float(state.state)
    assert saved > 0.5
    shown = state.attributes
    assert shown["saved"] == saved
    assert shown["days"] == 4
    assert shown["per_day"] == pytest.approx(saved / 4, abs=0.01)
    assert shown["cost_self_consumption"] - shown["cost_power_sync"] == (
        pytest.approx(saved, abs=0.011)
    )
    assert shown["cost_no_battery"] >= shown["cost_self_consumption"]
    start = datetime.fromisoformat(shown["start"])
    assert start == datetime(2026, 1, 10, 12, tzinfo=UTC)
    # The capacity is what the battery's health has left of 9.6 kWh.
    assert shown["assumptions"]["battery_kwh"] == 9.408
    assert shown["assumptions"]["measured_by"] == "energy_dashboard"
    assert shown["assumptions"]["solar_forecast"] == "days_before"
    assert sum(day["hours"] for day in shown["by_day"]) == 96
    assert int(value_of(hass, LEARNED)) == DAYS
    await async_wait_recording_done(hass)
    history = await get_instance(hass).async_add_executor_job(
        get_significant_states, hass, NOON - HOUR, None, [SAVED]
    )
    kept = history[SAVED][-1]
    assert not isinstance(kept, dict)
    assert "per_day" in kept.attributes
    assert {"by_day", "assumptions"}.isdisjoint(kept.attributes)
    # The action's answer is what the sensor shows; of the past nothing is asked twice.
    requests = len(octopus.requests)
    answer = await ask(hass)
    assert answer == {key: shown[key] for key in answer}
    assert len(octopus.requests) == requests


async def test_a_restart_keeps_it_and_other_limits_do_not(
    hass: HomeAssistant,
    set_up: SetUp,
    wait: Wait,
    briefly: list[float | None],
) -> None:
    """What was found today is shown again, unless it is about another home."""
    await record(hass, briefly)
    keep(hass)
    entry = await set_up(dry_run=True)
    kept = state_of(hass, SAVED)
    assert kept.state == "7.25"
    await wait(MINUTE)
    await entry.runtime_data.async_set(grid_charging=False)
    assert await hass.config_entries.async_reload(entry.entry_id)
    await hass.async_block_till_done(wait_background_tasks=True)
    other = state_of(hass, SAVED)
    assert float(other.state) < 7.25
    assert other.attributes["made_at"] > kept.attributes["made_at"]
    assert other.attributes["assumptions"]["grid_charging"] is False


async def test_other_settings_are_looked_into_once_they_have_settled(
    hass: HomeAssistant,
    set_up: SetUp,
    wait: Wait,
    briefly: list[float | None],
) -> None:
    """Not at once, and no more often than once an hour."""
    await record(hass, briefly)
    entry = await set_up(dry_run=True)
    first = state_of(hass, SAVED)
    made_at = first.attributes["made_at"]
    await let_pass(5 * MINUTE, wait)
    await entry.runtime_data.async_set(grid_charging=False)
    await let_pass(50 * MINUTE, wait)
    assert state_of(hass, SAVED).attributes["made_at"] == made_at
    await let_pass(6 * MINUTE, wait)
    second = state_of(hass, SAVED)
    assert second.attributes["made_at"] > made_at
    assert second.attributes["assumptions"]["grid_charging"] is False


async def test_settings_that_are_put_back_change_nothing(
    hass: HomeAssistant,
    set_up: SetUp,
    wait: Wait,
    briefly: list[float | None],
) -> None:
    """What was found is about them again."""
    await record(hass, briefly)
    entry = await set_up(dry_run=True)
    made_at = state_of(hass, SAVED).attributes["made_at"]
    await entry.runtime_data.async_set(grid_charging=False)
    await entry.runtime_data.async_set(grid_charging=True)
    await let_pass(62 * MINUTE, wait)
    assert state_of(hass, SAVED).attributes["made_at"] == made_at


async def test_settings_before_anything_is_known(
    hass: HomeAssistant,
    set_up: SetUp,
    wait: Wait,
    briefly: list[float | None],
) -> None:
    """A change is no reason to look sooner; within an hour it is tried again."""
    entry = await set_up(dry_run=True)
    await entry.runtime_data.async_set(grid_charging=False)
    await record(hass, briefly)
    await let_pass(61 * MINUTE, wait)
    assumed = state_of(hass, SAVED).attributes["assumptions"]
    assert assumed["grid_charging"] is False


async def test_the_next_day_it_is_found_anew(
    hass: HomeAssistant,
    set_up: SetUp,
    wait: Wait,
    briefly: list[float | None],
) -> None:
    """A day of history more may say something else."""
    await record(hass, briefly)
    keep(hass)
    await set_up(dry_run=True)
    kept = state_of(hass, SAVED)
    await let_pass(timedelta(days=1), wait)
    assert state_of(hass, SAVED).attributes["made_at"] > kept.attributes["made_at"]


async def test_too_little_history(
    hass: HomeAssistant, set_up: SetUp, octopus: OctopusSimulator
) -> None:
    """It says from how many days it has learned, and when to look again."""
    load = hourly(0.3, 0.9)
    await record(hass, [None] * (24 * 5) + load[24 * 5 :])
    await set_up(dry_run=True)
    state = state_of(hass, SAVED)
    assert state.state == "unknown"
    # The first hour of a meter has no value at its start to count from.
    assert state.attributes["learned_days"] == 1
    assert state.attributes["lacking"] == "load"
    again = datetime.fromisoformat(state.attributes["look_again"])
    assert again == datetime(2026, 1, 19, 14, tzinfo=UTC)
    # Prices of the past would be of no use yet.
    assert all("2025-12-2" not in request for request in octopus.requests)


async def test_nothing_is_known(hass: HomeAssistant, set_up: SetUp) -> None:
    """Without statistics there is no figure, and the action says what is missing."""
    await set_up()
    state = state_of(hass, SAVED)
    assert state.state == "unknown"
    assert "days" not in state.attributes
    with pytest.raises(HomeAssistantError) as raised:
        await ask(hass)
    assert raised.value.translation_key == "no_backtest"


async def let_pass(by: timedelta, wait: Wait) -> None:
    """Let time go by, and the battery be read often enough to be trusted again."""
    await wait(by - 2 * MINUTE)
    for _ in range(9):
        await wait(MINUTE / 4)


def keep(hass: HomeAssistant, **changes: object) -> None:
    """Have found something before, or what `changes` make of it."""
    path = stored(hass)
    path.parent.mkdir(exist_ok=True)
    found = {**finding_to_json(BACKTEST), **changes}
    content = {"version": 1, "minor_version": 1, "key": path.name}
    data = {"been_live": True, "finding": found}
    path.write_text(json.dumps({**content, "data": data}), encoding="utf-8")


async def test_an_outage_of_prices_keeps_what_is_known(
    hass: HomeAssistant,
    set_up: SetUp,
    octopus: OctopusSimulator,
    wait: Wait,
    briefly: list[float | None],
) -> None:
    """What was found before stays, and an hour later it is tried again."""
    keep(hass)
    await set_up(dry_run=True)
    await record(hass, briefly)
    before = state_of(hass, SAVED)
    assert before.state == "7.25"
    await octopus.stop()
    await press(hass)
    assert state_of(hass, SAVED).attributes == before.attributes
    await octopus.start()
    await let_pass(HOUR, wait)
    assert state_of(hass, SAVED).attributes["made_at"] > before.attributes["made_at"]


async def press(hass: HomeAssistant) -> None:
    """Press the button."""
    await hass.services.async_call(
        "button", "press", {"entity_id": BUTTON}, blocking=True
    )
    await hass.async_block_till_done(wait_background_tasks=True)


@pytest.mark.parametrize("changes", [{"costs": 7}, {"made_at": None}])
async def test_a_damaged_file(
    hass: HomeAssistant, set_up: SetUp, changes: dict[str, object]
) -> None:
    """Nothing of it is needed to run."""
    keep(hass, **changes)
    await set_up(dry_run=True)
    assert value_of(hass, SAVED) == "unknown"


async def test_the_file_goes_with_the_site(hass: HomeAssistant, set_up: SetUp) -> None:
    """Nothing is left behind."""
    keep(hass)
    entry = await set_up(dry_run=True)
    assert stored(hass).exists()
    await hass.config_entries.async_remove(entry.entry_id)
    assert not stored(hass).exists()


async def test_an_unload_does_not_wait_for_it(
    hass: HomeAssistant, set_up: SetUp, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What is under way ends with the site, within a planned hour."""
    keep(hass)
    entry = await set_up(dry_run=True)
    await record(hass, hourly(0.3, 0.9))
    backtest = entry.runtime_data.coordinators.backtest
    before = backtest.finding
    planning = asyncio.Event()

    def watched(inputs: PlanInputs, past: Past) -> Generator[float, None, Finding]:
        hours = planner.backtest_by_hour(inputs, past)
        yield next(hours)
        hass.loop.call_soon_threadsafe(planning.set)
        return (yield from hours)

    monkeypatch.setattr(backtesting, "backtest_by_hour", watched)
    asked = [asyncio.create_task(ask(hass)) for _ in range(2)]
    await planning.wait()
    assert not any(each.done() for each in asked)
    async with asyncio.timeout(20):
        assert await hass.config_entries.async_unload(entry.entry_id)
    # Who has asked is told that there is no answer, rather than the one of before.
    for each in asked:
        with pytest.raises(HomeAssistantError) as told:
            await each
        assert told.value.translation_key == "backtest_ended"
    assert backtest.finding is before
