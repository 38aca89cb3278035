"""Octopus Energy's public REST interface, with recorded Agile prices."""

from simulators.rest import Fault

from .rates import PaymentMethod, Rate
from .server import OctopusSimulator

__all__ = ["Fault", "OctopusSimulator", "PaymentMethod", "Rate"]
