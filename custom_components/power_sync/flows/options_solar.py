"""The options about where the solar forecast comes from."""

from datetime import datetime, timedelta
from itertools import pairwise
from typing import Any, Final

import probatio

from custom_components.power_sync.bridges.solar_forecast import (
    async_providers,
    async_solar_forecast,
)
from custom_components.power_sync.bridges.solar_sensors import read_sensors
from custom_components.power_sync.bridges.solar_source import (
    AUTOMATIC,
    PROVIDERS,
    SENSORS,
    SOURCES,
)
from custom_components.power_sync.const import (
    CONF_SOLAR_PROVIDERS,
    CONF_SOLAR_SENSORS,
    CONF_SOLAR_SOURCE,
)
from custom_components.power_sync.forecast.sensors import Unusable
from custom_components.power_sync.forecast.solar import energy_kwh
from custom_components.power_sync.forecast.steps import usual_step
from custom_components.power_sync.model.forecast import Forecast
from homeassistant.components.sensor import DOMAIN as SENSOR_DOMAIN
from homeassistant.config_entries import ConfigEntry, ConfigFlowResult
from homeassistant.helpers.selector import (
    EntitySelector,
    EntitySelectorConfig,
    SelectOptionDict,
    SelectSelector,
    SelectSelectorConfig,
    SelectSelectorMode,
)
from homeassistant.util import dt as dt_util

from .errors import InputError
from .options_step import OptionsStep

SOLAR_SCHEMA = probatio.Schema(
    {
        probatio.Required(CONF_SOLAR_SOURCE, default=AUTOMATIC): SelectSelector(
            SelectSelectorConfig(
                options=list(SOURCES),
                mode=SelectSelectorMode.LIST,
                translation_key=CONF_SOLAR_SOURCE,
            )
        )
    }
)
SENSORS_SCHEMA = probatio.Schema(
    {
        probatio.Optional(CONF_SOLAR_SENSORS): EntitySelector(
            EntitySelectorConfig(domain=SENSOR_DOMAIN, multiple=True)
        )
    }
)
_DAY: Final = timedelta(days=1)


class SolarStep(OptionsStep):
    """Asks where the solar forecast comes from, and shows what was found there."""

    _solar_options: dict[str, Any]
    """What is stored once the user has seen what it gives."""
    _solar_found: Forecast

    async def async_step_solar(
        self, user_input: dict[str, Any] | None = None
    ) -> ConfigFlowResult:
        """Ask for the kind of source."""
        errors: dict[str, str] = {}
        if user_input is not None:
            try:
                return await self._async_source(user_input[CONF_SOLAR_SOURCE])
            except InputError as err:
                errors = err.errors
        return self.async_show_form(
            step_id="solar",
            data_schema=self.add_suggested_values_to_schema(
                SOLAR_SCHEMA, user_input or self.entry.options
            ),
            errors=errors,
        )

    async def _async_source(self, source: str) -> ConfigFlowResult:
        """Go on with a kind of source."""
        if source == SENSORS:
            return await self.async_step_solar_sensors()
        if source == PROVIDERS:
            if not await async_providers(self.hass):
                raise InputError("no_solar_providers", CONF_SOLAR_SOURCE)
            return await self.async_step_solar_providers()
        chosen = {CONF_SOLAR_SOURCE: AUTOMATIC}
        forecast = await async_solar_forecast(self.hass)
        if forecast is None:
            # Whatever comes to be set up later is found by itself.
            return await self.async_finish(options=chosen)
        return await self._async_show_found(chosen, forecast)

    async def async_step_solar_providers(
        self, user_input: dict[str, Any] | None = None
    ) -> ConfigFlowResult:
        """Ask for integrations, and for their forecast."""
        errors: dict[str, str] = {}
        providers = await async_providers(self.hass)
        if user_input is not None:
            entry_ids: list[str] = user_input.get(CONF_SOLAR_PROVIDERS, [])
            try:
                forecast = _checked(
                    CONF_SOLAR_PROVIDERS,
                    entry_ids,
                    await async_solar_forecast(self.hass, entry_ids),
                )
            except InputError as err:
                errors = err.errors
            else:
                chosen = {
                    CONF_SOLAR_SOURCE: PROVIDERS,
                    CONF_SOLAR_PROVIDERS: entry_ids,
                }
                return await self._async_show_found(chosen, forecast)
        there = {entry.entry_id for entry in providers}
        before = self.entry.options.get(CONF_SOLAR_PROVIDERS, [])
        present = {CONF_SOLAR_PROVIDERS: [found for found in before if found in there]}
        return self.async_show_form(
            step_id="solar_providers",
            data_schema=self.add_suggested_values_to_schema(
                providers_schema(providers), user_input or present
            ),
            errors=errors,
        )

    async def async_step_solar_sensors(
        self, user_input: dict[str, Any] | None = None
    ) -> ConfigFlowResult:
        """Ask for sensors, and look into them."""
        errors: dict[str, str] = {}
        unusable: dict[str, Unusable] = {}
        if user_input is not None:
            entity_ids: list[str] = user_input.get(CONF_SOLAR_SENSORS, [])
            found = read_sensors(self.hass, entity_ids)
            unusable = found.unusable
            try:
                _check(unusable)
                forecast = _checked(CONF_SOLAR_SENSORS, entity_ids, found.forecast)
            except InputError as err:
                errors = err.errors
            else:
                chosen = {CONF_SOLAR_SOURCE: SENSORS, CONF_SOLAR_SENSORS: entity_ids}
                return await self._async_show_found(chosen, forecast)
        return self.async_show_form(
            step_id="solar_sensors",
            data_schema=self.add_suggested_values_to_schema(
                SENSORS_SCHEMA, user_input or self.entry.options
            ),
            errors=errors,
            description_placeholders={"sensors": ", ".join(unusable)},
        )

    async def async_step_solar_found(
        self, user_input: dict[str, Any] | None = None
    ) -> ConfigFlowResult:
        """Show what was found, and store the choice."""
        if user_input is not None:
            return await self.async_finish(options=self._solar_options)
        return self.async_show_form(
            step_id="solar_found",
            data_schema=probatio.Schema({}),
            description_placeholders=_in_words(self._solar_found, dt_util.utcnow()),
        )

    async def _async_show_found(
        self, chosen: dict[str, Any], forecast: Forecast
    ) -> ConfigFlowResult:
        self._solar_options, self._solar_found = chosen, forecast
        return await self.async_step_solar_found()


def providers_schema(providers: list[ConfigEntry]) -> probatio.Schema:
    """Return the form that asks for integrations."""
    options = [
        SelectOptionDict(value=entry.entry_id, label=f"{entry.title} ({entry.domain})")
        for entry in providers
    ]
    select = SelectSelectorConfig(
        options=options, multiple=True, mode=SelectSelectorMode.LIST
    )
    return probatio.Schema(
        {probatio.Optional(CONF_SOLAR_PROVIDERS): SelectSelector(select)}
    )


def _checked(field: str, chosen: list[str], forecast: Forecast | None) -> Forecast:
    """Return the forecast of what was chosen. Raises InputError without one."""
    if not chosen:
        raise InputError("solar_nothing_chosen", field)
    if forecast is None:
        raise InputError("no_solar_forecast", field)
    return forecast


def _check(unusable: dict[str, Unusable]) -> None:
    """Raise InputError for the first sensor that cannot be used."""
    match next(iter(unusable.values()), None):
        case Unusable.MISSING:
            raise InputError("solar_sensor_missing", CONF_SOLAR_SENSORS)
        case Unusable.NO_FORECAST:
            raise InputError("solar_sensor_empty", CONF_SOLAR_SENSORS)
        case Unusable.STALE:
            raise InputError("solar_sensor_stale", CONF_SOLAR_SENSORS)


def _in_words(forecast: Forecast, now: datetime) -> dict[str, str]:
    """Return what is to be said of a forecast."""
    spans = forecast.p50_w.spans
    step = usual_step([b.start - a.start for a, b in pairwise(spans)])
    return {
        "source": forecast.source,
        "step": f"{step / timedelta(minutes=1):g}",
        "until": f"{dt_util.as_local(spans[-1].end):%Y-%m-%d %H:%M}",
        "energy": f"{energy_kwh(forecast.p50_w, now, now + _DAY):.1f}",
    }
