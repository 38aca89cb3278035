"""Choosing an integration that has the day-ahead prices."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final

import probatio

from custom_components.power_sync.bridges.price_source import async_act
from custom_components.power_sync.model.plain import JsonObject
from custom_components.power_sync.model.prices import PriceCurve
from custom_components.power_sync.prices.day_ahead import (
    CONF_CURRENCY,
    CONF_ENTRY,
    CONF_EXPORT_ADDITION,
    CONF_EXPORT_FACTOR,
    CONF_HOURLY,
    CONF_IMPORT_ADDITION,
    CONF_IMPORT_FACTOR,
    CONF_INTEGRATION,
    CONF_PLACE,
    CONF_STANDING_PER_DAY,
)
from custom_components.power_sync.prices.day_ahead_integrations import INTEGRATIONS
from custom_components.power_sync.prices.protocols import PriceError
from homeassistant.config_entries import (
    ConfigEntry,
    ConfigEntryState,
    ConfigFlowResult,
)
from homeassistant.core import HomeAssistant
from homeassistant.data_entry_flow import AbortFlow
from homeassistant.helpers.selector import (
    BooleanSelector,
    NumberSelector,
    NumberSelectorConfig,
    NumberSelectorMode,
    SelectOptionDict,
    SelectSelector,
    SelectSelectorConfig,
    SelectSelectorMode,
)

from .errors import InputError
from .fixed_forms import money_selector
from .found import described
from .prices import PriceSteps, async_check_prices

DAY_AHEAD: Final = "day_ahead"
CONF_SOURCE: Final = "source"
DEFAULTS: Final = {
    CONF_IMPORT_FACTOR: 1,
    CONF_IMPORT_ADDITION: 0,
    CONF_EXPORT_FACTOR: 0,
    CONF_EXPORT_ADDITION: 0,
}
_FACTORS: Final = (CONF_IMPORT_FACTOR, CONF_EXPORT_FACTOR)


@dataclass(frozen=True, slots=True)
class Choice:
    """An integration's entry, and a place in it: an area or a home."""

    domain: str
    entry_id: str
    place: str
    currency: str
    label: str

    @property
    def key(self) -> str:
        """What stands for it in the form."""
        return f"{self.entry_id} {self.place}"


def day_ahead_schema(choices: Iterable[Choice]) -> probatio.Schema:
    """Return the form of the source, and of what taxes and fees add."""
    sources = SelectSelectorConfig(
        options=[
            SelectOptionDict(value=choice.key, label=choice.label) for choice in choices
        ],
        mode=SelectSelectorMode.LIST,
    )
    factor = NumberSelector(
        NumberSelectorConfig(step="any", mode=NumberSelectorMode.BOX)
    )
    addition = money_selector("/kWh")
    return probatio.Schema(
        {
            probatio.Required(CONF_SOURCE): SelectSelector(sources),
            probatio.Required(CONF_HOURLY, default=False): BooleanSelector(),
            **{
                probatio.Required(key, default=default): factor
                if key in _FACTORS
                else addition
                for key, default in DEFAULTS.items()
            },
            probatio.Optional(CONF_STANDING_PER_DAY): money_selector("/d"),
        }
    )


class DayAheadSteps(PriceSteps):
    """The source, then what was found. Ends in `async_prices_done`."""

    _choices: list[Choice]
    _day_ahead_prices: JsonObject
    _day_ahead_curve: PriceCurve
    _day_ahead_typed: dict[str, Any] | None = None

    async def async_step_day_ahead(
        self, user_input: dict[str, Any] | None = None
    ) -> ConfigFlowResult:
        """Ask for the source and the formulas, and fetch its prices."""
        errors: dict[str, str] = {}
        if user_input is None:
            self._choices = await _async_choices(self.hass)
            if not self._choices:
                raise AbortFlow("no_day_ahead")
        else:
            self._day_ahead_typed = user_input
            self._day_ahead_prices = self._stored(user_input)
            try:
                self._day_ahead_curve = await async_check_prices(
                    self.hass, DAY_AHEAD, self._day_ahead_prices
                )
            except InputError as err:
                errors = err.errors
            else:
                return await self.async_step_day_ahead_found()
        return self.async_show_form(
            step_id="day_ahead",
            data_schema=self.add_suggested_values_to_schema(
                day_ahead_schema(self._choices), self._day_ahead_typed or self._typed()
            ),
            errors=errors,
        )

    async def async_step_day_ahead_found(
        self, user_input: dict[str, Any] | None = None
    ) -> ConfigFlowResult:
        """Show what was found, before it is used."""
        return self.async_show_menu(
            step_id="day_ahead_found",
            menu_options=["day_ahead_done", "day_ahead"],
            description_placeholders=described(self._day_ahead_curve),
        )

    async def async_step_day_ahead_done(
        self, user_input: dict[str, Any] | None = None
    ) -> ConfigFlowResult:
        """Go on with the prices that were shown."""
        return await self.async_prices_done(DAY_AHEAD, self._day_ahead_prices)

    def _stored(self, user_input: Mapping[str, Any]) -> JsonObject:
        """Return the settings."""
        (choice,) = (
            each for each in self._choices if each.key == user_input[CONF_SOURCE]
        )
        standing = user_input.get(CONF_STANDING_PER_DAY)
        return {
            CONF_INTEGRATION: choice.domain,
            CONF_ENTRY: choice.entry_id,
            CONF_PLACE: choice.place,
            CONF_CURRENCY: choice.currency,
            CONF_HOURLY: user_input[CONF_HOURLY],
            **{key: float(user_input[key]) for key in DEFAULTS},
            CONF_STANDING_PER_DAY: None if standing is None else float(standing),
        }

    def _typed(self) -> dict[str, Any]:
        """Return stored settings in the shape of the form, or the only source."""
        if not self.prices:
            return {CONF_SOURCE: self._choices[0].key}
        keys = (CONF_HOURLY, *DEFAULTS, CONF_STANDING_PER_DAY)
        typed = {key: self.prices[key] for key in keys if self.prices[key] is not None}
        before = f"{self.prices[CONF_ENTRY]} {self.prices[CONF_PLACE]}"
        if any(choice.key == before for choice in self._choices):
            typed[CONF_SOURCE] = before
        return typed


async def _async_choices(hass: HomeAssistant) -> list[Choice]:
    """Return what can be asked: each area or home of each entry that is loaded."""
    return [
        Choice(
            entry.domain,
            entry.entry_id,
            place,
            entry.data.get("currency") or _currency(hass, entry.domain),
            f"{entry.title} ({place})" if place else entry.title,
        )
        for domain in INTEGRATIONS
        for entry in hass.config_entries.async_entries(domain)
        if entry.state is ConfigEntryState.LOADED
        for place in await _async_places(hass, entry)
    ]


def _currency(hass: HomeAssistant, domain: str) -> str:
    """Return the currency of an integration that does not name one."""
    return hass.config.currency if domain == "tibber" else "EUR"


async def _async_places(hass: HomeAssistant, entry: ConfigEntry) -> list[str]:
    """Return the areas or homes of an entry; one without a name where it has none."""
    if entry.domain == "nordpool":
        # Another integration of the same domain keeps no areas.
        return list(entry.data.get("areas", []))
    if entry.domain != "tibber":
        return [""]
    try:
        answer = await async_act(hass, "tibber", INTEGRATIONS["tibber"].action, {})
    except PriceError:
        return []
    homes = answer.get("prices")
    return [str(home) for home in homes] if isinstance(homes, Mapping) else []
