"""The simulated sign-in: what gives which tokens, and what they open."""

import base64
from collections.abc import AsyncIterator
from datetime import timedelta
import hashlib

from aiohttp import ClientSession
import pytest
from yarl import URL

from simulators.tesla import TeslaSignIn
from simulators.tesla.server import COMMAND, READ
from tests.control.bench import Time
from tests.devices.tesla_site import AFTERNOON

BACK = "http://home.example/back"
VERIFIER = "v" * 64
CHALLENGE = (
    base64.urlsafe_b64encode(hashlib.sha256(VERIFIER.encode()).digest())
    .decode()
    .rstrip("=")
)


class Client:
    """Who asks for tokens."""

    def __init__(self, sign_in: TeslaSignIn, time: Time) -> None:
        """Ask at `sign_in`."""
        self.sign_in, self.time = sign_in, time

    async def authorise(self, **more: str) -> URL:
        """Send the owner there; return where they are sent back to."""
        query = {
            "client_id": "home",
            "response_type": "code",
            "redirect_uri": BACK,
            "state": "s",
            **more,
        }
        async with (
            ClientSession() as session,
            session.get(
                self.sign_in.authorise_url, params=query, allow_redirects=False
            ) as answer,
        ):
            return URL(answer.headers.get("Location", f"?error={answer.status}"))

    async def tokens(self, **form: str) -> dict[str, object]:
        """Ask for tokens."""
        async with (
            ClientSession() as session,
            session.post(
                self.sign_in.token_url, data={"client_id": "home", **form}
            ) as answer,
        ):
            found: dict[str, object] = await answer.json()
            return found

    async def redeem(self, code: str, **form: str) -> dict[str, object]:
        """Give a code for tokens."""
        form = {"redirect_uri": BACK, **form}
        return await self.tokens(grant_type="authorization_code", code=code, **form)

    async def refresh(self, token: object, **form: str) -> dict[str, object]:
        """Give a refresh token for the next pair."""
        return await self.tokens(
            grant_type="refresh_token", refresh_token=str(token), **form
        )


@pytest.fixture
async def client(
    socket_enabled: None, request: pytest.FixtureRequest
) -> AsyncIterator[Client]:
    """Run a sign-in, with a secret or without."""
    time = Time(AFTERNOON)

    class _Clock:
        now = staticmethod(lambda: time.now)

    secret = getattr(request, "param", None)
    sign_in = TeslaSignIn(_Clock(), "home", secret, rights=(READ, COMMAND))
    async with sign_in:
        yield Client(sign_in, time)


PROOF = {"code_challenge": CHALLENGE, "code_challenge_method": "S256"}


async def test_a_code_is_good_once_for_who_asked(client: Client) -> None:
    """With the verifier, at the same address, within a minute."""
    assert (await client.authorise()).query["error"] == "400"
    sent = await client.authorise(**PROOF)
    assert (sent.query["state"], sent.with_query(None)) == ("s", URL(BACK))
    code = sent.query["code"]
    tokens = await client.redeem(code, code_verifier=VERIFIER)
    rights = client.sign_in.rights_of(str(tokens["access_token"]))
    assert rights is not None
    assert set(rights) == {READ, COMMAND}
    assert await client.redeem(code, code_verifier=VERIFIER) == {
        "error": "invalid_grant"
    }
    for wrong in (
        {"code_verifier": "w" * 64},
        {"code_verifier": VERIFIER, "redirect_uri": "http://elsewhere.example"},
    ):
        code = (await client.authorise(**PROOF)).query["code"]
        assert await client.redeem(code, **wrong) == {"error": "invalid_grant"}
    code = (await client.authorise(**PROOF)).query["code"]
    client.time.now += timedelta(minutes=1)
    assert "error" in await client.redeem(code, code_verifier=VERIFIER)


async def test_what_ends_a_token(client: Client) -> None:
    """Time ends an access token, use a refresh token, and their owner both."""
    first = client.sign_in.sign_in()
    access = str(first["access_token"])
    assert client.sign_in.rights_of(access) is not None
    assert client.sign_in.rights_of(access + "x") is None
    client.time.now += timedelta(hours=8)
    assert client.sign_in.rights_of(access) is None
    second = await client.refresh(first["refresh_token"])
    assert client.sign_in.rights_of(str(second["access_token"])) is not None
    assert await client.refresh(first["refresh_token"]) == {"error": "invalid_grant"}
    client.sign_in.revoke()
    assert client.sign_in.rights_of(str(second["access_token"])) is None
    assert await client.refresh(second["refresh_token"]) == {"error": "invalid_grant"}
    assert client.sign_in.grants == ["refresh_token"] * 3


async def test_what_the_owner_lets_it_do(client: Client) -> None:
    """No more than was asked for and is allowed; and nothing after a no."""
    client.sign_in.rights = frozenset({READ})
    code = (await client.authorise(scope=f"{READ} {COMMAND}", **PROOF)).query["code"]
    tokens = await client.redeem(code, code_verifier=VERIFIER)
    assert client.sign_in.rights_of(str(tokens["access_token"])) == [READ]
    client.sign_in.consents = False
    sent = await client.authorise(**PROOF)
    assert sent.query["error"] == "access_denied"
    assert "code" not in sent.query


@pytest.mark.parametrize("client", ["secret"], indirect=True)
async def test_who_may_ask(client: Client) -> None:
    """A client with a secret needs no proof, and has to tell it."""
    code = (await client.authorise()).query["code"]
    assert await client.redeem(code) == {"error": "invalid_client"}
    tokens = await client.redeem(code, client_secret="secret")  # noqa: S106 - simulated
    assert "access_token" in tokens
    refused = await client.tokens(grant_type="password", client_secret="secret")  # noqa: S106 - simulated
    assert refused == {"error": "unsupported_grant_type"}
    for wrong in ({"client_id": "another"}, {"response_type": "token"}):
        assert "error" in (await client.authorise(**wrong)).query
