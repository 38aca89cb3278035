"""One open websocket of Home Assistant."""

from collections.abc import AsyncGenerator, Mapping
import itertools

import aiohttp

from .json_values import HassApiError, Json, as_object


class HassWebSocket:
    """An open websocket; one task at a time may use it."""

    def __init__(self, connection: aiohttp.ClientWebSocketResponse) -> None:
        """Take the connection."""
        self._connection = connection
        self._ids = itertools.count(1)
        self._events: list[tuple[int, Json]] = []

    async def authenticate(self, token: str) -> None:
        """Answer Home Assistant's question for a token."""
        await self._receive()
        await self._connection.send_json({"type": "auth", "access_token": token})
        answer = await self._receive()
        if answer["type"] != "auth_ok":
            message = f"websocket log-in refused: {answer.get('message')}"
            raise HassApiError(message)

    async def command(self, kind: str, **data: Json) -> Json:
        """Send a command and return its result; events that come first are kept."""
        return (await self._send(kind, data))[1]

    async def subscribe(self, kind: str, **data: Json) -> AsyncGenerator[Json]:
        """Send a subscribing command and yield its events until the socket closes."""
        number, _ = await self._send(kind, data)
        while True:
            for index, (source, event) in enumerate(self._events):
                if source == number:
                    del self._events[index]
                    yield event
                    break
            else:
                self._keep_event(await self._receive())

    async def _send(self, kind: str, data: Mapping[str, Json]) -> tuple[int, Json]:
        """Send a command and return its number and its result."""
        number = next(self._ids)
        await self._connection.send_json({"id": number, "type": kind, **data})
        while True:
            answer = await self._receive()
            if answer["type"] != "result" or answer["id"] != number:
                self._keep_event(answer)
                continue
            if answer["success"] is not True:
                message = f"{kind}: {answer.get('error')}"
                raise HassApiError(message)
            return number, answer.get("result")

    def _keep_event(self, answer: Mapping[str, Json]) -> None:
        """Keep an event for the subscription that it belongs to."""
        number = answer.get("id")
        if answer["type"] == "event" and isinstance(number, int):
            self._events.append((number, answer.get("event")))

    async def _receive(self) -> dict[str, Json]:
        """Return the next message."""
        try:
            answer: Json = await self._connection.receive_json()
        except TypeError as err:
            # What aiohttp raises for a closing frame in place of a text.
            message = "the websocket was closed"
            raise HassApiError(message) from err
        return as_object(answer)
