"""A battery through entities of other integrations: what it is, and what it is told."""

from collections.abc import Mapping
from typing import Any

from custom_components.power_sync.bridges.measured import percent, power_w
from custom_components.power_sync.devices.batteries.brand import (
    BatteryConfig,
    BatteryProbe,
)
from custom_components.power_sync.devices.batteries.entities.mapping import (
    CONF_CHARGING_POSITIVE,
    CONF_MODES,
    CONF_POWER_SENSOR,
    CONF_SOC_SENSOR,
)
from custom_components.power_sync.devices.batteries.stored import to_stored
from custom_components.power_sync.model.battery import BatteryIdentity, Mode
from custom_components.power_sync.trial import Trial, async_try
from homeassistant.const import CONF_NAME
from homeassistant.core import HomeAssistant
from homeassistant.data_entry_flow import FlowContext, FlowResult
from homeassistant.helpers import entity_registry as er

from .battery_entities_forms import (
    CONF_DONE,
    CONF_MODE,
    CONF_RIGHT,
    CONF_TRY,
    MODES_SCHEMA,
    POWER_SENSORS,
    RIGHT_SCHEMA,
    TRY_SCHEMA,
    async_recipe,
    flow_text,
    modes_text,
    recipe_typed,
    sensors_schema,
)
from .battery_found import CONF_CAPACITY_KWH, FoundSteps, probe_errors
from .errors import InputError


class EntitiesSteps[ContextT: FlowContext, ResultT: FlowResult[Any, Any], HandlerT](
    FoundSteps[ContextT, ResultT, HandlerT]
):
    """Sensors, their sign, the modes; begins with `async_step_battery_entities`."""

    _sensors: Mapping[str, Any]
    _modes: dict[str, dict[str, Any]]
    _mode: Mode
    _trial: Trial

    async def async_step_battery_entities(
        self, user_input: dict[str, Any] | None = None
    ) -> ResultT:
        """Ask for the sensors, and look at each."""
        errors: dict[str, str] = {}
        if user_input is not None:
            try:
                _check_sensors(self.hass, user_input)
                self._sensors = user_input
                self._modes = {
                    mode: dict(recipe)
                    for mode, recipe in self.known.get(CONF_MODES, {}).items()
                }
                self._take()
            except InputError as err:
                errors = err.errors
            else:
                return await self.async_step_battery_entities_sign()
        suggested = user_input or self.known
        return self.async_show_form(
            step_id="battery_entities",
            data_schema=self.add_suggested_values_to_schema(
                sensors_schema(named=self.known_serial is not None), suggested
            ),
            errors=errors,
        )

    async def async_step_battery_entities_sign(
        self, user_input: dict[str, Any] | None = None
    ) -> ResultT:
        """Show what the battery does now; the user sees whether that is right."""
        if user_input is not None:
            if not user_input[CONF_RIGHT]:
                turned = not self._sensors[CONF_CHARGING_POSITIVE]
                self._sensors = {**self._sensors, CONF_CHARGING_POSITIVE: turned}
            return await self.async_step_battery_entities_modes()
        watts = power_w(self.hass, self._sensors[CONF_POWER_SENSOR]) or 0.0
        if self._sensors[CONF_CHARGING_POSITIVE]:
            watts = -watts
        return self.async_show_form(
            step_id="battery_entities_sign",
            data_schema=RIGHT_SCHEMA,
            description_placeholders={
                "level": f"{percent(self.hass, self._sensors[CONF_SOC_SENSOR]):g} %",
                "power": flow_text(watts),
            },
        )

    async def async_step_battery_entities_modes(
        self, user_input: dict[str, Any] | None = None
    ) -> ResultT:
        """Ask which mode is mapped next, until the user has done."""
        if user_input is not None:
            if user_input[CONF_MODE] == CONF_DONE:
                config = self._take()
                title = self._sensors.get(CONF_NAME, self.brand.name)
                return await self.async_finish(config, title=title)
            self._mode = Mode(user_input[CONF_MODE])
            return await self.async_step_battery_entities_mode()
        return self.async_show_form(
            step_id="battery_entities_modes",
            data_schema=MODES_SCHEMA,
            description_placeholders={
                "modes": await modes_text(self.hass, self._modes)
            },
        )

    async def async_step_battery_entities_mode(
        self, user_input: dict[str, Any] | None = None
    ) -> ResultT:
        """Ask what brings a mode about; nothing at all takes it off again."""
        errors: dict[str, str] = {}
        if user_input is not None:
            try:
                recipe = await async_recipe(self.hass, self._mode, user_input)
            except InputError as err:
                errors = err.errors
            else:
                self._modes.pop(self._mode, None)
                if recipe:
                    self._modes[self._mode.value] = recipe
                if recipe and self._mode is not Mode.SELF_CONSUMPTION:
                    return await self.async_step_battery_entities_try()
                return await self.async_step_battery_entities_modes()
        schema, suggested = recipe_typed(self._modes.get(self._mode, {}), self._mode)
        return self.async_show_form(
            step_id="battery_entities_mode",
            data_schema=self.add_suggested_values_to_schema(
                schema, user_input or suggested
            ),
            errors=errors,
            description_placeholders={
                "mode": await modes_text(self.hass, [self._mode])
            },
        )

    async def async_step_battery_entities_try(
        self, user_input: dict[str, Any] | None = None
    ) -> ResultT:
        """Offer to try the mode for some seconds; a battery of a site is its own."""
        errors: dict[str, str] = {}
        if self.known_serial is not None or (user_input and not user_input[CONF_TRY]):
            return await self.async_step_battery_entities_modes()
        if user_input is not None:
            try:
                self._trial = await self._async_trial()
            except InputError as err:
                errors = err.errors
            else:
                return await self.async_step_battery_entities_tried()
        return self.async_show_form(
            step_id="battery_entities_try",
            data_schema=TRY_SCHEMA,
            errors=errors,
            description_placeholders={
                "mode": await modes_text(self.hass, [self._mode])
            },
        )

    async def async_step_battery_entities_tried(
        self, user_input: dict[str, Any] | None = None
    ) -> ResultT:
        """Show what the battery did; where it is not right the mode is mapped anew."""
        if user_input is not None:
            if user_input[CONF_RIGHT]:
                return await self.async_step_battery_entities_modes()
            return await self.async_step_battery_entities_mode()
        return self.async_show_form(
            step_id="battery_entities_tried",
            data_schema=RIGHT_SCHEMA,
            description_placeholders={
                "mode": await modes_text(self.hass, [self._mode]),
                "before": flow_text(self._trial.before_w),
                "during": flow_text(self._trial.during_w),
            },
        )

    async def _async_trial(self) -> Trial:
        """Try the mode, and give the battery back. Raises InputError."""
        config = self._take()
        device = {**to_stored(config), **self._address}
        with probe_errors():
            trial = await async_try(self.hass, device, self._mode)
        if not trial.given_back:
            raise InputError("trial_not_given_back")
        if not trial.outcome.good:
            raise InputError("trial_not_followed")
        return trial

    def _take(self) -> BatteryConfig:
        """Keep the battery as it is picked. Raises InputError, AbortFlow."""
        config = _config(self.hass, self.brand.key, self._sensors, self.known_serial)
        stored = {
            key: value
            for key, value in self._sensors.items()
            if key not in (CONF_NAME, CONF_CAPACITY_KWH)
        }
        self.take(
            {**stored, CONF_MODES: self._modes},
            BatteryProbe(
                config=config,
                soc_pct=percent(self.hass, self._sensors[CONF_SOC_SENSOR]),
                min_soc_pct=None,
                max_soc_pct=None,
                backup_reserve_pct=None,
                export_limit_w=None,
            ),
        )
        return config


def _check_sensors(hass: HomeAssistant, typed: Mapping[str, Any]) -> None:
    """See that each sensor has a value now. Raises InputError."""
    if percent(hass, typed[CONF_SOC_SENSOR]) is None:
        raise InputError("no_level_now", CONF_SOC_SENSOR)
    for field in POWER_SENSORS:
        if field in typed and power_w(hass, typed[field]) is None:
            raise InputError("no_power_now", field)


def _config(
    hass: HomeAssistant, brand: str, typed: Mapping[str, Any], serial: str | None
) -> BatteryConfig:
    """Return the battery; the sensor of its level says which one it is.

    The registry's id of the sensor stays when the user renames it, and no two
    batteries share a level: so no battery gets two masters.
    """
    registered = er.async_get(hass).async_get(typed[CONF_SOC_SENSOR])
    own = typed[CONF_SOC_SENSOR] if registered is None else registered.id
    charge_w, discharge_w = typed["max_charge_w"], typed["max_discharge_w"]
    return BatteryConfig(
        identity=BatteryIdentity(
            brand=brand, serial=serial or f"entities-{own}", model="Through entities"
        ),
        rated_power_w=max(charge_w, discharge_w),
        capacity_kwh=typed[CONF_CAPACITY_KWH],
        max_charge_w=charge_w,
        max_discharge_w=discharge_w,
        settings=frozenset(),
    )
