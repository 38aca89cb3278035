"""The tariffs of an Octopus Energy account, where one was entered."""

from collections.abc import Mapping
from dataclasses import dataclass

from custom_components.power_sync.prices.octopus import (
    CONF_EXPORT_PRODUCT,
    CONF_IMPORT_PRODUCT,
)
from custom_components.power_sync.prices.octopus_account import CONF_ACCOUNT
from custom_components.power_sync.prices.octopus_kraken import (
    Agreement,
    KrakenClient,
)
from custom_components.power_sync.prices.protocols import (
    CONF_TOKEN,
    OtherAccountError,
)
from homeassistant.core import HomeAssistant
from homeassistant.helpers.aiohttp_client import async_get_clientsession
from homeassistant.util import dt as dt_util

from .errors import InputError
from .prices import price_errors


@dataclass(frozen=True, slots=True)
class OwnTariffs:
    """What a home buys and sells on; nothing is sold where `sold` is None.

    `address` is the first line of the home's, where it is known; it is not stored.
    """

    region: str
    bought: str
    sold: str | None
    address: str | None

    @property
    def products(self) -> Mapping[str, str | None]:
        """The products, by the field of the form."""
        return {CONF_IMPORT_PRODUCT: self.bought, CONF_EXPORT_PRODUCT: self.sold}


async def async_own_tariffs(
    hass: HomeAssistant, base_url: str, account: Mapping[str, str]
) -> list[OwnTariffs]:
    """Return the tariffs that each home of an account has now, at least one home's.

    Raises InputError.
    """
    client = KrakenClient(
        async_get_clientsession(hass),
        base_url,
        account[CONF_ACCOUNT],
        account[CONF_TOKEN],
        now=dt_util.utcnow,
    )
    with price_errors():
        try:
            agreements = await client.agreements()
        except OtherAccountError as err:
            raise InputError("account_unknown") from err
    now = dt_util.utcnow()
    homes: dict[str, list[Agreement]] = {}
    for agreement in agreements:
        if agreement.holds(now):
            homes.setdefault(agreement.home, []).append(agreement)
    bought = [
        (first, held)
        for held in homes.values()
        if (first := _first(held, export=False)) is not None
    ]
    if not bought:
        raise InputError("no_agreement")
    planned = [_tariffs(first, held) for first, held in bought if first.registers == 1]
    if not planned:
        raise InputError("two_registers")
    return planned


def _tariffs(bought: Agreement, held: list[Agreement]) -> OwnTariffs:
    sold = _first(held, export=True)
    return OwnTariffs(
        bought.region,
        bought.product,
        None if sold is None else sold.product,
        bought.address,
    )


def _first(held: list[Agreement], *, export: bool) -> Agreement | None:
    return next((each for each in held if each.export is export), None)
