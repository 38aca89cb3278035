"""The rhythm of the forecasts: the sun, and what the load is forecast from."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, override

from homeassistant.core import HomeAssistant
from homeassistant.helpers.update_coordinator import DataUpdateCoordinator
from homeassistant.util import dt as dt_util

from .bridges.libraries import Library, async_ensure
from .bridges.solar_source import async_solar, follow_sensors
from .bridges.statistics import async_measured_home, own_sensors, picked_sensors
from .const import LOGGER
from .forecast.load_history import LoadHistory
from .forecast.scorecard import Score, load_score, score
from .model.forecast import Forecast
from .periods import Periods
from .solar_record import SolarRecord

if TYPE_CHECKING:
    from .site import PowerSyncConfigEntry


@dataclass(frozen=True, slots=True)
class Forecasts:
    """What is known ahead: the sun, and what the load is forecast from."""

    solar: Forecast | None
    load_history: LoadHistory | None
    expected_solar: Forecast | None = None
    """The forecast as put right by how the sun came out lately."""
    solar_score: Score | None = None
    """How yesterday's solar forecast came out, each hour as it was said before."""
    load_score: Score | None = None
    """How yesterday's load forecast came out, as it was at midnight."""


class ForecastCoordinator(DataUpdateCoordinator[Forecasts]):
    """Gathers the solar forecast and the load history."""

    config_entry: PowerSyncConfigEntry

    def __init__(self, hass: HomeAssistant, entry: PowerSyncConfigEntry) -> None:
        """Use what other integrations and the recorder have."""
        super().__init__(
            hass,
            LOGGER,
            config_entry=entry,
            name="forecasts",
            update_interval=Periods.of(entry.options).forecast,
        )
        self._record = SolarRecord(hass, entry.entry_id)
        # Until it is there, a holiday is a day like others.
        entry.async_create_background_task(
            hass, async_ensure(hass, Library.HOLIDAYS), "power_sync holidays"
        )
        entry.async_on_unload(self._record.async_close)
        entry.async_on_unload(
            follow_sensors(hass, entry.options, self.async_request_refresh)
        )

    @override
    async def _async_update_data(self) -> Forecasts:
        """Return what there is; neither source raises."""
        solar = await async_solar(self.hass, self.config_entry.options)
        measured = await async_measured_home(
            self.hass,
            picked=picked_sensors(self.config_entry.options),
            own=own_sensors(self.hass, self.config_entry.entry_id),
        )
        if measured is None:
            return Forecasts(
                solar, None, await self._record.async_expected(solar, None)
            )
        expected = await self._record.async_expected(solar, measured.solar_w)
        now, zone = dt_util.utcnow(), dt_util.get_default_time_zone()
        sun_w = measured.solar_w
        return Forecasts(
            solar,
            measured.load,
            expected,
            solar_score=(
                None if sun_w is None else score(self._record.said_w, sun_w, now, zone)
            ),
            load_score=await self.hass.async_add_executor_job(
                load_score, measured.load, now, zone
            ),
        )

    @property
    def known(self) -> Forecasts | None:
        """The forecasts, or None before the first."""
        # Home Assistant leaves `data` at None until there is some.
        forecasts: Forecasts | None = self.data
        return forecasts
