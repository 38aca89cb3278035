"""The sentences of one language, and how its numbers are written."""

from collections.abc import Mapping
from dataclasses import dataclass

MINUS = "\N{MINUS SIGN}"
GLUE = "\N{NO-BREAK SPACE}"
"""Between a number and its unit."""


@dataclass(frozen=True)
class Texts:
    """Texts by key.

    `sentences` have placeholders in braces. `modes` and `reasons` are the names of
    what a battery does and why, as the sensors show them.
    """

    sentences: Mapping[str, str]
    modes: Mapping[str, str]
    reasons: Mapping[str, str]

    def __call__(self, key: str, **values: str) -> str:
        """Return a sentence with its placeholders filled in."""
        return self.sentences[key].format(**values)

    def number(self, value: float, digits: int) -> str:
        """Return a number with a fixed count of digits after the decimal mark."""
        rounded = round(value, digits)
        text = f"{abs(rounded):.{digits}f}".replace(".", self("decimal_mark"))
        return f"{MINUS}{text}" if rounded < 0 else text
