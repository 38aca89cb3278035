"""Where a site's solar forecast comes from, as its options say."""

from collections.abc import Awaitable, Callable, Mapping
from types import MappingProxyType
from typing import Any, Final

from custom_components.power_sync.const import (
    CONF_SOLAR_PROVIDERS,
    CONF_SOLAR_SENSORS,
    CONF_SOLAR_SOURCE,
)
from custom_components.power_sync.model.forecast import Forecast
from homeassistant.core import (
    CALLBACK_TYPE,
    Event,
    EventStateChangedData,
    HomeAssistant,
    callback,
)
from homeassistant.helpers.event import async_track_state_change_event

from .solar_forecast import async_solar_forecast
from .solar_sensors import read_sensors

AUTOMATIC: Final = "automatic"
PROVIDERS: Final = "providers"
SENSORS: Final = "sensors"

type _Source = Callable[[HomeAssistant, Mapping[str, Any]], Awaitable[Forecast | None]]


async def _async_automatic(
    hass: HomeAssistant, options: Mapping[str, Any]
) -> Forecast | None:
    return await async_solar_forecast(hass)


async def _async_providers(
    hass: HomeAssistant, options: Mapping[str, Any]
) -> Forecast | None:
    return await async_solar_forecast(hass, options.get(CONF_SOLAR_PROVIDERS, []))


async def _async_sensors(
    hass: HomeAssistant, options: Mapping[str, Any]
) -> Forecast | None:
    return read_sensors(hass, options.get(CONF_SOLAR_SENSORS, [])).forecast


SOURCES: Mapping[str, _Source] = MappingProxyType(
    {
        AUTOMATIC: _async_automatic,
        PROVIDERS: _async_providers,
        SENSORS: _async_sensors,
    }
)


async def async_solar(
    hass: HomeAssistant, options: Mapping[str, Any]
) -> Forecast | None:
    """Return the solar forecast, or None where there is none. Never raises."""
    source = SOURCES.get(options.get(CONF_SOLAR_SOURCE, AUTOMATIC), _async_automatic)
    return await source(hass, options)


@callback
def follow_sensors(
    hass: HomeAssistant,
    options: Mapping[str, Any],
    refresh: Callable[[], Awaitable[None]],
) -> CALLBACK_TYPE:
    """Refresh when a chosen sensor has another forecast; return what ends that.

    At a start the sensors come after us, and a forecast of the night is no use
    half an hour into the morning.
    """
    sensors: list[str] = []
    if options.get(CONF_SOLAR_SOURCE) == SENSORS:
        sensors = options.get(CONF_SOLAR_SENSORS, [])

    async def changed(event: Event[EventStateChangedData]) -> None:
        before, after = event.data["old_state"], event.data["new_state"]
        if before is None or after is None or before.attributes != after.attributes:
            await refresh()

    return async_track_state_change_event(hass, sensors, changed)
