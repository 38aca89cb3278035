"""The options about the connection to the grid: phases, main fuse, who is on which."""

from collections.abc import Mapping
from typing import Any, Final

import probatio

from custom_components.power_sync.bridges.phase_meter import (
    EXPORT_KEYS,
    PHASE_KEYS,
    power_w,
)
from custom_components.power_sync.const import CONF_PHASE_SENSORS, SUBENTRY_BATTERY
from custom_components.power_sync.model.mains import THREE_PHASES, Connection
from custom_components.power_sync.settings import LEAST_FUSE_A, MOST_FUSE_A
from homeassistant.components.sensor import DOMAIN as SENSOR_DOMAIN, SensorDeviceClass
from homeassistant.config_entries import ConfigFlowResult, ConfigSubentry
from homeassistant.const import UnitOfElectricCurrent
from homeassistant.data_entry_flow import section
from homeassistant.helpers.selector import (
    BooleanSelector,
    EntitySelector,
    EntitySelectorConfig,
    EntityWithDeviceFilterSelectorConfig,
    NumberSelector,
    NumberSelectorConfig,
    NumberSelectorMode,
    SelectSelector,
    SelectSelectorConfig,
    SelectSelectorMode,
)

from .errors import InputError
from .options_step import OptionsStep

CONF_PHASES: Final = "mains_phases"
CONF_FUSE_A: Final = "fuse_a"
CONF_METERED: Final = "metered_per_phase"
CONF_CONNECTION: Final = "connection"
SECTION_EXPORT: Final = "export"

MAINS_SCHEMA = probatio.Schema(
    {
        probatio.Required(CONF_PHASES, default="1"): SelectSelector(
            SelectSelectorConfig(
                options=["1", str(THREE_PHASES)],
                mode=SelectSelectorMode.LIST,
                translation_key=CONF_PHASES,
            )
        ),
        probatio.Optional(CONF_FUSE_A): NumberSelector(
            NumberSelectorConfig(
                min=LEAST_FUSE_A,
                max=MOST_FUSE_A,
                step=1,
                mode=NumberSelectorMode.BOX,
                unit_of_measurement=UnitOfElectricCurrent.AMPERE,
            )
        ),
        probatio.Required(CONF_METERED, default=False): BooleanSelector(),
    }
)
_SENSOR = EntitySelector(
    EntitySelectorConfig(
        filter=EntityWithDeviceFilterSelectorConfig(
            domain=SENSOR_DOMAIN, device_class=SensorDeviceClass.POWER
        )
    )
)
_EXPORT_SCHEMA = probatio.Schema(
    {probatio.Optional(key): _SENSOR for key in EXPORT_KEYS}
)
PHASES_SCHEMA = probatio.Schema(
    {
        **{probatio.Optional(key): _SENSOR for key in PHASE_KEYS},
        probatio.Required(SECTION_EXPORT): section(_EXPORT_SCHEMA, {"collapsed": True}),
    }
)
CONNECTION_SCHEMA = probatio.Schema(
    {
        probatio.Required(
            CONF_CONNECTION, default=Connection.ALL.value
        ): SelectSelector(
            SelectSelectorConfig(
                options=[each.value for each in Connection],
                mode=SelectSelectorMode.LIST,
                translation_key=CONF_CONNECTION,
            )
        )
    }
)


def checked_mains(user_input: Mapping[str, Any]) -> dict[str, Any]:
    """Return the settings of the connection that was typed. Raises InputError."""
    phases, fuse_a = int(user_input[CONF_PHASES]), user_input.get(CONF_FUSE_A)
    metered: bool = user_input[CONF_METERED] and phases > 1
    if metered and fuse_a is None:
        raise InputError("fuse_needed", CONF_FUSE_A)
    return {CONF_PHASES: phases, CONF_FUSE_A: fuse_a, CONF_METERED: metered}


class MainsStep(OptionsStep):
    """Asks for phases and fuse, then for what measures them and who is on which."""

    _mains: dict[str, Any]
    """The settings so far."""
    _phase_sensors: dict[str, str]
    _connections: dict[str, Connection]
    _unasked: list[ConfigSubentry]

    async def async_step_mains(
        self, user_input: dict[str, Any] | None = None
    ) -> ConfigFlowResult:
        """Ask for phases and fuse."""
        errors: dict[str, str] = {}
        present = await self.async_present()
        if user_input is not None:
            try:
                self._mains = checked_mains(user_input)
                if self._mains[CONF_PHASES] > 1 and self._mains[CONF_FUSE_A]:
                    return await self.async_step_mains_phases()
                return await self.async_finish(self._mains)
            except InputError as err:
                errors = err.errors
        shown = {
            CONF_PHASES: str(present.mains_phases),
            CONF_METERED: present.metered_per_phase,
            **({} if present.fuse_a is None else {CONF_FUSE_A: present.fuse_a}),
        }
        return self.async_show_form(
            step_id="mains",
            data_schema=self.add_suggested_values_to_schema(
                MAINS_SCHEMA, user_input or shown
            ),
            errors=errors,
        )

    async def async_step_mains_phases(
        self, user_input: dict[str, Any] | None = None
    ) -> ConfigFlowResult:
        """Ask for the sensors of the phases."""
        errors: dict[str, str] = {}
        if user_input is not None:
            try:
                self._phase_sensors = self._checked_sensors(user_input)
                present = await self.async_present()
                self._connections = dict(present.connections)
                self._unasked = [
                    each
                    for each in self.entry.subentries.values()
                    if each.subentry_type == SUBENTRY_BATTERY
                ]
                return await self._async_next_battery()
            except InputError as err:
                errors = err.errors
        stored: Mapping[str, str] = self.entry.options.get(CONF_PHASE_SENSORS, {})
        shown = {
            **{key: stored[key] for key in PHASE_KEYS if key in stored},
            SECTION_EXPORT: {key: stored[key] for key in EXPORT_KEYS if key in stored},
        }
        return self.async_show_form(
            step_id="mains_phases",
            data_schema=self.add_suggested_values_to_schema(
                PHASES_SCHEMA, user_input or shown
            ),
            errors=errors,
        )

    def _checked_sensors(self, user_input: Mapping[str, Any]) -> dict[str, str]:
        """Return the sensors that were chosen. Raises InputError."""
        chosen: dict[str, str] = {
            **{key: user_input[key] for key in PHASE_KEYS if key in user_input},
            **user_input[SECTION_EXPORT],
        }
        if chosen and not all(key in chosen for key in PHASE_KEYS):
            raise InputError("phases_incomplete")
        for entity_id in chosen.values():
            if power_w(self.hass.states.get(entity_id)) is None:
                raise InputError("phase_sensor_no_power")
        return chosen

    async def _async_next_battery(self) -> ConfigFlowResult:
        """Ask for the next battery, or bring all into force. Raises InputError."""
        if self._unasked:
            return await self.async_step_mains_battery()
        changed = self._phase_sensors != self.entry.options.get(CONF_PHASE_SENSORS, {})
        return await self.async_finish(
            {**self._mains, "connections": self._connections},
            {CONF_PHASE_SENSORS: self._phase_sensors} if changed else None,
        )

    async def async_step_mains_battery(
        self, user_input: dict[str, Any] | None = None
    ) -> ConfigFlowResult:
        """Ask which phases a battery is connected to."""
        errors: dict[str, str] = {}
        battery, *later = self._unasked
        key = battery.subentry_id
        if user_input is not None:
            self._connections[key] = Connection(user_input[CONF_CONNECTION])
            self._unasked = later
            try:
                return await self._async_next_battery()
            except InputError as err:
                self._unasked, errors = [battery], err.errors
        present = self._connections.get(key, Connection.ALL)
        return self.async_show_form(
            step_id="mains_battery",
            data_schema=self.add_suggested_values_to_schema(
                CONNECTION_SCHEMA, user_input or {CONF_CONNECTION: present.value}
            ),
            errors=errors,
            description_placeholders={"battery": battery.title},
        )
