"""The forms of a battery through entities, and what is checked of them."""

from collections.abc import Iterable, Mapping
from typing import Any, Final

import probatio

from custom_components.power_sync.bridges.entities import (
    NUMBERS,
    SELECTS,
    SWITCHES,
    HassEntities,
    async_checked,
)
from custom_components.power_sync.const import DOMAIN
from custom_components.power_sync.devices.batteries.entities.mapping import (
    CONF_ACTIONS,
    CONF_CHARGING_POSITIVE,
    CONF_END_ACTIONS,
    CONF_ENTITY,
    CONF_GRID_SENSOR,
    CONF_LOAD_SENSOR,
    CONF_POWER_ENTITY,
    CONF_POWER_NEGATIVE,
    CONF_POWER_SENSOR,
    CONF_SOC_SENSOR,
    CONF_SOLAR_SENSOR,
    CONF_VALUE,
    POWERED,
)
from custom_components.power_sync.model.battery import Mode, SettingValue
from homeassistant.components.sensor import SensorDeviceClass
from homeassistant.const import CONF_NAME, UnitOfEnergy, UnitOfPower
from homeassistant.core import HomeAssistant, split_entity_id
from homeassistant.exceptions import HomeAssistantError
from homeassistant.helpers.selector import (
    ActionSelector,
    BooleanSelector,
    EntitySelector,
    EntitySelectorConfig,
    NumberSelector,
    NumberSelectorConfig,
    NumberSelectorMode,
    SelectSelector,
    SelectSelectorConfig,
    SelectSelectorMode,
    TextSelector,
)
from homeassistant.helpers.translation import async_get_translations

from .battery_found import (
    CONF_CAPACITY_KWH,
    CONF_MAX_CHARGE_W,
    CONF_MAX_DISCHARGE_W,
    NOT_KNOWN,
)
from .errors import InputError

CONF_RIGHT: Final = "right"
CONF_MODE: Final = "mode"
CONF_TRY: Final = "try"
CONF_DONE: Final = "done"
POWER_SENSORS: Final = (
    CONF_POWER_SENSOR,
    CONF_SOLAR_SENSOR,
    CONF_GRID_SENSOR,
    CONF_LOAD_SENSOR,
)
ORDER: Final = (
    Mode.CHARGE,
    Mode.DISCHARGE,
    Mode.NO_DISCHARGE,
    Mode.STANDBY,
    Mode.LIMIT,
    Mode.SELF_CONSUMPTION,
)
"""The modes, the ones first that gain most."""

RIGHT_SCHEMA: Final = probatio.Schema(
    {probatio.Required(CONF_RIGHT, default=True): BooleanSelector()}
)
TRY_SCHEMA: Final = probatio.Schema(
    {probatio.Required(CONF_TRY, default=True): BooleanSelector()}
)
MODES_SCHEMA: Final = probatio.Schema(
    {
        probatio.Required(CONF_MODE, default=CONF_DONE): SelectSelector(
            SelectSelectorConfig(
                options=[CONF_DONE, *(mode.value for mode in ORDER)],
                mode=SelectSelectorMode.LIST,
                translation_key="battery_mode",
            )
        )
    }
)


def sensors_schema(*, named: bool = False) -> probatio.Schema:
    """Return the form that asks what the battery is; it is `named` once."""
    name = {probatio.Required(CONF_NAME): TextSelector()}
    power = EntitySelector(
        EntitySelectorConfig(domain="sensor", device_class=SensorDeviceClass.POWER)
    )
    level = EntitySelector(
        EntitySelectorConfig(domain="sensor", device_class=SensorDeviceClass.BATTERY)
    )
    return probatio.Schema(
        {
            **({} if named else name),
            probatio.Required(CONF_SOC_SENSOR): level,
            probatio.Required(CONF_POWER_SENSOR): power,
            probatio.Required(CONF_CHARGING_POSITIVE, default=False): BooleanSelector(),
            probatio.Required(CONF_CAPACITY_KWH): _number(
                0.1, 1000, UnitOfEnergy.KILO_WATT_HOUR, step=0.1
            ),
            probatio.Required(CONF_MAX_CHARGE_W): _number(1, 100_000, UnitOfPower.WATT),
            probatio.Required(CONF_MAX_DISCHARGE_W): _number(
                1, 100_000, UnitOfPower.WATT
            ),
            probatio.Optional(CONF_SOLAR_SENSOR): power,
            probatio.Optional(CONF_GRID_SENSOR): power,
            probatio.Optional(CONF_LOAD_SENSOR): power,
        }
    )


def recipe_schema(mode: Mode) -> probatio.Schema:
    """Return the form that asks what brings a mode about."""
    power = {
        probatio.Optional(CONF_POWER_ENTITY): EntitySelector(
            EntitySelectorConfig(domain=list(NUMBERS))
        ),
        probatio.Required(CONF_POWER_NEGATIVE, default=False): BooleanSelector(),
    }
    domains = [*SELECTS, *SWITCHES, *NUMBERS]
    return probatio.Schema(
        {
            probatio.Optional(CONF_ENTITY): EntitySelector(
                EntitySelectorConfig(domain=domains)
            ),
            probatio.Optional(CONF_VALUE): TextSelector(),
            **(power if mode in POWERED else {}),
            probatio.Optional(CONF_ACTIONS): ActionSelector(),
            probatio.Optional(CONF_END_ACTIONS): ActionSelector(),
        }
    )


def recipe_typed(
    recipe: Mapping[str, Any], mode: Mode
) -> tuple[probatio.Schema, dict[str, Any]]:
    """Return the form of a mode, and what to suggest of a recipe that is stored."""
    suggested = dict(recipe)
    value = recipe.get(CONF_VALUE)
    if isinstance(value, bool):
        suggested[CONF_VALUE] = "on" if value else "off"
    elif value is not None:
        suggested[CONF_VALUE] = f"{value:g}" if isinstance(value, float) else value
    return recipe_schema(mode), suggested


async def async_recipe(
    hass: HomeAssistant, mode: Mode, typed: Mapping[str, Any]
) -> dict[str, Any]:
    """Return what to store of a mode; nothing where nothing was picked.

    Raises InputError where it cannot work.
    """
    recipe = {key: value for key, value in typed.items() if value not in (None, [], "")}
    picked = {CONF_ENTITY, CONF_POWER_ENTITY, CONF_ACTIONS} & set(recipe)
    if not picked:
        return {}
    if CONF_ENTITY in recipe:
        recipe[CONF_VALUE] = _value(
            hass, recipe[CONF_ENTITY], str(recipe.get(CONF_VALUE, "")).strip()
        )
    if CONF_POWER_ENTITY in recipe:
        _check_power(hass, recipe[CONF_POWER_ENTITY])
    for field in (CONF_ACTIONS, CONF_END_ACTIONS):
        await _check_actions(hass, field, recipe.get(field, []))
    ends = CONF_END_ACTIONS in recipe
    if CONF_ACTIONS in recipe and not ends and mode is not Mode.SELF_CONSUMPTION:
        raise InputError("no_way_back", CONF_END_ACTIONS)
    if mode is Mode.SELF_CONSUMPTION and CONF_ENTITY not in recipe:
        raise InputError("normal_is_an_entity", CONF_ENTITY)
    if mode is Mode.LIMIT and picked == {CONF_ENTITY}:
        raise InputError("limit_needs_power", CONF_POWER_ENTITY)
    return recipe


def _value(hass: HomeAssistant, entity_id: str, typed: str) -> SettingValue:
    """Return a value that an entity can have. Raises InputError."""
    domain, state = split_entity_id(entity_id)[0], hass.states.get(entity_id)
    if state is None or HassEntities(hass).setting(entity_id) is None:
        raise InputError("entity_unavailable", CONF_ENTITY)
    if domain in SELECTS:
        if typed in state.attributes.get("options", []):
            return typed
    elif domain in SWITCHES:
        if typed.lower() in ("on", "off"):
            return typed.lower() == "on"
    else:
        try:
            number = float(typed)
        except ValueError:
            raise InputError("value_not_possible", CONF_VALUE) from None
        least = float(state.attributes.get("min", number))
        if least <= number <= float(state.attributes.get("max", number)):
            return number
    raise InputError("value_not_possible", CONF_VALUE)


def _check_power(hass: HomeAssistant, entity_id: str) -> None:
    """See that a number takes a power. Raises InputError."""
    entities = HassEntities(hass)
    if entities.setting(entity_id) is None or entities.fitting(entity_id, 0) is None:
        raise InputError("no_power_number", CONF_POWER_ENTITY)


async def _check_actions(hass: HomeAssistant, field: str, actions: list[Any]) -> None:
    """See that actions can be run. Raises InputError."""
    try:
        await async_checked(hass, actions)
    except (HomeAssistantError, probatio.Invalid) as err:
        raise InputError("actions_invalid", field) from err


async def modes_text(hass: HomeAssistant, modes: Iterable[str]) -> str:
    """Return the names of modes, in the user's language."""
    texts = await async_get_translations(
        hass, hass.config.language, "selector", {DOMAIN}
    )
    key = f"component.{DOMAIN}.selector.battery_mode.options"
    named = [texts.get(f"{key}.{mode}", mode) for mode in ORDER if mode in set(modes)]
    return ", ".join(named) or NOT_KNOWN


def flow_text(watts: float | None) -> str:
    """Return a battery's power as it is shown: an arrow in for charging, or out."""
    if watts is None:
        return NOT_KNOWN
    arrow = "→ 🔋" if watts < 0 else "🔋 →"
    return f"{abs(watts):.0f} {UnitOfPower.WATT} {arrow if watts else ''}".strip()


def _number(least: float, most: float, unit: str, *, step: float = 1) -> NumberSelector:
    return NumberSelector(
        NumberSelectorConfig(
            min=least,
            max=most,
            step=step,
            mode=NumberSelectorMode.BOX,
            unit_of_measurement=unit,
        )
    )
