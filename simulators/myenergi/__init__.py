"""The myenergi cloud with a hub and its Zappis."""

from .digest import Digest
from .server import MyenergiSimulator, SimulatedZappi

__all__ = ["Digest", "MyenergiSimulator", "SimulatedZappi"]
