"""What a site may do: asked when it is set up, and changed in its options."""

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
from custom_components.power_sync.site import PowerSyncConfigEntry
from homeassistant.config_entries import ConfigEntryState, ConfigFlowResult, OptionsFlow
from homeassistant.const import PERCENTAGE, UnitOfPower
from homeassistant.helpers.selector import (
    BooleanSelector,
    NumberSelector,
    NumberSelectorConfig,
    NumberSelectorMode,
)

from .battery import NOT_KNOWN
from .errors import InputError

DEFAULT_RESERVE_PCT: Final = 10.0

# A limit below these is one in kW: the smallest supplies are of some kilowatts.
LOWEST_IMPORT_LIMIT_W: Final = 500
LOWEST_EXPORT_LIMIT_W: Final = 100

WATTS: Final = NumberSelector(
    NumberSelectorConfig(
        min=0,
        step=1,
        mode=NumberSelectorMode.BOX,
        unit_of_measurement=UnitOfPower.WATT,
    )
)


LIMITS_SCHEMA = probatio.Schema(
    {
        probatio.Required(CONF_RESERVE_PCT): NumberSelector(
            NumberSelectorConfig(
                min=0,
                max=100,
                step=1,
                mode=NumberSelectorMode.BOX,
                unit_of_measurement=PERCENTAGE,
            )
        ),
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
    """Return a site's options.

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


def floor_text(floor_pct: float | None) -> str:
    """Return the floor as it is written in a text."""
    return NOT_KNOWN if floor_pct is None else f"{floor_pct:g}"


class LimitsOptionsFlow(OptionsFlow):
    """Changes what the site may do; the entry's update listener reloads it."""

    async def async_step_init(
        self, user_input: dict[str, Any] | None = None
    ) -> ConfigFlowResult:
        """Ask for the limits."""
        errors: dict[str, str] = {}
        floor_pct = _site_floor_pct(self.config_entry)
        if user_input is not None:
            try:
                return self.async_create_entry(
                    data=checked_limits(user_input, floor_pct)
                )
            except InputError as err:
                errors = err.errors
        present = {k: v for k, v in self.config_entry.options.items() if v is not None}
        return self.async_show_form(
            step_id="init",
            data_schema=self.add_suggested_values_to_schema(
                LIMITS_SCHEMA, user_input or present
            ),
            errors=errors,
            description_placeholders={"floor": floor_text(floor_pct)},
        )


def _site_floor_pct(entry: PowerSyncConfigEntry) -> float | None:
    """Return the level below which no battery of the site goes; None = not known."""
    if entry.state is not ConfigEntryState.LOADED:
        return None
    readings = entry.runtime_data.readings.values()
    floors = [r.min_soc_pct for r in readings if r.min_soc_pct is not None]
    return min(floors) if floors and len(floors) == len(readings) else None
