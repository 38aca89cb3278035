"""The words of the Modbus simulators, and what can go wrong with them."""

from dataclasses import dataclass, field
from datetime import datetime
from enum import Enum
from typing import NamedTuple

from pymodbus.constants import ExcCodes


class Space(Enum):
    """The two register spaces, whose numbers are unrelated."""

    INPUT = "input"
    HOLDING = "holding"


class RegisterError(Exception):
    """The device answers with a Modbus exception."""

    def __init__(self, code: ExcCodes) -> None:
        """Answer with `code`."""
        super().__init__(code.name)
        self.code = code


@dataclass(frozen=True, slots=True)
class WriteRecord:
    """One register write that was asked for."""

    register: int
    value: int
    applied: bool
    """False for one that was refused, or acknowledged and ignored."""
    at: datetime


class Frame(NamedTuple):
    """A request that has come in, or the answer to one that goes out."""

    at_s: float
    """When, by the clock of the machine."""
    unit_id: int
    asks: bool
    writes: bool


@dataclass(slots=True)
class ModbusFaults:
    """What is to go wrong. Everything is off to begin with.

    A fault that closes the socket instead of an answer keeps the request from
    being carried out, unless it says otherwise.

    Faults of the connection that need time (`refuse_connections`, power loss)
    are methods of the device.
    """

    drop_next: int = 0
    """The socket is closed instead of the next n answers."""
    drop_answer_next: int = 0
    """The next n requests are carried out, then the socket is closed."""
    drop_every: int | None = None
    """The socket is closed instead of every n-th answer."""
    garbage_next: int = 0
    """The next n answers are bytes that are no Modbus frame."""
    half_frame_next: int = 0
    """Of the next n answers only the first half arrives."""
    delay_s: float = 0.0
    """Every answer takes so long; the request itself is carried out at once."""
    silent: bool = False
    """Nothing is carried out nor answered, and the socket stays open."""
    single_client: bool = False
    """A second connection is accepted and closed at once."""
    silent_units: bool = False
    """Another unit id gets no answer instead of exception 0x0B."""
    power_loss_after_writes: int | None = None
    """The write that brings this to 0 is applied; then the power is gone."""
    ignore_all_writes: bool = False
    """Writes are acknowledged and not applied."""
    ignored_registers: set[int] = field(default_factory=set)
    """As `ignore_all_writes`, of these registers only."""
    refuse_all_writes: ExcCodes | None = None
    """Writes are answered with this exception."""
    refused_registers: dict[int, ExcCodes] = field(default_factory=dict)
    """As `refuse_all_writes`, of these registers only."""
    hidden: set[tuple[Space, int]] = field(default_factory=set)
    """Reads that touch one of these registers are answered with exception 2."""

    def hide(self, space: Space, first: int, count: int = 1) -> None:
        """Make `count` registers from `first` on unknown to the device."""
        self.hidden.update((space, first + offset) for offset in range(count))

    def take(self, name: str) -> bool:
        """Count a one-off fault down. Returns whether it happens now."""
        left: int = getattr(self, name)
        setattr(self, name, max(0, left - 1))
        return left > 0
