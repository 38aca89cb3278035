"""What Australia's market operator publishes, with recorded wholesale prices."""

from .server import AemoSimulator

__all__ = ["AemoSimulator"]
