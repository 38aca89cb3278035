"""Octopus Energy's public REST interface: products and their unit rates.

Source: developer.octopus.energy, REST API. No key is needed. Rows are labelled
by start and end in UTC, in pence per kWh, newest first.
"""

from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal
import re
from types import MappingProxyType

from aiohttp import ClientSession
from yarl import URL

from custom_components.power_sync.model.layers import Layers

from .octopus_products import Offers, Product, offers, read_product
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

UNIT_RATES = "standard-unit-rates"
SECOND = timedelta(seconds=1)

_PENCE_PER_POUND = 100
_PAGE_SIZE = 1500
_MAX_PAGES = 50
_PRODUCT_CODE = re.compile(r"[A-Z0-9]+(-[A-Z0-9]+)*")


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
    """A rate or charge as listed: open-ended and for either payment method."""

    start: datetime
    end: datetime | None
    pence: Decimal
    payment_method: str | None

    @property
    def payment_rank(self) -> int:
        """How well it fits: direct debit, then for everybody, then the rest."""
        return {"DIRECT_DEBIT": 2, None: 1}.get(self.payment_method, 0)


@dataclass(frozen=True, slots=True)
class _Value:
    """A rate or charge in pounds that holds from `start` to `end`."""

    start: datetime
    end: datetime
    pounds: float


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
        return [read_product(row) async for row in self._rows("products", query={})]

    async def offers(self, at: datetime) -> Offers:
        """Return what homes can choose at `at`."""
        return offers(await self.products(), at)

    async def regions(self, postcode: str) -> list[str]:
        """Return the letters of the regions that a postcode lies in."""
        found: dict[str, None] = {}
        query = {"postcode": postcode}
        async for row in self._rows("industry", "grid-supply-points", query=query):
            letter = row.text("group_id").removeprefix("_")
            if letter not in REGIONS:
                raise PriceAnswerError("a region that does not exist")
            found[letter] = None
        return list(found)

    async def has_two_registers(self, tariff: Tariff) -> bool:
        """Whether the product is sold in the region by day and night register only."""
        product = await self._rest.get("products", tariff.product, query={})
        single, dual = (
            product.optional_object(f"{kind}_register_electricity_tariffs")
            for kind in ("single", "dual")
        )
        key = f"_{tariff.region}"
        return (
            dual is not None and key in dual and (single is None or key not in single)
        )

    async def standing_charge(self, tariff: Tariff, at: datetime) -> float | None:
        """Return what a day costs in pounds, VAT included; None where not said."""
        charges = await self._values(tariff, "standing-charges", at, at + SECOND, {})
        return charges[0].pounds if charges else None

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
        }
        values = await self._values(tariff, UNIT_RATES, start, end, query)
        return [UnitRate(value.start, value.end, value.pounds) for value in values]

    async def _values(
        self,
        tariff: Tariff,
        what: str,
        start: datetime,
        end: datetime,
        query: Mapping[str, str],
    ) -> list[_Value]:
        """Return what holds from `start` to `end`, as `unit_rates` says."""
        query = {**query, "page_size": str(_PAGE_SIZE)}
        path = (*_path(tariff), what)
        rows = [_row(row) async for row in self._rows(*path, query=query)]
        rows.sort(key=lambda row: (row.payment_rank, row.start), reverse=True)
        layers: Layers[Decimal] = Layers()
        for row in rows:
            layers.add(max(row.start, start), min(row.end or end, end), row.pence)
        return [
            _Value(since, until, float(pence / _PENCE_PER_POUND))
            for since, until, pence in layers
        ]

    async def newest_rate_end(self, tariff: Tariff) -> datetime | None:
        """Return when the newest rate ends; None where it has no end or is missing."""
        answer = await self._rest.get(
            *_path(tariff), UNIT_RATES, query={"page_size": "1"}
        )
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
    """Return where a tariff is."""
    return (
        "products",
        tariff.product,
        "electricity-tariffs",
        tariff.code,
    )


def _query_time(when: datetime) -> str:
    """Return a time as the interface expects it."""
    # Without an offset it would be taken as London's wall clock.
    return when.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def _row(row: Fields) -> _Row:
    """Read one unit rate, refusing one that ends before it begins."""
    start, end = row.moment("valid_from"), row.optional_moment("valid_to")
    if end is not None and end <= start:
        raise PriceAnswerError("a unit rate ends before it begins")
    return _Row(
        start, end, row.number("value_inc_vat"), row.optional_text("payment_method")
    )
