"""The recorded household's last 45 days, as statistics of three meters."""

from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Final

from homeassistant.components.energy.data import (
    GridSourceType,
    SolarSourceType,
    async_get_manager,
)
from homeassistant.components.recorder.models.statistics import (
    StatisticData,
    StatisticMeanType,
    StatisticMetaData,
)
from homeassistant.components.recorder.statistics import (
    async_add_external_statistics,
    get_last_statistics,
)
from homeassistant.const import UnitOfEnergy
from homeassistant.core import HomeAssistant
from homeassistant.helpers.recorder import get_instance
from homeassistant.util import dt as dt_util
from homeassistant.util.unit_conversion import EnergyConverter

from .const import DOMAIN, HOUSEHOLD

SOLAR: Final = f"{DOMAIN}:solar_energy"
GRID_IMPORT: Final = f"{DOMAIN}:grid_import"
GRID_EXPORT: Final = f"{DOMAIN}:grid_export"

_NAMES = {
    SOLAR: "Simulated solar production",
    GRID_IMPORT: "Simulated grid import",
    GRID_EXPORT: "Simulated grid export",
}
_HOUR = timedelta(hours=1)
_DAYS = 45
"""A month that a backtest looks at, and what was known before it."""


async def async_import_history(hass: HomeAssistant) -> None:
    """Import the hours up to now, after those that are there already."""
    end = dt_util.utcnow().replace(minute=0, second=0, microsecond=0)
    recorder = get_instance(hass)
    for statistic_id, name in _NAMES.items():
        last = await recorder.async_add_executor_job(
            partial(
                get_last_statistics,
                hass,
                1,
                statistic_id,
                convert_units=False,
                types={"sum"},
            )
        )
        start, total_kwh = end - timedelta(days=_DAYS), 0.0
        if rows := last.get(statistic_id):
            start = datetime.fromtimestamp(rows[0]["start"], UTC) + _HOUR
            total_kwh = rows[0].get("sum") or 0.0
        statistics = await hass.async_add_executor_job(
            _statistics, statistic_id, start, end, total_kwh
        )
        metadata = StatisticMetaData(
            mean_type=StatisticMeanType.NONE,
            has_sum=True,
            name=name,
            source=DOMAIN,
            statistic_id=statistic_id,
            unit_class=EnergyConverter.UNIT_CLASS,
            unit_of_measurement=UnitOfEnergy.KILO_WATT_HOUR,
        )
        async_add_external_statistics(hass, metadata, statistics)


async def async_choose_for_energy_dashboard(hass: HomeAssistant, entry_id: str) -> None:
    """Choose the meters and the forecast where no source is chosen yet."""
    manager = await async_get_manager(hass)
    if manager.data is not None and manager.data["energy_sources"]:
        return
    grid = GridSourceType(
        type="grid",
        stat_energy_from=GRID_IMPORT,
        stat_energy_to=GRID_EXPORT,
        stat_cost=None,
        entity_energy_price=None,
        number_energy_price=None,
        stat_compensation=None,
        entity_energy_price_export=None,
        number_energy_price_export=None,
        cost_adjustment_day=0.0,
    )
    solar = SolarSourceType(
        type="solar",
        stat_energy_from=SOLAR,
        config_entry_solar_forecast=[entry_id],
    )
    preferences = manager.data or manager.default_preferences()
    await manager.async_update({**preferences, "energy_sources": [grid, solar]})


def _statistics(
    statistic_id: str, start: datetime, end: datetime, total_kwh: float
) -> list[StatisticData]:
    """Return the meter's total at the end of each hour from `start` to `end`."""
    statistics: list[StatisticData] = []
    hour = start
    while hour < end:
        total_kwh += _energy_kwh(statistic_id, hour)
        statistics.append(StatisticData(start=hour, state=total_kwh, sum=total_kwh))
        hour += _HOUR
    return statistics


def _energy_kwh(statistic_id: str, hour: datetime) -> float:
    """Return what a meter of the household without a battery counts in an hour."""
    step = HOUSEHOLD.step
    energy_kwh = 0.0
    for index in range(_HOUR // step):
        at = hour + step * index
        solar_w = HOUSEHOLD.solar_w(at)
        grid_w = HOUSEHOLD.load_w(at) - solar_w
        power_w = {
            SOLAR: solar_w,
            GRID_IMPORT: max(0.0, grid_w),
            GRID_EXPORT: max(0.0, -grid_w),
        }[statistic_id]
        energy_kwh += power_w / 1000 * (step / _HOUR)
    return energy_kwh
