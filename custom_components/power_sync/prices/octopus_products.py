"""Octopus Energy's products: what is on sale, and what belongs together.

Homes know a product by its family ("Octopus Go"); its code carries the date of
its version, and a new version replaces an old one on the list.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from .protocols import PriceAnswerError
from .rest import Fields

_BRAND = "OCTOPUS_ENERGY"


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
    is_restricted: bool
    is_tracker: bool
    available_from: datetime
    available_to: datetime | None

    def on_sale(self, when: datetime) -> bool:
        """Whether a customer can choose it at `when`."""
        return self.available_from <= when and (
            self.available_to is None or when < self.available_to
        )

    @property
    def for_homes(self) -> bool:
        """Whether any home that pays by direct debit may choose it."""
        return not (self.is_business or self.is_prepay or self.is_restricted)


@dataclass(frozen=True, slots=True)
class Family:
    """Versions of one product, by how their codes begin.

    A `pair` names two families, one of each direction, that are sold together.
    """

    direction: Direction
    prefixes: tuple[str, ...]
    pair: str | None = None

    def has(self, code: str) -> bool:
        """Whether a product belongs to it, were it of the family's direction."""
        return code.startswith(self.prefixes)


AGILE_IMPORT = Family(Direction.IMPORT, ("AGILE-",))
AGILE_EXPORT = Family(Direction.EXPORT, ("AGILE-OUTGOING-",))
TRACKER = Family(Direction.IMPORT, ("SILVER-",))
_INTELLIGENT_FLUX_IMPORT = "INTELLI-FLUX-IMPORT-"
_INTELLIGENT_FLUX_EXPORT = "INTELLI-FLUX-EXPORT-"

FAMILIES: tuple[Family, ...] = (
    AGILE_IMPORT,
    Family(Direction.IMPORT, ("INTELLI-VAR-",)),
    Family(Direction.IMPORT, ("GO-VAR-",)),
    Family(Direction.IMPORT, ("COSY-",)),
    Family(Direction.IMPORT, ("FLUX-IMPORT-",), "flux"),
    Family(Direction.IMPORT, (_INTELLIGENT_FLUX_IMPORT,), "intelligent_flux"),
    TRACKER,
    AGILE_EXPORT,
    Family(Direction.EXPORT, ("OUTGOING-VAR-",)),
    Family(Direction.EXPORT, ("FLUX-EXPORT-",), "flux"),
    Family(
        Direction.EXPORT,
        (_INTELLIGENT_FLUX_EXPORT, _INTELLIGENT_FLUX_IMPORT),
        "intelligent_flux",
    ),
)
"""In the order in which they are offered."""


def stand_in(code: str) -> str | None:
    """Return the product under which the rates of another may be published.

    Intelligent Flux pays for export what it asks for import, and its export
    product has not always been there to ask.
    """
    if code.startswith(_INTELLIGENT_FLUX_EXPORT):
        return code.replace(_INTELLIGENT_FLUX_EXPORT, _INTELLIGENT_FLUX_IMPORT, 1)
    return None


def family_of(code: str, direction: Direction) -> Family | None:
    """Return the family of a product that is used in a direction."""
    for family in FAMILIES:
        if family.direction is direction and family.has(code):
            return family
    return None


@dataclass(frozen=True, slots=True)
class Offers:
    """What homes can choose: the newest of each family, then what else there is."""

    imports: tuple[Product, ...] = ()
    exports: tuple[Product, ...] = ()

    def newest(self, family: Family) -> Product | None:
        """Return the product of a family that is on offer."""
        imports = family.direction is Direction.IMPORT
        for product in self.imports if imports else self.exports:
            if family.has(product.code):
                return product
        return None

    def partner(self, code: str, direction: Direction) -> Product | None:
        """Return the product of the other direction that one is sold with."""
        family = family_of(code, direction)
        pair = None if family is None else family.pair
        others = [
            self.newest(other)
            for other in FAMILIES
            if pair and other.pair == pair and other.direction is not direction
        ]
        return others[0] if others else None


def offers(products: Iterable[Product], at: datetime) -> Offers:
    """Return what is on sale for homes at `at`.

    Of the supplier's own brand, where its list has that among others.
    """
    fitting = [
        product for product in products if product.for_homes and product.on_sale(at)
    ]
    own = [product for product in fitting if product.brand == _BRAND] or fitting
    imports = [found for found in own if found.direction is Direction.IMPORT]
    exports = [found for found in own if found.direction is Direction.EXPORT]
    if not any(found.code.startswith(_INTELLIGENT_FLUX_EXPORT) for found in exports):
        exports += [
            found
            for found in imports
            if found.code.startswith(_INTELLIGENT_FLUX_IMPORT)
        ]
    return Offers(
        tuple(_in_order(imports, Direction.IMPORT)),
        tuple(_in_order(exports, Direction.EXPORT)),
    )


def _in_order(products: list[Product], direction: Direction) -> Iterable[Product]:
    """Yield the newest of each family, then the other products by name.

    Of those, import products with fixed prices are left out: there is one for
    every week in which they were sold.
    """
    newest: dict[Family, Product] = {}
    others: list[Product] = []
    for product in sorted(products, key=lambda found: found.available_from):
        family = family_of(product.code, direction)
        if family is None and product.is_tracker:
            family = TRACKER
        if family is not None:
            newest[family] = product
        elif product.is_variable or direction is Direction.EXPORT:
            others.append(product)
    yield from (newest[family] for family in FAMILIES if family in newest)
    yield from sorted(others, key=lambda product: (product.name, product.code))


def read_product(row: Fields) -> Product:
    """Read one product of the list. Raises PriceAnswerError."""
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
        is_restricted=row.flag("is_restricted"),
        is_tracker=row.flag("is_tracker"),
        available_from=row.moment("available_from"),
        available_to=row.optional_moment("available_to"),
    )
