"""Batteries through the entities and actions of other integrations."""

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from datetime import datetime
from math import floor
from typing import Any, Final

import probatio

from custom_components.power_sync.const import DOMAIN
from custom_components.power_sync.devices.batteries.brand import (
    BatteryBrand,
    BatteryConfig,
)
from custom_components.power_sync.devices.batteries.entities.access import (
    entities_access,
)
from custom_components.power_sync.devices.batteries.entities.mapping import Actions
from custom_components.power_sync.devices.protocols import (
    BatteryDriver,
    DeviceNotReadyError,
    DeviceRefusedError,
    DeviceUnreachableError,
)
from custom_components.power_sync.model.battery import SettingValue
from homeassistant.const import (
    ATTR_ENTITY_ID,
    STATE_ON,
    STATE_UNAVAILABLE,
    STATE_UNKNOWN,
    UnitOfPower,
)
from homeassistant.core import (
    Context,
    CoreState,
    Event,
    EventStateChangedData,
    HomeAssistant,
    callback,
    split_entity_id,
)
from homeassistant.exceptions import HomeAssistantError
from homeassistant.helpers import config_validation as cv
from homeassistant.helpers.event import async_track_state_change_event
from homeassistant.helpers.script import Script, async_validate_actions_config
from homeassistant.util import dt as dt_util
from homeassistant.util.unit_conversion import PowerConverter

from . import measured

NUMBERS: Final = ("number", "input_number")
SELECTS: Final = ("select", "input_select")
SWITCHES: Final = ("switch", "input_boolean")
CALL_WITHIN_S: Final = 30.0
SHOWN_WITHIN_S: Final = 10.0
"""How long an entity may take to show what it was set to."""


class HassEntities:
    """The entities and actions of this Home Assistant."""

    def __init__(self, hass: HomeAssistant) -> None:
        """Use what there is."""
        self._hass = hass

    @property
    def starting(self) -> bool:
        """Whether Home Assistant is still setting integrations up."""
        return self._hass.state in (CoreState.not_running, CoreState.starting)

    def power_w(self, entity: str) -> float | None:
        """Return what a power sensor says, in W."""
        return measured.power_w(self._hass, entity)

    def percent(self, entity: str) -> float | None:
        """Return what a level's sensor says."""
        return measured.percent(self._hass, entity)

    def told_at(self, entity: str) -> datetime | None:
        """Return when an entity was last heard of."""
        state = self._hass.states.get(entity)
        return None if state is None else state.last_reported

    def setting(self, entity: str) -> SettingValue:
        """Return what a number, select or switch is set to."""
        state = self._hass.states.get(entity)
        if state is None or state.state in (STATE_UNAVAILABLE, STATE_UNKNOWN):
            return None
        domain = split_entity_id(entity)[0]
        if domain in NUMBERS:
            return measured.number(self._hass, entity)
        return state.state == STATE_ON if domain in SWITCHES else state.state

    def fitting(self, entity: str, watts: float) -> float | None:
        """Return a power in a number's own unit, not above what was asked."""
        state = self._hass.states.get(entity)
        unit = measured.unit_of(self._hass, entity) or UnitOfPower.WATT
        if state is None or unit not in PowerConverter.VALID_UNITS:
            return None
        value = PowerConverter.convert(watts, UnitOfPower.WATT, unit)
        least = float(state.attributes.get("min", value))
        most = float(state.attributes.get("max", value))
        step = float(state.attributes.get("step", 0.0))
        if step > 0:
            whole = floor(abs(value) / step + 1e-9) * step
            value = round(whole if value >= 0 else -whole, 6)
        return min(max(value, least), most)

    async def set(self, entity: str, value: SettingValue) -> None:
        """Set a number, select or switch, and wait until it shows the value."""
        domain = split_entity_id(entity)[0]
        action, data = _call(domain, value)
        shown = asyncio.Event()

        @callback
        def look(_event: Event[EventStateChangedData] | None = None) -> None:
            if self.setting(entity) == value:
                shown.set()

        stop = async_track_state_change_event(self._hass, entity, look)
        try:
            async with self._errors():
                await self._hass.services.async_call(
                    domain,
                    action,
                    {ATTR_ENTITY_ID: entity, **data},
                    blocking=True,
                )
            look()
            async with asyncio.timeout(SHOWN_WITHIN_S):
                await shown.wait()
        except TimeoutError:
            # Who reads it back sees that it was not taken.
            return
        finally:
            stop()

    async def run(self, actions: Actions, variables: Mapping[str, object]) -> None:
        """Run actions to their end."""
        async with self._errors():
            checked = await async_checked(self._hass, actions)
            script = Script(self._hass, checked, "PowerSync battery", DOMAIN)
            await script.async_run(dict(variables), Context())

    @asynccontextmanager
    async def _errors(self) -> AsyncIterator[None]:
        """Bound what is done inside, with its errors in the words of the protocols."""
        try:
            async with asyncio.timeout(CALL_WITHIN_S):
                yield
        except TimeoutError as err:
            raise DeviceUnreachableError("no answer in time") from err
        except (HomeAssistantError, probatio.Invalid) as err:
            if self.starting:
                # Who takes the action may be yet to come, too.
                raise DeviceNotReadyError(type(err).__name__) from err
            raise DeviceRefusedError(type(err).__name__) from err


async def async_checked(hass: HomeAssistant, actions: Actions) -> list[dict[str, Any]]:
    """Return actions as they can be run. Raises Invalid."""
    return await async_validate_actions_config(hass, cv.SCRIPT_SCHEMA(list(actions)))


def _call(domain: str, value: SettingValue) -> tuple[str, dict[str, SettingValue]]:
    """Return the action that sets an entity, and its data."""
    if domain in NUMBERS:
        return "set_value", {"value": value}
    if domain in SELECTS:
        return "select_option", {"option": value}
    if domain in SWITCHES:
        return ("turn_on" if value else "turn_off"), {}
    raise DeviceRefusedError(f"a {domain} cannot be set")


def entities_driver(
    hass: HomeAssistant,
    brand: BatteryBrand,
    config: BatteryConfig,
    data: Mapping[str, object],
) -> BatteryDriver:
    """Return a driver on Home Assistant's entities. Raises StoredConfigError."""
    make = entities_access(brand).driver
    return make(HassEntities(hass), config, data, now=dt_util.utcnow)
