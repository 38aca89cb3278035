"""Amber Electric's public interface, with recorded wholesale prices."""

from .server import AmberSimulator, Site

__all__ = ["AmberSimulator", "Site"]
