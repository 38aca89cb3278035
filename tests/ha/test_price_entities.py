"""Prices at a glance in Home Assistant: sensors, calendar, actions."""

from datetime import UTC, datetime, timedelta

import pytest

from homeassistant.core import HomeAssistant
from homeassistant.exceptions import HomeAssistantError, ServiceValidationError
from simulators.octopus import Fault, OctopusSimulator
from simulators.octopus.recorded import HALF_HOUR, agile_price
from simulators.sungrow import SungrowSimulator
from tests.common import NOON

from .conftest import SetUp, Wait, state_of, value_of

MINUTE = timedelta(minutes=1)
HOUR = timedelta(hours=1)
MIDNIGHT = datetime(2026, 1, 14, tzinfo=UTC)
LENGTH = "number.powersync_length_of_the_cheapest_time"
CHEAPEST = "sensor.powersync_cheapest_time"
PUBLISHED_H = 23
"""At noon, Agile is known until 23:00."""


def pounds(start: datetime) -> float:
    """Return what a kWh costs, as the simulator has it."""
    price = agile_price(start)
    assert price is not None
    return price.import_inc_vat / 100


def half_hours(start: datetime, hours: float) -> list[datetime]:
    """Return the starts of half-hours."""
    return [start + HALF_HOUR * n for n in range(int(hours * 2))]


def cheapest(start: datetime, hours: float, until: datetime) -> tuple[datetime, float]:
    """Return the first of the cheapest times that begin with a half-hour."""
    count = int((until - start) / HALF_HOUR - hours * 2) + 1
    means = {
        begin: sum(map(pounds, half_hours(begin, hours))) / (hours * 2)
        for begin in half_hours(start, count / 2)
    }
    best = min(means, key=lambda begin: means[begin])
    return best, means[best]


async def find(hass: HomeAssistant, **data: object) -> dict[str, object]:
    """Ask for the cheapest time."""
    answer = await hass.services.async_call(
        "power_sync",
        "find_cheapest_window",
        data,
        blocking=True,
        return_response=True,
    )
    assert answer is not None
    return {**answer}


@pytest.fixture(autouse=True)
async def in_london(hass: HomeAssistant) -> None:
    """Have the home where its tariff is."""
    await hass.config.async_set_time_zone("Europe/London")


@pytest.mark.usefixtures("all_enabled")
async def test_sensors(hass: HomeAssistant, set_up: SetUp, wait: Wait) -> None:
    """The slots ahead and today's figures are those of the recorded prices."""
    await set_up()
    following = NOON + HOUR
    for name, start in (
        ("next_import_price", NOON + HALF_HOUR),
        ("following_import_price", following),
    ):
        state = state_of(hass, f"sensor.powersync_{name}")
        assert float(state.state) == pytest.approx(pounds(start))
        assert state.attributes["start"] == start.isoformat()
        assert state.attributes["firm"] is True
        assert state.attributes["unit_of_measurement"] == "GBP/kWh"
    known = half_hours(MIDNIGHT, PUBLISHED_H)
    prices = [pounds(start) for start in known]
    for name, wanted in (
        ("lowest_price_today", min(prices)),
        ("highest_price_today", max(prices)),
        ("average_price_today", sum(prices) / len(prices)),
    ):
        state = state_of(hass, f"sensor.powersync_{name}")
        assert float(state.state) == pytest.approx(wanted, abs=1e-5)
        assert state.attributes["known_hours"] == PUBLISHED_H
    lowest = state_of(hass, "sensor.powersync_lowest_price_today")
    assert lowest.attributes["at"] == known[prices.index(min(prices))].isoformat()
    assert value_of(hass, "sensor.powersync_lowest_price_tomorrow") == "unknown"
    around = half_hours(MIDNIGHT - 12 * HOUR, 12 + PUBLISHED_H)
    mean = sum(map(pounds, around)) / len(around)
    share = pounds(NOON) / mean
    assert 0.6 < share <= 0.9
    assert value_of(hass, "sensor.powersync_price_level") == "cheap"
    fetched = "sensor.powersync_prices_fetched"
    assert value_of(hass, fetched) == NOON.isoformat()
    for _ in range(5):
        await wait(HOUR)
    # At 16:00 tomorrow's came out, up to 23:00.
    tomorrow = [pounds(start) for start in half_hours(MIDNIGHT + 24 * HOUR, 23)]
    state = state_of(hass, "sensor.powersync_highest_price_tomorrow")
    assert float(state.state) == pytest.approx(max(tomorrow))
    assert datetime.fromisoformat(value_of(hass, fetched)) >= NOON + 4 * HOUR


async def test_the_cheapest_time(
    hass: HomeAssistant, set_up: SetUp, wait: Wait
) -> None:
    """It is as long as the number says, and stays what it is until it is over."""
    await set_up()
    until = MIDNIGHT + PUBLISHED_H * HOUR
    start, mean = cheapest(NOON, 3, until)
    state = state_of(hass, CHEAPEST)
    assert state.state == start.isoformat()
    assert state.attributes["end"] == (start + 3 * HOUR).isoformat()
    assert state.attributes["mean_per_kwh"] == pytest.approx(mean, abs=1e-5)
    await hass.services.async_call(
        "number", "set_value", {"entity_id": LENGTH, "value": 1.5}, blocking=True
    )
    start, _ = cheapest(NOON, 1.5, until)
    assert value_of(hass, CHEAPEST) == start.isoformat()
    await wait(start - NOON + 5 * MINUTE)
    assert value_of(hass, CHEAPEST) == start.isoformat()
    await wait(80 * MINUTE)
    assert value_of(hass, CHEAPEST) == start.isoformat()
    await wait(5 * MINUTE)
    assert datetime.fromisoformat(value_of(hass, CHEAPEST)) >= start + 1.5 * HOUR


async def test_the_action(hass: HomeAssistant, set_up: SetUp) -> None:
    """It answers between the times given, and says where prices end."""
    await set_up()
    start, mean = cheapest(NOON + 3 * HOUR, 2, NOON + 9 * HOUR)
    times = {"start": "2026-01-14 15:00:00", "end": "2026-01-14 21:00:00"}
    assert await find(hass, hours=2, **times) == {
        "start": start.isoformat(),
        "end": (start + 2 * HOUR).isoformat(),
        "mean_per_kwh": pytest.approx(mean, abs=1e-5),
        "firm": True,
        "currency": "GBP",
    }
    ahead = {"start": "2026-01-15 00:00:00", "end": "2026-01-15 07:00:00"}
    with pytest.raises(ServiceValidationError, match="prices between start and end"):
        await find(hass, hours=2, **ahead)
    found = await find(hass, hours=2, forecast=True, **ahead)
    assert found["firm"] is False
    assert "2026-01-15T00:00" <= str(found["start"]) <= "2026-01-15T05:00"


async def test_the_calendar(hass: HomeAssistant, set_up: SetUp) -> None:
    """Agile's half-hours are drawn together by level, without a gap until 23:00."""
    await set_up()
    answer = await hass.services.async_call(
        "calendar",
        "get_events",
        {
            "entity_id": "calendar.powersync_tariff",
            "start_date_time": "2026-01-14 00:00:00",
            "end_date_time": "2026-01-15 00:00:00",
        },
        blocking=True,
        return_response=True,
    )
    assert answer is not None
    found = answer["calendar.powersync_tariff"]
    assert isinstance(found, dict)
    events = found["events"]
    assert isinstance(events, list)
    assert 3 <= len(events) <= 24
    ends = [event["end"] for event in events if isinstance(event, dict)]
    starts = [event["start"] for event in events if isinstance(event, dict)]
    assert ends[:-1] == starts[1:]
    assert ends[-1] == "2026-01-14T23:00:00+00:00"
    state = state_of(hass, "calendar.powersync_tariff")
    assert state.state == "on"
    assert " p" in state.attributes["message"].replace("\N{NO-BREAK SPACE}", " ")
    assert state.attributes["description"].startswith("Selling pays ")


async def test_everything_anew_and_politely(
    hass: HomeAssistant,
    set_up: SetUp,
    wait: Wait,
    octopus: OctopusSimulator,
    sungrow: SungrowSimulator,
) -> None:
    """A provider is asked once a minute, and not while it wants to be left alone."""
    await set_up()

    async def asked() -> int:
        octopus.requests.clear()
        await hass.services.async_call("power_sync", "sync_now", {}, blocking=True)
        return len(octopus.requests)

    assert await asked() == 0
    await wait(MINUTE)
    assert await asked() > 0
    octopus.standing_fault = Fault(status=429, retry_after="600")
    await wait(MINUTE)
    assert await asked() == 1
    octopus.heal()
    await wait(8 * MINUTE)
    assert await asked() == 0
    await wait(3 * MINUTE)
    sungrow.home.soc_pct = 71.0
    await asked()
    assert value_of(hass, "sensor.powersync_battery_level") == "71.0"


@pytest.mark.usefixtures("all_enabled")
async def test_without_prices(
    hass: HomeAssistant, set_up: SetUp, octopus: OctopusSimulator
) -> None:
    """Nothing is made up: all is unknown, and the action says so."""
    octopus.standing_fault = Fault(status=503)
    await set_up()
    for name in (
        "next_import_price",
        "average_price_today",
        "price_level",
        "cheapest_time",
        "prices_fetched",
    ):
        assert value_of(hass, f"sensor.powersync_{name}") == "unknown"
    assert value_of(hass, "calendar.powersync_tariff") == "off"
    with pytest.raises(HomeAssistantError, match="No prices are known"):
        await find(hass)
