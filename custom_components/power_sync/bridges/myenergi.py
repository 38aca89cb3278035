"""A myenergi hub in its maker's cloud, asked through the library `pymyenergi`.

Of the library this is its connection: digest login, the director, the server that
answers name. Its objects are left aside, because they fail on codes that they do not
know, and take no notice of a command that is refused.
"""

from collections import deque
from dataclasses import dataclass
import logging
from typing import Any, Final

from custom_components.power_sync.devices.protocols import (
    DeviceAuthError,
    DeviceUnreachableError,
)
from homeassistant.core import HomeAssistant
from homeassistant.util.ssl import client_context

from .libraries import Library, async_ensure

TIMEOUT_S: Final = 20
REFUSED: Final = 401


@dataclass(frozen=True, slots=True)
class _Opened:
    """A connection of the library's, which has no types, and what it raises."""

    connection: Any
    wrong_credentials: type[Exception]
    failed: type[Exception]
    transport: type[Exception]
    statuses: deque[int]
    """The HTTP status of the last answer."""


class MyenergiHub:
    """One hub, with the serial number and the API key that open it."""

    def __init__(
        self, hass: HomeAssistant, serial: str, api_key: str, base_url: str | None
    ) -> None:
        """Ask nothing yet; `base_url` stands in for the maker's director."""
        self._hass = hass
        self._login = (serial, api_key, base_url)
        self._opened: _Opened | None = None

    async def get(self, path: str) -> object:
        """Return the JSON answer to a request. Raises DeviceError."""
        opened = await self._open()
        try:
            answer: object = await opened.connection.get(path)
        except opened.wrong_credentials as err:
            # So it also calls every answer that names no server, such as "too often".
            status = opened.statuses[-1] if opened.statuses else None
            if status != REFUSED:
                raise DeviceUnreachableError(f"the cloud answers {status}") from err
            raise DeviceAuthError("the hub's serial number or key is refused") from err
        except opened.failed as err:
            # Its text is empty; the code says what happened.
            code = getattr(err, "code", None)
            raise DeviceUnreachableError(f"the cloud answers {code}") from err
        except opened.transport as err:
            raise DeviceUnreachableError(type(err).__name__) from err
        except (TypeError, ValueError) as err:
            # Without a server of its own it puts None and a path together.
            raise DeviceUnreachableError("the cloud gives no usable answer") from err
        return answer

    async def _open(self) -> _Opened:
        if self._opened is None:
            if not await async_ensure(self._hass, Library.PYMYENERGI):
                raise DeviceUnreachableError("the library pymyenergi is missing")
            self._opened = await self._hass.async_add_executor_job(_open, *self._login)
        return self._opened

    async def close(self) -> None:
        """Let go of the connection."""
        opened, self._opened = self._opened, None
        if opened is not None:
            await opened.connection.asyncClient.aclose()


def _open(serial: str, api_key: str, base_url: str | None) -> _Opened:
    """Return a connection. Imports, and reads certificates: for the executor."""
    import httpx  # noqa: PLC0415 - it comes with the library
    from pymyenergi.connection import (  # type: ignore[import-untyped]  # noqa: PLC0415  # has no type marker
        Connection,
    )
    from pymyenergi.exceptions import (  # type: ignore[import-untyped]  # noqa: PLC0415  # has no type marker
        MyenergiException,
        WrongCredentials,
    )

    # It logs an error for each question that its director does not answer; what
    # is wrong is told once, by who asks.
    logging.getLogger("pymyenergi").setLevel(logging.CRITICAL)
    statuses: deque[int] = deque(maxlen=1)

    async def note(response: httpx.Response) -> None:
        statuses.append(response.status_code)

    client = httpx.AsyncClient(
        verify=client_context(), event_hooks={"response": [note]}
    )
    connection = Connection(serial, api_key, timeout=TIMEOUT_S, asyncClient=client)
    if base_url is not None:
        connection.director_url = base_url.rstrip("/")
    return _Opened(
        connection, WrongCredentials, MyenergiException, httpx.HTTPError, statuses
    )
