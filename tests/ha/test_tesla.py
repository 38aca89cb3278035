"""A Powerwall through Home Assistant's own Tesla Fleet integration, and by token."""

from collections.abc import AsyncIterator
from datetime import timedelta
from types import SimpleNamespace
from typing import Any
from unittest.mock import AsyncMock

from aiohttp import ClientError
from aiopowerwall import PowerwallConnectionError
from freezegun.api import FrozenDateTimeFactory
import jwt
from probatio import Invalid
import pytest
from pytest_homeassistant_custom_component.common import (  # type: ignore[import-untyped]  # has no type marker
    MockConfigEntry,
)
from tesla_fleet_api import const as library
from tesla_fleet_api.exceptions import SigningDisabled, TeslaFleetError

from custom_components.power_sync.bridges.tesla_borrowed import BorrowedSite
from custom_components.power_sync.bridges.tesla_entries import borrowed_sites
from custom_components.power_sync.devices.batteries.tesla.access import FoundSite
from custom_components.power_sync.devices.batteries.tesla.driver import TeslaBattery
from custom_components.power_sync.devices.batteries.tesla.probe import probe
from custom_components.power_sync.devices.protocols import (
    DeviceError,
    DeviceRefusedError,
    DeviceUnreachableError,
)
from homeassistant.components.application_credentials import (
    ClientCredential,
    async_import_client_credential,
)
from homeassistant.core import HomeAssistant, ServiceCall
from homeassistant.exceptions import HomeAssistantError
from homeassistant.helpers import device_registry as dr
from homeassistant.setup import async_setup_component
from homeassistant.util import dt as dt_util
from simulators.rest import Fault
from tests.devices.tesla_site import (
    OWNERS,
    SITE_ID,
    Account,
    everything_is_told,
    tesla,
)

DOMAIN = "tesla_fleet"
ACTION_ERRORS = (
    HomeAssistantError(),
    TeslaFleetError(status=503),
    PowerwallConnectionError(),
    Invalid("another schema"),
    TimeoutError(),
)
"""What may come of an action of an integration's."""


@pytest.fixture
async def account(
    hass: HomeAssistant, socket_enabled: None, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[Account]:
    """Run a cloud, in the region of the integration."""
    claims = {"scp": ["energy_device_data", "energy_cmds"], "ou_code": "NA", "sub": "1"}
    async with tesla() as running:
        running.cloud.token = jwt.encode(claims, "a secret of thirty-two letters..")
        monkeypatch.setitem(library.SERVERS, "na", running.cloud.root)
        yield running


@pytest.fixture
async def fleet(hass: HomeAssistant, account: Account) -> Any:
    """Load the integration itself, with its own token."""
    assert await async_setup_component(hass, "application_credentials", {})
    await async_import_client_credential(
        hass, DOMAIN, ClientCredential("id", "secret"), DOMAIN
    )
    token = {
        "access_token": account.cloud.token,
        "refresh_token": "refresh",
        "expires_at": 4_000_000_000,
        "expires_in": 3600,
        "token_type": "Bearer",
    }
    entry = MockConfigEntry(
        domain=DOMAIN,
        unique_id="1",
        data={"auth_implementation": DOMAIN, "token": token},
    )
    entry.add_to_hass(hass)
    assert await hass.config_entries.async_setup(entry.entry_id)
    await hass.async_block_till_done()
    return entry


async def test_the_integration_itself(
    hass: HomeAssistant, fleet: Any, account: Account
) -> None:
    """Its site is found, read, told, and put back; its token is not touched."""
    (found,) = borrowed_sites(hass)
    assert found[0] == DOMAIN
    assert (found[1].site_id, found[1].name) == (SITE_ID, "My Home")
    assert found[1].can_command
    api = BorrowedSite(hass, DOMAIN, SITE_ID)
    assert not api.dispatches
    account.cloud.reads = 0
    live, info = await api.live_status(), await api.site_info()
    assert (live["percentage_charged"], info["backup_reserve_percent"]) == (50, 20)
    # However it says that a command was taken.
    account.cloud.acknowledges = 200, '{"response": null}'
    await everything_is_told(api, account)
    await hass.config_entries.async_unload(fleet.entry_id)
    with pytest.raises(DeviceUnreachableError, match="not loaded"):
        await api.site_info()
    assert not list(borrowed_sites(hass))


@pytest.mark.parametrize(
    ("fault", "error"),
    [
        (Fault(status=401), DeviceUnreachableError),
        (Fault(status=403), DeviceRefusedError),
        (Fault(status=404), DeviceRefusedError),
        (Fault(status=408), DeviceUnreachableError),
        (Fault(status=429), DeviceUnreachableError),
        (Fault(status=500), DeviceUnreachableError),
        (Fault(body='{"response": null}'), DeviceUnreachableError),
        (Fault(body='{"response": null, "error": "no"}'), DeviceRefusedError),
        (Fault(body="<html>"), DeviceUnreachableError),
        (Fault(status=503, body="[1]"), DeviceUnreachableError),
        (Fault(torn=True), DeviceUnreachableError),
    ],
)
async def test_errors_of_the_library(
    hass: HomeAssistant,
    fleet: Any,
    account: Account,
    fault: Fault,
    error: type[DeviceError],
) -> None:
    """They are no Exceptions, and become ours all the same."""
    assert not issubclass(TeslaFleetError, Exception)
    account.cloud.fail(fault)
    with pytest.raises(error):
        await BorrowedSite(hass, DOMAIN, SITE_ID).site_info()


async def test_what_the_library_did_not_expect_is_named(
    hass: HomeAssistant, fleet: Any, account: Account
) -> None:
    """By its kind alone: what it says may hold a secret."""
    account.cloud.fail(Fault(torn=True))
    with pytest.raises(DeviceUnreachableError, match=r"reached: \w+Error$"):
        await BorrowedSite(hass, DOMAIN, SITE_ID).site_info()


@pytest.mark.parametrize(
    ("fault", "wait"),
    [
        (Fault(status=429, retry_after="300"), "300"),
        (Fault(status=429, headers={"RateLimit-Reset": "90"}), "90"),
        (Fault(status=429), "60"),
        (Fault(status=402), "3600"),
    ],
)
async def test_left_alone_for_as_long_as_it_wants(
    hass: HomeAssistant, fleet: Any, account: Account, fault: Fault, wait: str
) -> None:
    """What is refused may cost, too: it is not asked again until that is over."""
    api = BorrowedSite(hass, DOMAIN, SITE_ID)
    account.cloud.fail(fault)
    with pytest.raises(DeviceUnreachableError):
        await api.site_info()
    asked = len(account.cloud.requests)
    with pytest.raises(DeviceUnreachableError, match=rf"alone for {wait} s"):
        await api.set_reserve(30)
    assert len(account.cloud.requests) == asked
    # An integration that was started anew is asked at once.
    await hass.config_entries.async_reload(fleet.entry_id)
    await api.set_reserve(30)
    assert account.set_by().reserve_pct == 30


async def test_a_day_without_its_own_polling(
    hass: HomeAssistant,
    fleet: Any,
    account: Account,
    freezer: FrozenDateTimeFactory,
) -> None:
    """Its owner pays for each answer: one is asked for every third minute."""
    api = BorrowedSite(hass, DOMAIN, SITE_ID)
    found = await probe(api, FoundSite(SITE_ID, "My Home"))
    (site,) = fleet.runtime_data.energysites
    site.live_coordinator.data = {}
    driver = TeslaBattery(api, found.config, now=dt_util.utcnow)
    account.cloud.reads = 0
    for _ in range(24 * 60):
        freezer.tick(60)
        account.time.now = dt_util.utcnow()
        assert (await driver.read()).soc_pct is not None
    assert account.cloud.reads == 480 + 96


async def test_a_tariff_that_comes_too_soon(
    hass: HomeAssistant, fleet: Any, account: Account
) -> None:
    """The cloud's limit for tariffs keeps nothing else from being done."""
    api = BorrowedSite(hass, DOMAIN, SITE_ID)
    await api.set_tariff(OWNERS)
    with pytest.raises(DeviceUnreachableError, match="enough"):
        await api.set_tariff(OWNERS)
    refused = account.cloud.refused
    with pytest.raises(DeviceUnreachableError, match="alone for 24"):
        await api.set_tariff(OWNERS)
    assert account.cloud.refused == refused == 1
    await api.set_reserve(30)
    assert account.set_by().reserve_pct == 30


async def test_a_gateway_at_hand(
    hass: HomeAssistant, fleet: Any, account: Account
) -> None:
    """The integration's own actions are called, for its own device."""
    calls: list[tuple[str, dict[str, Any]]] = []

    async def act(call: ServiceCall) -> None:
        for power_w, error in enumerate(ACTION_ERRORS):
            if call.data.get("power") == power_w:
                raise error
        calls.append((call.service, dict(call.data)))

    api = BorrowedSite(hass, DOMAIN, SITE_ID)
    for action in ("dispatch_battery_power", "resume_battery_operation"):
        hass.services.async_register(DOMAIN, action, act)
    assert not BorrowedSite(hass, DOMAIN, SITE_ID).dispatches
    (site,) = fleet.runtime_data.energysites
    site.api.secondary = site.api
    assert api.dispatches
    assert not BorrowedSite(hass, DOMAIN, "5").dispatches
    await api.dispatch(-3000, timedelta(minutes=30))
    await api.resume()
    devices = dr.async_get(hass)
    device = devices.async_get_device_by_identifier((DOMAIN, SITE_ID), fleet.entry_id)
    assert device is not None
    assert calls == [
        (
            "dispatch_battery_power",
            {"device_id": device.id, "power": -3000, "duration": 1800},
        ),
        ("resume_battery_operation", {"device_id": device.id}),
    ]
    for power_w in range(len(ACTION_ERRORS)):
        with pytest.raises(DeviceError):
            await api.dispatch(power_w, timedelta(minutes=30))
    for action in ("dispatch_battery_power", "resume_battery_operation"):
        hass.services.async_remove(DOMAIN, action)
    with pytest.raises(DeviceRefusedError, match="failed"):
        await api.resume()
    devices.async_remove_device(device.id)
    with pytest.raises(DeviceUnreachableError, match="no device"):
        await api.resume()


async def test_objects_that_are_not_what_they_were(
    hass: HomeAssistant, fleet: Any
) -> None:
    """They are no stable interface: what is missing or fails is a plain error."""
    (site,) = fleet.runtime_data.energysites
    api = BorrowedSite(hass, DOMAIN, SITE_ID)
    site.api = object()
    with pytest.raises(DeviceRefusedError, match="has no operation"):
        await api.set_mode("backup")
    for raised in (
        TimeoutError,
        ClientError,
        HomeAssistantError,
        PowerwallConnectionError,
        SigningDisabled,
        KeyError,
    ):
        site.api = SimpleNamespace(site_info=AsyncMock(side_effect=raised))
        with pytest.raises(DeviceUnreachableError):
            await api.site_info()
    site.live_coordinator.data = {"timestamp": "2020-01-01T00:00:00+00:00"}
    site.api = SimpleNamespace(live_status=AsyncMock(return_value=[1]))
    with pytest.raises(DeviceUnreachableError):
        await api.live_status()
