"""Tesla's energy API, as Fleet API and Teslemetry serve it, with homes behind it."""

from .gateway import Gateway, TeslaSite
from .server import TeslaSimulator
from .sign_in import TeslaSignIn
from .teslemetry import TeslemetrySimulator

__all__ = [
    "Gateway",
    "TeslaSignIn",
    "TeslaSimulator",
    "TeslaSite",
    "TeslemetrySimulator",
]
