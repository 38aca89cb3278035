"""JSON over HTTP, as the providers' public interfaces speak it.

Numbers with a fraction are read as Decimal, so that a price keeps the digits
it was published with until it is converted to its final unit.
"""

import asyncio
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from email.utils import parsedate_to_datetime
from http import HTTPStatus
import json

from aiohttp import ClientError, ClientResponse, ClientSession
from yarl import URL

from .protocols import (
    PriceAnswerError,
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
    """Fetches JSON objects below one base address."""

    def __init__(
        self,
        session: ClientSession,
        base_url: str,
        *,
        timeout_s: float = REQUEST_TIMEOUT_S,
    ) -> None:
        """Use `session`, which the caller closes; `timeout_s` is per request."""
        self._session = session
        self._base_url = URL(base_url)
        self._timeout_s = timeout_s

    async def get(self, *path: str, query: Mapping[str, str]) -> Fields:
        """Return the object at `path` (written with a closing slash).

        Raises PriceUnreachableError, PriceRateLimitedError, PriceAnswerError
        and, for 404, UnknownTariffError.
        """
        url, what = self._base_url.joinpath(*path, ""), "/".join(path)
        try:
            async with (
                asyncio.timeout(self._timeout_s),
                self._session.get(url, params=query) as response,
            ):
                _check_status(response, what)
                body = await response.read()
        except TimeoutError as err:
            raise PriceUnreachableError(f"{what} did not answer in time") from err
        except ClientError as err:
            raise PriceUnreachableError(f"{what} cannot be reached") from err
        try:
            return Fields(
                json.loads(body, parse_float=_decimal, parse_constant=_refuse)
            )
        except (ValueError, RecursionError) as err:
            raise PriceAnswerError(f"{what} did not answer in JSON") from err


def _check_status(response: ClientResponse, what: str) -> None:
    """Turn an HTTP status that is no success into its error."""
    status = response.status
    where = f"{what} answered {status}"
    wait = _retry_after(response.headers)
    if status == HTTPStatus.TOO_MANY_REQUESTS:
        raise PriceRateLimitedError(where, retry_after=wait)
    if status >= HTTPStatus.INTERNAL_SERVER_ERROR:
        raise PriceUnreachableError(where, retry_after=wait)
    if status == HTTPStatus.NOT_FOUND:
        raise UnknownTariffError(where)
    if status != HTTPStatus.OK:
        raise PriceAnswerError(where)


def _retry_after(headers: Mapping[str, str]) -> timedelta | None:
    """Return the wait a server asks for, in either form of RFC 9110 10.2.3.

    A date is taken relative to the server's own `Date`, so that neither clock
    has to be right. What cannot be read counts as not said.
    """
    text = headers.get("Retry-After", "").strip()
    try:
        if text.isdecimal():
            return timedelta(seconds=int(text))
        return parsedate_to_datetime(text) - parsedate_to_datetime(headers["Date"])
    except ValueError, TypeError, KeyError, OverflowError:
        return None


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
