"""The shapes of the interface's answers, and how it reads a query."""

from datetime import UTC, datetime

from aiohttp import web

from .product import REGIONS, Product
from .rates import Rate
from .recorded import LONDON

_DEFAULT_PAGE_SIZE = 100
_MAX_PAGE_SIZE = 1500


def detail(status: int, text: str) -> web.Response:
    """Answer with an error of the real shape."""
    return web.json_response({"detail": text}, status=status)


def list_answer(
    rows: list[dict[str, object]],
    *,
    count: int | None = None,
    following: str | None = None,
    previous: str | None = None,
) -> web.Response:
    """Answer with one page of a list."""
    return web.json_response(
        {
            "count": len(rows) if count is None else count,
            "next": following,
            "previous": previous,
            "results": rows,
        }
    )


def page_of(
    request: web.Request, rows: list[dict[str, object]], size: int
) -> web.Response:
    """Answer with the page asked for, and links to its neighbours."""
    asked = request.query.get("page", "1")
    page = int(asked) if asked.isdecimal() else 0
    last = max(1, -(-len(rows) // size))
    if not 1 <= page <= last:
        return detail(404, "Invalid page.")
    return list_answer(
        rows[(page - 1) * size : page * size],
        count=len(rows),
        following=str(request.url.update_query(page=page + 1)) if page < last else None,
        previous=str(request.url.update_query(page=page - 1)) if page > 1 else None,
    )


def page_size(request: web.Request) -> int:
    """Return the rows per page. Raises ValueError."""
    text = request.query.get("page_size", str(_DEFAULT_PAGE_SIZE))
    if not text.isdecimal() or int(text) < 1:
        raise ValueError("Invalid page size.")
    return min(int(text), _MAX_PAGE_SIZE)


def time_asked(request: web.Request, key: str) -> datetime | None:
    """Return a time of the query; London's where it names no offset."""
    text = request.query.get(key)
    if text is None:
        return None
    try:
        when = datetime.fromisoformat(text)
    except ValueError as err:
        raise ValueError(f"Invalid date for {key}.") from err
    return (when if when.tzinfo else when.replace(tzinfo=LONDON)).astimezone(UTC)


def _link(request: web.Request, path: str, rel: str) -> dict[str, object]:
    """Return a link to another resource."""
    return {"href": str(request.url.with_path(path)), "method": "GET", "rel": rel}


def product_row(request: web.Request, product: Product) -> dict[str, object]:
    """Return a product as it is listed."""
    ends = product.available_to
    return {
        "code": product.code,
        "direction": product.direction,
        "full_name": product.display_name,
        "display_name": product.display_name,
        "description": product.display_name,
        "is_variable": product.is_variable,
        "is_green": product.is_green,
        "is_tracker": product.is_tracker,
        "is_prepay": product.is_prepay,
        "is_business": product.is_business,
        "is_restricted": product.is_restricted,
        "term": product.term,
        # Dates of products carry London's offset, unlike those of rates.
        "available_from": product.available_from.astimezone(LONDON).isoformat(),
        "available_to": None if ends is None else ends.astimezone(LONDON).isoformat(),
        "links": [_link(request, f"/v1/products/{product.code}/", "self")],
        "brand": product.brand,
    }


def tariffs(
    request: web.Request, product: Product, registers: int, rate: Rate | None
) -> dict[str, object]:
    """Return a product's tariffs by region, for meters with 1 or 2 registers."""
    sold = product.single_register if registers == 1 else product.day_night is not None
    if not sold:
        return {}
    return {
        f"_{region}": {
            "direct_debit_monthly": _tariff_row(
                request, product, region, registers, rate
            )
        }
        for region in REGIONS
    }


def _tariff_row(
    request: web.Request,
    product: Product,
    region: str,
    registers: int,
    rate: Rate | None,
) -> dict[str, object]:
    """Return a product's tariff in one region."""
    code = product.tariff_code(region, registers=registers)
    base = f"/v1/products/{product.code}/electricity-tariffs/{code}"
    exc_vat, inc_vat = product.standing_charge(region)
    kinds = ("standard",) if registers == 1 else ("day", "night")
    row: dict[str, object] = {
        "code": code,
        "standing_charge_exc_vat": exc_vat,
        "standing_charge_inc_vat": inc_vat,
        "links": [
            _link(request, f"{base}/standing-charges/", "standing_charges"),
            *(
                _link(request, f"{base}/{kind}-unit-rates/", f"{kind}_unit_rates")
                for kind in kinds
            ),
        ],
    }
    if registers == 1:
        row["standard_unit_rate_exc_vat"] = None if rate is None else rate.value_exc_vat
        row["standard_unit_rate_inc_vat"] = None if rate is None else rate.value_inc_vat
    return row
