"""Home Assistant's own Tesla integrations, at simulated clouds and their sign-in."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
import time
from typing import Any, Final

from aiohttp import ClientSession
import pytest
from pytest_homeassistant_custom_component.common import (  # type: ignore[import-untyped]  # has no type marker
    MockConfigEntry,
)
from tesla_fleet_api import const as library
from yarl import URL

from homeassistant.components.application_credentials import (
    ClientCredential,
    async_import_client_credential,
)
from homeassistant.components.tesla_fleet import oauth as fleet_oauth
from homeassistant.components.teslemetry import oauth as teslemetry_oauth
from homeassistant.config_entries import ConfigEntryState
from homeassistant.core import HomeAssistant
from homeassistant.setup import async_setup_component
from homeassistant.util import dt as dt_util
from simulators.tesla import TeslaSignIn, TeslaSimulator, TeslemetrySimulator
from simulators.tesla.server import COMMAND, READ
from simulators.tesla.sign_in import ACCOUNT
from tests.common import HassClock
from tests.devices.tesla_site import Account, owners, tesla


@dataclass(frozen=True, slots=True)
class Integration:
    """One of the integrations, and how its cloud has an owner sign in."""

    domain: str
    name: str
    version: int
    cloud: type[TeslaSimulator]
    client_id: str
    secret: str | None
    paths: tuple[str, str]
    oauth: Any
    """The module that knows where to sign in."""


FLEET: Final = Integration(
    "tesla_fleet",
    "Tesla Fleet",
    1,
    TeslaSimulator,
    "id",
    "secret",
    ("/oauth2/v3/authorize", "/oauth2/v3/token"),
    fleet_oauth,
)
TESLEMETRY: Final = Integration(
    "teslemetry",
    "Teslemetry",
    2,
    TeslemetrySimulator,
    "homeassistant",
    None,
    ("/connect", "/oauth/token"),
    teslemetry_oauth,
)


STREAM: Final = "Teslemetry Stream"


def teslemetry_at(monkeypatch: pytest.MonkeyPatch, root: str) -> None:
    """Have what asks Teslemetry's servers ask a simulation."""
    ask = ClientSession._request  # noqa: SLF001 - the one way out

    async def here(self: ClientSession, method: str, url: Any, **more: Any) -> Any:
        asked = URL(url)
        if str(asked.host).endswith(".teslemetry.com"):
            asked = asked.with_scheme("http").with_host("127.0.0.1")
            asked = asked.with_port(URL(root).port)
            # An empty body in chunks, which the real server overlooks.
            more.pop("chunked", None)
        return await ask(self, method, asked, **more)

    monkeypatch.setattr(ClientSession, "_request", here)


def leave_stream(hass: HomeAssistant, monkeypatch: pytest.MonkeyPatch) -> None:
    """Have nobody wait for the end of a stream, which has none."""
    begin = hass.async_create_background_task

    def begun(target: Any, name: str, eager_start: bool = True) -> Any:  # noqa: FBT001, FBT002 - as it is called
        if name == STREAM:
            return hass.loop.create_task(target, name=name)
        return begin(target, name, eager_start)

    monkeypatch.setattr(hass, "async_create_background_task", begun)


@dataclass
class SignedIn:
    """An integration that an owner has signed in to."""

    integration: Integration
    sign_in: TeslaSignIn
    account: Account
    entry: MockConfigEntry
    hass: HomeAssistant

    async def load(self) -> None:
        """Have the owner sign in to it, with the rights there are now; load it."""
        hass, entry = self.hass, self.entry
        tokens = self.sign_in.sign_in()
        lasts_s = float(str(tokens["expires_in"]))
        data = {
            "auth_implementation": self.integration.domain,
            "token": {**tokens, "expires_at": time.time() + lasts_s},
        }
        if hass.config_entries.async_get_entry(entry.entry_id) is None:
            entry.add_to_hass(hass)
            hass.config_entries.async_update_entry(entry, data=data)
            assert await hass.config_entries.async_setup(entry.entry_id)
        else:
            hass.config_entries.async_update_entry(entry, data=data)
            assert await hass.config_entries.async_reload(entry.entry_id)
        await hass.async_block_till_done(wait_background_tasks=True)

    def revoke(self) -> None:
        """Have the owner end the access, at their account."""
        self.sign_in.revoke()
        if isinstance(self.account.cloud, TeslemetrySimulator):
            self.account.cloud.tell()


@asynccontextmanager
async def signed_in(
    hass: HomeAssistant, monkeypatch: pytest.MonkeyPatch, integration: Integration
) -> AsyncIterator[SignedIn]:
    """Run a cloud with its sign-in, whose clock is Home Assistant's."""
    sign_in = TeslaSignIn(
        HassClock(),
        integration.client_id,
        integration.secret,
        paths=integration.paths,
        rights=(READ, COMMAND),
    )
    async with (
        sign_in,
        tesla(
            told=owners(),
            at=dt_util.utcnow(),
            now=dt_util.utcnow,
            cloud=integration.cloud,
        ) as account,
    ):
        account.cloud.sign_in = sign_in
        monkeypatch.setattr(integration.oauth, "AUTHORIZE_URL", sign_in.authorise_url)
        monkeypatch.setattr(integration.oauth, "TOKEN_URL", sign_in.token_url)
        monkeypatch.setitem(library.SERVERS, "na", account.cloud.root)
        teslemetry_at(monkeypatch, account.cloud.root)
        leave_stream(hass, monkeypatch)
        assert await async_setup_component(hass, "application_credentials", {})
        await async_import_client_credential(
            hass,
            integration.domain,
            ClientCredential(integration.client_id, integration.secret or ""),
            integration.domain,
        )
        entry = MockConfigEntry(
            domain=integration.domain, version=integration.version, unique_id=ACCOUNT
        )
        yield SignedIn(integration, sign_in, account, entry, hass)
        if entry.state is ConfigEntryState.LOADED:
            await hass.config_entries.async_unload(entry.entry_id)
