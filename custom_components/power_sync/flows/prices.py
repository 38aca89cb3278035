"""Checking prices by fetching them, as the site will."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager

from custom_components.power_sync.const import LOGGER
from custom_components.power_sync.prices.protocols import (
    PriceError,
    PriceRateLimitedError,
    PriceUnreachableError,
    TariffEndedError,
    TwoRegisterTariffError,
    UnknownTariffError,
)
from custom_components.power_sync.prices.registry import PROVIDERS
from homeassistant.core import HomeAssistant
from homeassistant.helpers.aiohttp_client import async_get_clientsession
from homeassistant.util import dt as dt_util

from .errors import InputError


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


async def async_check_prices(
    hass: HomeAssistant, provider: str, settings: Mapping[str, str | None]
) -> None:
    """Fetch prices and see that there is one for now. Raises InputError."""
    with price_errors():
        source = PROVIDERS[provider](
            async_get_clientsession(hass), settings, now=dt_util.utcnow
        )
        curve = await source.fetch()
    if curve.at(dt_util.utcnow()) is None:
        raise InputError("no_price_now")


def _key(err: PriceError) -> str:
    match err:
        case PriceUnreachableError():
            return "cannot_connect"
        case PriceRateLimitedError():
            return "rate_limited"
        case TwoRegisterTariffError():
            return "two_registers"
        case TariffEndedError():
            return "tariff_ended"
        case UnknownTariffError():
            return "unknown_tariff"
        case _:
            return "invalid_answer"
