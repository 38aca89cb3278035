"""Octopus Energy's public REST interface: products and their unit rates.

Source: developer.octopus.energy, REST API. No key is needed. Rows are labelled
by start and end in UTC, in pence per kWh, newest first.
"""

from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from enum import StrEnum
import re
from types import MappingProxyType

from aiohttp import ClientSession
from yarl import URL

from .merge import Layers
from .protocols import PriceAnswerError, UnknownTariffError
from .rest import REQUEST_TIMEOUT_S, Fields, RestClient

BASE_URL = "https://api.octopus.energy/v1"

REGIONS: Mapping[str, str] = MappingProxyType(
    {
        "A": "Eastern England",
        "B": "East Midlands",
        "C": "London",
        "D": "Merseyside and Northern Wales",
        "E": "West Midlands",
        "F": "North Eastern England",
        "G": "North Western England",
        "H": "Southern England",
        "J": "South Eastern England",
        "K": "Southern Wales",
        "L": "South Western England",
        "M": "Yorkshire",
        "N": "Southern Scotland",
        "P": "Northern Scotland",
    }
)
"""Grid supply point groups by letter; there is neither an I nor an O."""

_BRAND = "OCTOPUS_ENERGY"
_PENCE_PER_POUND = 100
_PAGE_SIZE = 1500
_MAX_PAGES = 50
_PRODUCT_CODE = re.compile(r"[A-Z0-9]+(-[A-Z0-9]+)*")


class Direction(StrEnum):
    """Which way the energy of a product flows, seen from the customer."""

    IMPORT = "IMPORT"
    EXPORT = "EXPORT"


@dataclass(frozen=True, slots=True, kw_only=True)
class Product:
    """A product on sale. `available_to` is None while no end is set."""

    code: str
    direction: Direction
    name: str
    brand: str
    is_variable: bool
    is_business: bool
    is_prepay: bool
    available_from: datetime
    available_to: datetime | None

    def on_sale(self, when: datetime) -> bool:
        """Whether a customer can choose it at `when`."""
        return self.available_from <= when and (
            self.available_to is None or when < self.available_to
        )


@dataclass(frozen=True, slots=True)
class AgileProducts:
    """The half-hourly products on sale; None where there is none."""

    import_product: Product | None
    export_product: Product | None


@dataclass(frozen=True, slots=True)
class Tariff:
    """A product in a region: a single-register electricity tariff."""

    product: str
    region: str

    def __post_init__(self) -> None:
        """Refuse, with UnknownTariffError, what cannot name a tariff."""
        if self.region not in REGIONS:
            raise UnknownTariffError(f"there is no region {self.region!r}")
        if not _PRODUCT_CODE.fullmatch(self.product):
            raise UnknownTariffError(f"{self.product!r} is no product code")

    @property
    def code(self) -> str:
        """The tariff's code."""
        return f"E-1R-{self.product}-{self.region}"


@dataclass(frozen=True, slots=True)
class UnitRate:
    """What a kWh costs (or earns) from `start` to `end`, VAT included."""

    start: datetime
    end: datetime
    gbp_per_kwh: float


@dataclass(frozen=True, slots=True)
class _Row:
    """A unit rate as listed: open-ended rows and both payment methods."""

    start: datetime
    end: datetime | None
    pence_per_kwh: Decimal
    payment_method: str | None

    @property
    def payment_rank(self) -> int:
        """How well it fits: direct debit, then for everybody, then the rest."""
        return {"DIRECT_DEBIT": 2, None: 1}.get(self.payment_method, 0)


class OctopusClient:
    """Reads products and unit rates. Methods raise PriceError and nothing else."""

    def __init__(
        self,
        session: ClientSession,
        base_url: str = BASE_URL,
        *,
        timeout_s: float = REQUEST_TIMEOUT_S,
    ) -> None:
        """Use `session`, which the caller closes; `timeout_s` is per request."""
        self._rest = RestClient(session, base_url, timeout_s=timeout_s)

    async def products(self) -> list[Product]:
        """Return all products on sale, of all brands."""
        return [_product(row) async for row in self._rows("products", query={})]

    async def agile_products(self, at: datetime) -> AgileProducts:
        """Return the newest Agile products for homes on sale at `at`.

        Of the supplier's own brand, where its list has that among others.
        """
        agile = [
            product
            for product in await self.products()
            if product.code.startswith("AGILE-")
            and not product.is_business
            and not product.is_prepay
            and product.on_sale(at)
        ]
        own = [product for product in agile if product.brand == _BRAND]
        agile = sorted(own or agile, key=lambda product: product.available_from)
        newest = {product.direction: product for product in agile}
        return AgileProducts(newest.get(Direction.IMPORT), newest.get(Direction.EXPORT))

    async def unit_rates(
        self, tariff: Tariff, start: datetime, end: datetime
    ) -> list[UnitRate]:
        """Return the rates from `start` to `end` in time order, cut to both.

        Open-ended rows end at `end`. Where rows cover the same time, direct
        debit goes before the other payment methods, and then the row that
        begins later, which is the newer price. Gaps stay gaps.
        """
        query = {
            "period_from": _query_time(start),
            "period_to": _query_time(end),
            "page_size": str(_PAGE_SIZE),
        }
        rows = [_row(row) async for row in self._rows(*_path(tariff), query=query)]
        rows.sort(key=lambda row: (row.payment_rank, row.start), reverse=True)
        layers: Layers[Decimal] = Layers()
        for row in rows:
            layers.add(
                max(row.start, start), min(row.end or end, end), row.pence_per_kwh
            )
        return [
            UnitRate(since, until, float(pence / _PENCE_PER_POUND))
            for since, until, pence in layers
        ]

    async def newest_rate_end(self, tariff: Tariff) -> datetime | None:
        """Return when the newest rate ends; None where it has no end or is missing."""
        answer = await self._rest.get(*_path(tariff), query={"page_size": "1"})
        rows = answer.rows("results")
        return _row(rows[0]).end if rows else None

    async def _rows(
        self, *path: str, query: Mapping[str, str]
    ) -> AsyncIterator[Fields]:
        """Yield the rows of all pages of a list."""
        for _page in range(_MAX_PAGES):
            answer = await self._rest.get(*path, query=query)
            for row in answer.rows("results"):
                yield row
            following = answer.optional_text("next")
            if following is None:
                return
            # Of the link only the query is used: an answer never sends us to
            # another host.
            try:
                query = dict(URL(following).query)
            except ValueError as err:
                raise PriceAnswerError("'next' is not a link") from err
        raise PriceAnswerError(f"{'/'.join(path)} has no last page")


def _path(tariff: Tariff) -> tuple[str, ...]:
    """Return where a tariff's unit rates are."""
    return (
        "products",
        tariff.product,
        "electricity-tariffs",
        tariff.code,
        "standard-unit-rates",
    )


def _query_time(when: datetime) -> str:
    """Return a time as the interface expects it."""
    # Without an offset it would be taken as London's wall clock.
    return when.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def _product(row: Fields) -> Product:
    """Read one product."""
    direction = row.text("direction")
    if direction not in Direction:
        raise PriceAnswerError(f"{direction!r} is no direction")
    return Product(
        code=row.text("code"),
        direction=Direction(direction),
        name=row.text("display_name"),
        brand=row.text("brand"),
        is_variable=row.flag("is_variable"),
        is_business=row.flag("is_business"),
        is_prepay=row.flag("is_prepay"),
        available_from=row.moment("available_from"),
        available_to=row.optional_moment("available_to"),
    )


def _row(row: Fields) -> _Row:
    """Read one unit rate, refusing one that ends before it begins."""
    start, end = row.moment("valid_from"), row.optional_moment("valid_to")
    if end is not None and end <= start:
        raise PriceAnswerError("a unit rate ends before it begins")
    return _Row(
        start, end, row.number("value_inc_vat"), row.optional_text("payment_method")
    )
