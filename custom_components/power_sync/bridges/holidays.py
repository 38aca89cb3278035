"""The public holidays of the home's country, for what its load is learned from.

The country is the one that Home Assistant is set to. Where its Holiday or Workday
integration is set up, the region chosen there counts.
"""

from dataclasses import replace
from datetime import date, timedelta
from typing import Final

from custom_components.power_sync.forecast.load_history import LoadHistory
from homeassistant.core import HomeAssistant
from homeassistant.util import dt as dt_util

from .libraries import Library, is_usable

AHEAD: Final = timedelta(days=4)
"""No forecast reaches further."""
_KNOWING: Final = ("holiday", "workday")


async def async_with_holidays(hass: HomeAssistant, load: LoadHistory) -> LoadHistory:
    """Return a load history that knows the holidays of its days and of those ahead.

    As it is where the country is not known, or the library is not there.
    """
    country, region = _place(hass)
    if country is None or not load.samples or not is_usable(hass, Library.HOLIDAYS):
        return load
    first = dt_util.as_local(load.samples[0].start).date()
    last = (dt_util.now() + AHEAD).date()
    days = await hass.async_add_executor_job(_between, country, region, first, last)
    return replace(load, holidays=days)


def _place(hass: HomeAssistant) -> tuple[str | None, str | None]:
    """Return the country, and the region where one was chosen."""
    for domain in _KNOWING:
        for entry in hass.config_entries.async_entries(domain):
            said = {**entry.data, **entry.options}
            country, region = said.get("country"), said.get("province")
            if isinstance(country, str):
                return country, region if isinstance(region, str) else None
    return hass.config.country, None


def _between(
    country: str, region: str | None, first: date, last: date
) -> frozenset[date]:
    # Big, and installed when it is first needed.
    import holidays  # noqa: PLC0415

    years = range(first.year, last.year + 1)
    try:
        found = holidays.country_holidays(country, subdiv=region, years=years)
    except NotImplementedError:
        return frozenset()
    return frozenset(day for day in found if first <= day <= last)
