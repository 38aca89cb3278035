"""A force by way of a Powerwall's gateway, in the Home Assistant of the demo.

The Teslemetry integration has the action for it since Home Assistant 2026.11. Here that
integration itself is loaded and paired with a simulated gateway, and PowerSync's own
executor charges, discharges and gives the battery back: `scripts/teslemetry`.
"""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
import sys
from tempfile import TemporaryDirectory
from types import MappingProxyType
from typing import Any

from aiohttp import ClientSession
from yarl import URL

from custom_components.power_sync.bridges.tesla_borrowed import BorrowedSite
from custom_components.power_sync.control.log import Outcome
from custom_components.power_sync.devices.batteries.tesla.access import FoundSite
from custom_components.power_sync.devices.batteries.tesla.driver import TeslaBattery
from custom_components.power_sync.devices.batteries.tesla.probe import probe
from custom_components.power_sync.model.battery import Mode
from homeassistant import bootstrap, loader
from homeassistant.auth import auth_manager_from_config
from homeassistant.config_entries import (
    SOURCE_USER,
    ConfigEntries,
    ConfigEntry,
    ConfigSubentryData,
)
from homeassistant.const import __version__
from homeassistant.core import HomeAssistant
from homeassistant.setup import async_setup_component
from homeassistant.util import dt as dt_util
from simulators.tesla import TeslemetrySimulator
from simulators.tesla.tedapi import PASSWORD, GatewaySimulator
from simulators.tls import TestAuthority
from tests.devices.tesla_site import SITE_ID, Account, tesla, told_of

DOMAIN = "teslemetry"
LASTS_S = 1800


@asynccontextmanager
async def home_assistant() -> AsyncIterator[HomeAssistant]:
    """Run a Home Assistant that has nothing but what it cannot do without."""
    with TemporaryDirectory() as folder:
        hass = HomeAssistant(folder)
        loader.async_setup(hass)
        hass.config.skip_pip = True
        hass.config_entries = ConfigEntries(hass, {})
        await hass.config_entries.async_initialize()
        await bootstrap.async_load_base_functionality(hass)
        hass.auth = await auth_manager_from_config(hass, [], [])
        await async_setup_component(hass, "application_credentials", {})
        try:
            yield hass
        finally:
            await hass.async_stop(force=True)


def here(base: URL) -> Any:
    """Return a request that finds Teslemetry's addresses on this machine."""
    ask = ClientSession._request  # noqa: SLF001 - the one way out

    async def asked(self: ClientSession, method: str, url: Any, **more: Any) -> Any:
        to = URL(url)
        if str(to.host).endswith(".teslemetry.com"):
            to = to.with_scheme("http").with_host("127.0.0.1").with_port(base.port)
            # An empty body in chunks, which the real server overlooks.
            more.pop("chunked", None)
        return await ask(self, method, to, **more)

    return asked


async def paired(
    hass: HomeAssistant, account: Account, gateway: GatewaySimulator
) -> None:
    """Add the integration with its token, and pair it with the gateway."""
    token = {
        "access_token": account.cloud.token,
        "refresh_token": "refresh",
        "expires_at": 4_000_000_000,
        "expires_in": 3600,
        "token_type": "Bearer",
    }
    site = ConfigSubentryData(
        data={"host": gateway.address, "password": PASSWORD},
        subentry_type="energy_site",
        title="My Home",
        unique_id=SITE_ID,
    )
    entry: ConfigEntry[Any] = ConfigEntry(
        domain=DOMAIN,
        title="Teslemetry",
        version=2,
        minor_version=1,
        source=SOURCE_USER,
        unique_id="account-of-the-owner",
        options={},
        discovery_keys=MappingProxyType({}),
        data={"auth_implementation": DOMAIN, "token": token},
        subentries_data=[site],
    )
    await hass.config_entries.async_add(entry)
    await hass.async_block_till_done()
    # The key that the integration has made for itself.
    gateway.pair(hass.data["teslemetry_rsa_parent"])


async def check() -> list[tuple[str, bool]]:
    """Return what was seen, and whether it was as it must be."""
    async with tesla(
        cloud=TeslemetrySimulator, at=dt_util.utcnow(), now=dt_util.utcnow
    ) as account:
        ClientSession._request = here(URL(account.cloud.root))  # type: ignore[method-assign]  # noqa: SLF001 - as above
        gateway = GatewaySimulator(account.site)
        gateway.tls = TestAuthority.make().server_context()
        async with gateway, home_assistant() as hass:
            await paired(hass, account, gateway)
            return await forced(hass, account, gateway)


async def forced(
    hass: HomeAssistant, account: Account, gateway: GatewaySimulator
) -> list[tuple[str, bool]]:
    """Charge, discharge, and give back."""
    api = BorrowedSite(hass, DOMAIN, SITE_ID)
    found = await probe(api, FoundSite(SITE_ID, "My Home"))
    seen = [(f"found {found.config.variant}", found.config.variant == "at_hand")]
    before, home = told_of(account), account.site.home
    driver = TeslaBattery(api, found.config, now=dt_util.utcnow)
    executor = await account.executor(driver)
    for mode, power_w in ((Mode.CHARGE, -5000), (Mode.DISCHARGE, 5000)):
        account.time.now = dt_util.utcnow()
        outcome = await executor.carry_out(account.order(mode))
        told = gateway.dispatched[-1]
        good = outcome is Outcome.FOLLOWED and told == (power_w, LASTS_S)
        power = home.flows.battery_w
        seen.append((f"{mode}: told {told}, {power:.0f} W", good and power == power_w))
    outcome = await executor.carry_out(account.order(None))
    good = outcome is Outcome.FOLLOWED and gateway.dispatched[-1] is None
    left = home.flows.battery_w
    seen.append((f"given back: {left:.0f} W", good and left == home.flows.load_w))
    untouched = told_of(account) == before and account.cloud.commands_taken == 0
    return [*seen, ("nothing was told to the cloud", untouched)]


def main() -> int:
    """Run the command line."""
    seen = asyncio.run(check())
    lines = [f"{'ok  ' if good else 'FAIL'} {what}" for what, good in seen]
    sys.stdout.write("\n".join((f"Home Assistant {__version__}", *lines, "")))
    return 0 if all(good for _, good in seen) else 1


if __name__ == "__main__":
    sys.exit(main())
