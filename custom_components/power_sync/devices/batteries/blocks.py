"""Reading registers that a model may lack, without losing the others."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Final

from modbus_connection import (
    IllegalDataAddressError,
    IllegalFunctionError,
    ModbusError,
    ModbusExceptionError,
    ModbusUnit,
)
from modbus_connection.model import Component, ComponentGroup

from .modbus import LinkOptions
from .modbus_link import nobody_at_unit, patience

SILENCES: Final = 3
"""So many requests in a row may go unanswered until a block is left alone."""
REST: Final = timedelta(minutes=5)
"""How long a block that gave nothing is left alone."""


def not_served(error: ModbusError | None) -> bool:
    """Whether the device says that it does not have these registers."""
    return isinstance(error, IllegalDataAddressError | IllegalFunctionError)


def silent(error: ModbusError | None) -> bool:
    """Whether the device gave no usable answer at all, only a gateway perhaps."""
    return error is not None and (
        nobody_at_unit(error) or not isinstance(error, ModbusExceptionError)
    )


def text(value: str | None) -> str | None:
    """Return a string register without its padding; None where it is blank."""
    return (value or "").strip("\0 ") or None


class Part[C: Component]:
    """One component that a device may lack, or that is `required`.

    With `keep` its values stay when it is not read, for those that change rarely.
    """

    def __init__(
        self,
        component: C,
        link: LinkOptions,
        *,
        keep: bool = False,
        required: bool = False,
    ) -> None:
        """Take the component; nothing is read yet."""
        self.tried_at: datetime | None = None
        self.error: ModbusError | None = None
        """How the last read ended."""
        self._component = component
        self._link = link
        self._latest: C | None = None
        self._keep = keep
        self.required = required
        self._served = True
        self._silences = 0
        self._rests_until: datetime | None = None

    @property
    def component(self) -> C:
        """The component, whether or not its values hold."""
        return self._component

    @property
    def latest(self) -> C | None:
        """The component while its values hold: from a good read until forgotten."""
        return self._latest

    @property
    def served(self) -> bool:
        """Whether the device has these registers, as far as anyone knows."""
        return self._served

    def forget(self) -> None:
        """Drop values that are only good for one poll."""
        if not self._keep:
            self._latest = None

    def expire(self) -> None:
        """Have it read again when its turn comes."""
        self.tried_at = None

    def is_due(self, at: datetime, every: timedelta = timedelta(0)) -> bool:
        """Whether to read it: not lacking, not resting, and `every` has passed."""
        if self.required:
            return True
        if not self._served:
            return False
        if self.tried_at is None or at < self.tried_at:
            # Never, or the clock was set back since.
            return True
        if self._rests_until is not None and at < self._rests_until:
            return False
        return at - self.tried_at >= every

    async def read(self, at: datetime) -> ModbusError | None:
        """Read it and return the error, if any; a failure is remembered.

        Registers that are refused are never asked for again. Sentinels only,
        or repeated silence, are asked for again after a rest: a meter may come
        back, and some communication modules hang up on registers they lack.
        """
        error: ModbusError | None = None
        try:
            async with patience(self._link):
                await self._component.async_update()
        except ModbusError as err:
            error = err
        self.settle(error, at)
        return error

    def settle(self, error: ModbusError | None, at: datetime) -> None:
        """Take note of how a read of this component ended."""
        self.tried_at = at
        self.error = error
        self._rests_until = None
        if error is None:
            self._silences = 0
            self._latest = self._component
            if self._is_blank():
                self._rests_until = at + REST
            return
        self.forget()
        if not_served(error):
            self._served = False
        elif silent(error):
            self._silences += 1
            if self._silences >= SILENCES:
                self._rests_until = at + REST

    def _is_blank(self) -> bool:
        """Whether every field is a sentinel."""
        names = self._component.declared_fields
        return all(getattr(self._component, name) is None for name in names)


class Pool:
    """Components read in one request; one by one where a device refuses that.

    Repeated silence counts as a refusal, but for what is `required`: some
    communication modules hang up on a block with a register that they lack.
    """

    def __init__(
        self, unit: ModbusUnit, link: LinkOptions, parts: Sequence[Part[Component]]
    ) -> None:
        """Pool components; the ranges they declare are the same."""
        self.parts = tuple(parts)
        self._link = link
        self._required = any(part.required for part in self.parts)
        self.tried_at: datetime | None = None
        self._whole = True
        self._silences = 0
        self._group = ComponentGroup(unit, [part.component for part in parts])

    @property
    def requests(self) -> int:
        """How many reads it is made of."""
        return 1 if self._whole else len(self.parts)

    @property
    def blocks(self) -> tuple[Pool | Part[Component], ...]:
        """What can be read by itself: the pool, or its parts once it is split."""
        return (self,) if self._whole else self.parts

    def is_due(self, at: datetime, every: timedelta = timedelta(0)) -> bool:
        """Whether `every` has passed since the last try."""
        # A last try that lies ahead: the clock was set back since.
        return (
            self.tried_at is None or at < self.tried_at or at - self.tried_at >= every
        )

    def expire(self) -> None:
        """Have everything read again when its turn comes."""
        self.tried_at = None
        for part in self.parts:
            part.expire()

    async def read(self, at: datetime, *, whole: bool = False) -> ModbusError | None:
        """Read all of them; return the error that kept any from being read.

        Where a device refuses them in one request, they are from then on read
        each by itself: at once with `whole`, else when the turn of each comes.
        """
        self.tried_at = at
        for part in self.parts:
            part.forget()
        if self._whole:
            error: ModbusError | None = None
            try:
                async with patience(self._link):
                    await self._group.async_update()
            except ModbusError as err:
                error = err
            self._silences = self._silences + 1 if silent(error) else 0
            if not not_served(error):
                for part in self.parts:
                    part.settle(error, at)
                self._whole = self._required or self._silences < SILENCES
                return error
            self._whole = False
            if not whole:
                return error
        return await self._read_parts(at)

    async def _read_parts(self, at: datetime) -> ModbusError | None:
        """Read each part by itself, until one goes unanswered."""
        first: ModbusError | None = None
        for part in self.parts:
            if not part.is_due(at):
                continue
            error = await part.read(at)
            first = first or error
            if silent(error):
                break
        return first
