"""The solar forecast from real energy platforms."""

from collections.abc import Callable
from datetime import UTC, datetime
import logging
from typing import override

import pytest
from pytest_homeassistant_custom_component.common import (  # type: ignore[import-untyped]  # has no type marker
    MockConfigEntry,
    MockModule,
    mock_integration,
    mock_platform,
)

from custom_components.power_sync.bridges import solar_forecast as bridge
from custom_components.power_sync.bridges.solar_forecast import async_solar_forecast
from homeassistant.components.energy.data import SolarSourceType
from homeassistant.components.energy.types import SolarForecastType
from homeassistant.config_entries import ConfigEntryState
from homeassistant.core import HomeAssistant
from homeassistant.setup import async_setup_component

from .conftest import choose

NOON = datetime(2026, 6, 1, 12, tzinfo=UTC)
type Answer = Callable[[str], SolarForecastType | None]


def noon(wh: float) -> SolarForecastType:
    """Return an answer with `wh` in the hour of noon."""
    return {"wh_hours": {"2026-06-01T12:00:00+00:00": wh, "2026-06-01T13:00:00Z": 0}}


class EnergyPlatform:
    """The energy platform of an integration."""

    def __init__(self, answer: Answer) -> None:
        """Take what it answers by entry id."""
        self.answer = answer

    async def async_get_solar_forecast(
        self, hass: HomeAssistant, config_entry_id: str
    ) -> SolarForecastType | None:
        """Answer."""
        return self.answer(config_entry_id)


async def provider(
    hass: HomeAssistant, domain: str, answer: Answer, *entry_ids: str
) -> None:
    """Add an integration with an energy platform and loaded entries."""
    mock_integration(hass, MockModule(domain))
    mock_platform(hass, f"{domain}.energy", EnergyPlatform(answer))
    assert await async_setup_component(hass, domain, {})
    for entry_id in entry_ids:
        MockConfigEntry(
            domain=domain, entry_id=entry_id, state=ConfigEntryState.LOADED
        ).add_to_hass(hass)
    await hass.async_block_till_done()


def source(*entry_ids: str) -> SolarSourceType:
    """Return a solar source of the Energy dashboard with its forecasts."""
    return SolarSourceType(
        type="solar",
        stat_energy_from="t:solar",
        config_entry_solar_forecast=list(entry_ids) or None,
    )


async def noon_w(hass: HomeAssistant) -> float | None:
    """Return the forecast at noon."""
    forecast = await async_solar_forecast(hass)
    return None if forecast is None else forecast.p50_w.at(NOON)


@pytest.mark.usefixtures("energy")
async def test_the_dashboards_choice_each_once(hass: HomeAssistant) -> None:
    """Two planes of one provider, one of them named twice; another not at all."""
    wh = {"east": 1000.0, "west": 500.0}
    await provider(hass, "roof", lambda entry: noon(wh[entry]), "east", "west")
    await provider(hass, "other", lambda _: noon(9000), "unused")
    await choose(hass, [source("east", "west"), source("west"), source()])
    forecast = await async_solar_forecast(hass)
    assert forecast is not None
    assert forecast.p50_w.at(NOON) == 1500
    assert forecast.source == "roof"


@pytest.mark.usefixtures("energy")
async def test_one_that_is_loaded_where_none_is_chosen(
    hass: HomeAssistant, caplog: pytest.LogCaptureFixture
) -> None:
    """Two may forecast the same roof: one of them counts, and it is said once."""
    await provider(hass, "one", lambda _: noon(1000), "a")
    await provider(hass, "two", lambda _: noon(200), "b")
    MockConfigEntry(domain="two", entry_id="asleep").add_to_hass(hass)
    caplog.set_level(logging.INFO)
    assert await noon_w(hass) == 1000
    assert await noon_w(hass) == 1000
    assert caplog.text.count("of one, two, that of one is used") == 1


@pytest.mark.usefixtures("energy")
async def test_we_are_never_our_own_source(hass: HomeAssistant) -> None:
    """Neither by choice nor by default."""
    await provider(hass, "power_sync", lambda _: noon(9000), "ours")
    assert await noon_w(hass) is None
    await provider(hass, "roof", lambda _: noon(700), "theirs")
    await choose(hass, [source("ours", "theirs")])
    assert await noon_w(hass) == 700


@pytest.mark.usefixtures("energy")
async def test_one_failing_provider_does_not_lose_the_others(
    hass: HomeAssistant, caplog: pytest.LogCaptureFixture
) -> None:
    """It is logged when it begins to fail and when it is back, not each time."""
    caplog.set_level(logging.INFO)
    answers: list[SolarForecastType] = []

    def flaky(_: str) -> SolarForecastType:
        return answers[0]

    await provider(hass, "flaky", flaky, "a")
    await provider(hass, "steady", lambda _: noon(800), "b")
    await choose(hass, [source("a", "b")])
    assert await noon_w(hass) == 800
    assert await noon_w(hass) == 800
    assert caplog.text.count("Solar forecast of flaky: IndexError") == 1
    answers.append(noon(100))
    assert await noon_w(hass) == 900
    assert caplog.text.count("Solar forecast of flaky: available again") == 1


@pytest.mark.usefixtures("energy")
@pytest.mark.parametrize(
    "answer",
    [
        None,
        {"wh_hours": {}},
        {"wh_hours": {"x": 1}},
        {"wh_hours": None},
        {},
    ],
)
async def test_an_answer_that_says_nothing(
    hass: HomeAssistant, answer: SolarForecastType | None
) -> None:
    """Whatever it is, there is no forecast and no error."""
    await provider(hass, "roof", lambda _: answer, "a")
    assert await noon_w(hass) is None


@pytest.mark.usefixtures("energy")
async def test_a_provider_that_hangs(
    hass: HomeAssistant, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is given up after the time-out."""
    monkeypatch.setattr(bridge, "_TIMEOUT_S", 0.05)

    class Hanging(EnergyPlatform):
        @override
        async def async_get_solar_forecast(
            self, hass: HomeAssistant, config_entry_id: str
        ) -> SolarForecastType | None:
            await hass.loop.create_future()
            return None

    mock_integration(hass, MockModule("slow"))
    mock_platform(hass, "slow.energy", Hanging(lambda _: None))
    assert await async_setup_component(hass, "slow", {})
    MockConfigEntry(
        domain="slow", entry_id="s", state=ConfigEntryState.LOADED
    ).add_to_hass(hass)
    await provider(hass, "steady", lambda _: noon(800), "b")
    assert await noon_w(hass) == 800


@pytest.mark.usefixtures("energy")
async def test_forecast_solar_is_keyed_by_the_end(hass: HomeAssistant) -> None:
    """Up to 2026.10 the 89 Wh at 07:00 are those from 06:20:17 to 07:00."""
    await provider(
        hass,
        "forecast_solar",
        lambda _: {
            "wh_hours": {
                "2024-04-26T06:20:17+02:00": 0,
                "2024-04-26T07:00:00+02:00": 89,
                "2024-04-26T08:00:00+02:00": 376,
                "2024-04-26T09:00:00+02:00": 538,
            }
        },
        "a",
    )
    forecast = await async_solar_forecast(hass)
    assert forecast is not None
    six_thirty = datetime(2024, 4, 26, 4, 30, tzinfo=UTC)
    # 89 Wh in 2383 seconds.
    assert forecast.p50_w.at(six_thirty) == pytest.approx(134.45, abs=0.01)
    assert forecast.p50_w.at(datetime(2024, 4, 26, 5, tzinfo=UTC)) == 376


async def test_without_the_energy_integration(hass: HomeAssistant) -> None:
    """Nothing to ask is None."""
    assert await async_solar_forecast(hass) is None
