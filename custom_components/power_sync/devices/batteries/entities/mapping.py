"""What the owner picked: which entities a battery is, and what each mode takes."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from custom_components.power_sync.devices.batteries.stored import (
    Stored,
    StoredConfigError,
    text_in,
)
from custom_components.power_sync.model.battery import Mode, SettingValue
from custom_components.power_sync.model.plain import Json

CONF_SOC_SENSOR: Final = "soc_sensor"
CONF_POWER_SENSOR: Final = "power_sensor"
CONF_CHARGING_POSITIVE: Final = "charging_positive"
CONF_SOLAR_SENSOR: Final = "solar_sensor"
CONF_GRID_SENSOR: Final = "grid_sensor"
CONF_LOAD_SENSOR: Final = "load_sensor"
CONF_MODES: Final = "modes"
CONF_ENTITY: Final = "entity"
CONF_VALUE: Final = "value"
CONF_POWER_ENTITY: Final = "power_entity"
CONF_POWER_NEGATIVE: Final = "power_negative"
CONF_ACTIONS: Final = "actions"
CONF_END_ACTIONS: Final = "end_actions"

POWERED: Final = (Mode.CHARGE, Mode.DISCHARGE, Mode.LIMIT)
"""The modes that have a power."""

type Actions = Sequence[Json]
"""Home Assistant's actions, as a script has them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Recipe:
    """What brings one mode about: a number, another entity, actions; in this order.

    The number takes the power, negative where `power_negative`; `end_actions` undo
    what `actions` do, while entities get the owner's values back.
    """

    entity: str | None = None
    value: SettingValue = None
    power_entity: str | None = None
    power_negative: bool = False
    actions: Actions = ()
    end_actions: Actions = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Picked:
    """All that the owner picked."""

    soc_sensor: str
    power_sensor: str
    charging_positive: bool
    solar_sensor: str | None
    grid_sensor: str | None
    load_sensor: str | None
    recipes: Mapping[Mode, Recipe]


def picked_from(stored: Stored) -> Picked:
    """Return what is stored. Raises StoredConfigError."""
    modes = stored.get(CONF_MODES, {})
    if not isinstance(modes, Mapping):
        raise StoredConfigError("no modes")
    try:
        recipes = {Mode(mode): recipe_from(one) for mode, one in modes.items()}
    except ValueError as err:
        raise StoredConfigError("an unknown mode") from err
    return Picked(
        soc_sensor=text_in(stored, CONF_SOC_SENSOR),
        power_sensor=text_in(stored, CONF_POWER_SENSOR),
        charging_positive=stored.get(CONF_CHARGING_POSITIVE) is True,
        solar_sensor=_text_or_none(stored, CONF_SOLAR_SENSOR),
        grid_sensor=_text_or_none(stored, CONF_GRID_SENSOR),
        load_sensor=_text_or_none(stored, CONF_LOAD_SENSOR),
        recipes=recipes,
    )


def recipe_from(stored: object) -> Recipe:
    """Return a mode's recipe. Raises StoredConfigError."""
    if not isinstance(stored, Mapping):
        raise StoredConfigError("no recipe")
    return Recipe(
        entity=_text_or_none(stored, CONF_ENTITY),
        value=stored.get(CONF_VALUE),
        power_entity=_text_or_none(stored, CONF_POWER_ENTITY),
        power_negative=stored.get(CONF_POWER_NEGATIVE) is True,
        actions=stored.get(CONF_ACTIONS) or (),
        end_actions=stored.get(CONF_END_ACTIONS) or (),
    )


def _text_or_none(stored: Stored, key: str) -> str | None:
    return text_in(stored, key) if stored.get(key) else None
