"""What the control side needs of a device, whatever its brand.

A driver is declarative about its controls: it names the *settings* it may
write, reads them, and says for each command which writes bring it about. The
executor (`control/executor.py`) does the rest once for all brands: it keeps
the owner's settings safe before the first write, leaves out what is already
so, stops an older command when a newer one comes, reads back, and restores.
The same list of writes is what a dry run shows.
"""

from datetime import date
from typing import Protocol, runtime_checkable

from custom_components.power_sync.model.battery import (
    BatteryIdentity,
    BatteryReading,
    Capabilities,
    Command,
    OwnerAllowed,
    OwnerSetting,
    OwnerValue,
    Settings,
    Write,
)
from custom_components.power_sync.model.energy_history import EnergyRow, Period


class DeviceError(Exception):
    """A device did not do what was asked. The message is for logs."""


class DeviceUnreachableError(DeviceError):
    """The device did not answer, or not in time, or not intelligibly."""


class DeviceNotReadyError(DeviceUnreachableError):
    """What reaches the device has not started yet, so nothing is known to be wrong."""


class SignedOutError(DeviceUnreachableError):
    """The integration that reaches the device waits for its owner to sign in again."""


class DeviceRefusedError(DeviceError):
    """The device answered that it will not do this."""


class RightsMissingError(DeviceRefusedError):
    """The account that a device is reached through has no right to do this."""


class DeviceAuthError(DeviceError):
    """The account that a device is reached through was refused."""


class WrongDeviceError(DeviceError):
    """Another device answers at this address: nothing may be written to it."""


class BatteryDriver(Protocol):
    """One battery. Methods raise DeviceError and nothing else."""

    @property
    def identity(self) -> BatteryIdentity:
        """Which battery this driver was set up for."""

    @property
    def capabilities(self) -> Capabilities:
        """What it can do."""

    async def read(self) -> BatteryReading:
        """Read it. Raises WrongDeviceError where the serial is another's."""

    async def read_settings(self) -> Settings:
        """Read the present value of every setting this driver may write."""

    def writes_for(
        self, command: Command, owner: Settings, now: Settings
    ) -> tuple[Write, ...]:
        """Return what brings `command` about, in the order that is safe.

        `owner` holds the owner's settings, `now` the present ones. Pure: the
        writes cover every setting that the command needs, also those that
        another command of ours may have changed; writes of what is already so
        may be included and are left out by the executor.
        """

    def writes_for_release(self, owner: Settings, now: Settings) -> tuple[Write, ...]:
        """Return what gives the battery back to its owner, in a safe order."""

    def owner_settings(self, found: Settings) -> Settings:
        """Return the owner's settings from those found at first contact.

        A forced command is by its nature temporary, so a driver turns one that
        is found running into normal operation.
        """

    def safe_settings(self, found: Settings) -> Settings:
        """Return safe settings where the owner's are lost (a corrupt journal)."""

    def owner_range(self, setting: OwnerSetting) -> OwnerAllowed | None:
        """Return what an owner's setting can be; None where the device lacks it.

        Known once the battery has been read; without input or output.
        """

    async def read_owner(self) -> Settings:
        """Read the present value of what `owner_writes` may write.

        None for what the device lacks. A name that `read_settings` has as well
        is the same setting: while a command of ours runs it may hold our value,
        and the owner's is in the journal.
        """

    def owner_value(self, setting: OwnerSetting, found: Settings) -> OwnerValue:
        """Return an owner's setting in the unit of its name, as `found` has it.

        `found` is what `read_owner` returned. None is not known; NO_LIMIT is that
        there is no export limit. Pure.
        """

    def owner_writes(
        self, setting: OwnerSetting, value: OwnerValue, found: Settings
    ) -> tuple[Write, ...]:
        """Return what gives an owner's setting a value, in the order that is safe.

        `value`, where a number, is kept within `owner_range`; None switches the
        export limit off. `found` is what `read_owner` returned; what is already so
        is left out. Raises DeviceRefusedError for a setting that the device lacks,
        and for a value that it cannot have. Pure.
        """

    async def write(self, write: Write) -> None:
        """Write one setting."""


@runtime_checkable
class EnergyHistorian(Protocol):
    """A battery whose maker keeps the home's energies. Raises DeviceError."""

    async def energy_history(self, period: Period, last: date) -> list[EnergyRow]:
        """Return the energies of a period that ends with a day, in their order."""
