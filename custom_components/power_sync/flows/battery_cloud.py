"""A battery in its maker's cloud: the account, and which of its systems it is."""

from collections.abc import Iterable, Mapping
from contextlib import AbstractContextManager
from typing import Any, Final

import probatio

from custom_components.power_sync.bridges.cloud import login_of
from custom_components.power_sync.devices.batteries.brand import (
    BatteryBrand,
    BatteryProbe,
)
from custom_components.power_sync.devices.batteries.cloud import (
    CONF_BASE_URL,
    CONF_DEVICE_ID,
    CONF_EMAIL,
    CONF_PASSWORD,
    CONF_REGION,
    Place,
    cloud_access,
)
from homeassistant.core import HomeAssistant
from homeassistant.data_entry_flow import FlowContext, FlowResult
from homeassistant.helpers.selector import (
    SelectSelector,
    SelectSelectorConfig,
    SelectSelectorMode,
    TextSelector,
    TextSelectorConfig,
    TextSelectorType,
)

from .battery_found import FoundSteps
from .cloud_forms import advanced_section, cloud_errors, label, place_schema
from .errors import InputError
from .octopus_forms import SECTION_ADVANCED
from .prices import check_address

CONF_STATION: Final = "station"
PASSWORD_SELECTOR: Final = TextSelector(
    TextSelectorConfig(type=TextSelectorType.PASSWORD, autocomplete="current-password")
)


class CloudSteps[ContextT: FlowContext, ResultT: FlowResult[Any, Any], HandlerT](
    FoundSteps[ContextT, ResultT, HandlerT]
):
    """Account, then system; begins with `async_step_battery_cloud`."""

    _cloud_account: Mapping[str, Any]
    _cloud_places: list[Place]

    async def async_step_battery_cloud(
        self, user_input: dict[str, Any] | None = None
    ) -> ResultT:
        """Ask for the account, and look at what it has."""
        errors: dict[str, str] = {}
        if user_input is not None:
            try:
                self._cloud_account = _account_from(user_input, self.known)
                self._cloud_places = await async_places(
                    self.hass, self.brand, self._cloud_account
                )
                only = _only(self._cloud_places, self.known_serial)
                if only is not None:
                    await self._async_take_place(only)
            except InputError as err:
                errors = err.errors
            else:
                if only is not None:
                    return await self.async_found()
                return await self.async_step_battery_station()
        return self.async_show_form(
            step_id="battery_cloud",
            data_schema=self.add_suggested_values_to_schema(
                account_schema(self.brand, known=self.known_serial is not None),
                _shown(user_input, self.known),
            ),
            errors=errors,
            description_placeholders={"brand": self.brand.manufacturer},
        )

    async def async_step_battery_station(
        self, user_input: dict[str, Any] | None = None
    ) -> ResultT:
        """Ask which of the account's systems it is, and look at it."""
        errors: dict[str, str] = {}
        if user_input is not None:
            try:
                await self._async_take_place(user_input[CONF_STATION])
            except InputError as err:
                errors = err.errors
            else:
                return await self.async_found()
        return self.async_show_form(
            step_id="battery_station",
            data_schema=self.add_suggested_values_to_schema(
                station_schema(self._cloud_places), user_input
            ),
            errors=errors,
        )

    async def _async_take_place(self, key: str) -> None:
        """Take the account and one of its systems. Raises InputError, AbortFlow."""
        self.take(
            self._cloud_account,
            await _async_probe(self.hass, self.brand, self._cloud_account, key),
        )


def account_schema(brand: BatteryBrand, *, known: bool = False) -> probatio.Schema:
    """Return the account's form; a password that is `known` need not be typed."""
    regions = SelectSelectorConfig(
        options=list(cloud_access(brand).regions),
        mode=SelectSelectorMode.DROPDOWN,
        translation_key="cloud_region",
    )
    email = TextSelectorConfig(type=TextSelectorType.EMAIL, autocomplete="username")
    password = probatio.Optional if known else probatio.Required
    return probatio.Schema(
        {
            probatio.Required(CONF_REGION): SelectSelector(regions),
            probatio.Required(CONF_EMAIL): TextSelector(email),
            password(CONF_PASSWORD): PASSWORD_SELECTOR,
            probatio.Required(SECTION_ADVANCED): advanced_section(CONF_DEVICE_ID),
        }
    )


def station_schema(places: Iterable[Place]) -> probatio.Schema:
    """Return the form that asks for one of several systems."""
    usable = (each for each in places if each.controllable)
    return place_schema(
        CONF_STATION, ((each.key, label(each.name, each.key)) for each in usable)
    )


def _errors() -> AbstractContextManager[None]:
    return cloud_errors(refused="cloud_refused", gone="no_station")


async def async_places(
    hass: HomeAssistant, brand: BatteryBrand, account: Mapping[str, Any]
) -> list[Place]:
    """Return an account's systems, at least one of use. Raises InputError."""
    with _errors():
        places = await cloud_access(brand).places(login_of(hass, brand, account))
    if not places:
        raise InputError("no_station")
    if not any(each.controllable for each in places):
        raise InputError("station_not_controllable")
    return places


async def _async_probe(
    hass: HomeAssistant, brand: BatteryBrand, account: Mapping[str, Any], key: str
) -> BatteryProbe:
    """Return what one of an account's systems is. Raises InputError."""
    with _errors():
        return await cloud_access(brand).probe(login_of(hass, brand, account), key)


def check_has(places: Iterable[Place], serial: str) -> None:
    """See that a system is among them. Raises InputError."""
    if serial not in {each.key for each in places}:
        raise InputError("wrong_cloud_account")


def _only(places: list[Place], serial: str | None) -> str | None:
    """Return the system that needs no question. Raises InputError."""
    if serial is not None:
        check_has(places, serial)
        return serial
    usable = [each.key for each in places if each.controllable]
    return usable[0] if len(usable) == 1 else None


def _account_from(typed: Mapping[str, Any], known: Mapping[str, Any]) -> dict[str, Any]:
    """Return what is stored of an account; an empty password stays as it was.

    Raises InputError for an address that cannot be asked.
    """
    advanced = {key: text.strip() for key, text in typed[SECTION_ADVANCED].items()}
    if advanced.get(CONF_BASE_URL):
        check_address(advanced[CONF_BASE_URL])
    return {
        CONF_REGION: typed[CONF_REGION],
        CONF_EMAIL: typed[CONF_EMAIL].strip(),
        CONF_PASSWORD: typed.get(CONF_PASSWORD) or known[CONF_PASSWORD],
        **{key: text for key, text in advanced.items() if text},
    }


def _shown(
    typed: Mapping[str, Any] | None, known: Mapping[str, Any]
) -> Mapping[str, Any]:
    """Return what to suggest: what was typed or is stored, but never a password."""
    if typed is None:
        rare = (CONF_DEVICE_ID, CONF_BASE_URL)
        advanced = {key: known[key] for key in rare if key in known}
        typed = {**known, SECTION_ADVANCED: advanced}
    return {key: value for key, value in typed.items() if key != CONF_PASSWORD}
