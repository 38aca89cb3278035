"""Where an owner signs in, and what the tokens of that are good for.

OAuth as Tesla and Teslemetry serve it: a code is good once and for a minute, an access
token is a JWT that ends by itself, and a refresh token is good once, for the next pair.
A client without a secret has to prove that it asked for the code (PKCE).
"""

import base64
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
import hashlib
from itertools import count
from typing import Final, override

from aiohttp import web
import jwt
from yarl import URL

from simulators.clock import Clock
from simulators.rest import Handler, RestSimulator

ACCOUNT: Final = "account-of-the-owner"
LASTS: Final = timedelta(hours=8)
CODE_LASTS: Final = timedelta(minutes=1)
_KEY: Final = "what the simulated cloud signs its tokens with"


@dataclass(frozen=True, slots=True)
class _Code:
    """A code on its way to a client, and what has to come back with it."""

    redirect_uri: str
    challenge: str | None
    rights: frozenset[str]
    until: datetime


class TeslaSignIn(RestSimulator):
    """Signs one owner in, for one client."""

    BASE_PATH = ""

    def __init__(
        self,
        clock: Clock,
        client_id: str,
        secret: str | None,
        *,
        paths: tuple[str, str] = ("/oauth2/v3/authorize", "/oauth2/v3/token"),
        rights: Iterable[str],
    ) -> None:
        """Give `rights` to who signs in; `paths` authorise, and give tokens out."""
        super().__init__(clock)
        self.client_id = client_id
        self.secret = secret
        self.paths = paths
        self.rights = frozenset(rights)
        """What the owner lets the next sign-in do."""
        self.consents = True
        """Whether the owner says yes."""
        self.grants: list[str] = []
        """Which grants were asked for, in their order."""
        self._numbers = count(1)
        self._codes: dict[str, _Code] = {}
        self._refresh: dict[str, frozenset[str]] = {}
        self._ended: set[str] = set()
        self._given: list[str] = []

    @property
    def authorise_url(self) -> str:
        """Where the owner is sent."""
        return self.url + self.paths[0]

    @property
    def token_url(self) -> str:
        """Where a client has its tokens from."""
        return self.url + self.paths[1]

    def sign_in(self) -> dict[str, object]:
        """Return the tokens of an owner who has signed in before."""
        return self._tokens(self.rights)

    def revoke(self) -> None:
        """Take back all that was given: the owner has ended the access."""
        self._refresh.clear()
        self._ended.update(self._given)

    def rights_of(self, token: str) -> Collection[str] | None:
        """Return what a token gives the right to; None where it opens nothing."""
        if token in self._ended:
            return None
        try:
            # Its end is judged by the clock of the simulation.
            claims = jwt.decode(token, _KEY, ["HS256"], options={"verify_exp": False})
        except jwt.InvalidTokenError:
            return None
        if claims["exp"] <= self._clock.now().timestamp():
            return None
        rights: list[str] = claims["scp"]
        return rights

    @override
    def routes(self) -> Iterable[tuple[str, Handler]]:
        yield self.paths[0], self._get_authorise

    @override
    def commands(self) -> Iterable[tuple[str, str, Handler]]:
        yield "POST", self.paths[1], self._post_token

    @override
    def empty(self) -> web.Response:
        return web.json_response({})

    @override
    def not_found(self) -> web.Response:
        return _error("not_found", 404)

    async def _get_authorise(self, request: web.Request) -> web.Response:
        """Send the owner back to the client with a code, or with a no."""
        query = request.query
        if query.get("client_id") != self.client_id or "redirect_uri" not in query:
            return _error("invalid_client", 401)
        if query.get("response_type") != "code":
            return _error("unsupported_response_type")
        challenge = query.get("code_challenge")
        if self.secret is None and (
            challenge is None or query.get("code_challenge_method") != "S256"
        ):
            return _error("invalid_request")
        back = {"state": query.get("state", "")}
        if self.consents:
            asked = frozenset(query.get("scope", " ".join(self.rights)).split())
            back["code"] = f"code-{next(self._numbers)}"
            self._codes[back["code"]] = _Code(
                query["redirect_uri"],
                challenge,
                self.rights & asked,
                self._clock.now() + CODE_LASTS,
            )
        else:
            back["error"] = "access_denied"
        raise web.HTTPFound(URL(query["redirect_uri"]).update_query(back))

    async def _post_token(self, request: web.Request) -> web.Response:
        form = {key: str(value) for key, value in (await request.post()).items()}
        if (
            form.get("client_id") != self.client_id
            or form.get("client_secret") != self.secret
        ):
            return _error("invalid_client", 401)
        grant = form.get("grant_type", "")
        self.grants.append(grant)
        match grant:
            case "authorization_code":
                rights = self._redeemed(form)
            case "refresh_token":
                rights = self._refresh.pop(form.get("refresh_token", ""), None)
            case _:
                return _error("unsupported_grant_type")
        if rights is None:
            return _error("invalid_grant")
        return web.json_response(self._tokens(rights))

    def _redeemed(self, form: dict[str, str]) -> frozenset[str] | None:
        """Return what a code gives the right to; None for one that is not good."""
        code = self._codes.pop(form.get("code", ""), None)
        if (
            code is None
            or code.until <= self._clock.now()
            or code.redirect_uri != form.get("redirect_uri")
        ):
            return None
        proven = code.challenge is None or code.challenge == _challenge(
            form.get("code_verifier", "")
        )
        return code.rights if proven else None

    def _tokens(self, rights: frozenset[str]) -> dict[str, object]:
        claims = {
            "sub": ACCOUNT,
            "ou_code": "NA",
            "scp": sorted(rights),
            "exp": int((self._clock.now() + LASTS).timestamp()),
            "jti": str(next(self._numbers)),
        }
        access = jwt.encode(claims, _KEY, "HS256")
        refresh = f"refresh-{next(self._numbers)}"
        self._given.append(access)
        self._refresh[refresh] = rights
        return {
            "access_token": access,
            "refresh_token": refresh,
            "expires_in": int(LASTS.total_seconds()),
            "token_type": "Bearer",
        }


def _challenge(verifier: str) -> str:
    digest = hashlib.sha256(verifier.encode()).digest()
    return base64.urlsafe_b64encode(digest).decode().rstrip("=")


def _error(error: str, status: int = 400) -> web.Response:
    return web.json_response({"error": error}, status=status)
