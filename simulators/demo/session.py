"""A user's log-in at Home Assistant, and requests made as that user."""

from collections.abc import AsyncGenerator, Mapping
from contextlib import asynccontextmanager
from http import HTTPStatus
from time import monotonic
from typing import TypeIs

import aiohttp

from .json_values import HassApiError, Json, as_list, as_object, as_text
from .websocket import HassWebSocket

# An access token is replaced when it has less than this left.
TOKEN_MARGIN_S = 60.0
HOMEASSISTANT_PROVIDER: list[Json] = ["homeassistant", None]


def _is_number(value: Json) -> TypeIs[int | float]:
    """Tell whether the value is a number; JSON's true and false are none."""
    return isinstance(value, int | float) and not isinstance(value, bool)


class HassSession:
    """One user's connection to one Home Assistant.

    It outlives restarts of the server: a token that is no longer accepted is
    replaced, with the refresh token or else with the password.
    """

    def __init__(
        self, session: aiohttp.ClientSession, url: str, username: str, password: str
    ) -> None:
        """Take the session to use and the user to be."""
        self._session = session
        self._url = url.rstrip("/")
        self._username = username
        self._password = password
        self._access_token: str | None = None
        self._access_token_end_s = 0.0
        self._refresh_token: str | None = None

    @property
    def _client_id(self) -> str:
        """Return the frontend's own choice; a foreign site's would be looked up."""
        return f"{self._url}/"

    async def onboard(self, name: str, language: str = "en") -> None:
        """Create the owner and finish the onboarding; steps done are left out.

        Args:
            name: The owner's name as it is shown.
            language: The language of the default areas' names.

        """
        done = await self._onboarding_steps()
        if not done["user"]:
            body: Json = {
                "client_id": self._client_id,
                "name": name,
                "username": self._username,
                "password": self._password,
                "language": language,
            }
            answer = await self._call("POST", "/api/onboarding/users", json=body)
            await self._use_code(as_text(as_object(answer)["auth_code"]))
        if not done["analytics"]:
            await self.request("POST", "/api/onboarding/analytics", {})
        if not done["integration"]:
            redirect: Json = {
                "client_id": self._client_id,
                "redirect_uri": f"{self._client_id}?auth_callback=1",
            }
            await self.request("POST", "/api/onboarding/integration", redirect)

    async def _onboarding_steps(self) -> dict[str, bool]:
        """Return which steps are done.

        The address is not there once all of them were done before the start.
        """
        try:
            answer = as_list(await self._call("GET", "/api/onboarding"))
        except HassApiError as err:
            if err.status != HTTPStatus.NOT_FOUND:
                raise
            return dict.fromkeys(("user", "analytics", "integration"), True)
        steps = [as_object(step) for step in answer]
        return {as_text(step["step"]): step["done"] is True for step in steps}

    async def login(self) -> str:
        """Log in with the password and return an access token.

        Raises:
            HassApiError: The password is not accepted.

        """
        start: Json = {
            "client_id": self._client_id,
            "handler": HOMEASSISTANT_PROVIDER,
            "redirect_uri": f"{self._client_id}?auth_callback=1",
        }
        flow = as_object(await self._call("POST", "/auth/login_flow", json=start))
        path = f"/auth/login_flow/{as_text(flow['flow_id'])}"
        answer: Json = {
            "client_id": self._client_id,
            "username": self._username,
            "password": self._password,
        }
        result = as_object(await self._call("POST", path, json=answer))
        if result["type"] != "create_entry":
            message = f"log-in refused: {result.get('errors')}"
            raise HassApiError(message)
        return await self._use_code(as_text(result["result"]))

    async def request(
        self,
        method: str,
        path: str,
        body: Json = None,
        params: Mapping[str, str] | None = None,
    ) -> Json:
        """Send a request as the user and return the answer.

        Raises:
            HassApiError: The request was refused, with its status, or the server
                could not be reached, without one.

        """
        token = await self._token()
        try:
            return await self._call(method, path, json=body, params=params, token=token)
        except HassApiError as err:
            if err.status != HTTPStatus.UNAUTHORIZED:
                raise
        # Killed before it had stored our token, the server does not know it.
        self._access_token = None
        token = await self._token()
        return await self._call(method, path, json=body, params=params, token=token)

    @asynccontextmanager
    async def websocket(self) -> AsyncGenerator[HassWebSocket]:
        """Open a websocket as the user, for several commands or a subscription."""
        # A request proves the token, and replaces it where that is needed.
        await self.request("GET", "/api/")
        token = await self._token()
        try:
            async with self._session.ws_connect(
                f"{self._url}/api/websocket", max_msg_size=0
            ) as connection:
                socket = HassWebSocket(connection)
                await socket.authenticate(token)
                yield socket
        except aiohttp.ClientError as err:
            message = f"websocket: {err!r}"
            raise HassApiError(message) from err

    async def _token(self) -> str:
        """Return an access token that is valid for a while yet."""
        token = self._access_token
        if token is not None and monotonic() < self._access_token_end_s:
            return token
        if self._refresh_token is not None:
            form = {
                "grant_type": "refresh_token",
                "refresh_token": self._refresh_token,
            }
            try:
                return await self._use_grant(form)
            except HassApiError as err:
                if err.status is None:
                    raise
                self._refresh_token = None
        return await self.login()

    async def _use_code(self, code: str) -> str:
        """Exchange an authorization code for tokens; return the access token."""
        return await self._use_grant({"grant_type": "authorization_code", "code": code})

    async def _use_grant(self, form: Mapping[str, str]) -> str:
        """Get tokens for a grant, keep them, and return the access token."""
        form = {"client_id": self._client_id, **form}
        answer = as_object(await self._call("POST", "/auth/token", form=form))
        token = as_text(answer["access_token"])
        lifetime_s = answer.get("expires_in")
        if not _is_number(lifetime_s):
            message = "a token without a lifetime"
            raise HassApiError(message)
        self._access_token = token
        self._access_token_end_s = monotonic() + lifetime_s - TOKEN_MARGIN_S
        if "refresh_token" in answer:
            self._refresh_token = as_text(answer["refresh_token"])
        return token

    async def _call(  # noqa: PLR0913 (the parts of a request)
        self,
        method: str,
        path: str,
        *,
        json: Json = None,
        form: Mapping[str, str] | None = None,
        params: Mapping[str, str] | None = None,
        token: str | None = None,
    ) -> Json:
        """Send one request and return the decoded answer."""
        headers = {"Authorization": f"Bearer {token}"} if token else {}
        try:
            async with self._session.request(
                method,
                f"{self._url}{path}",
                json=json,
                data=form,
                params=params,
                headers=headers,
            ) as response:
                if not response.ok:
                    text = (await response.text())[:500]
                    message = f"{method} {path}: {response.status} {text}"
                    raise HassApiError(message, response.status)
                if response.content_type != "application/json":
                    return await response.text()
                content: Json = await response.json()
                return content
        except (aiohttp.ClientError, TimeoutError) as err:
            message = f"{method} {path}: {err!r}"
            raise HassApiError(message) from err
