"""Tesla's energy API, as Fleet API and Teslemetry serve it, with homes behind it."""

from .gateway import Gateway, TeslaSite
from .server import TeslaSimulator

__all__ = ["Gateway", "TeslaSimulator", "TeslaSite"]
