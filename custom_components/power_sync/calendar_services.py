"""The action that returns a home's energies by day, week, month or year."""

from datetime import date, datetime, time
from typing import Final

import probatio

from homeassistant.core import (
    HomeAssistant,
    ServiceCall,
    ServiceResponse,
    SupportsResponse,
    callback,
)
from homeassistant.exceptions import HomeAssistantError, ServiceValidationError
from homeassistant.helpers import config_validation as cv
from homeassistant.util import dt as dt_util
from homeassistant.util.json import JsonObjectType

from .bridges.energy_rows import async_energy_rows
from .const import DOMAIN
from .devices.protocols import DeviceError, EnergyHistorian
from .model.energy_history import EnergyRow, Period, span_of
from .services import BATTERY_SCHEMA, batteries_of, site_of
from .site import Site

ATTR_PERIOD: Final = "period"
ATTR_START_DATE: Final = "start_date"
ATTR_END_DATE: Final = "end_date"
DIGITS: Final = 1

CALENDAR_SCHEMA = BATTERY_SCHEMA.extend(
    {
        probatio.Optional(ATTR_PERIOD, default=Period.DAY.value): probatio.In(
            [period.value for period in Period]
        ),
        probatio.Optional(ATTR_START_DATE): cv.date,
        probatio.Optional(ATTR_END_DATE): cv.date,
    }
)


@callback
def async_setup_calendar_services(hass: HomeAssistant) -> None:
    """Register the action once, whether or not a site is loaded."""
    hass.services.async_register(
        DOMAIN,
        "get_calendar_history",
        _async_get,
        schema=CALENDAR_SCHEMA,
        supports_response=SupportsResponse.ONLY,
    )


async def _async_get(call: ServiceCall) -> ServiceResponse:
    """Return the energies: the battery's own calendar, or the recorder's."""
    site, zone = site_of(call), dt_util.get_default_time_zone()
    period = Period(call.data[ATTR_PERIOD])
    last: date = call.data.get(ATTR_END_DATE, dt_util.now().date())
    start, end = span_of(period, last, zone)
    first: date | None = call.data.get(ATTR_START_DATE)
    if first is not None:
        start = max(start, datetime.combine(first, time(), zone))
        if start >= end:
            raise ServiceValidationError(
                translation_domain=DOMAIN, translation_key="start_after_end"
            )
    batteries = batteries_of(call, site) or list(site.controller.batteries)
    historian = _historian(site, batteries)
    if historian is None:
        source = "recorder"
        rows = await async_energy_rows(call.hass, batteries, period, start, end)
    else:
        source, rows = "battery", await _asked(historian, period, last)
        if first is None:
            # Its days are those of its own clock.
            start = min([start, *(row.start for row in rows)])
    return {
        "period": period.value,
        "start": start.isoformat(),
        "end": end.isoformat(),
        "source": source,
        "time_series": [_answer(row) for row in rows if row.start >= start],
    }


def _historian(site: Site, batteries: list[str]) -> EnergyHistorian | None:
    """Return the battery whose maker keeps the home's energies: one that is alone."""
    if len(batteries) != 1:
        return None
    driver = site.controller.batteries[batteries[0]].executor.driver
    return driver if isinstance(driver, EnergyHistorian) else None


async def _asked(
    historian: EnergyHistorian, period: Period, last: date
) -> list[EnergyRow]:
    try:
        return await historian.energy_history(period, last)
    except DeviceError as err:
        # What it came from names the address, and would be logged.
        raise HomeAssistantError(
            translation_domain=DOMAIN,
            translation_key="history_unavailable",
            translation_placeholders={"error": str(err)},
        ) from None


def _answer(row: EnergyRow) -> JsonObjectType:
    """Return a row as the answer has it, all of it in Wh."""
    figures = {
        "solar_generation": row.solar_wh,
        "battery_discharge": row.discharge_wh,
        "battery_charge": row.charge_wh,
        "grid_import": row.import_wh,
        "grid_export": row.export_wh,
        "home_consumption": row.home_wh,
        **row.details,
    }
    return {
        "timestamp": dt_util.as_local(row.start).isoformat(),
        **{
            key: None if wh is None else round(wh, DIGITS)
            for key, wh in figures.items()
        },
    }
