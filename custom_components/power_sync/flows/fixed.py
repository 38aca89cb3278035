"""Entering fixed prices, and rates by time, day and season."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, Final

from custom_components.power_sync.const import (
    CONF_SPIKE_ENTER_PER_MWH,
    CONF_SPIKE_LEAVE_PER_MWH,
)
from custom_components.power_sync.model.plain import JsonObject
from custom_components.power_sync.prices.fixed import (
    CONF_CURRENCY,
    CONF_EXPORT_PER_KWH,
    CONF_HOLIDAYS,
    CONF_IMPORT_PER_KWH,
    CONF_RATES,
    CONF_STANDING_PER_DAY,
    Direction,
)
from custom_components.power_sync.prices.nem import CURRENCY
from custom_components.power_sync.prices.protocols import CONF_ZONE
from custom_components.power_sync.prices.spike_watch import LEAVE_BELOW_AUD_PER_MWH
from custom_components.power_sync.prices.templates import TEMPLATES, templates_for
from custom_components.power_sync.prices.terms import CONF_CREDIT
from custom_components.power_sync.site_settings import async_present_settings
from homeassistant.config_entries import SOURCE_RECONFIGURE, ConfigFlowResult

from .errors import InputError
from .fixed_credit_forms import checked_credit, credit_described, credit_schema
from .fixed_forms import (
    CONF_CHOSEN,
    CONF_TEMPLATE,
    Stored,
    async_labels,
    checked_prices,
    checked_rate,
    choice_schema,
    described,
    fixed_schema,
    price_text,
    rate_as_typed,
    rate_schema,
    template_schema,
)
from .market_forms import (
    async_checked_market,
    market_as_typed,
    market_schema,
    present_market,
)
from .prices import PriceSteps, async_check_prices

FIXED: Final = "fixed"
_BASE: Final = (
    *(CONF_IMPORT_PER_KWH, CONF_EXPORT_PER_KWH, CONF_STANDING_PER_DAY),
    CONF_HOLIDAYS,
)


class FixedSteps(PriceSteps):
    """The prices at all other times, then any number of rates."""

    _base: Stored
    _rates: list[Stored]
    _credit: Stored | None = None
    _thresholds: Mapping[str, float] = MappingProxyType({})
    """Of the template that was chosen."""
    _edited: int | None = None
    """The place of the rate that is changed; None for a new one."""

    @property
    def _currency(self) -> str:
        """The currency of before; of a new site, that of Home Assistant."""
        currency: str = self.prices.get(CONF_CURRENCY, self.hass.config.currency)
        return currency

    async def async_step_fixed(
        self, user_input: dict[str, Any] | None = None
    ) -> ConfigFlowResult:
        """Ask for the prices that apply unless a rate says otherwise."""
        errors: dict[str, str] = {}
        if user_input is not None:
            try:
                self._base = checked_prices(user_input, self._currency)
                await self._async_check_holidays()
            except InputError as err:
                errors = err.errors
            else:
                self._rates = [dict(rate) for rate in self.prices.get(CONF_RATES, [])]
                self._credit = self.prices.get(CONF_CREDIT)
                return await self.async_step_fixed_rates()
        known = {key: self.prices.get(key) for key in _BASE}
        before = {key: value for key, value in known.items() if value is not None}
        return self.async_show_form(
            step_id="fixed",
            data_schema=self.add_suggested_values_to_schema(
                fixed_schema(self._currency), user_input or before
            ),
            errors=errors,
        )

    async def _async_check_holidays(self) -> None:
        """See that the calendar of holidays can be read. Raises InputError."""
        try:
            await async_check_prices(self.hass, FIXED, self._settings([]))
        except InputError as err:
            raise InputError("holidays_unavailable", CONF_HOLIDAYS) from err

    async def async_step_fixed_rates(
        self, user_input: dict[str, Any] | None = None
    ) -> ConfigFlowResult:
        """Show all rates, and ask what to do next."""
        options = ["fixed_add"]
        if self._rates:
            options += ["fixed_change", "fixed_remove"]
        elif templates_for(self._currency):
            options += ["fixed_template"]
        return self.async_show_menu(
            step_id="fixed_rates",
            menu_options=[*options, "fixed_credit", "fixed_done"],
            description_placeholders={
                "bought": price_text(self._base[CONF_IMPORT_PER_KWH], self._currency),
                "sold": price_text(self._base[CONF_EXPORT_PER_KWH], self._currency),
                "rates": "\n".join(f"- {line}" for line in await self._shown()),
            },
        )

    async def async_step_fixed_add(
        self, user_input: dict[str, Any] | None = None
    ) -> ConfigFlowResult:
        """Add a rate, below all others."""
        self._edited = None
        return await self.async_step_fixed_rate()

    async def async_step_fixed_template(
        self, user_input: dict[str, Any] | None = None
    ) -> ConfigFlowResult:
        """Ask for the contract whose rates to start from."""
        if user_input is not None:
            template = TEMPLATES[user_input[CONF_TEMPLATE]]
            self._rates = template.priced(
                {
                    Direction.IMPORT: self._base[CONF_IMPORT_PER_KWH],
                    Direction.EXPORT: self._base[CONF_EXPORT_PER_KWH],
                }
            )
            if template.credit is not None:
                self._credit = dict(template.credit)
            if (enter := template.spike_enter_per_mwh) is not None:
                self._thresholds = {
                    CONF_SPIKE_ENTER_PER_MWH: enter,
                    CONF_SPIKE_LEAVE_PER_MWH: enter - LEAVE_BELOW_AUD_PER_MWH,
                }
            return await self.async_step_fixed_rates()
        return self.async_show_form(
            step_id="fixed_template",
            data_schema=template_schema(templates_for(self._currency)),
        )

    async def async_step_fixed_change(
        self, user_input: dict[str, Any] | None = None
    ) -> ConfigFlowResult:
        """Ask which rate to change."""
        if user_input is not None:
            self._edited = int(user_input[CONF_CHOSEN])
            return await self.async_step_fixed_rate()
        return self.async_show_form(
            step_id="fixed_change",
            data_schema=choice_schema(await self._labels(), multiple=False),
        )

    async def async_step_fixed_remove(
        self, user_input: dict[str, Any] | None = None
    ) -> ConfigFlowResult:
        """Ask which rates to remove."""
        if user_input is not None:
            gone = {int(each) for each in user_input[CONF_CHOSEN]}
            self._rates = [
                rate for index, rate in enumerate(self._rates) if index not in gone
            ]
            return await self.async_step_fixed_rates()
        return self.async_show_form(
            step_id="fixed_remove",
            data_schema=choice_schema(await self._labels(), multiple=True),
        )

    async def async_step_fixed_rate(
        self, user_input: dict[str, Any] | None = None
    ) -> ConfigFlowResult:
        """Ask for a rate."""
        errors: dict[str, str] = {}
        before = None if self._edited is None else self._rates[self._edited]
        if user_input is not None:
            try:
                rate = checked_rate(user_input, self._currency)
            except InputError as err:
                errors = err.errors
            else:
                if self._edited is None:
                    self._rates.append(rate)
                else:
                    self._rates[self._edited] = rate
                return await self.async_step_fixed_rates()
        holidays = self._base[CONF_HOLIDAYS] is not None
        stored = before and rate_as_typed(before, holidays=holidays)
        typed = user_input or stored
        return self.async_show_form(
            step_id="fixed_rate",
            data_schema=self.add_suggested_values_to_schema(
                rate_schema(self._currency, collapsed=typed is None, holidays=holidays),
                typed,
            ),
            errors=errors,
        )

    async def async_step_fixed_credit(
        self, user_input: dict[str, Any] | None = None
    ) -> ConfigFlowResult:
        """Ask what is credited for buying hardly anything in a window."""
        errors: dict[str, str] = {}
        if user_input is not None:
            try:
                self._credit = checked_credit(user_input, self._currency)
                return await self.async_step_fixed_rates()
            except InputError as err:
                errors = err.errors
        return self.async_show_form(
            step_id="fixed_credit",
            data_schema=self.add_suggested_values_to_schema(
                credit_schema(self._currency), user_input or self._credit
            ),
            errors=errors,
        )

    async def async_step_fixed_done(
        self, user_input: dict[str, Any] | None = None
    ) -> ConfigFlowResult:
        """Go on; in Australia, to the wholesale market."""
        if self._currency == CURRENCY:
            return await self.async_step_fixed_market()
        return await self._async_fixed({})

    async def async_step_fixed_market(
        self, user_input: dict[str, Any] | None = None
    ) -> ConfigFlowResult:
        """Ask whether the contract pays for spikes of the wholesale price."""
        errors: dict[str, str] = {}
        if user_input is not None:
            try:
                market, of_spikes = await async_checked_market(self.hass, user_input)
            except InputError as err:
                errors = err.errors
            else:
                return await self._async_fixed({**market, **of_spikes})
        return self.async_show_form(
            step_id="fixed_market",
            data_schema=self.add_suggested_values_to_schema(
                market_schema(collapsed=not errors),
                user_input or market_as_typed(await self._market()),
            ),
            errors=errors,
        )

    async def _market(self) -> dict[str, Any]:
        """Return what is watched now, with what a contract that was chosen says."""
        if self.source != SOURCE_RECONFIGURE:
            return {**self._thresholds}
        entry = self._get_reconfigure_entry()
        present = await async_present_settings(self.hass, entry)
        return {**present_market(entry, present), **self._thresholds}

    async def _async_fixed(self, market: JsonObject) -> ConfigFlowResult:
        """Go on with the prices and the wholesale market."""
        prices = {**self._settings(self._rates), **market}
        return await self.async_prices_done(FIXED, prices)

    def _settings(self, rates: list[Stored]) -> dict[str, Any]:
        """Return all that is stored of a tariff."""
        return {
            **self._base,
            CONF_CURRENCY: self._currency,
            CONF_ZONE: self.prices.get(CONF_ZONE, self.hass.config.time_zone),
            CONF_RATES: rates,
            **({} if self._credit is None else {CONF_CREDIT: self._credit}),
        }

    async def _labels(self) -> list[str]:
        """Return each rate in a line."""
        labels = await async_labels(self.hass)
        return [described(rate, self._currency, labels) for rate in self._rates]

    async def _shown(self) -> list[str]:
        """Return all that has been entered, in lines."""
        lines = await self._labels()
        if self._credit is not None:
            labels = await async_labels(self.hass)
            lines.append(credit_described(self._credit, self._currency, labels))
        return lines
