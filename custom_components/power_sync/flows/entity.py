"""Choosing an entity that holds prices, and seeing what was found in it."""

from collections.abc import Mapping
from typing import Any, Final

import probatio

from custom_components.power_sync.bridges.price_source import read_entity
from custom_components.power_sync.model.plain import JsonObject
from custom_components.power_sync.model.prices import PriceCurve
from custom_components.power_sync.prices.entity import (
    CONF_CURRENCY,
    CONF_EXPORT_ADDITION,
    CONF_EXPORT_ENTITY,
    CONF_EXPORT_FACTOR,
    CONF_EXPORT_PER_KWH,
    CONF_IMPORT_ADDITION,
    CONF_IMPORT_ENTITY,
    CONF_IMPORT_FACTOR,
    CONF_PUBLISHED,
    CONF_STANDING_PER_DAY,
)
from custom_components.power_sync.prices.entity_rows import read_prices
from custom_components.power_sync.prices.protocols import CONF_ZONE
from homeassistant.config_entries import ConfigFlowResult
from homeassistant.data_entry_flow import section
from homeassistant.helpers.selector import (
    BooleanSelector,
    EntitySelector,
    EntitySelectorConfig,
    NumberSelector,
    NumberSelectorConfig,
    NumberSelectorMode,
)
from homeassistant.util import dt as dt_util

from .errors import InputError
from .fixed_forms import money_selector
from .found import described
from .prices import PriceSteps, async_check_prices

ENTITY: Final = "entity"
SECTION_ADJUST: Final = "adjust"
DEFAULTS: Final = {
    CONF_IMPORT_FACTOR: 1,
    CONF_IMPORT_ADDITION: 0,
    CONF_EXPORT_FACTOR: 1,
    CONF_EXPORT_ADDITION: 0,
}


def entity_schema(currency: str, *, collapsed: bool) -> probatio.Schema:
    """Return the form of the entities, and of what is added to their prices."""
    entity = EntitySelector(
        EntitySelectorConfig(domain=["sensor", "event", "binary_sensor"])
    )
    factor = NumberSelector(
        NumberSelectorConfig(step="any", mode=NumberSelectorMode.BOX)
    )
    addition = money_selector(f"{currency}/kWh")
    adjust = {
        probatio.Required(key, default=default): factor
        if key in (CONF_IMPORT_FACTOR, CONF_EXPORT_FACTOR)
        else addition
        for key, default in DEFAULTS.items()
    }
    return probatio.Schema(
        {
            probatio.Required(CONF_IMPORT_ENTITY): entity,
            probatio.Optional(CONF_EXPORT_ENTITY): entity,
            probatio.Required(CONF_EXPORT_PER_KWH, default=0): addition,
            probatio.Required(CONF_PUBLISHED, default=True): BooleanSelector(),
            probatio.Optional(CONF_STANDING_PER_DAY): money_selector(f"{currency}/d"),
            probatio.Required(SECTION_ADJUST): section(
                probatio.Schema(adjust), {"collapsed": collapsed}
            ),
        }
    )


class EntitySteps(PriceSteps):
    """The entities, then what was found. Ends in `async_prices_done`."""

    _entity_prices: JsonObject
    _entity_curve: PriceCurve
    _entity_typed: dict[str, Any] | None = None

    @property
    def _money(self) -> str:
        """The currency of before; of a new site, that of Home Assistant."""
        currency: str = self.prices.get(CONF_CURRENCY, self.hass.config.currency)
        return currency

    async def async_step_entity(
        self, user_input: dict[str, Any] | None = None
    ) -> ConfigFlowResult:
        """Ask for the entities, and read their prices."""
        errors: dict[str, str] = {}
        if user_input is not None:
            self._entity_typed = user_input
            try:
                self._entity_prices = self._as_stored(user_input)
                self._entity_curve = await async_check_prices(
                    self.hass, ENTITY, self._entity_prices
                )
            except InputError as err:
                errors = err.errors
            else:
                return await self.async_step_entity_found()
        typed = self._entity_typed or self._as_typed()
        adjusted = typed.get(SECTION_ADJUST, DEFAULTS) != DEFAULTS
        return self.async_show_form(
            step_id="entity",
            data_schema=self.add_suggested_values_to_schema(
                entity_schema(self._money, collapsed=not adjusted), typed
            ),
            errors=errors,
        )

    async def async_step_entity_found(
        self, user_input: dict[str, Any] | None = None
    ) -> ConfigFlowResult:
        """Show what was found, before it is used."""
        return self.async_show_menu(
            step_id="entity_found",
            menu_options=["entity_done", "entity"],
            description_placeholders=described(self._entity_curve),
        )

    async def async_step_entity_done(
        self, user_input: dict[str, Any] | None = None
    ) -> ConfigFlowResult:
        """Go on with the prices that were shown."""
        return await self.async_prices_done(ENTITY, self._entity_prices)

    def _as_stored(self, user_input: Mapping[str, Any]) -> JsonObject:
        """Return the settings. Raises InputError where an entity has no prices."""
        for key in (CONF_IMPORT_ENTITY, CONF_EXPORT_ENTITY):
            if key in user_input:
                self._check_entity(key, user_input[key])
        standing = user_input.get(CONF_STANDING_PER_DAY)
        return {
            CONF_CURRENCY: self._money,
            CONF_ZONE: self.prices.get(CONF_ZONE, self.hass.config.time_zone),
            CONF_IMPORT_ENTITY: user_input[CONF_IMPORT_ENTITY],
            CONF_EXPORT_ENTITY: user_input.get(CONF_EXPORT_ENTITY),
            CONF_EXPORT_PER_KWH: float(user_input[CONF_EXPORT_PER_KWH]),
            CONF_PUBLISHED: user_input[CONF_PUBLISHED],
            CONF_STANDING_PER_DAY: None if standing is None else float(standing),
            **{key: float(user_input[SECTION_ADJUST][key]) for key in DEFAULTS},
        }

    def _check_entity(self, field: str, entity_id: str) -> None:
        """See that an entity has prices. Raises InputError."""
        entity = read_entity(self.hass, entity_id)
        if entity is None:
            raise InputError("entity_unavailable", field)
        known = read_prices(entity.attributes, dt_util.get_default_time_zone())
        if known.end is None or known.end <= dt_util.utcnow():
            raise InputError("no_price_list", field)

    def _as_typed(self) -> dict[str, Any]:
        """Return stored settings in the shape of the form."""
        if not self.prices:
            return {}
        typed = {
            key: value
            for key, value in self.prices.items()
            if value is not None and key not in (CONF_CURRENCY, CONF_ZONE, *DEFAULTS)
        }
        return typed | {SECTION_ADJUST: {key: self.prices[key] for key in DEFAULTS}}
