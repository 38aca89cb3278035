"""The names of the meter."""

from typing import Final

DOMAIN: Final = "phase_meter"
CONF_URL: Final = "url"
PHASES: Final = (1, 2, 3)
