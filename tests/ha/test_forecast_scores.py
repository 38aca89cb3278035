"""How yesterday's forecasts came out, as a user sees it."""

import json
from pathlib import Path

import pytest
from pytest_homeassistant_custom_component.components.recorder.common import (  # type: ignore[import-untyped]  # has no type marker
    async_wait_recording_done,
)

from custom_components.power_sync.const import DOMAIN
from custom_components.power_sync.sensor_scores import SCORE_ATTRIBUTES
from homeassistant.components.recorder.history import state_changes_during_period
from homeassistant.const import STATE_UNKNOWN
from homeassistant.core import HomeAssistant
from homeassistant.helpers.recorder import get_instance
from tests.backtest.test_site import hourly, record
from tests.bridges.conftest import HOUR
from tests.common import NOON

from .conftest import ENTRY_ID, SetUp, state_of

SOLAR = "sensor.powersync_solar_forecast_error"
LOAD = "sensor.powersync_load_forecast_error"
SINCE_YESTERDAY = 28
"""Hours from the midnight in Los Angeles that began yesterday until `NOON`."""


def forecast_was(hass: HomeAssistant, noon_w: float) -> None:
    """Have it on record that this was forecast for the hour of noon (UTC)."""
    starts = [NOON - hour * HOUR for hour in range(1, SINCE_YESTERDAY + 1)]
    rows = [
        [round(start.timestamp()), noon_w if start.hour == 12 else 0.0]
        for start in starts
    ]
    path = Path(hass.config.path(f".storage/{DOMAIN}.solar_forecasts.{ENTRY_ID}"))
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps({"version": 1, "data": rows}), encoding="utf-8")


async def test_yesterday_is_scored(hass: HomeAssistant, set_up: SetUp) -> None:
    """Half as much load again as on the days before, and more sun than forecast."""
    assert hass.config.time_zone == "US/Pacific"
    load = [kwh or 0.0 for kwh in hourly(0.3, 0.9)]
    usual, last = load[:-SINCE_YESTERDAY], load[-SINCE_YESTERDAY:]
    await record(hass, [*usual, *(1.5 * kwh for kwh in last)])
    await hass.async_add_executor_job(forecast_was, hass, 1000.0)
    await set_up(dry_run=True)

    state = state_of(hass, LOAD)
    # 15 hours of 0.9 kWh and 9 of 0.3 are 16.2 kWh; with them 1.5 kWh of sun.
    assert float(state.state) == pytest.approx(100 * 8.1 / 25.8, abs=0.1)
    assert state.attributes["unit_of_measurement"] == "%"
    assert state.attributes["state_class"] == "measurement"
    shown = {name: state.attributes[name] for name in SCORE_ATTRIBUTES}
    assert shown == {
        "day": "2026-01-13",
        "hours": 24,
        "bias_pct": pytest.approx(-100 * 8.1 / 25.8, abs=0.1),
        "mean_error_w": pytest.approx(8100 / 24, abs=1),
        "forecast_kwh": pytest.approx(17.7, abs=0.01),
        "measured_kwh": pytest.approx(25.8, abs=0.01),
    }

    state = state_of(hass, SOLAR)
    assert float(state.state) == pytest.approx(33.3)
    assert state.attributes["bias_pct"] == pytest.approx(-33.3)
    assert state.attributes["measured_kwh"] == 1.5

    await async_wait_recording_done(hass)
    for entity_id in (LOAD, SOLAR):
        recorded = await get_instance(hass).async_add_executor_job(
            state_changes_during_period, hass, NOON - HOUR, NOON + HOUR, entity_id
        )
        last_state = recorded[entity_id][-1]
        assert not SCORE_ATTRIBUTES & last_state.attributes.keys()


async def test_nothing_on_record_is_no_score(
    hass: HomeAssistant, set_up: SetUp
) -> None:
    """Without a past there is no figure, and none of zero."""
    await set_up(dry_run=True)
    for entity_id in (LOAD, SOLAR):
        state = state_of(hass, entity_id)
        assert state.state == STATE_UNKNOWN
        assert not SCORE_ATTRIBUTES & state.attributes.keys()
