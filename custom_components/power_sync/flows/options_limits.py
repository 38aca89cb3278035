"""The options about what a site may do."""

from collections.abc import Mapping
from typing import Any, Final

import probatio

from custom_components.power_sync.const import (
    CONF_CHARGE_LIMIT_W,
    CONF_DISCHARGE_LIMIT_W,
    CONF_EXPORT_CEILING_W,
    CONF_EXPORT_LIMIT_W,
    CONF_MAX_SOC_PCT,
    CONF_MIN_SOC_PCT,
)
from custom_components.power_sync.settings import (
    LEAST_SPAN_PCT,
    LOWEST_POWER_W,
    Settings,
)
from custom_components.power_sync.site import PowerSyncConfigEntry
from homeassistant.config_entries import ConfigEntryState, ConfigFlowResult
from homeassistant.data_entry_flow import section

from .errors import InputError
from .limits import (
    LIMITS_SCHEMA,
    PERCENT,
    WATTS,
    checked_limits,
    floor_text,
    raised_ceiling_w,
)
from .options_step import OptionsStep

SECTION_BATTERY: Final = "battery"

BATTERY_SCHEMA = probatio.Schema(
    {
        probatio.Required(CONF_MIN_SOC_PCT): PERCENT,
        probatio.Required(CONF_MAX_SOC_PCT): PERCENT,
        probatio.Optional(CONF_CHARGE_LIMIT_W): WATTS,
        probatio.Optional(CONF_DISCHARGE_LIMIT_W): WATTS,
    }
)
SITE_LIMITS_SCHEMA = LIMITS_SCHEMA.extend(
    {probatio.Required(SECTION_BATTERY): section(BATTERY_SCHEMA, {"collapsed": True})}
)


class LimitsStep(OptionsStep):
    """Asks for the limits of the home and of its batteries."""

    async def async_step_limits(
        self, user_input: dict[str, Any] | None = None
    ) -> ConfigFlowResult:
        """Ask for the limits."""
        errors: dict[str, str] = {}
        floor_pct = site_floor_pct(self.entry)
        present = await self.async_present()
        if user_input is not None:
            try:
                changes = changed_limits(user_input, present, floor_pct)
                return await self.async_finish(changes)
            except InputError as err:
                errors = err.errors
        return self.async_show_form(
            step_id="limits",
            data_schema=self.add_suggested_values_to_schema(
                SITE_LIMITS_SCHEMA, user_input or _shown(present)
            ),
            errors=errors,
            description_placeholders={"floor": floor_text(floor_pct)},
        )


def changed_limits(
    user_input: Mapping[str, Any], present: Settings, floor_pct: float | None
) -> dict[str, object]:
    """Return the settings that were typed. Raises InputError.

    An export limit above the ceiling, or none at all, is the user's own word on
    what the grid agreement allows: the ceiling goes with it.
    """
    battery: Mapping[str, Any] = user_input[SECTION_BATTERY]
    limits = checked_limits(user_input, floor_pct)
    changes: dict[str, object] = dict(limits)
    least, most = battery[CONF_MIN_SOC_PCT], battery[CONF_MAX_SOC_PCT]
    if most - least < LEAST_SPAN_PCT:
        raise InputError("levels_too_close")
    if user_input["reserve_pct"] > most:
        raise InputError("reserve_above_maximum", "reserve_pct")
    changes |= {CONF_MIN_SOC_PCT: least, CONF_MAX_SOC_PCT: most}
    for key in (CONF_CHARGE_LIMIT_W, CONF_DISCHARGE_LIMIT_W):
        watts = battery.get(key)
        if watts is not None and watts < LOWEST_POWER_W:
            raise InputError("power_limit_too_low")
        changes[key] = watts
    changes[CONF_EXPORT_CEILING_W] = raised_ceiling_w(
        limits[CONF_EXPORT_LIMIT_W], present.export_ceiling_w
    )
    return changes


def _shown(present: Settings) -> dict[str, Any]:
    """Return what the form holds; limits that there are not stay empty."""

    def known(schema: probatio.Schema) -> dict[str, Any]:
        values = {key.schema: getattr(present, key.schema) for key in schema.schema}
        return {key: value for key, value in values.items() if value is not None}

    return known(LIMITS_SCHEMA) | {SECTION_BATTERY: known(BATTERY_SCHEMA)}


def site_floor_pct(entry: PowerSyncConfigEntry) -> float | None:
    """Return the level below which no battery of the site goes; None = not known."""
    if entry.state is not ConfigEntryState.LOADED:
        return None
    readings = entry.runtime_data.readings.values()
    floors = [r.min_soc_pct for r in readings if r.min_soc_pct is not None]
    return min(floors) if floors and len(floors) == len(readings) else None
