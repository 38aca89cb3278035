"""Actions under a maker's own name, for its batteries alone; and for any that can.

Which there are says the brand's line in the registry.
"""

from collections.abc import Callable, Coroutine
from datetime import timedelta
from typing import Any, Final

import probatio

from homeassistant.core import (
    HomeAssistant,
    ServiceCall,
    ServiceResponse,
    SupportsResponse,
    callback,
)
from homeassistant.exceptions import ServiceValidationError
from homeassistant.helpers import config_validation as cv

from .const import DOMAIN
from .devices.batteries import BRANDS
from .devices.batteries.actions import ANY_BRAND, GRID_EXPORT
from .devices.batteries.brand import (
    BatteryBrand,
    BrandAction,
    ForceAction,
    OwnerAction,
    RestoreAction,
)
from .forcing import Asked, async_force, async_restore_normal, battery_name
from .model.battery import Mode, OwnerSetting
from .owner_actions import async_forget_rule, async_set_owner
from .services import (
    ATTR_INTO_CAR,
    ATTR_POWER_W,
    BATTERY_SCHEMA,
    DISCHARGE_SCHEMA,
    FORCE_SCHEMA,
    batteries_of,
    duration_of,
    force_answer,
    site_of,
)
from .site import Site

BRAND_DURATION: Final = timedelta(minutes=60)
"""How long a brand's force lasts where nothing is given: never without end."""

type Handler = Callable[[ServiceCall], Coroutine[Any, Any, ServiceResponse]]


def brand_schema(action: BrandAction) -> probatio.Schema:
    """Return what an action takes."""
    match action:
        case ForceAction(mode=Mode.DISCHARGE):
            return DISCHARGE_SCHEMA
        case ForceAction():
            return FORCE_SCHEMA
        case RestoreAction():
            return BATTERY_SCHEMA
        case OwnerAction(fields=fields):
            value = _value_schema(action)
            return BATTERY_SCHEMA.extend(
                {probatio.Optional(field): value for field in fields}
            )


def _value_schema(action: OwnerAction) -> object:
    """Return what the value of an owner's setting may be."""
    if action.options is None:
        return probatio.All(probatio.Coerce(float), probatio.Range(min=0))
    if True in action.options:
        return cv.boolean
    return probatio.In(list(action.options))


@callback
def async_setup_brand_services(hass: HomeAssistant) -> None:
    """Register the actions of all brands."""
    for generic in ANY_BRAND:
        hass.services.async_register(
            DOMAIN,
            generic.name,
            _any_handler(generic),
            schema=brand_schema(generic),
            supports_response=SupportsResponse.OPTIONAL,
        )
    hass.services.async_register(
        DOMAIN, "set_grid_export_auto", _async_export_auto, schema=BATTERY_SCHEMA
    )
    for brand in BRANDS.values():
        for action in brand.actions:
            restores = isinstance(action, RestoreAction)
            hass.services.async_register(
                DOMAIN,
                action.name,
                _handler(brand, action),
                schema=brand_schema(action),
                supports_response=SupportsResponse.NONE
                if restores
                else SupportsResponse.OPTIONAL,
            )


def _handler(brand: BatteryBrand, action: BrandAction) -> Handler:
    async def async_handle(call: ServiceCall) -> ServiceResponse:
        site = site_of(call)
        batteries = _batteries(call, site, brand)
        match action:
            case ForceAction(mode=mode):
                forced = await async_force(
                    site,
                    Asked(
                        mode=mode,
                        duration=duration_of(call, BRAND_DURATION),
                        power_w=call.data.get(ATTR_POWER_W),
                        into_car=call.data.get(ATTR_INTO_CAR, False),
                    ),
                    batteries,
                )
                return force_answer(call, forced)
            case RestoreAction():
                await async_restore_normal(site, batteries)
                return None
            case OwnerAction():
                return await _async_set(call, site, action, batteries)

    return async_handle


def _any_handler(action: OwnerAction) -> Handler:
    async def async_handle(call: ServiceCall) -> ServiceResponse:
        site = site_of(call)
        batteries = batteries_of(call, site) or _able(site, action.setting)
        return await _async_set(call, site, action, batteries)

    return async_handle


async def _async_export_auto(call: ServiceCall) -> None:
    """Leave it to the plan again what batteries export while they are commanded."""
    site, setting = site_of(call), GRID_EXPORT.setting
    batteries = batteries_of(call, site) or _able(site, setting)
    await async_forget_rule(site, setting, batteries)


def _able(site: Site, setting: OwnerSetting) -> list[str]:
    """Return the batteries that have a setting; all of them where none has it."""
    known = site.controller.batteries
    able = [
        serial
        for serial, battery in known.items()
        if battery.executor.driver.owner_range(setting) is not None
    ]
    return able or list(known)


async def _async_set(
    call: ServiceCall, site: Site, action: OwnerAction, batteries: list[str]
) -> ServiceResponse:
    done = await async_set_owner(site, action, _value(call, action), batteries)
    if not call.return_response:
        return None
    return {
        "batteries": [
            {
                "serial": each.serial,
                "name": each.name,
                "setting": action.setting.value,
                "value": each.value,
                "outcome": each.outcome.value,
            }
            for each in done
        ]
    }


def _value(call: ServiceCall, action: OwnerAction) -> float | str | bool:
    """Return the value, which must come under one of its names."""
    values = [call.data[name] for name in action.fields if name in call.data]
    if len(values) != 1:
        raise ServiceValidationError(
            translation_domain=DOMAIN,
            translation_key="value_once",
            translation_placeholders={"fields": ", ".join(action.fields)},
        )
    value: float | str | bool = values[0]
    if action.options is None or isinstance(value, float):
        return value
    return action.options[value]


def _batteries(call: ServiceCall, site: Site, brand: BatteryBrand) -> list[str]:
    """Return the serials meant: all of the brand's maker where none is named.

    Whichever way they are reached. Raises ServiceValidationError for a battery of
    another maker.
    """
    known = site.controller.batteries
    of_brand = {
        serial: BRANDS[battery.executor.driver.identity.brand].manufacturer
        == brand.manufacturer
        for serial, battery in known.items()
    }
    named = batteries_of(call, site)
    chosen = [serial for serial, fits in of_brand.items() if fits]
    if named is not None:
        others = [battery_name(site, s) for s in named if not of_brand[s]]
        if others:
            raise ServiceValidationError(
                translation_domain=DOMAIN,
                translation_key="other_brand",
                translation_placeholders={
                    "battery": ", ".join(others),
                    "brand": brand.manufacturer,
                },
            )
        chosen = named
    if not chosen:
        raise ServiceValidationError(
            translation_domain=DOMAIN,
            translation_key="no_battery_of_brand",
            translation_placeholders={"brand": brand.manufacturer},
        )
    return chosen
