"""Other days, other tariffs and perfect foresight, asked as an automation does."""

import asyncio
from collections.abc import Generator
from typing import Any

import probatio
import pytest

from custom_components.power_sync import what_if
from custom_components.power_sync.const import DOMAIN
from custom_components.power_sync.planner import backtest as planner
from custom_components.power_sync.planner.backtest import Past
from custom_components.power_sync.planner.findings import Finding
from custom_components.power_sync.planner.inputs import PlanInputs
from homeassistant.core import (
    Event,
    EventStateChangedData,
    HomeAssistant,
    callback,
)
from homeassistant.exceptions import HomeAssistantError, ServiceValidationError
from homeassistant.helpers.event import async_track_state_change_event
from tests.ha.conftest import SetUp, state_of

from .test_site import SAVED, briefly, hourly, keep, record

__all__ = ["briefly"]

FLAT = {
    "name": "Flat",
    "provider": "fixed",
    "import_per_kwh": 0.3,
    "export_per_kwh": 0.1,
    "rates": [],
}


async def ask(hass: HomeAssistant, **data: Any) -> dict[str, Any]:
    """Run it with what is asked."""
    answer = await hass.services.async_call(
        DOMAIN, "backtest", data, blocking=True, return_response=True
    )
    assert answer is not None
    return dict(answer)


async def test_another_tariff_and_what_was_possible(
    hass: HomeAssistant, set_up: SetUp
) -> None:
    """The same four days at one price, by hand; what is kept stays as it was.

    A day takes 15 * 0.9 + 9 * 0.3 = 16.2 kWh from the grid where there is no
    battery, four of them at 30 p cost 19.44.
    """
    await record(hass, hourly(0.3, 0.9))
    await set_up(dry_run=True)
    before = state_of(hass, SAVED)
    answer = await ask(hass, days=4, perfect_foresight=True, tariffs=[FLAT])
    assert answer["days"] == 4
    assert answer["saved"] == before.attributes["saved"]
    best = answer["cost_perfect_foresight"]
    assert best <= answer["cost_power_sync"] < answer["cost_self_consumption"]
    possible = answer["cost_self_consumption"] - best
    assert answer["captured_pct"] == pytest.approx(
        100 * answer["saved"] / possible, abs=1
    )
    (flat,) = answer["tariffs"]
    assert flat["name"] == "Flat"
    assert flat["cost_no_battery"] == pytest.approx(19.44)
    # At one price there is nothing to gain from time but the sun's.
    assert flat["saved"] == pytest.approx(0, abs=0.01)
    assert flat["standing_per_day"] is None
    after = state_of(hass, SAVED)
    assert (after.state, after.attributes) == (before.state, before.attributes)


async def test_it_says_how_far_it_is(
    hass: HomeAssistant, set_up: SetUp, briefly: list[float | None]
) -> None:
    """In steps of five percent, over all that is asked; gone at the end."""
    await record(hass, briefly)
    keep(hass)
    await set_up(dry_run=True)
    seen: list[int | None] = []

    @callback
    def note(event: Event[EventStateChangedData]) -> None:
        state = event.data["new_state"]
        assert state is not None
        seen.append(state.attributes.get("progress_pct"))

    async_track_state_change_event(hass, SAVED, note)
    await ask(hass, days=4, tariffs=[FLAT])
    await hass.async_block_till_done()
    assert seen == [*range(0, 100, 5), None]


async def test_a_tariff_that_there_is_not(
    hass: HomeAssistant, set_up: SetUp, briefly: list[float | None]
) -> None:
    """It is named in what the user reads."""
    await record(hass, briefly)
    keep(hass)
    await set_up(dry_run=True)
    refused: list[tuple[dict[str, Any], type[HomeAssistantError], str]] = [
        ({"name": "A", "provider": "nobody"}, ServiceValidationError, "understood"),
        ({"name": "B", "region": 7}, ServiceValidationError, "understood"),
        ({"name": "C", "import_product": "NONE-01-01-01"}, HomeAssistantError, "fail"),
    ]
    for tariff, error, key in refused:
        with pytest.raises(error) as told:
            await ask(hass, days=4, tariffs=[tariff])
        assert key in str(told.value.translation_key)
        placeholders = told.value.translation_placeholders
        assert placeholders is not None
        assert placeholders["tariff"] == tariff["name"]


@pytest.mark.parametrize(
    "data", [{"days": 3}, {"days": 367}, {"tariffs": ["AGILE"]}, {"tariffs": [{}] * 11}]
)
async def test_what_cannot_be_asked(
    hass: HomeAssistant, set_up: SetUp, data: dict[str, Any]
) -> None:
    """Refused before anything is planned."""
    await set_up(dry_run=True)
    with pytest.raises(probatio.Invalid):
        await ask(hass, **data)


async def test_nothing_is_measured(hass: HomeAssistant, set_up: SetUp) -> None:
    """Without a load there is no past to plan."""
    await set_up(dry_run=True)
    with pytest.raises(HomeAssistantError) as told:
        await ask(hass, days=4)
    assert told.value.translation_key == "no_backtest"


async def test_it_is_cancelled(
    hass: HomeAssistant,
    set_up: SetUp,
    monkeypatch: pytest.MonkeyPatch,
    briefly: list[float | None],
) -> None:
    """Who has asked is told; the figure of before stays."""
    await record(hass, briefly)
    keep(hass)
    await set_up(dry_run=True)
    before = state_of(hass, SAVED)
    planning = asyncio.Event()

    def watched(
        inputs: PlanInputs, past: Past, **asked: Any
    ) -> Generator[float, None, Finding]:
        hours = planner.backtest_by_hour(inputs, past, **asked)
        yield next(hours)
        hass.loop.call_soon_threadsafe(planning.set)
        return (yield from hours)

    monkeypatch.setattr(what_if, "backtest_by_hour", watched)
    asked = asyncio.create_task(ask(hass, days=4))
    await planning.wait()
    await hass.services.async_call(DOMAIN, "cancel_backtest", {}, blocking=True)
    with pytest.raises(HomeAssistantError) as told:
        await asked
    assert told.value.translation_key == "backtest_ended"
    assert state_of(hass, SAVED).attributes == before.attributes
