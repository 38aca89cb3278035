"""A Powerwall through Home Assistant's own Teslemetry integration."""

import asyncio
from collections.abc import AsyncIterator, Callable
from typing import Any

from aiopowerwall import PowerwallEnergySite
import pytest
from pytest_homeassistant_custom_component.common import (  # type: ignore[import-untyped]  # has no type marker
    MockConfigEntry,
)
from tesla_fleet_api.tesla import EnergySiteRouter

from custom_components.power_sync.bridges.tesla_borrowed import BorrowedSite
from custom_components.power_sync.bridges.tesla_entries import borrowed_sites
from custom_components.power_sync.devices.batteries.tesla.access import FoundSite
from custom_components.power_sync.devices.batteries.tesla.driver import TeslaBattery
from custom_components.power_sync.devices.batteries.tesla.probe import probe
from custom_components.power_sync.devices.protocols import (
    DeviceRefusedError,
    DeviceUnreachableError,
)
from homeassistant.config_entries import ConfigEntryState, ConfigSubentryData
from homeassistant.core import HomeAssistant, callback
from homeassistant.setup import async_setup_component
from homeassistant.util import dt as dt_util
from simulators.rest import Fault
from simulators.tesla import TeslemetrySimulator
from simulators.tesla.tedapi import PASSWORD, GatewaySimulator
from simulators.tls import TestAuthority
from tests.devices.tesla_site import SITE_ID, Account, everything_is_told, tesla

from .tesla_clouds import teslemetry_at

DOMAIN = "teslemetry"
SCOPES = {"energy_device_data", "energy_cmds"}
type Load = Callable[..., Any]


@pytest.fixture
async def account(
    socket_enabled: None, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[Account]:
    """Run a cloud where the integration looks for Teslemetry's."""
    async with tesla(cloud=TeslemetrySimulator, now=dt_util.utcnow) as running:
        teslemetry_at(monkeypatch, running.cloud.root)
        yield running


@pytest.fixture
async def load(
    hass: HomeAssistant, account: Account, enable_bluetooth: None
) -> AsyncIterator[Load]:
    """Load the integration itself, with its own token, paired or not."""
    entries = []

    async def loaded(*paired: ConfigSubentryData) -> Any:
        assert await async_setup_component(hass, "application_credentials", {})
        entry = MockConfigEntry(
            domain=DOMAIN,
            version=2,
            unique_id="account-of-the-owner",
            data={
                "auth_implementation": DOMAIN,
                "token": {
                    "access_token": account.cloud.token,
                    "refresh_token": "refresh",
                    "expires_at": 4_000_000_000,
                    "expires_in": 3600,
                    "token_type": "Bearer",
                },
            },
            subentries_data=paired,
        )
        entry.add_to_hass(hass)
        entries.append(entry)
        assert await hass.config_entries.async_setup(entry.entry_id)
        # Not for background tasks: the integration listens to its stream in one.
        await hass.async_block_till_done()
        assert entry.state is ConfigEntryState.LOADED
        return entry

    yield loaded
    for entry in entries:
        if entry.state is ConfigEntryState.LOADED:
            await hass.config_entries.async_unload(entry.entry_id)


async def test_the_integration_itself(
    hass: HomeAssistant, load: Load, account: Account
) -> None:
    """Its site is found, read, told, and given back; its token is not touched."""
    entry = await load()
    before = dict(entry.data["token"])
    (found,) = borrowed_sites(hass)
    assert (found[0], found[1].site_id, found[1].name) == (DOMAIN, SITE_ID, "My Home")
    assert found[1].can_command
    api = BorrowedSite(hass, DOMAIN, SITE_ID)
    assert not api.dispatches
    info = await api.site_info()
    assert info["backup_reserve_percent"] == 20
    await everything_is_told(api, account)
    query = {"period": "day", "start_date": "2026-11-26T00:00:00+00:00"}
    query |= {"end_date": "2026-11-26T23:59:59+00:00", "time_zone": "Europe/London"}
    assert (await api.history(query))["period"] == "day"
    assert entry.data["token"] == before
    await hass.config_entries.async_unload(entry.entry_id)
    with pytest.raises(DeviceUnreachableError, match="not loaded"):
        await api.site_info()


async def test_its_stream_costs_no_reading(
    hass: HomeAssistant, load: Load, account: Account
) -> None:
    """What it was told lately is taken; what is old is asked for."""
    entry = await load()
    api = BorrowedSite(hass, DOMAIN, SITE_ID)
    (site,) = entry.runtime_data.energysites
    told = site.live_coordinator
    heard = asyncio.Event()

    @callback
    def listen() -> None:
        if told.data["percentage_charged"] > 70:
            heard.set()

    told.async_add_listener(listen)
    account.site.home.soc_pct = 71.0
    assert isinstance(account.cloud, TeslemetrySimulator)
    account.cloud.tell()
    await heard.wait()
    account.cloud.reads = 0
    live = await api.live_status()
    assert live["percentage_charged"] == pytest.approx(71, abs=0.5)
    assert account.cloud.reads == 0
    told.data["timestamp"] = "2026-01-01T00:00:00+00:00"
    await api.live_status()
    assert account.cloud.reads == 1


@pytest.mark.parametrize(
    ("fault", "error"),
    [
        (Fault(status=401), DeviceUnreachableError),
        (Fault(status=402), DeviceUnreachableError),
        (Fault(status=403), DeviceRefusedError),
        (Fault(status=429), DeviceUnreachableError),
        (Fault(status=500), DeviceUnreachableError),
        (Fault(body='{"response": null, "error": "no"}'), DeviceRefusedError),
    ],
)
async def test_its_errors(
    hass: HomeAssistant,
    load: Load,
    account: Account,
    fault: Fault,
    error: type[Exception],
) -> None:
    """They become ours, at each call."""
    await load()
    account.cloud.fail(fault)
    with pytest.raises(error):
        await BorrowedSite(hass, DOMAIN, SITE_ID).site_info()


async def test_with_a_gateway_that_is_paired(
    hass: HomeAssistant, load: Load, account: Account
) -> None:
    """Both ways are one object then; what the gateway leaves undone the cloud does."""
    gateway = GatewaySimulator(account.site)
    gateway.tls = TestAuthority.make().server_context()
    async with gateway:
        paired = ConfigSubentryData(
            data={"host": gateway.address, "password": PASSWORD},
            subentry_type="energy_site",
            title="My Home",
            unique_id=SITE_ID,
        )
        entry = await load(paired)
        (site,) = entry.runtime_data.energysites
        assert isinstance(site.api, EnergySiteRouter)
        assert isinstance(site.api.primary, PowerwallEnergySite)
        assert "/tedapi/din" in gateway.requests
        api = BorrowedSite(hass, DOMAIN, SITE_ID)
        # Home Assistant has the action since 2026.11: without it, it is the tariff.
        has = hass.services.has_service(DOMAIN, "dispatch_battery_power")
        assert api.dispatches is has
        found = await probe(api, FoundSite(SITE_ID, "My Home"))
        assert (found.config.variant == "at_hand") is has
        driver = TeslaBattery(api, found.config, now=dt_util.utcnow)
        assert (await driver.read()).soc_pct == 50
        await api.set_reserve(35)
        assert "/tedapi/v1r" in gateway.requests
        assert account.set_by().reserve_pct == 35
        assert (await driver.read_settings())["backup_reserve_pct"] in (20, 35)
        # Where both are gone the last error is the gateway's or the cloud's own.
        account.cloud.standing_fault = Fault(status=503)
        with pytest.raises(DeviceUnreachableError):
            await api.set_reserve(40)
