"""Registers on the wire, against the facts' own vectors."""

import pytest

from simulators.image import Image, counter


def test_words_of_every_type() -> None:
    """Words are big-endian, the low word of a double word comes first."""
    image = Image()
    image.u32(0, 0x01020304)
    image.s32(2, -2)
    image.u16(4, 40_000)
    image.s16(5, -1)
    image.text(6, "A23", 3)
    assert list(image.registers.items()) == [
        *((0, 0x0304), (1, 0x0102)),
        *((2, 0xFFFE), (3, 0xFFFF)),
        *((4, 0x9C40), (5, 0xFFFF)),
        *((6, 0x4132), (7, 0x3300), (8, 0)),
    ]


def test_what_is_not_available() -> None:
    """Each type has its own value for it."""
    image = Image()
    image.u16(0, None)
    image.s16(1, None)
    image.u32(2, None)
    image.s32(4, None)
    image.text(6, None, 2)
    assert list(image.registers.values()) == [
        *(0xFFFF, 0x7FFF),
        *(0xFFFF, 0xFFFF),
        *(0xFFFF, 0x7FFF),
        *(0, 0),
    ]


def test_what_does_not_fit() -> None:
    """Nothing is cut off silently."""
    image = Image()
    with pytest.raises(OverflowError):
        image.u16(0, -1)
    with pytest.raises(OverflowError):
        image.s16(0, 40_000)
    with pytest.raises(OverflowError, match="more than 1"):
        image.text(0, "ABC", 1)


def test_gaps_and_ends() -> None:
    """A gap in a block is not available; outside there is nothing."""
    image = Image()
    image.u16(11, 7)
    assert image.read(10, 3, (range(10, 13),)) == [0xFFFF, 7, 0xFFFF]
    with pytest.raises(LookupError):
        image.read(10, 4, (range(10, 13),))


@pytest.mark.parametrize(("kwh", "tenths"), [(0.3, 3), (0.1 + 0.2, 3), (0.39, 3)])
def test_counters_do_not_run_ahead(kwh: float, tenths: int) -> None:
    """A counter shows what is complete."""
    assert counter(kwh) == tenths
