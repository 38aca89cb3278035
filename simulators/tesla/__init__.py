"""Tesla's energy API, as Fleet API and Teslemetry serve it, with homes behind it."""

from .gateway import Gateway, TeslaSite
from .server import TeslaSimulator
from .teslemetry import TeslemetrySimulator

__all__ = ["Gateway", "TeslaSimulator", "TeslaSite", "TeslemetrySimulator"]
