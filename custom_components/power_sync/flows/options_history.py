"""The options about where load and sun of the past are learned from."""

from datetime import timedelta
from typing import Any, Final

import probatio

from custom_components.power_sync.bridges.statistics import (
    AUTOMATIC,
    NOTHING_PICKED,
    OWN_SOLAR,
    SENSORS,
    SOURCES,
    MeasuredHome,
    Picked,
    Unfit,
    async_measured_home,
    async_unfit,
    own_sensors,
)
from custom_components.power_sync.const import (
    CONF_HISTORY_SOURCE,
    CONF_LOAD_SENSOR,
    CONF_SOLAR_SENSOR,
    DOMAIN,
)
from custom_components.power_sync.model.series import Series
from homeassistant.components.sensor import DOMAIN as SENSOR_DOMAIN, SensorDeviceClass
from homeassistant.config_entries import ConfigFlowResult
from homeassistant.helpers import entity_registry as er
from homeassistant.helpers.selector import (
    EntitySelector,
    EntitySelectorConfig,
    EntityWithDeviceFilterSelectorConfig,
    SelectSelector,
    SelectSelectorConfig,
    SelectSelectorMode,
)
from homeassistant.util import dt as dt_util

from .errors import InputError
from .options_step import OptionsStep

HISTORY_SCHEMA = probatio.Schema(
    {
        probatio.Required(CONF_HISTORY_SOURCE, default=AUTOMATIC): SelectSelector(
            SelectSelectorConfig(
                options=list(SOURCES),
                mode=SelectSelectorMode.LIST,
                translation_key=CONF_HISTORY_SOURCE,
            )
        )
    }
)
_SENSOR = EntitySelector(
    EntitySelectorConfig(
        filter=EntityWithDeviceFilterSelectorConfig(
            domain=SENSOR_DOMAIN,
            device_class=[SensorDeviceClass.POWER, SensorDeviceClass.ENERGY],
        )
    )
)
HISTORY_SENSORS_SCHEMA = probatio.Schema(
    {
        probatio.Required(CONF_LOAD_SENSOR): _SENSOR,
        probatio.Optional(CONF_SOLAR_SENSOR): _SENSOR,
    }
)
OWN_THAT_MEASURE: Final = {
    CONF_LOAD_SENSOR: ("home_load", "load_power"),
    CONF_SOLAR_SENSOR: (OWN_SOLAR,),
}
"""PowerSync's own sensors that may be picked; any other is no measurement of it."""
UNFIT_ERRORS: Final = {
    Unfit.NO_STATISTICS: "history_no_statistics",
    Unfit.WRONG_UNIT: "history_wrong_unit",
    Unfit.TOO_SHORT: "history_too_short",
}
DAYS: Final = 30
_DAY: Final = timedelta(days=1)


class SensorError(InputError):
    """A sensor cannot be used; `sensor` is its entity id."""

    def __init__(self, key: str, field: str, sensor: str) -> None:
        """Keep which it is."""
        super().__init__(key, field)
        self.sensor = sensor


class HistoryStep(OptionsStep):
    """Asks what load and sun are learned from, and shows what was found there."""

    _history_options: dict[str, Any]
    """What is stored once the user has seen what it gives."""
    _history_found: MeasuredHome

    async def async_step_history(
        self, user_input: dict[str, Any] | None = None
    ) -> ConfigFlowResult:
        """Ask for the kind of source."""
        if user_input is None:
            return self.async_show_form(
                step_id="history",
                data_schema=self.add_suggested_values_to_schema(
                    HISTORY_SCHEMA, self.entry.options
                ),
            )
        if user_input[CONF_HISTORY_SOURCE] == SENSORS:
            return await self.async_step_history_sensors()
        chosen = {CONF_HISTORY_SOURCE: AUTOMATIC}
        own = own_sensors(self.hass, self.entry.entry_id)
        found = await async_measured_home(self.hass, DAYS, NOTHING_PICKED, own)
        if found is None:
            # Whatever comes to be measured later is found by itself.
            return await self.async_finish(options=chosen)
        return await self._async_show_history(chosen, found)

    async def async_step_history_sensors(
        self, user_input: dict[str, Any] | None = None
    ) -> ConfigFlowResult:
        """Ask for sensors, and look into their statistics."""
        errors: dict[str, str] = {}
        sensor = ""
        if user_input is not None:
            chosen = {
                CONF_HISTORY_SOURCE: SENSORS,
                CONF_LOAD_SENSOR: user_input[CONF_LOAD_SENSOR],
                CONF_SOLAR_SENSOR: user_input.get(CONF_SOLAR_SENSOR),
            }
            try:
                found = await self._async_look_into(chosen)
            except SensorError as err:
                errors, sensor = err.errors, err.sensor
            else:
                return await self._async_show_history(chosen, found)
        return self.async_show_form(
            step_id="history_sensors",
            data_schema=self.add_suggested_values_to_schema(
                HISTORY_SENSORS_SCHEMA, user_input or self._picked_before()
            ),
            errors=errors,
            description_placeholders={"sensor": sensor},
        )

    def _picked_before(self) -> dict[str, Any]:
        """Return what was picked before, without what was left empty."""
        options = self.entry.options
        return {
            field: options[field]
            for field in (CONF_LOAD_SENSOR, CONF_SOLAR_SENSOR)
            if options.get(field)
        }

    async def _async_look_into(self, chosen: dict[str, Any]) -> MeasuredHome:
        """Return what the sensors have measured. Raises SensorError."""
        sensors = {
            field: chosen[field]
            for field in (CONF_LOAD_SENSOR, CONF_SOLAR_SENSOR)
            if chosen[field] is not None
        }
        registry = er.async_get(self.hass)
        for field, sensor in sensors.items():
            entity = registry.async_get(sensor)
            if (
                entity is not None
                and entity.platform == DOMAIN
                and entity.translation_key not in OWN_THAT_MEASURE[field]
            ):
                raise SensorError("history_own_sensor", field, sensor)
        if len(set(sensors.values())) < len(sensors):
            sensor = sensors[CONF_SOLAR_SENSOR]
            raise SensorError("history_same_sensor", CONF_SOLAR_SENSOR, sensor)
        unfit = await async_unfit(self.hass, DAYS, sensors.values())
        for field, sensor in sensors.items():
            if sensor in unfit:
                raise SensorError(UNFIT_ERRORS[unfit[sensor]], field, sensor)
        picked = Picked(chosen[CONF_LOAD_SENSOR], chosen[CONF_SOLAR_SENSOR])
        found = await async_measured_home(self.hass, DAYS, picked)
        if found is None or found.measured_by != SENSORS:
            # All that it says is below zero.
            raise SensorError(
                "history_negative", CONF_LOAD_SENSOR, chosen[CONF_LOAD_SENSOR]
            )
        return found

    async def async_step_history_found(
        self, user_input: dict[str, Any] | None = None
    ) -> ConfigFlowResult:
        """Show what was found of the load, and store the choice."""
        return await self._async_history_end(user_input, step_id="history_found")

    async def async_step_history_found_sun(
        self, user_input: dict[str, Any] | None = None
    ) -> ConfigFlowResult:
        """Show what was found of load and sun, and store the choice."""
        return await self._async_history_end(user_input, step_id="history_found_sun")

    async def _async_history_end(
        self, user_input: dict[str, Any] | None, *, step_id: str
    ) -> ConfigFlowResult:
        if user_input is not None:
            return await self.async_finish(options=self._history_options)
        return self.async_show_form(
            step_id=step_id,
            data_schema=probatio.Schema({}),
            description_placeholders=_in_words(self._history_found),
        )

    async def _async_show_history(
        self, chosen: dict[str, Any], found: MeasuredHome
    ) -> ConfigFlowResult:
        self._history_options, self._history_found = chosen, found
        if found.solar_w is None:
            return await self.async_step_history_found()
        return await self.async_step_history_found_sun()


def _in_words(found: MeasuredHome) -> dict[str, str]:
    """Return what is to be said of what was measured."""
    load = found.load
    known = len(load.samples) * load.step
    mean_w = sum(sample.mean_w for sample in load.samples) / len(load.samples)
    last = load.samples[-1].start + load.step
    said = {
        "days": f"{known / _DAY:.0f}",
        "until": f"{dt_util.as_local(last):%Y-%m-%d %H:%M}",
        "per_day": f"{mean_w * 24 / 1000:.1f}",
    }
    return said if found.solar_w is None else said | _sun_in_words(found.solar_w)


def _sun_in_words(solar_w: Series) -> dict[str, str]:
    """Return the same of the sun."""
    spans = solar_w.spans
    hours = sum((span.end - span.start) / timedelta(hours=1) for span in spans)
    mean_w = sum(span.value for span in spans) / len(spans) if spans else 0.0
    return {
        "sun_days": f"{hours / 24:.0f}",
        "sun_per_day": f"{mean_w * 24 / 1000:.1f}",
    }
