"""Asking Sigenergy's cloud in the name of an account.

It is the interface of Sigenergy's own app and not a documented one, so whatever it
answers is looked at with care, and what it refuses is left at that for a while. No
address, password, token or answer is ever in an error or a log.
"""

import asyncio
import base64
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import timedelta
from http import HTTPStatus
import json
from typing import Final
from weakref import WeakValueDictionary

from aiohttp import ClientError, ClientResponse, ClientSession
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from cryptography.hazmat.primitives.padding import PKCS7
from yarl import URL

from custom_components.power_sync.devices.batteries.cloud import Account, Login
from custom_components.power_sync.devices.protocols import (
    DeviceAuthError,
    DeviceRefusedError,
    DeviceUnreachableError,
)
from custom_components.power_sync.model.waits import retry_after

from .budget import Need, budget_of

REQUEST_TIMEOUT_S: Final = 10.0
REFUSED_FOR: Final = timedelta(hours=1)
"""How long a refused account is not tried again: more would have it locked."""

_TOKEN: Final = "auth/oauth/token"  # noqa: S105 - a path
_APP: Final = f"Basic {base64.b64encode(b'sigen:sigen').decode()}"
_KEY: Final = b"sigensigensigenp"
"""Of the app, and public: it hides a password from nobody."""
_USER_AGENT: Final = "PowerSync"
"""One that says "aiohttp", as Home Assistant's does, is answered 403."""
_USUAL_LIFE_S: Final = 3600.0
_MARGIN_S: Final = 60.0
_REFUSED: Final = frozenset({HTTPStatus.BAD_REQUEST, HTTPStatus.UNAUTHORIZED})


def encrypted(password: str) -> str:
    """Return a password as the app sends it: AES-128-CBC, PKCS7, Base64."""
    padder = PKCS7(128).padder()
    padded = padder.update(password.encode()) + padder.finalize()
    cipher = Cipher(algorithms.AES(_KEY), modes.CBC(_KEY)).encryptor()
    return base64.b64encode(cipher.update(padded) + cipher.finalize()).decode()


@dataclass(frozen=True, slots=True)
class _Tokens:
    access: str = field(repr=False)
    refresh: str | None = field(repr=False)
    good_until_s: float


class _TokenRefusedError(Exception):
    """What was shown to prove who asks does not count (any more)."""


class CloudSession:
    """Requests in the name of an account. Raises DeviceError and nothing else.

    DeviceAuthError: the account was refused. DeviceUnreachableError: no answer, or
    none that makes sense, or a wait is asked for. DeviceRefusedError: a plain no.
    """

    def __init__(self, login: Login, *, timeout_s: float = REQUEST_TIMEOUT_S) -> None:
        """Ask as `login` says; `timeout_s` is per request."""
        self._session = login.session
        self._base_url = URL(login.base_url)
        self._account = login.account
        self._timeout_s = timeout_s
        self._tokens: _Tokens | None = None
        self._logging_in = asyncio.Lock()
        self._refused_until_s = 0.0
        self._budget = budget_of(login)

    async def get(
        self,
        *path: str,
        query: Mapping[str, str] | None = None,
        need: Need = Need.COMMAND,
    ) -> object:
        """Return the data at a path, if the budget has that much left."""
        self._budget.check(need)
        return await self._authorized("GET", path, query=query)

    async def put(self, *path: str, body: Mapping[str, object]) -> object:
        """Send an object; return the data of the answer."""
        return await self._authorized("PUT", path, body=body)

    async def post(self, *path: str, body: Mapping[str, object]) -> object:
        """Send a new object; return the data of the answer."""
        return await self._authorized("POST", path, body=body)

    async def _authorized(
        self,
        method: str,
        path: tuple[str, ...],
        *,
        query: Mapping[str, str] | None = None,
        body: Mapping[str, object] | None = None,
    ) -> object:
        """Ask with a token; with a new one where it is not taken, but only once."""
        url = self._base_url.joinpath(*path)
        try:
            return await self._with_token(method, url, query, body)
        except _TokenRefusedError:
            pass
        try:
            return await self._with_token(method, url, query, body)
        except _TokenRefusedError:
            raise self._account_refused() from None

    async def _with_token(
        self,
        method: str,
        url: URL,
        query: Mapping[str, str] | None,
        body: Mapping[str, object] | None,
    ) -> object:
        """Ask with a token. Raises _TokenRefusedError, and remembers that."""
        tokens = await self._valid_tokens()
        headers = {"Authorization": f"Bearer {tokens.access}"}
        try:
            return _data_of(
                await self._ask(method, url, headers=headers, query=query, body=body)
            )
        except _TokenRefusedError:
            if self._tokens is tokens:
                self._tokens = replace(tokens, good_until_s=0.0)
            raise

    async def _valid_tokens(self) -> _Tokens:
        """Return tokens that have not run out, got anew if need be."""
        async with self._logging_in:
            now_s = asyncio.get_running_loop().time()
            if now_s < self._refused_until_s:
                raise DeviceAuthError("the account was refused a while ago")
            if self._tokens is None or now_s >= self._tokens.good_until_s:
                self._tokens = await self._new_tokens(self._tokens)
            return self._tokens

    async def _new_tokens(self, old: _Tokens | None) -> _Tokens:
        """Refresh the tokens, or log in where there are none to refresh."""
        if old is not None and old.refresh is not None:
            try:
                return await self._grant(
                    {"grant_type": "refresh_token", "refresh_token": old.refresh}
                )
            except _TokenRefusedError:
                self._tokens = None
        account = self._account
        device = (
            {} if account.device_id is None else {"userDeviceId": account.device_id}
        )
        try:
            return await self._grant(
                {
                    "grant_type": "password",
                    "username": account.email,
                    "password": encrypted(account.password),
                    "scope": "server",
                    **device,
                }
            )
        except _TokenRefusedError:
            raise self._account_refused() from None

    def _account_refused(self) -> DeviceAuthError:
        now_s = asyncio.get_running_loop().time()
        self._refused_until_s = now_s + REFUSED_FOR.total_seconds()
        self._tokens = None
        return DeviceAuthError("Sigenergy refuses e-mail or password")

    async def _grant(self, form: Mapping[str, str]) -> _Tokens:
        """Ask for tokens. Raises _TokenRefusedError where there are none for this."""
        answer = await self._ask(
            "POST",
            self._base_url.joinpath(*_TOKEN.split("/")),
            headers={"Authorization": _APP},
            form=form,
        )
        # Some servers put the tokens in the envelope that everything else comes in.
        if "access_token" not in answer:
            try:
                data = _data_of(answer)
            except DeviceRefusedError:
                raise _TokenRefusedError from None
            if not isinstance(data, dict):
                raise DeviceUnreachableError("the cloud gives no token")
            answer = data
        access, refresh = answer.get("access_token"), answer.get("refresh_token")
        if not isinstance(access, str) or not access:
            raise DeviceUnreachableError("the cloud gives no token")
        life_s = answer.get("expires_in")
        if isinstance(life_s, bool) or not isinstance(life_s, int | float):
            life_s = _USUAL_LIFE_S
        now_s = asyncio.get_running_loop().time()
        good_s = max(life_s - _MARGIN_S, life_s / 2)
        return _Tokens(
            access, refresh if isinstance(refresh, str) else None, now_s + good_s
        )

    async def _ask(  # noqa: PLR0913 - the parts of a request, by keyword
        self,
        method: str,
        url: URL,
        *,
        headers: Mapping[str, str],
        query: Mapping[str, str] | None = None,
        body: Mapping[str, object] | None = None,
        form: Mapping[str, str] | None = None,
    ) -> dict[str, object]:
        """Return an answer that is a JSON object."""
        self._budget.spend()
        try:
            async with (
                asyncio.timeout(self._timeout_s),
                self._session.request(
                    method,
                    url,
                    params=query,
                    json=body,
                    data=form,
                    headers={**headers, "User-Agent": _USER_AGENT},
                    # Another place is not to be told the password.
                    allow_redirects=False,
                ) as response,
            ):
                self._check_status(response, logging_in=form is not None)
                answer: object = json.loads(await response.read())
        except TimeoutError:
            raise DeviceUnreachableError("the cloud did not answer in time") from None
        except ClientError:
            raise DeviceUnreachableError("the cloud cannot be reached") from None
        except ValueError, RecursionError:
            raise DeviceUnreachableError("the cloud did not answer in JSON") from None
        if not isinstance(answer, dict):
            raise DeviceUnreachableError("the cloud did not answer with an object")
        return answer

    def _check_status(self, response: ClientResponse, *, logging_in: bool) -> None:
        """Turn an HTTP status that is no success into its error."""
        status = response.status
        if status == HTTPStatus.OK:
            return
        wait = retry_after(response.headers)
        if status == HTTPStatus.TOO_MANY_REQUESTS or wait is not None:
            self._budget.leave_alone(wait)
        if status == HTTPStatus.UNAUTHORIZED or (logging_in and status in _REFUSED):
            raise _TokenRefusedError
        if (
            status == HTTPStatus.TOO_MANY_REQUESTS
            or status >= HTTPStatus.INTERNAL_SERVER_ERROR
        ):
            raise DeviceUnreachableError(f"the cloud answered {status}")
        raise DeviceRefusedError(f"the cloud answered {status}")


_SHARED: Final[
    WeakValueDictionary[tuple[ClientSession, str, Account], CloudSession]
] = WeakValueDictionary()


def session_of(login: Login) -> CloudSession:
    """Return the one session of an account, whatever site or station asks by it.

    Then one token serves all, and what the cloud says to one, it has said to all: to
    wait, or that the account is refused. It lives as long as anybody uses it.
    """
    key = (login.session, login.base_url, login.account)
    session = _SHARED.get(key)
    if session is None:
        session = _SHARED[key] = CloudSession(login)
    return session


def _data_of(answer: Mapping[str, object]) -> object:
    """Return what is in the envelope. Raises where it says that something failed."""
    if "code" not in answer:
        if answer.get("success") is True:
            return answer.get("data")
        raise DeviceUnreachableError("the cloud did not answer in its own way")
    code = str(answer["code"])
    if code == str(HTTPStatus.UNAUTHORIZED.value):
        raise _TokenRefusedError
    if code != "0":
        # The text beside it may name the account.
        raise DeviceRefusedError(f"the cloud answered with code {code[:12]}")
    return answer.get("data")
