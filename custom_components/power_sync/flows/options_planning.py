"""The options about how a site plans, and how often it looks."""

from typing import Any, Final

import probatio

from custom_components.power_sync.const import (
    CONF_BATTERY_POLL_S,
    CONF_FORECAST_EVERY_MIN,
    CONF_OBJECTIVE,
    CONF_PLAN_EVERY_MIN,
    CONF_WEAR_PER_KWH,
)
from custom_components.power_sync.periods import (
    FORECAST_EVERY_MIN,
    PLAN_EVERY_MIN,
    POLL_S,
    Period,
)
from custom_components.power_sync.planner import Objective
from custom_components.power_sync.settings import MOST_WEAR_PER_KWH
from homeassistant.config_entries import ConfigEntryState, ConfigFlowResult
from homeassistant.const import UnitOfTime
from homeassistant.data_entry_flow import section
from homeassistant.helpers.selector import (
    NumberSelector,
    NumberSelectorConfig,
    NumberSelectorMode,
    SelectSelector,
    SelectSelectorConfig,
    SelectSelectorMode,
)

from .errors import InputError
from .options_step import OptionsStep

SECTION_UPDATES: Final = "updates"


def _every(period: Period, unit: UnitOfTime) -> NumberSelector:
    return NumberSelector(
        NumberSelectorConfig(
            min=period.least,
            max=period.most,
            step=1,
            mode=NumberSelectorMode.BOX,
            unit_of_measurement=unit,
        )
    )


UPDATES_SCHEMA = probatio.Schema(
    {
        probatio.Required(CONF_BATTERY_POLL_S, default=POLL_S.default): _every(
            POLL_S, UnitOfTime.SECONDS
        ),
        probatio.Required(
            CONF_PLAN_EVERY_MIN, default=str(PLAN_EVERY_MIN[0])
        ): SelectSelector(
            SelectSelectorConfig(
                options=[str(minutes) for minutes in PLAN_EVERY_MIN],
                translation_key=CONF_PLAN_EVERY_MIN,
            )
        ),
        probatio.Required(
            CONF_FORECAST_EVERY_MIN, default=FORECAST_EVERY_MIN.default
        ): _every(FORECAST_EVERY_MIN, UnitOfTime.MINUTES),
    }
)


def planning_schema(currency: str) -> probatio.Schema:
    """Return the form, with money in a currency."""
    objective = SelectSelectorConfig(
        options=[objective.value for objective in Objective],
        mode=SelectSelectorMode.LIST,
        translation_key=CONF_OBJECTIVE,
    )
    wear = NumberSelectorConfig(
        min=0,
        max=MOST_WEAR_PER_KWH,
        step="any",
        mode=NumberSelectorMode.BOX,
        unit_of_measurement=f"{currency}/kWh",
    )
    return probatio.Schema(
        {
            probatio.Required(CONF_OBJECTIVE): SelectSelector(objective),
            probatio.Required(CONF_WEAR_PER_KWH): NumberSelector(wear),
            probatio.Required(SECTION_UPDATES): section(
                UPDATES_SCHEMA, {"collapsed": True}
            ),
        }
    )


class PlanningStep(OptionsStep):
    """Asks what a plan is for, and how often things are looked at."""

    async def async_step_planning(
        self, user_input: dict[str, Any] | None = None
    ) -> ConfigFlowResult:
        """Ask how to plan."""
        errors: dict[str, str] = {}
        present = await self.async_present()
        if user_input is not None:
            changes = {
                CONF_OBJECTIVE: Objective(user_input[CONF_OBJECTIVE]),
                CONF_WEAR_PER_KWH: float(user_input[CONF_WEAR_PER_KWH]),
            }
            try:
                return await self.async_finish(changes, _periods(user_input))
            except InputError as err:
                errors = err.errors
        shown = {
            CONF_OBJECTIVE: present.objective.value,
            CONF_WEAR_PER_KWH: present.wear_per_kwh,
            SECTION_UPDATES: {CONF_BATTERY_POLL_S: self._poll_s()}
            | {
                key.schema: self.entry.options[key.schema]
                for key in UPDATES_SCHEMA.schema
                if key.schema in self.entry.options
            },
        }
        return self.async_show_form(
            step_id="planning",
            data_schema=self.add_suggested_values_to_schema(
                planning_schema(self.currency), user_input or shown
            ),
            errors=errors,
        )

    def _poll_s(self) -> int:
        """Return how often the slowest battery is read now."""
        if self.entry.state is not ConfigEntryState.LOADED:
            return POLL_S.default
        batteries = self.entry.runtime_data.coordinators.batteries.values()
        periods = [battery.update_interval for battery in batteries]
        known = [int(each.total_seconds()) for each in periods if each is not None]
        return max(known, default=POLL_S.default)


def _periods(user_input: dict[str, Any]) -> dict[str, int]:
    """Return the periods that were chosen, as whole numbers."""
    chosen = user_input[SECTION_UPDATES]
    return {key.schema: int(chosen[key.schema]) for key in UPDATES_SCHEMA.schema}
