"""Tesla's energy API as Teslemetry serves it: with an account's data, and a stream."""

import asyncio
from collections.abc import Iterable
from contextlib import suppress
import json
from typing import override

from aiohttp import web

from simulators.rest import Handler

from .gateway import TeslaSite
from .server import READ, TeslaSimulator
from .sign_in import ACCOUNT

API = "/api/1"


class TeslemetrySimulator(TeslaSimulator):
    """Serves one account's sites, and tells of them by server-sent events."""

    BASE_PATH = ""

    def tell(self) -> None:
        """Send what is so now to who listens."""
        self._news.set()

    @override
    async def start(self) -> None:
        self._news = asyncio.Event()
        await super().start()

    @override
    async def stop(self) -> None:
        self._news.set()
        await super().stop()

    @override
    def routes(self) -> Iterable[tuple[str, Handler]]:
        """Return what is read."""
        for path, handler in super().routes():
            yield API + path, handler
        yield "/api/metadata", self._get_metadata
        yield "/sse", self._get_stream

    @override
    def commands(self) -> Iterable[tuple[str, str, Handler]]:
        """Return what changes anything."""
        for method, path, handler in super().commands():
            yield method, API + path, handler

    async def _get_metadata(self, request: web.Request) -> web.Response:
        rights = self._check(request)
        return web.json_response(
            {
                "uid": ACCOUNT,
                "region": "NA",
                "scopes": sorted(rights),
                "vehicles": {},
                "energy_sites": {
                    str(site_id): {"name": site.name, "access": True}
                    for site_id, site in self.sites.items()
                },
            }
        )

    async def _get_stream(self, request: web.Request) -> web.StreamResponse:
        """Send all there is at once, then whenever there is news."""
        self._check(request, READ)
        answer = web.StreamResponse(headers={"Content-Type": "text/event-stream"})
        await answer.prepare(request)
        token = request.headers.get("Authorization", "").removeprefix("Bearer ")
        with suppress(ConnectionError):
            # It ends with the token.
            while not self._stopping.is_set() and self.rights_of(token) is not None:
                self._news.clear()
                for site in self.sites.values():
                    await answer.write(self._event(site))
                await self._news.wait()
        return answer

    def _event(self, site: TeslaSite) -> bytes:
        live = site.live()
        event = {
            "createdAt": f"{site.home.clock.now():%Y-%m-%dT%H:%M:%S}.000Z",
            "site_id": site.site_id,
            "live_status": live,
        }
        return f"event: live_status\ndata: {json.dumps(event)}\n\n".encode()
