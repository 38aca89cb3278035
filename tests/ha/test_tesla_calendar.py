"""A Powerwall's own calendar, in a home whose clock is another one's."""

from datetime import datetime, timedelta
from typing import Any

from custom_components.power_sync.const import DOMAIN
from homeassistant.config_entries import ConfigEntry
from homeassistant.core import HomeAssistant
from homeassistant.util import dt as dt_util
from tests.devices.tesla_site import Account

from .conftest import Wait
from .test_tesla_sync import account, entry

__all__ = ["account", "entry"]


async def rows(hass: HomeAssistant, **asked: str) -> list[dict[str, Any]]:
    """Return the rows of a calendar."""
    answer: Any = await hass.services.async_call(
        DOMAIN, "get_calendar_history", asked, blocking=True, return_response=True
    )
    assert answer["source"] == "battery"
    series: list[dict[str, Any]] = answer["time_series"]
    return series


async def test_a_day_is_the_sites_own(
    hass: HomeAssistant, entry: ConfigEntry[Any], account: Account, wait: Wait
) -> None:
    """It begins at its midnight; only a start that is asked for cuts it."""
    await hass.config.async_set_time_zone("America/Los_Angeles")
    await wait(timedelta(minutes=10))
    now = dt_util.utcnow()
    midnight = now.astimezone(account.site.gateway.zone).replace(
        hour=0, minute=0, second=0
    )
    assert midnight < dt_util.start_of_local_day() < now
    (row,) = await rows(hass)
    assert datetime.fromisoformat(row["timestamp"]) == midnight
    assert row["home_consumption"] > 0
    today = dt_util.now().date()
    assert await rows(hass, start_date=today.isoformat()) == []
    for period in ("week", "lifetime"):
        assert len(await rows(hass, period=period)) == 1
