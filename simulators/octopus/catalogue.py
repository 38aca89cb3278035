"""Products on sale. Codes, names and Cosy's prices are recorded (March 2025).

The end of the old Agile's prices, the white label and the prices of the other
tariffs are made up: only their shape matters.
"""

from dataclasses import dataclass
from datetime import UTC, datetime, time

from .rates import AgileBook, ListedBook, PaymentMethod, Rate, RateBook, WindowsBook

REGIONS = "ABCDEFGHJKLMNP"

_STANDING_EXC_VAT = {"A": 46.4649, "B": 52.2352, "C": 37.6525}
_OTHER_STANDING_EXC_VAT = 45.3392


@dataclass(frozen=True, slots=True, kw_only=True)
class Product:
    """A product and its rates."""

    code: str
    display_name: str
    book: RateBook
    available_from: datetime
    available_to: datetime | None = None
    direction: str = "IMPORT"
    brand: str = "OCTOPUS_ENERGY"
    is_variable: bool = True
    is_green: bool = False
    is_business: bool = False
    is_prepay: bool = False
    term: int | None = None

    def tariff_code(self, region: str) -> str:
        """Return the code of its tariff in a region."""
        return f"E-1R-{self.code}-{region}"

    def standing_charge(self, region: str) -> tuple[float, float]:
        """Return the pence per day without and with VAT; export has none."""
        if self.direction == "EXPORT":
            return 0.0, 0.0
        exc_vat = _STANDING_EXC_VAT.get(region, _OTHER_STANDING_EXC_VAT)
        return exc_vat, round(exc_vat * 1.05, 6)


AGILE = Product(
    code="AGILE-24-10-01",
    display_name="Agile Octopus",
    book=AgileBook(export=False),
    available_from=datetime(2024, 9, 30, 23, tzinfo=UTC),
    is_green=True,
    term=12,
)
AGILE_EXPIRED = Product(
    code="AGILE-23-12-06",
    display_name="Agile Octopus",
    book=AgileBook(export=False, ends=datetime(2025, 3, 31, 22, tzinfo=UTC)),
    available_from=datetime(2023, 12, 6, tzinfo=UTC),
    available_to=datetime(2024, 9, 30, 23, tzinfo=UTC),
    is_green=True,
    term=12,
)
AGILE_OUTGOING = Product(
    code="AGILE-OUTGOING-19-05-13",
    display_name="Agile Outgoing Octopus",
    book=AgileBook(export=True),
    available_from=datetime(2018, 1, 1, tzinfo=UTC),
    direction="EXPORT",
    is_green=True,
    term=12,
)
AGILE_WHITE_LABEL = Product(
    code="AGILE-BB-25-01-01",
    display_name="Agile of another brand",
    book=AgileBook(export=False),
    available_from=datetime(2025, 1, 1, tzinfo=UTC),
    brand="BULB",
)
AGILE_BUSINESS = Product(
    code="AGILE-BUSINESS-25-01-01",
    display_name="Agile for businesses",
    book=AgileBook(export=False),
    available_from=datetime(2025, 1, 1, tzinfo=UTC),
    is_business=True,
)
COSY = Product(
    code="COSY-22-12-08",
    display_name="Cosy Octopus",
    book=WindowsBook(
        (
            (time(0), 25.6966, 26.98143),
            (time(4), 12.6016, 13.23168),
            (time(7), 25.6966, 26.98143),
            (time(13), 12.6016, 13.23168),
            (time(16), 38.545, 40.47225),
            (time(19), 25.6966, 26.98143),
            (time(22), 12.6016, 13.23168),
        )
    ),
    available_from=datetime(2022, 12, 13, tzinfo=UTC),
)
FLUX_EXPORT = Product(
    code="FLUX-EXPORT-23-02-14",
    display_name="Octopus Flux Export",
    book=WindowsBook(
        (
            (time(0), 15.0, 15.0),
            (time(2), 5.0, 5.0),
            (time(5), 15.0, 15.0),
            (time(16), 29.0, 29.0),
            (time(19), 15.0, 15.0),
        )
    ),
    available_from=datetime(2023, 2, 14, tzinfo=UTC),
    direction="EXPORT",
)
_VAR_CHANGE = datetime(2025, 9, 30, 23, tzinfo=UTC)
_VAR_BEGIN = datetime(2023, 3, 31, 23, tzinfo=UTC)
VARIABLE = Product(
    code="VAR-22-11-01",
    display_name="Flexible Octopus",
    book=ListedBook(
        (
            Rate(25.0, 26.25, _VAR_CHANGE, None, PaymentMethod.NON_DIRECT_DEBIT),
            Rate(24.0, 25.2, _VAR_CHANGE, None, PaymentMethod.DIRECT_DEBIT),
            Rate(23.0, 24.15, _VAR_BEGIN, _VAR_CHANGE, PaymentMethod.NON_DIRECT_DEBIT),
            Rate(22.0, 23.1, _VAR_BEGIN, _VAR_CHANGE, PaymentMethod.DIRECT_DEBIT),
        )
    ),
    available_from=datetime(2023, 3, 28, 9, 35, tzinfo=UTC),
)
ZERO_EXPORT = Product(
    code="ZERO-EXPORT-60M-22-05-01",
    display_name="Octopus Zero Export",
    book=ListedBook((Rate(0.0, 0.0, datetime(2022, 4, 30, 23, tzinfo=UTC), None),)),
    available_from=datetime(2022, 4, 30, 23, tzinfo=UTC),
    direction="EXPORT",
    is_variable=False,
    term=60,
)

PRODUCTS = (
    AGILE_EXPIRED,
    AGILE,
    AGILE_BUSINESS,
    AGILE_OUTGOING,
    AGILE_WHITE_LABEL,
    COSY,
    FLUX_EXPORT,
    VARIABLE,
    ZERO_EXPORT,
)
