# ruff: noqa: INP001 (copied into the environment as a module of its own)
"""Stands in for the voice assistant's noise filter, which the demo never uses.

Home Assistant always loads its voice assistant, which imports this package. The
real one comes as C++ source only, and nothing else in the demo needs a compiler.
"""


class AudioProcessor:
    """Refuse to filter sound."""

    def __init__(self, auto_gain: float, noise_suppression: int) -> None:
        """Say what is missing."""
        message = "the demo's environment has no noise filter"
        raise NotImplementedError(message)
