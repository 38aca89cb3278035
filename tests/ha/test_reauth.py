"""A provider that does not accept the site's access token any more."""

from datetime import timedelta
from types import MappingProxyType

from aiohttp import ClientSession
import pytest
from pytest_homeassistant_custom_component.common import (  # type: ignore[import-untyped]  # has no type marker
    MockConfigEntry,
)

from custom_components.power_sync.bridges import price_source
from custom_components.power_sync.const import CONF_PRICES, CONF_PROVIDER
from custom_components.power_sync.model.plain import JsonObject
from custom_components.power_sync.model.prices import PriceCurve
from custom_components.power_sync.prices.octopus import (
    OctopusPriceSource,
    from_settings as octopus_from_settings,
)
from custom_components.power_sync.prices.protocols import (
    Now,
    PriceAuthError,
    PriceSource,
    UnknownTariffError,
)
from homeassistant.config_entries import ConfigEntryState
from homeassistant.const import STATE_UNKNOWN
from homeassistant.core import HomeAssistant
from simulators.octopus import OctopusSimulator
from simulators.sungrow import SungrowSimulator
from tests.common import site_entry

from .conftest import Wait, value_of

SECOND, NEIGHBOUR = "second", "neighbour"
PRICE = "sensor.powersync_import_price"
OVER_AN_HOUR = timedelta(minutes=61)


class Door:
    """Whom a provider lets in; a token of another home is known as well."""

    def __init__(self) -> None:
        """Know one token, and that of another home."""
        self.good = "first"

    def make(
        self, session: ClientSession, settings: JsonObject, *, now: Now
    ) -> PriceSource:
        """Return Octopus Energy's prices behind the door."""
        source = octopus_from_settings(session, settings, now=now)
        return Guarded(self, source, str(settings["token"]))


class Guarded:
    """A source of prices that wants to know who asks."""

    def __init__(self, door: Door, source: OctopusPriceSource, token: str) -> None:
        """Ask in the name of a token."""
        self.door, self.source, self.token = door, source, token
        self.retry_most = source.retry_most
        self.history = source.history
        self.known_until = source.known_until
        self.next_fetch = source.next_fetch

    @property
    def standing_per_day(self) -> float | None:
        """What a day costs."""
        return self.source.standing_per_day

    async def fetch(self) -> PriceCurve:
        """Return the prices, or refuse the token."""
        if self.token == NEIGHBOUR:
            raise UnknownTariffError("no such home")
        if self.token != self.door.good:
            raise PriceAuthError("prices answered 403")
        return await self.source.fetch()


@pytest.fixture
def door(monkeypatch: pytest.MonkeyPatch) -> Door:
    """Have a provider with a door."""
    door = Door()
    providers = MappingProxyType({"guarded": door.make})
    monkeypatch.setattr(price_source, "PROVIDERS", providers)
    return door


@pytest.fixture
def entry(
    hass: HomeAssistant, sungrow: SungrowSimulator, octopus: OctopusSimulator
) -> MockConfigEntry:
    """Return a site with a token, which is not set up yet."""
    entry = site_entry(sungrow, octopus)
    entry.add_to_hass(hass)
    prices = {**entry.data[CONF_PRICES], "token": "first"}
    data = {**entry.data, CONF_PROVIDER: "guarded", CONF_PRICES: prices}
    hass.config_entries.async_update_entry(entry, data=data)
    return entry


async def set_up(hass: HomeAssistant, entry: MockConfigEntry) -> None:
    """Set the site up and let it ask for prices."""
    assert await hass.config_entries.async_setup(entry.entry_id)
    await hass.async_block_till_done(wait_background_tasks=True)


def asked(hass: HomeAssistant) -> list[str]:
    """Return the steps of the dialogues that wait for the user."""
    return [str(flow["step_id"]) for flow in hass.config_entries.flow.async_progress()]


async def test_a_token_is_replaced(
    hass: HomeAssistant, door: Door, entry: MockConfigEntry
) -> None:
    """The site starts without prices, asks, and has them after the answer."""
    door.good = SECOND
    await set_up(hass, entry)
    assert entry.state is ConfigEntryState.LOADED
    assert value_of(hass, PRICE) == STATE_UNKNOWN
    (flow,) = hass.config_entries.flow.async_progress()
    assert flow["step_id"] == "reauth_confirm"
    assert flow["context"]["source"] == "reauth"
    manager = hass.config_entries.flow
    for token, error in (
        ("third", "invalid_auth"),
        (NEIGHBOUR, "wrong_account"),
    ):
        shown = await manager.async_configure(flow["flow_id"], {"token": token})
        assert shown["errors"] == {"base": error}
    done = await manager.async_configure(flow["flow_id"], {"token": f" {SECOND} "})
    assert (done["type"], done["reason"]) == ("abort", "reauth_successful")
    await hass.async_block_till_done(wait_background_tasks=True)
    assert entry.data[CONF_PRICES]["token"] == SECOND
    assert entry.data[CONF_PRICES]["import_product"] == "AGILE-24-10-01"
    assert float(value_of(hass, PRICE)) > 0
    assert asked(hass) == []


async def test_known_prices_are_kept(
    hass: HomeAssistant, door: Door, entry: MockConfigEntry, wait: Wait
) -> None:
    """A token that is refused later takes nothing away, and is asked for once."""
    await set_up(hass, entry)
    assert asked(hass) == []
    door.good = SECOND
    for _ in range(3):
        await wait(OVER_AN_HOUR)
        assert asked(hass) == ["reauth_confirm"]
        assert float(value_of(hass, PRICE)) > 0
