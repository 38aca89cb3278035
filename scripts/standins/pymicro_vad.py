# ruff: noqa: INP001 (copied into the environment as a module of its own)
"""Stands in for the voice assistant's speech detection, which the demo never uses.

Home Assistant always loads its voice assistant, which imports this package. The
real one comes as C++ source only, and nothing else in the demo needs a compiler.
"""


class MicroVad:
    """Refuse to listen."""

    def __init__(self) -> None:
        """Say what is missing."""
        message = "the demo's environment has no speech detection"
        raise NotImplementedError(message)
