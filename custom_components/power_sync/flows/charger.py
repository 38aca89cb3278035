"""The dialogue that adds a car charger to a site, or changes one."""

from collections.abc import Mapping
from typing import Any, Final
from uuid import uuid4

import probatio

from custom_components.power_sync.bridges.chargers import (
    CONF_API_KEY,
    CONF_BASE_URL,
    CONF_HUB_SERIAL,
    CONF_KIND,
    CONF_PLUGGED_SENSOR,
    CONF_POLL_S,
    CONF_POWER_SENSOR,
    CONF_SERIAL,
    CONF_STATUS_SENSOR,
    POLL,
    hub_of,
)
from custom_components.power_sync.bridges.measured import power_w
from custom_components.power_sync.devices.chargers import CHARGERS
from custom_components.power_sync.devices.chargers.entities import THROUGH_ENTITIES
from custom_components.power_sync.devices.chargers.zappi import ZAPPI, statuses
from custom_components.power_sync.devices.protocols import DeviceAuthError, DeviceError
from homeassistant.components.sensor import SensorDeviceClass
from homeassistant.config_entries import (
    SOURCE_RECONFIGURE,
    ConfigSubentryFlow,
    SubentryFlowResult,
)
from homeassistant.const import CONF_NAME, UnitOfTime
from homeassistant.core import HomeAssistant
from homeassistant.data_entry_flow import section
from homeassistant.helpers.selector import (
    EntitySelector,
    EntitySelectorConfig,
    NumberSelector,
    NumberSelectorConfig,
    NumberSelectorMode,
    SelectSelector,
    SelectSelectorConfig,
    SelectSelectorMode,
    TextSelector,
    TextSelectorConfig,
    TextSelectorType,
)

from .battery_found import abort_if_serial_in_use
from .errors import InputError
from .octopus_forms import SECTION_ADVANCED

API_KEY_SELECTOR: Final = TextSelector(
    TextSelectorConfig(type=TextSelectorType.PASSWORD, autocomplete="off")
)
KEY_SCHEMA: Final = probatio.Schema({probatio.Required(CONF_API_KEY): API_KEY_SELECTOR})


class ChargerSubentryFlow(ConfigSubentryFlow):
    """Adds a car charger to a site, or changes how it is reached."""

    _hub: Mapping[str, Any]
    _serials: list[str]

    async def async_step_user(
        self, user_input: dict[str, Any] | None = None
    ) -> SubentryFlowResult:
        """Ask what kind of charger it is."""
        if user_input is not None:
            return await self._async_ask(user_input[CONF_KIND])
        return self.async_show_form(step_id="user", data_schema=kind_schema())

    async def async_step_reconfigure(
        self, user_input: dict[str, Any] | None = None
    ) -> SubentryFlowResult:
        """Change how a charger is reached; it stays the same one."""
        return await self._async_ask(self._known[CONF_KIND])

    async def _async_ask(self, kind: str) -> SubentryFlowResult:
        if kind == ZAPPI.key:
            return await self.async_step_zappi()
        return await self.async_step_charger_entities()

    @property
    def _known(self) -> Mapping[str, Any]:
        """What is stored of the charger, where there is one."""
        if self.source != SOURCE_RECONFIGURE:
            return {}
        return self._get_reconfigure_subentry().data

    async def async_step_zappi(
        self, user_input: dict[str, Any] | None = None
    ) -> SubentryFlowResult:
        """Ask for the hub, and look at what is behind it."""
        errors: dict[str, str] = {}
        known = self._known
        if user_input is not None:
            self._hub = _hub_from(user_input, known)
            try:
                self._serials = await async_zappis(self.hass, self._hub)
                if known:
                    check_has(self._serials, known[CONF_SERIAL])
            except InputError as err:
                errors = err.errors
            else:
                serials = [known[CONF_SERIAL]] if known else self._serials
                if len(serials) == 1:
                    return self._finish_zappi(serials[0])
                return await self.async_step_zappi_pick()
        return self.async_show_form(
            step_id="zappi",
            data_schema=self.add_suggested_values_to_schema(
                zappi_schema(known=bool(known)), _shown(user_input, known)
            ),
            errors=errors,
        )

    async def async_step_zappi_pick(
        self, user_input: dict[str, Any] | None = None
    ) -> SubentryFlowResult:
        """Ask which of the hub's Zappis it is."""
        if user_input is not None:
            return self._finish_zappi(user_input[CONF_SERIAL])
        return self.async_show_form(
            step_id="zappi_pick", data_schema=pick_schema(self._serials)
        )

    def _finish_zappi(self, serial: str) -> SubentryFlowResult:
        data = {CONF_KIND: ZAPPI.key, **self._hub, CONF_SERIAL: serial}
        return self._finish("Zappi", data)

    async def async_step_charger_entities(
        self, user_input: dict[str, Any] | None = None
    ) -> SubentryFlowResult:
        """Ask for the sensors that tell of the charger."""
        errors: dict[str, str] = {}
        known = self._known
        if user_input is not None:
            try:
                _check_power(self.hass, user_input[CONF_POWER_SENSOR])
            except InputError as err:
                errors = err.errors
            else:
                name = user_input.pop(CONF_NAME, "Car charger")
                serial = known.get(CONF_SERIAL) or f"charger-{uuid4().hex[:12]}"
                data = {CONF_KIND: THROUGH_ENTITIES.key, **user_input}
                return self._finish(name, data | {CONF_SERIAL: serial})
        return self.async_show_form(
            step_id="charger_entities",
            data_schema=self.add_suggested_values_to_schema(
                entities_schema(named=bool(known)), user_input or known
            ),
            errors=errors,
        )

    def _finish(self, title: str, data: Mapping[str, Any]) -> SubentryFlowResult:
        """Store the charger; the entry's update listener reloads the site."""
        if self.source == SOURCE_RECONFIGURE:
            return self.async_update_and_abort(
                self._get_entry(), self._get_reconfigure_subentry(), data=data
            )
        abort_if_serial_in_use(self.hass, data[CONF_SERIAL])
        return self.async_create_entry(
            title=title, data=data, unique_id=data[CONF_SERIAL]
        )


async def async_zappis(hass: HomeAssistant, data: Mapping[str, Any]) -> list[str]:
    """Return the serials of a hub's Zappis, at least one. Raises InputError."""
    hub = hub_of(hass, data)
    try:
        found = statuses(await hub.get("/cgi-jstatus-*"))
    except DeviceAuthError as err:
        raise InputError("hub_refused") from err
    except DeviceError as err:
        raise InputError("cloud_unreachable") from err
    finally:
        await hub.close()
    if not found:
        raise InputError("no_zappi")
    return list(found)


def _check_power(hass: HomeAssistant, sensor: str) -> None:
    """See that a sensor has a power now. Raises InputError."""
    if power_w(hass, sensor) is None:
        raise InputError("no_power_now", CONF_POWER_SENSOR)


def check_has(serials: list[str], serial: str) -> None:
    """See that a Zappi is among them. Raises InputError."""
    if serial not in serials:
        raise InputError("wrong_hub")


def kind_schema() -> probatio.Schema:
    """Return the form that asks for the kind of charger."""
    select = SelectSelectorConfig(
        options=list(CHARGERS),
        mode=SelectSelectorMode.LIST,
        translation_key="charger_kind",
    )
    kind = probatio.Required(CONF_KIND, default=ZAPPI.key)
    return probatio.Schema({kind: SelectSelector(select)})


def zappi_schema(*, known: bool = False) -> probatio.Schema:
    """Return the hub's form; a key that is `known` need not be typed."""
    key = probatio.Optional if known else probatio.Required
    poll = NumberSelectorConfig(
        min=POLL.least,
        max=POLL.most,
        step=10,
        unit_of_measurement=UnitOfTime.SECONDS,
        mode=NumberSelectorMode.SLIDER,
    )
    advanced = probatio.Schema(
        {
            probatio.Optional(CONF_BASE_URL): TextSelector(
                TextSelectorConfig(type=TextSelectorType.URL)
            )
        }
    )
    return probatio.Schema(
        {
            probatio.Required(CONF_HUB_SERIAL): TextSelector(),
            key(CONF_API_KEY): API_KEY_SELECTOR,
            probatio.Required(CONF_POLL_S, default=POLL.default): NumberSelector(poll),
            probatio.Required(SECTION_ADVANCED): section(advanced, {"collapsed": True}),
        }
    )


def pick_schema(serials: list[str]) -> probatio.Schema:
    """Return the form that asks for one of several Zappis."""
    select = SelectSelectorConfig(options=serials, mode=SelectSelectorMode.LIST)
    return probatio.Schema({probatio.Required(CONF_SERIAL): SelectSelector(select)})


def entities_schema(*, named: bool = False) -> probatio.Schema:
    """Return the form that asks for sensors; a charger that is `named` keeps that."""
    power = EntitySelectorConfig(
        domain="sensor", device_class=[SensorDeviceClass.POWER]
    )
    plugged = EntitySelectorConfig(domain=["binary_sensor", "sensor"])
    name = {} if named else {probatio.Optional(CONF_NAME): TextSelector()}
    return probatio.Schema(
        {
            **name,
            probatio.Required(CONF_POWER_SENSOR): EntitySelector(power),
            probatio.Optional(CONF_PLUGGED_SENSOR): EntitySelector(plugged),
            probatio.Optional(CONF_STATUS_SENSOR): EntitySelector(
                EntitySelectorConfig(domain="sensor")
            ),
        }
    )


def _hub_from(typed: Mapping[str, Any], known: Mapping[str, Any]) -> dict[str, Any]:
    """Return what is stored of a hub; an empty key stays as it was."""
    base_url = typed[SECTION_ADVANCED].get(CONF_BASE_URL, "").strip()
    return {
        CONF_HUB_SERIAL: typed[CONF_HUB_SERIAL].strip(),
        CONF_API_KEY: typed.get(CONF_API_KEY, "").strip() or known[CONF_API_KEY],
        CONF_POLL_S: int(typed[CONF_POLL_S]),
        **({CONF_BASE_URL: base_url} if base_url else {}),
    }


def _shown(
    typed: Mapping[str, Any] | None, known: Mapping[str, Any]
) -> Mapping[str, Any]:
    """Return what to suggest: what was typed or is stored, but never a key."""
    if typed is None:
        base = {CONF_BASE_URL: known[CONF_BASE_URL]} if CONF_BASE_URL in known else {}
        typed = {**known, SECTION_ADVANCED: base}
    return {key: value for key, value in typed.items() if key != CONF_API_KEY}
