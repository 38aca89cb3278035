"""The REST server: Octopus Energy's interface as the facts and samples show it."""

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from typing import override

from aiohttp import web

from simulators.clock import Clock
from simulators.rest import Handler, RestSimulator

from .account import AccountServer
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


class OctopusSimulator(RestSimulator):
    """Serves products and prices as of `clock`, on a loopback port.

    `extra_rows` adds rows to a product's unit rates, to repeat or contradict its
    own. With `lists_expired` products stay on the list beyond their end.
    """

    def __init__(self, clock: Clock, *, host: str = "127.0.0.1", port: int = 0) -> None:
        """Port 0 takes any free one."""
        super().__init__(clock, host=host, port=port)
        self._holds: list[Hold] = []
        self.products = {product.code: product for product in PRODUCTS}
        self.products_page_size = 100
        self.lists_expired = False
        self.extra_rows: dict[str, list[Rate]] = {}
        self.accounts = AccountServer(clock)

    @override
    def routes(self) -> Iterable[tuple[str, Handler]]:
        """Return the paths below the base path, and what answers them."""
        product = "/products/{product}/"
        tariff = product + "electricity-tariffs/{tariff}/"
        yield "/products/", self._get_products
        yield product, self._get_product
        yield tariff + "standard-unit-rates/", self._get_unit_rates
        yield tariff + "{register:day|night}-unit-rates/", self._get_register
        yield "/industry/grid-supply-points/", self._get_regions
        yield tariff + "standing-charges/", self._get_standing_charges
        yield "/accounts/{account}/", self.accounts.get_account

    @override
    def commands(self) -> Iterable[tuple[str, str, Handler]]:
        """Return what answers queries."""
        yield "POST", "/graphql/", self.accounts.post_graphql

    @override
    def empty(self) -> web.Response:
        """Return a list without rows."""
        return list_answer([])

    @override
    def not_found(self) -> web.Response:
        """Return the answer to what is not there."""
        return detail(404, "Not found.")

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
