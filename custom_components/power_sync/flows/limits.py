"""What a site may do, as it is asked for and checked."""

from collections.abc import Mapping
from typing import Any, Final

import probatio

from custom_components.power_sync.const import (
    CONF_BATTERY_EXPORT,
    CONF_EXPORT_LIMIT_W,
    CONF_GRID_CHARGING,
    CONF_IMPORT_LIMIT_W,
    CONF_RESERVE_PCT,
)
from custom_components.power_sync.settings import (
    DEFAULT_RESERVE_PCT,
    LOWEST_EXPORT_LIMIT_W,
    LOWEST_IMPORT_LIMIT_W,
)
from homeassistant.const import PERCENTAGE, UnitOfPower
from homeassistant.helpers.selector import (
    BooleanSelector,
    NumberSelector,
    NumberSelectorConfig,
    NumberSelectorMode,
)

from .battery_found import NOT_KNOWN
from .errors import InputError

WATTS: Final = NumberSelector(
    NumberSelectorConfig(
        min=0,
        step=1,
        mode=NumberSelectorMode.BOX,
        unit_of_measurement=UnitOfPower.WATT,
    )
)

PERCENT: Final = NumberSelector(
    NumberSelectorConfig(
        min=0,
        max=100,
        step=1,
        mode=NumberSelectorMode.BOX,
        unit_of_measurement=PERCENTAGE,
    )
)

LIMITS_SCHEMA = probatio.Schema(
    {
        probatio.Required(CONF_RESERVE_PCT): PERCENT,
        probatio.Optional(CONF_IMPORT_LIMIT_W): WATTS,
        probatio.Optional(CONF_EXPORT_LIMIT_W): WATTS,
        probatio.Required(CONF_GRID_CHARGING, default=True): BooleanSelector(),
        probatio.Required(CONF_BATTERY_EXPORT, default=False): BooleanSelector(),
    }
)


def default_reserve_pct(floor_pct: float | None) -> float:
    """Return the reserve to suggest for an inverter that stops at `floor_pct`."""
    return max(floor_pct or 0.0, DEFAULT_RESERVE_PCT)


def checked_limits(
    user_input: Mapping[str, Any], floor_pct: float | None
) -> dict[str, Any]:
    """Return the limits that were typed.

    A limit that is left empty is None: there is none. Raises InputError for a
    reserve out of reach and for limits that were meant in kW.
    """
    if floor_pct is not None and user_input[CONF_RESERVE_PCT] < floor_pct:
        raise InputError("reserve_below_floor", CONF_RESERVE_PCT)
    import_limit_w = user_input.get(CONF_IMPORT_LIMIT_W)
    if import_limit_w is not None and import_limit_w < LOWEST_IMPORT_LIMIT_W:
        raise InputError("import_limit_too_low", CONF_IMPORT_LIMIT_W)
    # Homes that may not feed in at all have a limit of 0 W.
    export_limit_w = user_input.get(CONF_EXPORT_LIMIT_W)
    if export_limit_w and export_limit_w < LOWEST_EXPORT_LIMIT_W:
        raise InputError("export_limit_too_low", CONF_EXPORT_LIMIT_W)
    return {key.schema: user_input.get(key.schema) for key in LIMITS_SCHEMA.schema}


def raised_ceiling_w(limit_w: float | None, ceiling_w: float | None) -> float | None:
    """Return the ceiling of the export limit after the user chose a limit.

    A limit above the ceiling, or none at all, is the user's own word on what the
    grid agreement allows. Without a ceiling there is none to keep to.
    """
    return None if limit_w is None or ceiling_w is None else max(limit_w, ceiling_w)


def floor_text(floor_pct: float | None) -> str:
    """Return the floor as it is written in a text."""
    return NOT_KNOWN if floor_pct is None else f"{floor_pct:g}"
