"""What the simulators of REST interfaces have in common: a port, and faults."""

from abc import ABC, abstractmethod
import asyncio
from collections import deque
from collections.abc import Awaitable, Callable, Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
import json
import ssl
from types import TracebackType
from typing import Self

from aiohttp import web

from .clock import Clock

type Spoil = Callable[[object], object]
"""What becomes of a parsed answer before it is sent."""
type Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """What goes wrong with a request. Faults can be combined.

    The answer comes `delay_s` late, with `status` and `body` instead of the
    right ones, with a `Retry-After` and other headers, or, with `empty`, as a list
    without rows. With `torn` the line is cut in the middle of the right one, once that
    was worked out.
    """

    status: int = 200
    body: str | None = None
    retry_after: str | None = None
    headers: Mapping[str, str] = field(default_factory=dict)
    delay_s: float = 0.0
    empty: bool = False
    torn: bool = False


class RestSimulator(ABC):
    """Serves JSON as of `clock`, on a loopback port.

    `requests` lists the paths and queries asked for, `requested` is set with
    each of them.
    """

    BASE_PATH = "/v1"

    def __init__(self, clock: Clock, *, host: str = "127.0.0.1", port: int = 0) -> None:
        """Port 0 takes any free one."""
        self._clock = clock
        self._host = host
        self._port = port
        self.tls: ssl.SSLContext | None = None
        """What to serve HTTPS with; None serves HTTP."""
        self._runner: web.AppRunner | None = None
        self._stopping = asyncio.Event()
        self._faults: deque[Fault] = deque()
        self.standing_fault: Fault | None = None
        """Happens to every request until it is taken away."""
        self.spoil: Spoil | None = None
        """Changes every answer in JSON until it is taken away."""
        self.requests: deque[str] = deque(maxlen=1000)
        self.requested = asyncio.Event()
        self.faulted: deque[int] = deque(maxlen=1000)
        """With which status faults have answered."""

    @abstractmethod
    def routes(self) -> Iterable[tuple[str, Handler]]:
        """Return the paths below the base path, and what answers them."""

    def commands(self) -> Iterable[tuple[str, str, Handler]]:
        """Return what answers other methods than GET: method, path, handler."""
        return ()

    @abstractmethod
    def empty(self) -> web.Response:
        """Return a list without rows."""

    @abstractmethod
    def not_found(self) -> web.Response:
        """Return the answer to what is not there."""

    def note_fault(self, status: int) -> None:
        """Take notice of an answer that was replaced by another one."""
        self.faulted.append(status)

    async def start(self) -> None:
        """Listen."""
        app = web.Application(middlewares=[self._troubled])
        for path, handler in self.routes():
            app.router.add_get(self.BASE_PATH + path, handler)
        for method, path, handler in self.commands():
            app.router.add_route(method, self.BASE_PATH + path, handler)
        self._stopping.clear()
        self._runner = web.AppRunner(app, access_log=None, shutdown_timeout=1.0)
        await self._runner.setup()
        site = web.TCPSite(self._runner, self._host, self._port, ssl_context=self.tls)
        await site.start()
        # A restart comes back where its clients look for it.
        self._port = self._runner.addresses[0][1]

    async def stop(self) -> None:
        """Close the port, and break off answers that are being delayed."""
        self._stopping.set()
        if self._runner is not None:
            await self._runner.cleanup()
            self._runner = None

    async def __aenter__(self) -> Self:
        """Start it."""
        await self.start()
        return self

    async def __aexit__(
        self,
        exc_type: type[BaseException] | None,
        exc: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        """Stop it."""
        await self.stop()

    @property
    def url(self) -> str:
        """The base address; known once started."""
        scheme = "http" if self.tls is None else "https"
        return f"{scheme}://{self._host}:{self._port}{self.BASE_PATH}"

    def fail(self, fault: Fault, *, times: int = 1) -> None:
        """Let a fault happen to the next `times` requests."""
        self._faults.extend([fault] * times)

    def heal(self) -> None:
        """Take all faults away."""
        self._faults.clear()
        self.standing_fault = self.spoil = None

    @web.middleware
    async def _troubled(
        self, request: web.Request, handler: Handler
    ) -> web.StreamResponse:
        """Let the fault whose turn it is happen."""
        self.requests.append(request.path_qs)
        self.requested.set()
        fault = self._faults.popleft() if self._faults else self.standing_fault
        if fault is not None:
            await self._dawdle(fault.delay_s)
            if fault.status != 200 or fault.body is not None:
                self.note_fault(fault.status)
                wait = fault.retry_after
                return web.Response(
                    status=fault.status,
                    headers={
                        **fault.headers,
                        **({} if wait is None else {"Retry-After": wait}),
                    },
                    text=fault.body or '{"detail": "Request failed."}',
                    content_type="application/json",
                )
            if fault.empty:
                return self.empty()
        try:
            answer = self._spoilt(await handler(request))
        except web.HTTPNotFound:
            return self.not_found()
        if fault is not None and fault.torn:
            return await _torn(request, answer)
        return answer

    def _spoilt(self, answer: web.StreamResponse) -> web.StreamResponse:
        """Return an answer, changed where it is one in JSON and is to be spoilt."""
        if (
            self.spoil is not None
            and isinstance(answer, web.Response)
            and answer.content_type == "application/json"
            and answer.text is not None
        ):
            answer.text = json.dumps(self.spoil(json.loads(answer.text)))
        return answer

    async def _dawdle(self, delay_s: float) -> None:
        """Let time pass, but do not hold up a stop."""
        with suppress(TimeoutError):
            async with asyncio.timeout(delay_s):
                await self._stopping.wait()


async def _torn(request: web.Request, answer: web.StreamResponse) -> web.StreamResponse:
    """Send the first half of an answer, and hang up."""
    whole = answer.body if isinstance(answer, web.Response) else b""
    body = bytes(whole) if isinstance(whole, bytes | bytearray) else b"{}"
    half = web.StreamResponse(headers={"Content-Length": str(len(body))})
    half.content_type = "application/json"
    await half.prepare(request)
    await half.write(body[: len(body) // 2])
    if request.transport is not None:
        request.transport.close()
    return half
