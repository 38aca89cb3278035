"""The homes of an Amber Electric account."""

from custom_components.power_sync.model.plain import JsonObject, text_of
from custom_components.power_sync.prices.amber import CONF_BASE_URL
from custom_components.power_sync.prices.amber_client import AmberClient, AmberSite
from custom_components.power_sync.prices.protocols import (
    CONF_TOKEN,
    UnknownTariffError,
)
from homeassistant.core import HomeAssistant
from homeassistant.helpers.aiohttp_client import async_get_clientsession

from .errors import InputError
from .prices import check_address, price_errors


async def async_amber_sites(
    hass: HomeAssistant, account: JsonObject
) -> list[AmberSite]:
    """Return the homes of an account: one at least. Raises InputError."""
    address = text_of(account[CONF_BASE_URL])
    check_address(address)
    client = AmberClient(
        async_get_clientsession(hass), address, text_of(account[CONF_TOKEN])
    )
    with price_errors():
        try:
            sites = await client.sites()
        except UnknownTariffError as err:
            # No home was asked for: this is not the provider's address.
            raise InputError("invalid_answer") from err
    if not sites:
        raise InputError("no_site")
    return sites
