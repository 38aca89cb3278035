"""JSON over HTTP: who asks, what is refused, and how long to stay quiet."""

from collections.abc import AsyncIterator
from datetime import timedelta

from aiohttp import ClientSession, web
import pytest

from custom_components.power_sync.prices.protocols import (
    PriceAnswerError,
    PriceAuthError,
    PriceError,
    PriceRateLimitedError,
    PriceUnreachableError,
)
from custom_components.power_sync.prices.rest import RestClient, bearer


class Provider:
    """Answers with what it is told to, and keeps what it was asked."""

    def __init__(self) -> None:
        """Answer with an empty list."""
        self.status = 200
        self.body = "[]"
        self.headers: dict[str, str] = {}
        self.requests: list[web.Request] = []
        self.url = ""

    async def answer(self, request: web.Request) -> web.Response:
        """Answer any request."""
        self.requests.append(request)
        return web.Response(
            status=self.status,
            text=self.body,
            headers=self.headers,
            content_type="application/json",
        )


@pytest.fixture
async def provider(socket_enabled: None) -> AsyncIterator[Provider]:
    """Start a provider on loopback."""
    provider = Provider()
    app = web.Application()
    app.router.add_get("/{path:.*}", provider.answer)
    runner = web.AppRunner(app, shutdown_timeout=1.0)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    provider.url = f"http://127.0.0.1:{runner.addresses[0][1]}/v1"
    yield provider
    await runner.cleanup()


def client_of(
    provider: Provider, session: ClientSession, token: str | None = None
) -> RestClient:
    """Return a client, with a token or without."""
    if token is None:
        return RestClient(session, provider.url, timeout_s=5)
    return RestClient(
        session,
        provider.url,
        credentials=bearer(token),
        closing_slash=False,
        timeout_s=5,
    )


async def test_list_in_the_name_of_a_token(
    provider: Provider, session: ClientSession
) -> None:
    """The token goes with the request, and a list of objects comes back."""
    provider.body = '[{"id": "A"}, {"id": "B"}]'
    client = client_of(provider, session, "secret")
    rows = await client.get_rows("sites", query={"next": "2"}, called="sites")
    assert [row.text("id") for row in rows] == ["A", "B"]
    (request,) = provider.requests
    assert request.headers["Authorization"] == "Bearer secret"
    assert request.path_qs == "/v1/sites?next=2"


async def test_nothing_is_said_without_a_token(
    provider: Provider, session: ClientSession
) -> None:
    """A public list is asked for as it is written, with a closing slash."""
    provider.body = '{"count": 3}'
    assert (await client_of(provider, session).get("sites", query={})).number(
        "count"
    ) == 3
    (request,) = provider.requests
    assert "Authorization" not in request.headers
    assert request.path_qs == "/v1/sites/"


@pytest.mark.parametrize("body", ['{"id": "A"}', '["A"]', "null", '"A"'])
async def test_no_list(provider: Provider, session: ClientSession, body: str) -> None:
    """What is no list of objects is an answer that cannot be used."""
    provider.body = body
    with pytest.raises(PriceAnswerError):
        await client_of(provider, session).get_rows("sites", query={}, called="sites")


@pytest.mark.parametrize("status", [401, 403])
@pytest.mark.parametrize(
    ("token", "error"), [("secret", PriceAuthError), (None, PriceAnswerError)]
)
async def test_refused(
    provider: Provider,
    session: ClientSession,
    status: int,
    token: str | None,
    error: type[PriceError],
) -> None:
    """A refusal is the token's fault where there is one; it names no secret."""
    provider.status = status
    with pytest.raises(error) as raised:
        await client_of(provider, session, token).get_rows(
            "sites", query={}, called="sites"
        )
    assert str(raised.value) == f"sites answered {status}"


@pytest.mark.parametrize(
    ("headers", "wait"),
    [
        ({"Retry-After": "20"}, timedelta(seconds=20)),
        ({"RateLimit-Reset": "45"}, timedelta(seconds=45)),
        ({"Retry-After": "20", "RateLimit-Reset": "45"}, timedelta(seconds=45)),
        ({"Retry-After": "60", "RateLimit-Reset": "45"}, timedelta(seconds=60)),
    ],
)
async def test_asked_too_often(
    provider: Provider,
    session: ClientSession,
    headers: dict[str, str],
    wait: timedelta,
) -> None:
    """Until the time the provider names, it is not asked at all."""
    provider.status, provider.headers = 429, headers
    client = client_of(provider, session)
    with pytest.raises(PriceRateLimitedError) as raised:
        await client.get_rows("sites", query={}, called="sites")
    assert raised.value.retry_after == wait
    provider.status = 200
    with pytest.raises(PriceRateLimitedError) as raised:
        await client.get_rows("sites", query={}, called="sites")
    assert raised.value.retry_after is not None
    assert wait - timedelta(seconds=15) < raised.value.retry_after <= wait
    assert len(provider.requests) == 1


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"RateLimit-Reset": "soon"},
        {"RateLimit-Reset": "9" * 20},
        {"RateLimit-Reset": "9" * 5000},
        {"Retry-After": "9" * 20},
    ],
)
async def test_a_wait_that_is_not_said(
    provider: Provider, session: ClientSession, headers: dict[str, str]
) -> None:
    """What cannot be read counts as not said; when to ask again is ours to say."""
    provider.status, provider.headers = 429, headers
    client = client_of(provider, session)
    with pytest.raises(PriceRateLimitedError) as raised:
        await client.get_rows("sites", query={}, called="sites")
    assert raised.value.retry_after is None
    provider.status = 200
    assert await client.get_rows("sites", query={}, called="sites") == []


async def test_none_left(provider: Provider, session: ClientSession) -> None:
    """The last request that is allowed is answered, the next one waits."""
    provider.headers = {"RateLimit-Remaining": "0", "RateLimit-Reset": "100"}
    client = client_of(provider, session)
    assert await client.get_rows("sites", query={}, called="sites") == []
    with pytest.raises(PriceRateLimitedError):
        await client.get_rows("sites", query={}, called="sites")
    assert len(provider.requests) == 1


async def test_some_left(provider: Provider, session: ClientSession) -> None:
    """While requests are left, nothing waits for the reset."""
    provider.headers = {"RateLimit-Remaining": "1", "RateLimit-Reset": "100"}
    client = client_of(provider, session)
    await client.get_rows("sites", query={}, called="sites")
    assert await client.get_rows("sites", query={}, called="sites") == []


async def test_a_failure_of_its_own(provider: Provider, session: ClientSession) -> None:
    """A server's own error may say when it hopes to be back."""
    provider.status, provider.headers = 503, {"Retry-After": "120"}
    with pytest.raises(PriceUnreachableError) as raised:
        await client_of(provider, session, "secret").get_rows(
            "sites", query={}, called="sites"
        )
    assert raised.value.retry_after == timedelta(minutes=2)
