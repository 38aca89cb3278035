"""Entering a provider's access token anew, once it is refused."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Any

import probatio

from custom_components.power_sync.bridges.chargers import CONF_API_KEY
from custom_components.power_sync.const import (
    CONF_PRICES,
    CONF_PROVIDER,
    CONF_SUBENTRY_ID,
    SUBENTRY_CHARGER,
)
from custom_components.power_sync.devices.batteries import BRANDS
from custom_components.power_sync.devices.batteries.cloud import (
    CONF_EMAIL,
    CONF_PASSWORD,
)
from custom_components.power_sync.prices.protocols import CONF_TOKEN
from homeassistant.config_entries import (
    ConfigFlow,
    ConfigFlowResult,
    ConfigSubentry,
)

from .battery_cloud import PASSWORD_SELECTOR, async_places, check_has
from .battery_tesla import async_token_sites, check_has_site
from .charger import (
    KEY_SCHEMA,
    async_zappis,
    check_has as check_has_zappi,
)
from .errors import InputError
from .prices import async_check_prices
from .selectors import TOKEN_SELECTOR

REAUTH_SCHEMA = probatio.Schema({probatio.Required(CONF_TOKEN): TOKEN_SELECTOR})
PASSWORD_SCHEMA = probatio.Schema({probatio.Required(CONF_PASSWORD): PASSWORD_SELECTOR})


@dataclass(frozen=True, slots=True, kw_only=True)
class Renewal:
    """How a device's secret is asked for anew.

    `check` looks for the device with what would be stored; it raises InputError.
    """

    step_id: str
    key: str
    schema: probatio.Schema
    check: Callable[[Mapping[str, Any]], Awaitable[None]]

    def stored(self, typed: str) -> str:
        """Return the secret as it is stored: only a password may end in a space."""
        return typed if self.key == CONF_PASSWORD else typed.strip()


class ReauthSteps(ConfigFlow):
    """The same for each provider that has a token among its settings.

    And for each battery or charger that is reached in the name of an account.
    """

    _refused: ConfigSubentry

    async def async_step_reauth(
        self, entry_data: Mapping[str, Any]
    ) -> ConfigFlowResult:
        """Begin where the site's prices were refused, or one of its batteries was."""
        subentry_id = entry_data.get(CONF_SUBENTRY_ID)
        if subentry_id is not None:
            self._refused = self._get_reauth_entry().subentries[subentry_id]
            if self._refused.subentry_type == SUBENTRY_CHARGER:
                return await self.async_step_reauth_charger()
            if CONF_TOKEN in self._refused.data:
                return await self.async_step_reauth_battery_token()
            return await self.async_step_reauth_battery()
        return await self.async_step_reauth_confirm()

    async def async_step_reauth_confirm(
        self, user_input: dict[str, Any] | None = None
    ) -> ConfigFlowResult:
        """Ask for the token, and fetch the site's prices with it."""
        errors: dict[str, str] = {}
        entry = self._get_reauth_entry()
        if user_input is not None:
            token = user_input[CONF_TOKEN].strip()
            prices = {**entry.data[CONF_PRICES], CONF_TOKEN: token}
            try:
                await async_check_prices(self.hass, entry.data[CONF_PROVIDER], prices)
            except InputError as err:
                errors = _errors(err)
            else:
                return self.async_update_and_abort(
                    entry, data_updates={CONF_PRICES: prices}
                )
        return self.async_show_form(
            step_id="reauth_confirm",
            data_schema=REAUTH_SCHEMA,
            errors=errors,
            description_placeholders={"site": entry.title},
        )

    async def async_step_reauth_battery(
        self, user_input: dict[str, Any] | None = None
    ) -> ConfigFlowResult:
        """Ask for the account's password, and look for the battery with it."""

        async def check(data: Mapping[str, Any]) -> None:
            brand = BRANDS[data["brand"]]
            check_has(await async_places(self.hass, brand, data), self._serial)

        return await self._async_renewed(
            user_input,
            Renewal(
                step_id="reauth_battery",
                key=CONF_PASSWORD,
                schema=PASSWORD_SCHEMA,
                check=check,
            ),
            battery=self._refused.title,
            email=self._refused.data[CONF_EMAIL],
        )

    async def async_step_reauth_charger(
        self, user_input: dict[str, Any] | None = None
    ) -> ConfigFlowResult:
        """Ask for the hub's key, and look for the charger with it."""

        async def check(data: Mapping[str, Any]) -> None:
            check_has_zappi(await async_zappis(self.hass, data), self._serial)

        return await self._async_renewed(
            user_input,
            Renewal(
                step_id="reauth_charger",
                key=CONF_API_KEY,
                schema=KEY_SCHEMA,
                check=check,
            ),
            charger=self._refused.title,
        )

    async def async_step_reauth_battery_token(
        self, user_input: dict[str, Any] | None = None
    ) -> ConfigFlowResult:
        """Ask for the account's token, and look for the battery with it."""

        async def check(data: Mapping[str, Any]) -> None:
            brand = BRANDS[data["brand"]]
            check_has_site(
                await async_token_sites(self.hass, brand, data), self._serial
            )

        return await self._async_renewed(
            user_input,
            Renewal(
                step_id="reauth_battery_token",
                key=CONF_TOKEN,
                schema=REAUTH_SCHEMA,
                check=check,
            ),
            battery=self._refused.title,
        )

    @property
    def _serial(self) -> str:
        """The number of the device whose access was refused."""
        return str(self._refused.unique_id)

    async def _async_renewed(
        self, typed: dict[str, Any] | None, renewal: Renewal, **shown: str
    ) -> ConfigFlowResult:
        """Ask for a device's secret until it opens what it has to, and store it."""
        errors: dict[str, str] = {}
        if typed is not None:
            secret = renewal.stored(typed[renewal.key])
            data = {**self._refused.data, renewal.key: secret}
            try:
                await renewal.check(data)
            except InputError as err:
                errors = err.errors
            else:
                self.hass.config_entries.async_update_subentry(
                    self._get_reauth_entry(), self._refused, data=data
                )
                return self.async_abort(reason="reauth_successful")
        return self.async_show_form(
            step_id=renewal.step_id,
            data_schema=renewal.schema,
            errors=errors,
            description_placeholders=shown,
        )


def _errors(err: InputError) -> dict[str, str]:
    """Return what is shown; what is not known to the token is another account's."""
    if err.key == "unknown_tariff":
        err = InputError("wrong_account")
    return err.errors
