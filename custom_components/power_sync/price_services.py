"""The actions on prices: fetching everything anew, and when electricity is cheapest."""

from datetime import datetime, timedelta
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

from .const import DOMAIN
from .model.prices import PriceCurve
from .prices.extend import extend
from .prices.glance import cheapest_window
from .sensor_window import window_answer
from .services import SITE_SCHEMA, site_of
from .settings import LONGEST_WINDOW_H

ATTR_CONTROLLED_LOAD: Final = "controlled_load"
ATTR_END: Final = "end"
ATTR_FORECAST: Final = "forecast"
ATTR_HOURS: Final = "hours"
ATTR_START: Final = "start"
LEAST_HOURS: Final = 0.25
AHEAD: Final = timedelta(hours=48)

WINDOW_SCHEMA = SITE_SCHEMA.extend(
    {
        probatio.Optional(ATTR_HOURS): probatio.All(
            probatio.Coerce(float),
            probatio.Range(min=LEAST_HOURS, max=LONGEST_WINDOW_H),
        ),
        probatio.Optional(ATTR_START): cv.datetime,
        probatio.Optional(ATTR_END): cv.datetime,
        probatio.Optional(ATTR_FORECAST): cv.boolean,
        probatio.Optional(ATTR_CONTROLLED_LOAD): cv.boolean,
    }
)


@callback
def async_setup_price_services(hass: HomeAssistant) -> None:
    """Register the actions once, whether or not a site is loaded."""
    hass.services.async_register(DOMAIN, "sync_now", _async_sync, schema=SITE_SCHEMA)
    hass.services.async_register(
        DOMAIN,
        "find_cheapest_window",
        _async_find,
        schema=WINDOW_SCHEMA,
        supports_response=SupportsResponse.ONLY,
    )


async def _async_sync(call: ServiceCall) -> None:
    """Read and fetch everything now, as far as that is polite."""
    await site_of(call).async_sync()


async def _async_find(call: ServiceCall) -> ServiceResponse:
    """Return the cheapest time of a length, between two times."""
    site = site_of(call)
    curve = site.coordinators.prices.curve
    if curve is None:
        raise HomeAssistantError(translation_domain=DOMAIN, translation_key="no_prices")
    if call.data.get(ATTR_CONTROLLED_LOAD):
        curve = curve.controlled_load
    if curve is None:
        raise ServiceValidationError(
            translation_domain=DOMAIN, translation_key="no_controlled_load"
        )
    start, end = _between(call)
    if call.data.get(ATTR_FORECAST):
        curve = await call.hass.async_add_executor_job(extend, curve, end)
    hours = call.data.get(ATTR_HOURS, site.settings.cheapest_window_h)
    return _answer(curve, timedelta(hours=hours), start, end)


def _between(call: ServiceCall) -> tuple[datetime, datetime]:
    """Return the times that were asked for; times without an offset are the home's."""
    now = dt_util.utcnow()
    start, end = (
        dt_util.as_utc(call.data.get(key, default))
        for key, default in ((ATTR_START, now), (ATTR_END, now + AHEAD))
    )
    return max(start, now), end


def _answer(
    curve: PriceCurve, length: timedelta, start: datetime, end: datetime
) -> ServiceResponse:
    window = cheapest_window(curve, length, start, end)
    if window is None:
        raise ServiceValidationError(
            translation_domain=DOMAIN, translation_key="no_window"
        )
    return {**window_answer(window), "currency": curve.currency}
