"""JSON over HTTP, as the providers' public interfaces speak it.

Numbers with a fraction are read as Decimal, so that a price keeps the digits
it was published with until it is converted to its final unit.

A provider that says when it may be asked again is not asked before: `Retry-After`
(RFC 9110 10.2.3) and the `RateLimit` fields of the IETF draft are obeyed.
"""

import asyncio
from base64 import b64encode
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from http import HTTPStatus
import json
from types import MappingProxyType

from aiohttp import ClientError, ClientResponse, ClientSession
from yarl import URL

from custom_components.power_sync.model.plain import JsonObject
from custom_components.power_sync.model.waits import retry_after, seconds

from .protocols import (
    PriceAnswerError,
    PriceAuthError,
    PriceRateLimitedError,
    PriceUnreachableError,
    UnknownTariffError,
)

REQUEST_TIMEOUT_S = 10.0


class Fields:
    """A JSON object whose fields are read by type.

    Every method raises PriceAnswerError where the field is not what it says.
    """

    __slots__ = ("_fields",)

    def __init__(self, value: object) -> None:
        """Take a parsed JSON value."""
        if not isinstance(value, dict):
            raise PriceAnswerError("a JSON object was expected")
        self._fields: dict[str, object] = value

    def rows(self, key: str) -> list[Fields]:
        """Return a list of objects."""
        value = self._fields.get(key)
        if not isinstance(value, list):
            raise PriceAnswerError(f"{key!r} is not a list")
        return [Fields(row) for row in value]

    def optional_rows(self, key: str) -> list[Fields] | None:
        """Return a list of objects, or None where the field is null or absent."""
        return None if self._fields.get(key) is None else self.rows(key)

    def identity(self, key: str) -> str:
        """Return an id, which some write as a number and some as a text."""
        value = self._fields.get(key)
        if isinstance(value, bool) or not isinstance(value, int | str):
            raise PriceAnswerError(f"{key!r} is no id")
        return str(value)

    def __contains__(self, key: str) -> bool:
        """Whether there is a field of this name."""
        return key in self._fields

    def optional_object(self, key: str) -> Fields | None:
        """Return an object, or None where the field is null or absent."""
        value = self._fields.get(key)
        return None if value is None else Fields(value)

    def text(self, key: str) -> str:
        """Return a text."""
        value = self._fields.get(key)
        if not isinstance(value, str):
            raise PriceAnswerError(f"{key!r} is not a text")
        return value

    def optional_text(self, key: str) -> str | None:
        """Return a text, or None where the field is null or absent."""
        return None if self._fields.get(key) is None else self.text(key)

    def flag(self, key: str) -> bool:
        """Return a truth value."""
        value = self._fields.get(key)
        if not isinstance(value, bool):
            raise PriceAnswerError(f"{key!r} is neither true nor false")
        return value

    def number(self, key: str) -> Decimal:
        """Return a finite number exactly as it was written."""
        value = self._fields.get(key)
        # To Python a bool is an int, to a price it is an error.
        if isinstance(value, bool) or not isinstance(value, int | Decimal):
            raise PriceAnswerError(f"{key!r} is not a number")
        return Decimal(value)

    def moment(self, key: str) -> datetime:
        """Return a time in UTC; a time without an offset is refused."""
        try:
            when = datetime.fromisoformat(self.text(key))
            if when.tzinfo is not None:
                return when.astimezone(UTC)
        except (ValueError, OverflowError) as err:
            raise PriceAnswerError(f"{key!r} is not a time") from err
        raise PriceAnswerError(f"{key!r} has no time zone")

    def optional_moment(self, key: str) -> datetime | None:
        """Return a time in UTC, or None where the field is null or absent."""
        return None if self._fields.get(key) is None else self.moment(key)


class RestClient:
    """Fetches JSON below one base address."""

    def __init__(
        self,
        session: ClientSession,
        base_url: str,
        *,
        credentials: Mapping[str, str] = MappingProxyType({}),
        closing_slash: bool = True,
        timeout_s: float = REQUEST_TIMEOUT_S,
    ) -> None:
        """Use `session`, which the caller closes; `timeout_s` is per request.

        `credentials` are the headers that say who asks. Where there are some, a
        refusal (401, 403) is theirs.
        """
        self._session = session
        self._base_url = URL(base_url)
        self._credentials = credentials
        self._last_part = ("",) if closing_slash else ()
        self._timeout_s = timeout_s
        self._quiet_until_s = 0.0

    async def get(
        self, *path: str, query: Mapping[str, str], called: str | None = None
    ) -> Fields:
        """Return the object at `path`; `called` is its name in errors.

        Raises PriceUnreachableError, PriceRateLimitedError, PriceAnswerError,
        PriceAuthError and, for 404, UnknownTariffError.
        """
        return Fields(await self._json(path, query, called or "/".join(path)))

    async def get_rows(
        self, *path: str, query: Mapping[str, str], called: str
    ) -> list[Fields]:
        """Return the list of objects at `path`. Raises as `get` does.

        `called` is its name in errors, as the path of a customer's own is private.
        """
        answer = await self._json(path, query, called)
        if not isinstance(answer, list):
            raise PriceAnswerError("a JSON list was expected")
        return [Fields(row) for row in answer]

    async def post(
        self, *path: str, body: JsonObject, headers: Mapping[str, str]
    ) -> Fields:
        """Return the object that a body is answered with. Raises as `get` does."""
        what = "/".join(path)
        answer = await self._body(path, {}, what, body=body, headers=headers)
        return Fields(_parsed(answer, what))

    async def get_bytes(self, *path: str, called: str) -> bytes:
        """Return what is at `path`, whatever it is. Raises as `get` does."""
        return await self._body(path, {}, called)

    async def _json(
        self, path: tuple[str, ...], query: Mapping[str, str], what: str
    ) -> object:
        """Return the parsed answer; `what` is its name in errors."""
        return _parsed(await self._body(path, query, what), what)

    async def _body(
        self,
        path: tuple[str, ...],
        query: Mapping[str, str],
        what: str,
        *,
        body: JsonObject | None = None,
        headers: Mapping[str, str] = MappingProxyType({}),
    ) -> bytes:
        """Return the answer as it came; `what` is its name in errors.

        Without a `body` it is got, with one the body is posted.
        """
        url = self._base_url.joinpath(*path, *self._last_part)
        self._check_quiet()
        try:
            async with (
                asyncio.timeout(self._timeout_s),
                self._session.request(
                    "GET" if body is None else "POST",
                    url,
                    params=query,
                    headers={**self._credentials, **headers},
                    json=body,
                ) as response,
            ):
                self._learn_limit(response)
                self._check_status(response, what)
                return await response.read()
        except TimeoutError as err:
            raise PriceUnreachableError(f"{what} did not answer in time") from err
        except ClientError as err:
            raise PriceUnreachableError(f"{what} cannot be reached") from err

    def _check_quiet(self) -> None:
        """Ask nothing while the provider wants to be left alone."""
        left_s = self._quiet_until_s - asyncio.get_running_loop().time()
        if left_s > 0:
            raise PriceRateLimitedError(
                "asking again has to wait", retry_after=timedelta(seconds=left_s)
            )

    def _learn_limit(self, response: ClientResponse) -> None:
        """Note when to ask next, where no more requests are left before."""
        wait = None
        if response.status == HTTPStatus.TOO_MANY_REQUESTS:
            wait = _wait(response)
        elif response.headers.get("RateLimit-Remaining", "").strip() == "0":
            wait = seconds(response.headers.get("RateLimit-Reset", ""))
        if wait is not None:
            now_s = asyncio.get_running_loop().time()
            # A day is more than any limit lasts: beyond that it is a mistake.
            wait_s = min(wait, _LONGEST_QUIET).total_seconds()
            self._quiet_until_s = max(self._quiet_until_s, now_s + wait_s)

    def _check_status(self, response: ClientResponse, what: str) -> None:
        """Turn an HTTP status that is no success into its error."""
        status = response.status
        where = f"{what} answered {status}"
        if status == HTTPStatus.TOO_MANY_REQUESTS:
            raise PriceRateLimitedError(where, retry_after=_wait(response))
        if status >= HTTPStatus.INTERNAL_SERVER_ERROR:
            raise PriceUnreachableError(
                where, retry_after=retry_after(response.headers)
            )
        if status in _REFUSED and self._credentials:
            raise PriceAuthError(where)
        if status == HTTPStatus.NOT_FOUND:
            raise UnknownTariffError(where)
        if status != HTTPStatus.OK:
            raise PriceAnswerError(where)


_REFUSED = frozenset({HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN})
_LONGEST_QUIET = timedelta(days=1)


def bearer(token: str) -> Mapping[str, str]:
    """Return the headers of a request in the name of a token's owner (RFC 6750)."""
    return MappingProxyType({"Authorization": f"Bearer {token}"})


def basic(user: str) -> Mapping[str, str]:
    """Return the headers of a request by a user without a password (RFC 7617)."""
    word = b64encode(f"{user}:".encode()).decode()
    return MappingProxyType({"Authorization": f"Basic {word}"})


def _parsed(body: bytes, what: str) -> object:
    """Return what is written in JSON. Raises PriceAnswerError."""
    try:
        answer: object = json.loads(body, parse_float=_decimal, parse_constant=_refuse)
    except (ValueError, RecursionError) as err:
        raise PriceAnswerError(f"{what} did not answer in JSON") from err
    return answer


def _wait(response: ClientResponse) -> timedelta | None:
    """Return the longest wait that an answer asks for; None where it asks for none."""
    reset = seconds(response.headers.get("RateLimit-Reset", ""))
    asked = [retry_after(response.headers), reset]
    return max((wait for wait in asked if wait is not None), default=None)


def _decimal(text: str) -> Decimal:
    """Read a number, refusing what no float could hold."""
    value = Decimal(text)
    if abs(value.adjusted()) > _MAX_EXPONENT:
        raise ValueError("a number out of all range")
    return value


_MAX_EXPONENT = 300


def _refuse(text: str) -> object:
    """Refuse NaN and the infinities, which Python's JSON reader would take."""
    raise ValueError(f"{text} is not JSON")
