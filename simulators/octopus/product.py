"""A product: its code, what is said of it, and its rates."""

from dataclasses import dataclass
from datetime import datetime

from .rates import RateBook

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
    is_restricted: bool = False
    is_tracker: bool = False
    single_register: bool = True
    day_night: tuple[RateBook, RateBook] | None = None
    """Rates of the two registers, where it is sold for such meters as well."""
    term: int | None = None

    def tariff_code(self, region: str, *, registers: int = 1) -> str:
        """Return the code of its tariff in a region."""
        return f"E-{registers}R-{self.code}-{region}"

    def standing_charge(self, region: str) -> tuple[float, float]:
        """Return the pence per day without and with VAT; export has none."""
        if self.direction == "EXPORT":
            return 0.0, 0.0
        exc_vat = _STANDING_EXC_VAT.get(region, _OTHER_STANDING_EXC_VAT)
        return exc_vat, round(exc_vat * 1.05, 6)
