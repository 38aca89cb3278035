"""The simulated area."""

from typing import Final

DOMAIN: Final = "nordpool"
AREA: Final = "NL"
CURRENCY: Final = "EUR"
CONF_CHEAP_SINCE: Final = "cheap_since"
