"""Price sources, with what they need of Home Assistant."""

from collections.abc import Mapping
from functools import partial
from math import isfinite

import probatio

from custom_components.power_sync.model.plain import JsonObject
from custom_components.power_sync.prices.protocols import (
    PriceEntity,
    PriceSource,
    PriceUnreachableError,
)
from custom_components.power_sync.prices.registry import (
    ACTION_PROVIDERS,
    ENTITY_PROVIDERS,
    PROVIDERS,
)
from homeassistant.const import (
    ATTR_UNIT_OF_MEASUREMENT,
    STATE_UNAVAILABLE,
    STATE_UNKNOWN,
)
from homeassistant.core import HomeAssistant
from homeassistant.exceptions import HomeAssistantError
from homeassistant.helpers.aiohttp_client import async_get_clientsession
from homeassistant.util import dt as dt_util

ALL_PROVIDERS = (*PROVIDERS, *ACTION_PROVIDERS, *ENTITY_PROVIDERS)


def price_source(
    hass: HomeAssistant, provider: str, settings: JsonObject
) -> PriceSource:
    """Return a provider's source. Raises KeyError and UnknownTariffError."""
    if provider in ENTITY_PROVIDERS:
        read = partial(read_entity, hass)
        return ENTITY_PROVIDERS[provider](read, settings, now=dt_util.utcnow)
    if provider in ACTION_PROVIDERS:
        act = partial(async_act, hass)
        return ACTION_PROVIDERS[provider](act, settings, now=dt_util.utcnow)
    session = async_get_clientsession(hass)
    return PROVIDERS[provider](session, settings, now=dt_util.utcnow)


async def async_act(
    hass: HomeAssistant, domain: str, action: str, data: JsonObject
) -> Mapping[str, object]:
    """Call an action and return its answer. Raises PriceUnreachableError."""
    try:
        answer = await hass.services.async_call(
            domain, action, dict(data), blocking=True, return_response=True
        )
    except (HomeAssistantError, probatio.Invalid) as err:
        raise PriceUnreachableError(f"{domain}.{action} failed") from err
    return answer or {}


def read_entity(hass: HomeAssistant, entity_id: str) -> PriceEntity | None:
    """Return an entity as it is now; None where it is not available."""
    state = hass.states.get(entity_id)
    if state is None or state.state == STATE_UNAVAILABLE:
        return None
    unit: str | None = state.attributes.get(ATTR_UNIT_OF_MEASUREMENT)
    value = None if state.state == STATE_UNKNOWN else _number(state.state)
    return PriceEntity(state.attributes, unit, value)


def _number(text: str) -> float | None:
    try:
        value = float(text)
    except ValueError:
        return None
    return value if isfinite(value) else None
