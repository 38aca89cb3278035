"""Products on sale. Codes, names and Cosy's prices are recorded (March 2025).

Hours are the tariffs' own. The end of the old Agile's prices, the white label,
the products for meters with two registers, those that few homes may have, and
the prices of the other tariffs are made up: only their shape matters.
"""

from datetime import UTC, datetime, time

from .product import Product
from .rates import (
    AgileBook,
    ListedBook,
    PaymentMethod,
    Rate,
    TrackerBook,
    WindowsBook,
)

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
    day_night=(
        ListedBook((Rate(29.0, 30.45, _VAR_BEGIN, None),)),
        ListedBook((Rate(15.0, 15.75, _VAR_BEGIN, None),)),
    ),
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

FLUX_IMPORT = Product(
    code="FLUX-IMPORT-23-02-14",
    display_name="Octopus Flux Import",
    book=WindowsBook(
        (
            (time(0), 25.0, 26.25),
            (time(2), 15.0, 15.75),
            (time(5), 25.0, 26.25),
            (time(16), 35.0, 36.75),
            (time(19), 25.0, 26.25),
        )
    ),
    available_from=datetime(2023, 2, 14, tzinfo=UTC),
)
GO = Product(
    code="GO-VAR-22-10-14",
    display_name="Octopus Go",
    book=WindowsBook(
        ((time(0), 28.0, 29.4), (time(0, 30), 8.0, 8.4), (time(5, 30), 28.0, 29.4))
    ),
    available_from=datetime(2022, 10, 13, 23, tzinfo=UTC),
)
INTELLIGENT_GO = Product(
    code="INTELLI-VAR-24-10-29",
    display_name="Intelligent Octopus Go",
    book=WindowsBook(
        ((time(0), 6.5, 6.825), (time(5, 30), 27.0, 28.35), (time(23, 30), 6.5, 6.825))
    ),
    available_from=datetime(2024, 10, 29, tzinfo=UTC),
)
_INTELLIGENT_FLUX = WindowsBook(
    ((time(0), 24.0, 25.2), (time(16), 32.0, 33.6), (time(19), 24.0, 25.2))
)
INTELLIGENT_FLUX_IMPORT = Product(
    code="INTELLI-FLUX-IMPORT-23-07-14",
    display_name="Intelligent Octopus Flux Import",
    book=_INTELLIGENT_FLUX,
    available_from=datetime(2023, 7, 13, 23, tzinfo=UTC),
)
INTELLIGENT_FLUX_EXPORT = Product(
    code="INTELLI-FLUX-EXPORT-23-07-14",
    display_name="Intelligent Octopus Flux Export",
    book=_INTELLIGENT_FLUX,
    available_from=datetime(2023, 7, 13, 23, tzinfo=UTC),
    direction="EXPORT",
)
TRACKER = Product(
    code="SILVER-FLEX-BB-23-02-08",
    display_name="Octopus Tracker",
    book=TrackerBook(),
    available_from=datetime(2023, 2, 8, tzinfo=UTC),
    is_tracker=True,
    term=12,
)
OUTGOING = Product(
    code="OUTGOING-VAR-24-10-26",
    display_name="Outgoing Octopus",
    book=ListedBook((Rate(15.0, 15.0, datetime(2024, 10, 25, 23, tzinfo=UTC), None),)),
    available_from=datetime(2024, 10, 25, 23, tzinfo=UTC),
    direction="EXPORT",
)
PREPAY = Product(
    code="PREPAY-VAR-18-09-21",
    display_name="Octopus Key and Card",
    book=ListedBook((Rate(24.0, 25.2, _VAR_BEGIN, None),)),
    available_from=datetime(2018, 10, 9, 23, tzinfo=UTC),
    is_prepay=True,
)
RESTRICTED = Product(
    code="COSY-STAFF-25-01-01",
    display_name="Cosy for some homes",
    book=COSY.book,
    available_from=datetime(2025, 1, 1, tzinfo=UTC),
    is_restricted=True,
)
TWO_REGISTERS = Product(
    code="ECONOMY-24-01-01",
    display_name="Economy with two registers",
    book=ListedBook(()),
    available_from=datetime(2024, 1, 1, tzinfo=UTC),
    single_register=False,
    day_night=(
        ListedBook((Rate(30.0, 31.5, _VAR_BEGIN, None),)),
        ListedBook((Rate(14.0, 14.7, _VAR_BEGIN, None),)),
    ),
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
    FLUX_IMPORT,
    GO,
    INTELLIGENT_GO,
    INTELLIGENT_FLUX_IMPORT,
    INTELLIGENT_FLUX_EXPORT,
    TRACKER,
    OUTGOING,
    PREPAY,
    RESTRICTED,
    TWO_REGISTERS,
)
