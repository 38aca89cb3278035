"""Registers as they lie on the wire.

16 bits big-endian; 32 and 64 bits in the word order of the brand; text with two
characters a register, high byte first, padded with zeros. None is the "not
available" value of its type: 0xFFFF, 0xFFFFFFFF, 0x7FFF, 0x7FFFFFFF, or all zeros
for text.
"""


class Image:
    """Registers by wire address. Raises OverflowError for what does not fit."""

    high_word_first = False
    """The word order of what is wider than a register."""

    def __init__(self) -> None:
        """Begin empty."""
        self.registers: dict[int, int] = {}

    def u16(self, register: int, value: int | None) -> None:
        """Put an unsigned word."""
        self._put(register, 0xFFFF if value is None else value, 2, signed=False)

    def s16(self, register: int, value: int | None) -> None:
        """Put a signed word."""
        self._put(register, 0x7FFF if value is None else value, 2, signed=True)

    def u32(self, register: int, value: int | None) -> None:
        """Put an unsigned double word."""
        self._put(register, 0xFFFFFFFF if value is None else value, 4, signed=False)

    def s32(self, register: int, value: int | None) -> None:
        """Put a signed double word."""
        self._put(register, 0x7FFFFFFF if value is None else value, 4, signed=True)

    def u64(self, register: int, value: int) -> None:
        """Put an unsigned value of four words."""
        self._put(register, value, 8, signed=False)

    def text(self, register: int, value: str | None, count: int) -> None:
        """Put a text over `count` registers."""
        raw = (value or "").encode("ascii")
        if len(raw) > 2 * count:
            raise OverflowError(f"{value} needs more than {count} registers")
        raw = raw.ljust(2 * count, b"\x00")
        for offset in range(count):
            word = raw[2 * offset : 2 * offset + 2]
            self.registers[register + offset] = int.from_bytes(word, "big")

    def read(self, first: int, count: int, blocks: tuple[range, ...]) -> list[int]:
        """Return registers, gaps inside a block as 0xFFFF.

        Raises LookupError where one lies outside all blocks.
        """
        wanted = range(first, first + count)
        for register in wanted:
            if not any(register in block for block in blocks):
                raise LookupError(f"no register {register}")
        return [self.registers.get(register, 0xFFFF) for register in wanted]

    def _put(self, register: int, value: int, size: int, *, signed: bool) -> None:
        raw = value.to_bytes(size, "big", signed=signed)
        words = [int.from_bytes(raw[at : at + 2], "big") for at in range(0, size, 2)]
        if not self.high_word_first:
            words.reverse()
        for offset, word in enumerate(words):
            self.registers[register + offset] = word


def tenths(value: float) -> int:
    """Return a measured value in tenths, rounded."""
    return round(10 * value)


def counter(kwh: float, per_kwh: int = 10) -> int:
    """Return an energy counter in parts of a kWh, which never runs ahead.

    The tiny addend keeps 0.3 kWh, which is 2.9999999999999996 tenths, at 3.
    """
    return int(kwh * per_kwh + 1e-6)
