"""The demo's day-ahead prices, and PowerSync's dialogue on them."""

from datetime import UTC, date, datetime
from pathlib import Path

from freezegun.api import FrozenDateTimeFactory
import pytest

import custom_components
from homeassistant.config_entries import SOURCE_USER
from homeassistant.core import HomeAssistant
from simulators.day_ahead import DayAhead
from simulators.demo.providers import PROVIDERS, elsewhere

NOON = datetime(2026, 11, 26, 12, tzinfo=UTC)
"""13:00 in Brussels: tomorrow has just been published."""


@pytest.fixture
def found(monkeypatch: pytest.MonkeyPatch, enable_custom_integrations: None) -> None:
    """Let Home Assistant find the integration, as the demo does."""
    beside = Path(__file__).parents[2] / "simulators" / "custom_components"
    path = [*custom_components.__path__, str(beside)]
    monkeypatch.setattr(custom_components, "__path__", path)


@pytest.mark.parametrize(
    ("day", "quarters", "first", "last"),
    [
        (date(2026, 11, 27), 96, "2026-11-26T23:00", "2026-11-27T22:45"),
        (date(2026, 3, 29), 92, "2026-03-28T23:00", "2026-03-29T21:45"),
        (date(2026, 10, 25), 100, "2026-10-24T22:00", "2026-10-25T22:45"),
    ],
    ids=["usual", "spring", "autumn"],
)
def test_a_day_is_the_auctions(day: date, quarters: int, first: str, last: str) -> None:
    """It runs from midnight to midnight in Brussels, whatever the clocks do."""
    rows = DayAhead().day(day, NOON)
    assert len(rows) == quarters
    assert f"{rows[0].start:%Y-%m-%dT%H:%M}" == first
    assert f"{rows[-1].start:%Y-%m-%dT%H:%M}" == last


@pytest.mark.parametrize(("minute", "known"), [(59, 0), (60, 96)])
def test_tomorrow_comes_out_at_13_00(minute: int, known: int) -> None:
    """A minute before, there is nothing yet."""
    now = datetime(2026, 11, 26, 11 + minute // 60, minute % 60, tzinfo=UTC)
    assert len(DayAhead().day(date(2026, 11, 27), now)) == known


def test_a_home_moves_within_its_country() -> None:
    """Each provider leads to another one of the same place, and none is left out."""
    keys = [provider.key for provider in PROVIDERS]
    assert len({*keys}) == len(keys)
    for provider in PROVIDERS:
        following = elsewhere(provider)
        assert following is not provider
        assert following.place is provider.place
    assert {elsewhere(each).key for each in PROVIDERS} == {*keys}


@pytest.mark.usefixtures("found")
async def test_it_answers_as_nord_pool_does(
    hass: HomeAssistant, freezer: FrozenDateTimeFactory
) -> None:
    """The action has prices per MWh, the entity's lists have them per kWh."""
    freezer.move_to("2026-11-26T12:07:00+00:00")
    form = await hass.config_entries.flow.async_init(
        "nordpool", context={"source": SOURCE_USER}
    )
    done = await hass.config_entries.flow.async_configure(form["flow_id"], {})
    await hass.async_block_till_done()
    entry = done["result"]
    answer = await hass.services.async_call(
        "nordpool",
        "get_prices_for_date",
        {"config_entry": entry.entry_id, "date": "2026-11-26", "areas": ["NL"]},
        blocking=True,
        return_response=True,
    )
    assert answer is not None
    rows = answer["NL"]
    assert isinstance(rows, list)
    assert len(rows) == 96
    # It was set up at 12:07: the hour from 12:00 on, 13:00 in Brussels, is cheap.
    assert rows[52] == {
        "start": "2026-11-26T12:00:00+00:00",
        "end": "2026-11-26T12:15:00+00:00",
        "price": -500.0,
    }
    sensor = hass.states.get("sensor.nord_pool_nl")
    assert sensor is not None
    assert float(sensor.state) == -0.5
    assert sensor.attributes["unit_of_measurement"] == "EUR/kWh"
    assert sensor.attributes["raw_today"][52] == {
        "start": "2026-11-26T13:00:00+01:00",
        "end": "2026-11-26T13:15:00+01:00",
        "value": -0.5,
    }
    assert len(sensor.attributes["raw_tomorrow"]) == 96
    assert await hass.config_entries.async_unload(entry.entry_id)
