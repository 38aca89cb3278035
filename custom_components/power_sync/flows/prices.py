"""What the dialogues of all providers have in common.

Prices are checked by fetching them, as the site will.
"""

from abc import abstractmethod
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from types import MappingProxyType
from typing import Any

from yarl import URL

from custom_components.power_sync.bridges.price_source import price_source
from custom_components.power_sync.bridges.zones import async_load_zone
from custom_components.power_sync.const import LOGGER
from custom_components.power_sync.model.plain import JsonObject
from custom_components.power_sync.model.prices import PriceCurve
from custom_components.power_sync.prices.protocols import (
    OtherAccountError,
    PriceAuthError,
    PriceError,
    PriceRateLimitedError,
    PriceUnreachableError,
    TariffEndedError,
    TwoRegisterTariffError,
    UnknownTariffError,
)
from homeassistant.config_entries import ConfigFlow, ConfigFlowResult
from homeassistant.core import HomeAssistant
from homeassistant.util import dt as dt_util

from .errors import InputError

PRICE_ERRORS: Mapping[type[PriceError], str] = MappingProxyType(
    {
        PriceUnreachableError: "cannot_connect",
        PriceRateLimitedError: "rate_limited",
        OtherAccountError: "wrong_account",
        PriceAuthError: "invalid_auth",
        TwoRegisterTariffError: "two_registers",
        TariffEndedError: "tariff_ended",
        UnknownTariffError: "unknown_tariff",
    }
)
"""What is shown for each error; the most special come first."""


class PriceSteps(ConfigFlow):
    """A provider's steps, of which the first is called like the provider."""

    prices: Mapping[str, Any]
    """The settings stored so far; empty for a new site."""

    @abstractmethod
    async def async_prices_done(
        self, provider: str, prices: JsonObject
    ) -> ConfigFlowResult:
        """Go on with prices that were fetched."""


@contextmanager
def price_errors() -> Iterator[None]:
    """Turn what a provider's module raises into an InputError."""
    try:
        yield
    except InputError:
        raise
    except PriceError as err:
        LOGGER.debug("No prices: %s", err)
        raise InputError(_key(err)) from err
    except Exception as err:
        LOGGER.exception("Unexpected error while fetching prices")
        raise InputError("unknown") from err


def check_address(text: str) -> None:
    """See that an address can be asked. Raises InputError."""
    try:
        url = URL(text)
    except ValueError as err:
        raise InputError("invalid_url") from err
    if url.scheme not in {"http", "https"} or not url.host:
        raise InputError("invalid_url")


async def async_check_prices(
    hass: HomeAssistant, provider: str, settings: JsonObject
) -> PriceCurve:
    """Return prices among which there is one for now. Raises InputError."""
    await async_load_zone(settings)
    with price_errors():
        curve = await price_source(hass, provider, settings).fetch()
    if curve.at(dt_util.utcnow()) is None:
        raise InputError("no_price_now")
    return curve


def _key(err: PriceError) -> str:
    for kind, key in PRICE_ERRORS.items():
        if isinstance(err, kind):
            return key
    return "invalid_answer"
