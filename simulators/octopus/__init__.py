"""Octopus Energy's public REST interface, with recorded Agile prices."""

from .rates import PaymentMethod, Rate
from .server import Fault, OctopusSimulator

__all__ = ["Fault", "OctopusSimulator", "PaymentMethod", "Rate"]
