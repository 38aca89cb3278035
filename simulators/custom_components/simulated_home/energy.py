"""The solar forecast of the recorded household, as the energy platform has it."""

from datetime import datetime, timedelta

from homeassistant.components.energy.types import SolarForecastType
from homeassistant.core import HomeAssistant
from homeassistant.util import dt as dt_util

from .const import HOUSEHOLD

_DAYS = 3


async def async_get_solar_forecast(
    hass: HomeAssistant, config_entry_id: str
) -> SolarForecastType | None:
    """Return Wh per period from local midnight on: today and two days more."""
    start = dt_util.as_utc(dt_util.start_of_local_day())
    # Reading the recording opens a file.
    return await hass.async_add_executor_job(_forecast, start)


def _forecast(start: datetime) -> SolarForecastType:
    """Return the forecast from `start` (UTC), keyed by the start of each step."""
    step = HOUSEHOLD.step
    hours = step / timedelta(hours=1)
    times = (start + step * index for index in range(timedelta(days=_DAYS) // step))
    return {
        "wh_hours": {
            dt_util.as_local(at).isoformat(): HOUSEHOLD.forecast_solar_w(at) * hours
            for at in times
        }
    }
