"""Asking Tesla's energy API with a token of the user's.

The few calls that PowerSync makes; Teslemetry and Tesla's own Fleet API have the same
ones. No token, address or answer is ever in an error or a log.

Sources: the public Python packages `tesla-fleet-api` and `homeassistant`.
"""

import asyncio
from collections.abc import Mapping
from datetime import timedelta
from http import HTTPStatus
import json
from typing import Final

from aiohttp import ClientError, ClientResponse, ClientSession
from yarl import URL

from custom_components.power_sync.devices.protocols import (
    DeviceAuthError,
    DeviceRefusedError,
    DeviceUnreachableError,
    RightsMissingError,
)
from custom_components.power_sync.model.waits import retry_after, seconds

from . import quiet
from .access import Answer, FoundSite
from .quiet import Quiet

REQUEST_TIMEOUT_S: Final = 20.0
READS: Final = "energy_device_data"
COMMANDS: Final = "energy_cmds"
_TARIFF: Final = "time_of_use_settings"
_SUBSCRIPTION: Final = "subscription_required"


class TeslaAccount:
    """An account that a token opens."""

    def __init__(
        self,
        session: ClientSession,
        base_url: str,
        token: str,
        *,
        timeout_s: float = REQUEST_TIMEOUT_S,
    ) -> None:
        """Ask at `base_url`; the session is the caller's."""
        self._session = session
        self._base_url = URL(base_url) / "api" / "1"
        self._token = token
        self._timeout_s = timeout_s
        self._quiet = Quiet()

    async def sites(self) -> list[FoundSite]:
        """Return the sites that have a battery. Raises DeviceError."""
        products = await self.ask("products")
        if not isinstance(products, list):
            raise DeviceUnreachableError("the cloud did not list its products")
        can = await self._can_command()
        return [
            FoundSite(str(each["energy_site_id"]), name_of(each), can)
            for each in products
            if has_battery(each)
        ]

    async def _can_command(self) -> bool:
        """Return whether the token may change anything; so where nobody says."""
        try:
            answer = await self._fetch("GET", self._base_url.parent / "metadata")
        except DeviceRefusedError:
            return True
        scopes = answer.get("scopes")
        return not isinstance(scopes, list) or COMMANDS in scopes

    async def ask(self, *path: str, query: Mapping[str, str] | None = None) -> object:
        """Return what is in the envelope of an answer. Raises DeviceError."""
        url = self._base_url.joinpath(*path).with_query(query)
        return opened(await self._fetch("GET", url))

    async def tell(self, *path: str, body: Mapping[str, object]) -> None:
        """Change something. Raises DeviceError where that is said to have failed."""
        url = self._base_url.joinpath(*path)
        check_taken(await self._fetch("POST", url, body))

    async def _fetch(
        self, method: str, url: URL, body: Mapping[str, object] | None = None
    ) -> Mapping[str, object]:
        """Return an answer that is a JSON object."""
        tariff = url.name == _TARIFF
        self._quiet.check(tariff=tariff)
        try:
            async with (
                asyncio.timeout(self._timeout_s),
                self._session.request(
                    method,
                    url,
                    headers={"Authorization": f"Bearer {self._token}"},
                    json=body,
                    # Another place is not to be shown the token.
                    allow_redirects=False,
                ) as response,
            ):
                answer = _parsed(await response.read())
                self._check_status(response, answer or {}, tariff=tariff)
        except TimeoutError:
            raise DeviceUnreachableError("the cloud did not answer in time") from None
        except ClientError:
            raise DeviceUnreachableError("the cloud cannot be reached") from None
        if answer is None:
            raise DeviceUnreachableError("the cloud did not answer with an object")
        return answer

    def _check_status(
        self, response: ClientResponse, answer: Mapping[str, object], *, tariff: bool
    ) -> None:
        """Turn an HTTP status that is no success into its error."""
        status = response.status
        if HTTPStatus.OK <= status < HTTPStatus.MULTIPLE_CHOICES:
            return
        if status == HTTPStatus.UNAUTHORIZED:
            raise DeviceAuthError("the token is not accepted")
        if status == HTTPStatus.PAYMENT_REQUIRED:
            if answer.get("error") == _SUBSCRIPTION:
                raise DeviceAuthError("the subscription has ended")
            self._quiet.keep(quiet.LONGEST, tariff=False)
            raise DeviceUnreachableError("the account has no credits left")
        if status == HTTPStatus.TOO_MANY_REQUESTS:
            wait = _wait_of(response.headers, answer)
            self._quiet.keep(wait or quiet.BUSY_FOR, tariff=tariff)
            raise DeviceUnreachableError("the cloud has had enough requests")
        if status >= HTTPStatus.INTERNAL_SERVER_ERROR:
            raise DeviceUnreachableError(f"the cloud answered {status}")
        if status == HTTPStatus.FORBIDDEN:
            raise RightsMissingError("the token has no right to that")
        raise DeviceRefusedError(f"the cloud answered {status}")


class TeslaTokenSite:
    """One site, asked with a token."""

    dispatches = False

    def __init__(self, account: TeslaAccount, site_id: str) -> None:
        """Ask by means of `account`."""
        self._account = account
        self._path = ("energy_sites", site_id)

    async def live_status(self) -> Answer:
        """Return the powers now."""
        return as_object(await self._account.ask(*self._path, "live_status"))

    async def site_info(self) -> Answer:
        """Return how the site is set."""
        return as_object(await self._account.ask(*self._path, "site_info"))

    async def history(self, query: Mapping[str, str]) -> Answer:
        """Return the energies of a calendar."""
        return as_object(
            await self._account.ask(
                *self._path,
                "calendar_history",
                query={"kind": "energy", **query},
            )
        )

    async def set_mode(self, mode: str) -> None:
        """Set the operation mode."""
        await self._tell("operation", {"default_real_mode": mode})

    async def set_reserve(self, percent: int) -> None:
        """Set the backup reserve."""
        await self._tell("backup", {"backup_reserve_percent": percent})

    async def set_grid_charging(self, *, allowed: bool) -> None:
        """Allow charging from the grid; the API's flag says the contrary."""
        flag = "disallow_charge_from_grid_with_solar_installed"
        await self._tell("grid_import_export", {flag: not allowed})

    async def set_export_rule(self, rule: str) -> None:
        """Set what may be fed into the grid."""
        await self._tell("grid_import_export", {"customer_preferred_export_rule": rule})

    async def set_storm_mode(self, *, enabled: bool) -> None:
        """Have it fill up before a storm by itself, or not."""
        await self._tell("storm_mode", {"enabled": enabled})

    async def set_tariff(self, tariff: Answer) -> None:
        """Set the tariff."""
        await self._tell(_TARIFF, {"tou_settings": {"tariff_content_v2": tariff}})

    async def dispatch(self, power_w: int, duration: timedelta) -> None:
        """Refuse: the cloud cannot do that."""
        raise DeviceRefusedError("a power cannot be set through the cloud")

    async def resume(self) -> None:
        """Refuse: the cloud cannot do that."""
        raise DeviceRefusedError("a power cannot be set through the cloud")

    async def _tell(self, what: str, body: Mapping[str, object]) -> None:
        await self._account.tell(*self._path, what, body=body)


def opened(answer: Mapping[str, object]) -> object:
    """Return what is in an envelope. Raises where it says that something failed.

    Some errors come with a status of success. The text may name the account.
    """
    check_taken(answer)
    response = answer.get("response")
    if response is None:
        raise DeviceUnreachableError("the cloud answered nothing")
    return response


def check_taken(answer: Mapping[str, object]) -> None:
    """Raise DeviceRefusedError where an answer says that something failed.

    What else it says is no proof: what was changed is read back.
    """
    if answer.get("error"):
        raise DeviceRefusedError("the cloud answered with an error")


def as_object(answer: object) -> Answer:
    """Return an answer that is an object. Raises DeviceUnreachableError."""
    if not isinstance(answer, dict):
        raise DeviceUnreachableError("the cloud did not answer what was asked")
    return answer


def has_battery(product: object) -> bool:
    """Return whether a product is a site with a battery."""
    if not isinstance(product, dict) or product.get("energy_site_id") is None:
        return False
    components = product.get("components")
    return not isinstance(components, dict) or bool(components.get("battery", True))


def name_of(product: Mapping[str, object]) -> str | None:
    """Return what the owner calls a site."""
    name = product.get("site_name")
    return name if isinstance(name, str) and name else None


def _wait_of(
    headers: Mapping[str, str], answer: Mapping[str, object]
) -> timedelta | None:
    """Return the wait that the cloud asks for, in whichever way it does."""
    return (
        retry_after(headers)
        or seconds(headers.get("RateLimit-Reset", ""))
        or seconds(str(answer.get("after", "")))
    )


def _parsed(content: bytes) -> Mapping[str, object] | None:
    """Return an answer; an empty one without anything in it, None where it is none."""
    if not content.strip():
        return {}
    try:
        answer: object = json.loads(content)
    except ValueError, RecursionError:
        return None
    return answer if isinstance(answer, dict) else None
