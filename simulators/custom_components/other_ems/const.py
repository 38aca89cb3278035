"""What the other program wants, and how often."""

from datetime import timedelta
from typing import Final

DOMAIN: Final = "other_ems"
EVERY: Final = timedelta(minutes=1)
FORCED: Final = ((13051, 777), (13049, 2), (13050, 0xBB))
"""The registers of a Sungrow's forced discharge, and what it writes to them."""
