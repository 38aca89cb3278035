"""The diagnostics of a running site replay to what it has planned and decided."""

from dataclasses import replace
from datetime import timedelta
import json
from typing import Any

import pytest

from custom_components.power_sync.control.log import Outcome
from custom_components.power_sync.diagnostics import async_get_config_entry_diagnostics
from custom_components.power_sync.forecast_coordinator import Forecasts
from custom_components.power_sync.model.battery import Mode
from custom_components.power_sync.model.forecast import Forecast
from custom_components.power_sync.model.series import Series
from custom_components.power_sync.recording.file import recording_of
from custom_components.power_sync.recording.model import Recording
from custom_components.power_sync.recording.replay import Replayed, replay
from custom_components.power_sync.recording.table import PlanTable
from homeassistant.core import HomeAssistant
from simulators.octopus import Fault, OctopusSimulator
from simulators.sungrow import SungrowSimulator
from tests.common import NOON, SERIAL

from .conftest import SetUp, Wait


async def recorded(hass: HomeAssistant, entry: Any) -> Recording:
    """Return what is recorded of a site, through JSON."""
    found = await async_get_config_entry_diagnostics(hass, entry)
    text = json.dumps(found, allow_nan=False)
    assert len(json.dumps(found, indent=2)) < 500_000
    return recording_of(json.loads(text))


def the_same(recording: Recording) -> Replayed:
    """Replay, and see that nothing differs."""
    replayed = replay(recording)
    assert replayed.differences == ()
    return replayed


async def test_a_plan_and_its_decision(
    hass: HomeAssistant, set_up: SetUp, wait: Wait
) -> None:
    """Also the second plan, whose ties depend on the first."""
    entry = await set_up(import_limit_w=9000.0)
    first = the_same(await recorded(hass, entry))
    await wait(timedelta(seconds=20))
    await entry.runtime_data.coordinators.plan.async_refresh()
    await hass.async_block_till_done(wait_background_tasks=True)
    recording = await recorded(hass, entry)
    assert recording.planning is not None
    assert recording.planning.running is not None
    second = the_same(recording)
    assert first.plan is not None
    assert second.plan is not None
    assert second.plan.made_at > first.plan.made_at
    planning = entry.runtime_data.coordinators.plan.planning
    # Serial numbers stay in the home.
    assert second.plan == replace(planning.plan, battery_ids=("battery_1",))
    (battery,) = second.batteries
    assert battery.battery_id == "battery_1"
    assert battery.lease == entry.runtime_data.controller.batteries[SERIAL].lease


async def test_the_same_moment_gives_the_same_file(
    hass: HomeAssistant, set_up: SetUp
) -> None:
    """Two files of one moment are alike to the letter."""
    entry = await set_up()
    files = [await async_get_config_entry_diagnostics(hass, entry) for _ in "12"]
    one, two = (json.loads(json.dumps(file)) for file in files)
    # Control goes on meanwhile: what comes after the first file is in the second.
    traces = [file["recording"].pop("trace") for file in (one, two)]
    assert traces[1][: len(traces[0]) - 1] == traces[0][:-1]
    assert json.dumps(one) == json.dumps(two)


@pytest.mark.parametrize("dry_run", [True, False])
async def test_a_force_and_its_writes(
    hass: HomeAssistant, set_up: SetUp, sungrow: SungrowSimulator, *, dry_run: bool
) -> None:
    """What would be written is what was written, or what a dry run shows."""
    entry = await set_up(dry_run=dry_run)
    site = entry.runtime_data
    await site.controller.force(
        Mode.CHARGE, power_w=2500, duration=timedelta(minutes=30)
    )
    (battery,) = the_same(await recorded(hass, entry)).batteries
    assert battery.lease is not None
    assert battery.lease.master == "force"
    assert battery.writes is not None
    wanted = {write.setting: write.value for write in battery.writes}
    charge = {"forced_power_w": 2500, "ems_mode": 2, "forced_command": 0xAA}
    # The plan may have held the discharge before.
    assert charge.items() <= wanted.items()
    outcome = site.controller.batteries[SERIAL].outcome
    assert outcome is (Outcome.DRY_RUN if dry_run else Outcome.FOLLOWED)
    assert bool(sungrow.writes) is not dry_run


async def test_a_battery_that_is_given_back(hass: HomeAssistant, set_up: SetUp) -> None:
    """The owner's settings, over ours."""
    entry = await set_up()
    controller = entry.runtime_data.controller
    await controller.force(Mode.CHARGE, power_w=2500, duration=timedelta(minutes=30))
    await controller.restore_normal()
    (battery,) = the_same(await recorded(hass, entry)).batteries
    assert battery.command is None
    assert battery.writes is not None
    assert ("ems_mode", 0) in {(w.setting, w.value) for w in battery.writes}


async def test_a_decision_on_another_plan(hass: HomeAssistant, set_up: SetUp) -> None:
    """A plan that came after the last decision does not change it."""
    entry = await set_up()
    controller = entry.runtime_data.controller
    (battery,) = controller.batteries.values()
    assert battery.decided is not None
    then = battery.decided.plan_made_at
    await entry.runtime_data.coordinators.plan.async_refresh()
    recording = await recorded(hass, entry)
    decision = recording.batteries[0].decision
    assert decision is not None
    assert decision.plan_made_at in {then, controller.plan.made_at}
    the_same(recording)


async def test_a_site_that_knows_nothing(
    hass: HomeAssistant,
    set_up: SetUp,
    sungrow: SungrowSimulator,
    octopus: OctopusSimulator,
) -> None:
    """There is nothing to plan from, and safety decides."""
    await sungrow.refuse_connections()
    octopus.standing_fault = Fault(status=503)
    entry = await set_up()
    replayed = the_same(await recorded(hass, entry))
    assert replayed.plan is None
    assert replayed.no_plan == "prices or a readable battery were missing"
    assert replayed.batteries[0].lease is not None
    assert replayed.batteries[0].lease.reason == "unreadable"


async def test_a_forecast_is_kept_without_its_name(
    hass: HomeAssistant, set_up: SetUp
) -> None:
    """The plan that it leads to is the same; so it is for a battery of no brand."""
    entry = await set_up()
    site = entry.runtime_data
    hours = [1000.0 * (hour % 4) for hour in range(48)]
    sun = Forecast(Series.regular(NOON, timedelta(hours=1), hours), "Anna's roof", NOON)
    site.coordinators.forecasts.async_set_updated_data(Forecasts(sun, None, sun))
    await site.async_replan()
    await hass.async_block_till_done(wait_background_tasks=True)
    site.controller.book.introduce(SERIAL, {})
    recording = await recorded(hass, entry)
    assert recording.planning is not None
    assert recording.planning.inputs.solar == replace(sun, source="solar")
    (battery,) = the_same(recording).batteries
    assert recording.batteries[0].config is None
    assert battery.writes is None


async def test_what_there_was_to_plan_from(
    hass: HomeAssistant, set_up: SetUp, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where no plan could be made, the file says from what."""

    def none(*_args: object) -> None:
        return None

    with monkeypatch.context() as patch:
        patch.setattr("custom_components.power_sync.plan_coordinator.make_plan", none)
        entry = await set_up()
        recording = await recorded(hass, entry)
    assert recording.planning is not None
    assert recording.planning.plan is None
    replayed = the_same(recording)
    assert replayed.plan is not None
    assert len(PlanTable.of(replayed.plan).starts()) == 576
