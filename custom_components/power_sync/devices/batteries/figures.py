"""What registers tell: fields and figures that brands read alike. None is not known."""

from typing import Final

from modbus_connection.model import NumberField, gauge, integer

U16_NONE: Final = 0xFFFF
S16_NONE: Final = 0x7FFF
U32_NONE: Final = 0xFFFFFFFF
S32_NONE: Final = 0x7FFFFFFF
"""What stands for a value that there is not: all ones, or the highest positive."""


def word(address: int) -> NumberField[int]:
    """Return an unsigned 16-bit value as it is."""
    return integer(address, signed=False, nan=U16_NONE)


def tenths(address: int) -> NumberField[float]:
    """Return an unsigned 16-bit value counted in steps of 0.1."""
    return gauge(address, 0.1, signed=False, nan=U16_NONE)


def within(power_w: float | None, most_w: float) -> float | None:
    """Return a power that is no bad decode, in either direction."""
    return power_w if power_w is not None and abs(power_w) <= most_w else None


def positive(power_w: float | None) -> float | None:
    """Return a power that cannot be negative."""
    return power_w if power_w is not None and power_w >= 0 else None


def percent(value: float | None) -> float | None:
    """Return a percentage from 0 to 100."""
    return value if value is not None and 0 <= value <= 100 else None  # noqa: PLR2004


def total(*values: float | None) -> float | None:
    """Return the sum; None where one is not known."""
    known = [value for value in values if value is not None]
    return sum(known) if len(known) == len(values) else None
