"""The REST server: Octopus Energy's interface as the facts and samples show it."""

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from types import TracebackType
from typing import Self

from aiohttp import web

from simulators.clock import Clock

from .answers import (
    detail,
    list_answer,
    page_of,
    page_size,
    product_row,
    tariffs,
    time_asked,
)
from .catalogue import PRODUCTS
from .postcodes import regions_of
from .product import REGIONS, Product
from .publication import Hold, published_until
from .rates import Rate, RateBook, json_time

_FLAGS = ("is_variable", "is_green", "is_business", "is_prepay")

type _Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """What goes wrong with a request. Faults can be combined.

    The answer comes `delay_s` late, with `status` and `body` instead of the
    right ones, with a `Retry-After`, or, with `empty`, as a list without rows.
    """

    status: int = 200
    body: str | None = None
    retry_after: str | None = None
    delay_s: float = 0.0
    empty: bool = False


class OctopusSimulator:
    """Serves products and prices as of `clock`, on a loopback port.

    `requests` lists the paths and queries asked for, `requested` is set with
    each of them. `extra_rows` adds rows to a product's unit rates, to repeat
    or contradict its own. With `lists_expired` products stay on the list
    beyond their end.
    """

    def __init__(self, clock: Clock, *, host: str = "127.0.0.1", port: int = 0) -> None:
        """Port 0 takes any free one."""
        self._clock = clock
        self._host = host
        self._port = port
        self._runner: web.AppRunner | None = None
        self._stopping = asyncio.Event()
        self._faults: deque[Fault] = deque()
        self._holds: list[Hold] = []
        self.standing_fault: Fault | None = None
        """Happens to every request until it is taken away."""
        self.products = {product.code: product for product in PRODUCTS}
        self.products_page_size = 100
        self.lists_expired = False
        self.extra_rows: dict[str, list[Rate]] = {}
        self.requests: deque[str] = deque(maxlen=1000)
        self.requested = asyncio.Event()

    async def start(self) -> None:
        """Listen."""
        app = web.Application(middlewares=[self._troubled])
        product = "/v1/products/{product}/"
        tariff = product + "electricity-tariffs/{tariff}/"
        app.router.add_get("/v1/products/", self._get_products)
        app.router.add_get(product, self._get_product)
        app.router.add_get(tariff + "standard-unit-rates/", self._get_unit_rates)
        app.router.add_get(
            tariff + "{register:day|night}-unit-rates/", self._get_register
        )
        app.router.add_get("/v1/industry/grid-supply-points/", self._get_regions)
        app.router.add_get(tariff + "standing-charges/", self._get_standing_charges)
        self._stopping.clear()
        self._runner = web.AppRunner(app, access_log=None, shutdown_timeout=1.0)
        await self._runner.setup()
        await web.TCPSite(self._runner, self._host, self._port).start()
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
        return f"http://{self._host}:{self._port}/v1"

    def fail(self, fault: Fault, *, times: int = 1) -> None:
        """Let a fault happen to the next `times` requests."""
        self._faults.extend([fault] * times)

    def heal(self) -> None:
        """Take all faults away."""
        self._faults.clear()
        self.standing_fault = None

    def hold_publication(
        self,
        since: datetime,
        until: datetime | None = None,
        *,
        product: str | None = None,
    ) -> None:
        """Delay what is due from `since` on to `until`, or for ever."""
        self._holds.append(Hold(since, until, product))

    def release_publication(self) -> None:
        """Take all delays away."""
        self._holds.clear()

    @web.middleware
    async def _troubled(
        self, request: web.Request, handler: _Handler
    ) -> web.StreamResponse:
        """Let the fault whose turn it is happen."""
        self.requests.append(request.path_qs)
        self.requested.set()
        fault = self._faults.popleft() if self._faults else self.standing_fault
        if fault is not None:
            await self._dawdle(fault.delay_s)
            if fault.status != 200 or fault.body is not None:
                wait = fault.retry_after
                return web.Response(
                    status=fault.status,
                    headers={} if wait is None else {"Retry-After": wait},
                    text=fault.body or '{"detail": "Request failed."}',
                    content_type="application/json",
                )
            if fault.empty:
                return list_answer([])
        try:
            return await handler(request)
        except web.HTTPNotFound:
            return detail(404, "Not found.")

    async def _dawdle(self, delay_s: float) -> None:
        """Let time pass, but do not hold up a stop."""
        with suppress(TimeoutError):
            async with asyncio.timeout(delay_s):
                await self._stopping.wait()

    async def _get_products(self, request: web.Request) -> web.Response:
        """List the products that are on sale."""
        try:
            at = time_asked(request, "available_at") or self._clock.now()
        except ValueError as err:
            return detail(400, str(err))
        products = [
            product
            for product in self.products.values()
            if product.available_from <= at
            and (
                self.lists_expired
                or product.available_to is None
                or at < product.available_to
            )
            and request.query.get("brand", product.brand) == product.brand
            and all(
                request.query.get(flag, "").lower()
                in ("", str(getattr(product, flag)).lower())
                for flag in _FLAGS
            )
        ]
        rows = [product_row(request, product) for product in products]
        return page_of(request, rows, self.products_page_size)

    async def _get_product(self, request: web.Request) -> web.Response:
        """Describe a product: its tariff in each region."""
        product = self._product(request)
        now = self._clock.now()
        rate = next(
            iter(self._rates(product, now, now + timedelta(microseconds=1))), None
        )
        described = product_row(request, product)
        for key in ("direction", "is_variable", "is_green", "is_tracker", "is_prepay"):
            del described[key]
        return web.json_response(
            described
            | {
                "tariffs_active_at": json_time(now),
                "single_register_electricity_tariffs": tariffs(
                    request, product, 1, rate
                ),
                "dual_register_electricity_tariffs": tariffs(request, product, 2, None),
                "single_register_gas_tariffs": {},
            }
        )

    async def _get_unit_rates(self, request: web.Request) -> web.Response:
        """List unit rates, newest first."""
        product, _ = self._tariff(request)
        if not product.single_register:
            raise web.HTTPNotFound
        return self._list_rates(request, product, product.book)

    async def _get_register(self, request: web.Request) -> web.Response:
        """List the unit rates of a register, which say nothing of its hours."""
        product, _ = self._tariff(request, registers=2)
        day_night = product.day_night
        if day_night is None:
            raise web.HTTPNotFound
        night = request.match_info["register"] == "night"
        return self._list_rates(request, product, day_night[night])

    async def _get_regions(self, request: web.Request) -> web.Response:
        """List the grid supply point groups of a postcode."""
        found = regions_of(request.query.get("postcode", ""))
        return list_answer([{"group_id": f"_{region}"} for region in found])

    def _list_rates(
        self, request: web.Request, product: Product, book: RateBook
    ) -> web.Response:
        """List the rates of one register, as asked for."""
        try:
            start = time_asked(request, "period_from") or product.available_from
            end = time_asked(request, "period_to") or datetime.max.replace(tzinfo=UTC)
            size = page_size(request)
        except ValueError as err:
            return detail(400, str(err))
        rows = [rate.as_json() for rate in self._rates(product, start, end, book)]
        return page_of(request, rows, size)

    async def _get_standing_charges(self, request: web.Request) -> web.Response:
        """List the standing charge."""
        product, region = self._tariff(request)
        charge = Rate(*product.standing_charge(region), product.available_from, None)
        return list_answer([charge.as_json()])

    def _product(self, request: web.Request) -> Product:
        """Return the product of a path. Raises HTTPNotFound."""
        product = self.products.get(request.match_info["product"])
        if product is None:
            raise web.HTTPNotFound
        return product

    def _tariff(
        self, request: web.Request, *, registers: int = 1
    ) -> tuple[Product, str]:
        """Return the product and region of a path. Raises HTTPNotFound."""
        product = self._product(request)
        for region in REGIONS:
            code = product.tariff_code(region, registers=registers)
            if code == request.match_info["tariff"]:
                return product, region
        raise web.HTTPNotFound

    def _rates(
        self,
        product: Product,
        start: datetime,
        end: datetime,
        book: RateBook | None = None,
    ) -> list[Rate]:
        """Return what is known of a product's rates, newest first."""
        known = published_until(self._clock.now(), product.code, self._holds)
        start = max(start, product.available_from)
        rows = [*(book or product.book).rows(start, end, known)]
        rows += [
            rate
            for rate in self.extra_rows.get(product.code, ())
            if rate.valid_from < end
            and (rate.valid_to is None or rate.valid_to > start)
        ]
        return sorted(rows, key=lambda rate: rate.valid_from, reverse=True)
