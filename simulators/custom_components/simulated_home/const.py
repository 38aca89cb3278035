"""The simulated home's names and its household."""

from typing import Final

from simulators.profile import RecordedHousehold

DOMAIN: Final = "simulated_home"
HOUSEHOLD: Final = RecordedHousehold()
