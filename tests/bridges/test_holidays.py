"""The public holidays of the home's country, added to its load history."""

from datetime import UTC, date, datetime, timedelta

from freezegun.api import FrozenDateTimeFactory
import pytest
from pytest_homeassistant_custom_component.common import (  # type: ignore[import-untyped]  # has no type marker
    MockConfigEntry,
)

from custom_components.power_sync.bridges.holidays import async_with_holidays
from custom_components.power_sync.bridges.libraries import (
    Library,
    Requirement,
    async_ensure,
)
from custom_components.power_sync.forecast.load_history import LoadHistory, LoadSample
from homeassistant.core import HomeAssistant
from homeassistant.helpers import issue_registry as ir

NOW = datetime(2027, 1, 3, 12, tzinfo=UTC)
LOAD = LoadHistory.of(
    [LoadSample(datetime(2026, 12, 20, tzinfo=UTC), 300.0)], timedelta(hours=1)
)
CHRISTMAS = {date(2026, 12, 25), date(2026, 12, 26)}
NEW_YEAR, EPIPHANY = date(2027, 1, 1), date(2027, 1, 6)


@pytest.fixture(autouse=True)
async def at_new_year(hass: HomeAssistant, freezer: FrozenDateTimeFactory) -> None:
    """Be in Berlin on 3 January."""
    freezer.move_to(NOW)
    await hass.config.async_set_time_zone("Europe/Berlin")
    hass.config.country = "DE"


async def test_the_country_of_home_assistant(hass: HomeAssistant) -> None:
    """Those of the history and of four days ahead, once the library is there."""
    assert await async_with_holidays(hass, LOAD) == LOAD
    assert await async_ensure(hass, Library.HOLIDAYS)
    known = await async_with_holidays(hass, LOAD)
    assert known.holidays == {*CHRISTMAS, NEW_YEAR}
    assert known.samples == LOAD.samples


@pytest.mark.parametrize("domain", ["holiday", "workday"])
async def test_the_region_that_was_chosen(hass: HomeAssistant, domain: str) -> None:
    """Epiphany is one in Bavaria, where Home Assistant was told that it is there."""
    assert await async_ensure(hass, Library.HOLIDAYS)
    MockConfigEntry(
        domain=domain, data={"country": "DE"}, options={"province": "BY"}
    ).add_to_hass(hass)
    known = await async_with_holidays(hass, LOAD)
    assert known.holidays == {*CHRISTMAS, NEW_YEAR, EPIPHANY}


@pytest.mark.parametrize("country", [None, "XX"])
async def test_without_a_known_country(hass: HomeAssistant, country: str) -> None:
    """No day is one."""
    assert await async_ensure(hass, Library.HOLIDAYS)
    hass.config.country = country
    assert (await async_with_holidays(hass, LOAD)).holidays == frozenset()


async def test_without_the_library(
    hass: HomeAssistant,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    """Nothing is said of it: the forecast is a little less exact, that is all."""
    nowhere = Requirement("no-such==1", "power_sync_no_such_library", needed=False)
    monkeypatch.setattr(Library.HOLIDAYS, "_value_", nowhere)
    assert not await async_ensure(hass, Library.HOLIDAYS)
    assert await async_with_holidays(hass, LOAD) == LOAD
    assert not ir.async_get(hass).issues
    assert not [each for each in caplog.records if each.levelname == "WARNING"]
