"""Setting up a site: prices, a first battery, limits."""

from collections.abc import Awaitable, Callable
from types import MappingProxyType
from typing import Any, Final, override

import probatio

from homeassistant.config_entries import (
    SOURCE_RECONFIGURE,
    ConfigEntry,
    ConfigFlow,
    ConfigFlowContext,
    ConfigFlowResult,
    ConfigSubentryData,
    ConfigSubentryFlow,
    OptionsFlow,
)
from homeassistant.core import callback
from homeassistant.data_entry_flow import AbortFlow
from homeassistant.exceptions import HomeAssistantError
from homeassistant.helpers.selector import (
    SelectSelector,
    SelectSelectorConfig,
    SelectSelectorMode,
)

from .bridges.price_source import ALL_PROVIDERS
from .const import (
    CONF_EXPORT_CEILING_W,
    CONF_EXPORT_LIMIT_W,
    CONF_PRICES,
    CONF_PROVIDER,
    CONF_RESERVE_PCT,
    DOMAIN,
    ENTRY_VERSION,
    SUBENTRY_BATTERY,
    SUBENTRY_CHARGER,
)
from .flows.amber import AmberSteps
from .flows.battery import BatterySteps
from .flows.battery_found import abort_if_serial_in_use
from .flows.battery_subentry import BatterySubentryFlow
from .flows.charger import ChargerSubentryFlow
from .flows.day_ahead import DayAheadSteps
from .flows.entity import EntitySteps
from .flows.errors import InputError
from .flows.fixed import FixedSteps
from .flows.flow_power import FlowPowerSteps
from .flows.limits import (
    LIMITS_SCHEMA,
    checked_limits,
    default_reserve_pct,
    floor_text,
    raised_ceiling_w,
)
from .flows.market_forms import with_market
from .flows.octopus import OctopusSteps
from .flows.options import SiteOptionsFlow
from .flows.reauth import ReauthSteps
from .model.plain import JsonObject
from .site_settings import async_take_contract

TITLE: Final = "PowerSync"
USUAL_PROVIDERS: Final = MappingProxyType({"GB": "octopus", "AU": "amber"})
"""By country: what is suggested first."""


class PowerSyncConfigFlow(
    OctopusSteps,
    AmberSteps,
    DayAheadSteps,
    FlowPowerSteps,
    EntitySteps,
    FixedSteps,
    ReauthSteps,
    BatterySteps[ConfigFlowContext, ConfigFlowResult, str],
    ConfigFlow,
    domain=DOMAIN,
):
    """Sets up a site, or changes its tariff."""

    VERSION = ENTRY_VERSION
    MINOR_VERSION = 1

    def __init__(self) -> None:
        """Start with nothing chosen."""
        self.prices = MappingProxyType({})
        self._data: dict[str, Any] = {}
        self._battery: ConfigSubentryData

    @staticmethod
    @callback
    @override
    def async_get_options_flow(config_entry: ConfigEntry) -> OptionsFlow:
        """Return the flow that changes what the site may do and how it plans."""
        return SiteOptionsFlow()

    @classmethod
    @callback
    @override
    def async_get_supported_subentry_types(
        cls, config_entry: ConfigEntry
    ) -> dict[str, type[ConfigSubentryFlow]]:
        """Return what a site can have more of."""
        return {
            SUBENTRY_BATTERY: BatterySubentryFlow,
            SUBENTRY_CHARGER: ChargerSubentryFlow,
        }

    @override
    async def async_step_user(
        self, user_input: dict[str, Any] | None = None
    ) -> ConfigFlowResult:
        """Ask for the electricity provider."""
        if user_input is not None:
            return await self._async_ask(user_input[CONF_PROVIDER])
        usual = USUAL_PROVIDERS.get(self.hass.config.country or "")
        suggested = {} if usual is None else {CONF_PROVIDER: usual}
        return self.async_show_form(
            step_id="user",
            data_schema=self.add_suggested_values_to_schema(
                provider_schema(), suggested
            ),
        )

    async def async_step_reconfigure(
        self, user_input: dict[str, Any] | None = None
    ) -> ConfigFlowResult:
        """Change the tariff, as those on sale come to an end, or the provider."""
        data = self._get_reconfigure_entry().data
        if user_input is not None:
            provider = user_input[CONF_PROVIDER]
            if provider == data[CONF_PROVIDER]:
                self.prices = data[CONF_PRICES]
            return await self._async_ask(provider)
        return self.async_show_form(
            step_id="reconfigure",
            data_schema=self.add_suggested_values_to_schema(provider_schema(), data),
        )

    async def _async_ask(self, provider: str) -> ConfigFlowResult:
        """Begin the steps of a provider: the first is called like it."""
        begin: Callable[[], Awaitable[ConfigFlowResult]]
        begin = getattr(self, f"async_step_{provider}")
        return await begin()

    @override
    async def async_prices_done(
        self, provider: str, prices: JsonObject
    ) -> ConfigFlowResult:
        """Go on to the battery; a site that exists has its own already."""
        self._data = {CONF_PROVIDER: provider, CONF_PRICES: dict(prices)}
        if self.source == SOURCE_RECONFIGURE:
            entry = self._get_reconfigure_entry()
            try:
                await async_take_contract(self.hass, entry, provider, prices)
            except HomeAssistantError as err:
                raise AbortFlow("settings_not_stored") from err
            return self.async_update_and_abort(
                entry,
                data_updates=self._data,
                options=with_market(entry.options, prices),
            )
        return await self.async_step_battery()

    @override
    async def async_battery_done(self, battery: ConfigSubentryData) -> ConfigFlowResult:
        """Go on to the limits."""
        self._battery = battery
        return await self.async_step_limits()

    async def async_step_limits(
        self, user_input: dict[str, Any] | None = None
    ) -> ConfigFlowResult:
        """Ask for what the site may do, and make it."""
        errors: dict[str, str] = {}
        floor_pct = self._floor_pct()
        if user_input is not None:
            try:
                options = checked_limits(user_input, floor_pct)
            except InputError as err:
                errors = err.errors
            else:
                # Another dialogue may have taken this battery meanwhile.
                abort_if_serial_in_use(self.hass, self.probe.config.identity.serial)
                ceiling_w = raised_ceiling_w(
                    options[CONF_EXPORT_LIMIT_W], self.probe.export_limit_w
                )
                return self.async_create_entry(
                    title=TITLE,
                    data=self._data,
                    options=options | {CONF_EXPORT_CEILING_W: ceiling_w},
                    subentries=[self._battery],
                )
        suggested: dict[str, Any] = {CONF_RESERVE_PCT: default_reserve_pct(floor_pct)}
        if self.probe.export_limit_w is not None:
            suggested[CONF_EXPORT_LIMIT_W] = self.probe.export_limit_w
        return self.async_show_form(
            step_id="limits",
            data_schema=self.add_suggested_values_to_schema(
                LIMITS_SCHEMA, user_input or suggested
            ),
            errors=errors,
            description_placeholders={"floor": floor_text(floor_pct)},
        )

    def _floor_pct(self) -> float | None:
        """Return the level at which the inverter itself stops discharging."""
        floors = (self.probe.min_soc_pct, self.probe.backup_reserve_pct)
        return max((floor for floor in floors if floor is not None), default=None)


def provider_schema() -> probatio.Schema:
    """Return the form that asks for the provider."""
    select = SelectSelectorConfig(
        options=list(ALL_PROVIDERS),
        mode=SelectSelectorMode.LIST,
        translation_key="provider",
    )
    return probatio.Schema({probatio.Required(CONF_PROVIDER): SelectSelector(select)})
