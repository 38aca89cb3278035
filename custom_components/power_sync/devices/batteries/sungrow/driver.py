"""The driver of a Sungrow hybrid inverter and its battery."""

from collections.abc import Callable
from datetime import datetime
from typing import Final

from modbus_connection import ModbusError, ModbusUnit

from custom_components.power_sync.devices.batteries.blocks import not_served, silent
from custom_components.power_sync.devices.batteries.brand import (
    BatteryConfig,
    utc_now,
)
from custom_components.power_sync.devices.batteries.confirmed import ConfirmedUnit
from custom_components.power_sync.devices.batteries.modbus import LinkOptions
from custom_components.power_sync.devices.batteries.modbus_link import (
    pace,
    quiet_after_write,
)
from custom_components.power_sync.devices.batteries.own_settings import number_wanted
from custom_components.power_sync.devices.protocols import (
    DeviceRefusedError,
    DeviceUnreachableError,
)
from custom_components.power_sync.model.battery import (
    BatteryIdentity,
    BatteryReading,
    Capabilities,
    Command,
    Mode,
    OwnerRange,
    OwnerSetting,
    OwnerValue,
    Settings,
    Write,
)

from . import settings as control
from .link import LAN
from .owner import owner_range, owner_value, owner_writes
from .poll import Poll
from .registers import Control, Serial
from .telemetry import reading

REQUESTS_PER_POLL: Final = 6
"""What a poll may ask at most, unless a model refuses the pooled reads."""
_FORCED_MODES: Final = frozenset({Mode.CHARGE, Mode.DISCHARGE, Mode.STANDBY})
_CEILING_MODES: Final = frozenset({Mode.NO_DISCHARGE, Mode.LIMIT})


class SungrowBattery:
    """A Sungrow hybrid inverter at a Modbus unit, which it only borrows."""

    def __init__(
        self,
        unit: ModbusUnit,
        config: BatteryConfig,
        *,
        now: Callable[[], datetime] = utc_now,
        link: LinkOptions = LAN,
    ) -> None:
        """Take the unit and what a probe found; nothing is read yet."""
        self._unit = unit
        self._config = config
        self._now = now
        self._link = link
        self._served = config.settings
        self._can_force = config.settings >= control.CONTROL_SETTINGS
        self._device = ConfirmedUnit(unit, Serial(unit), config.identity.serial, link)
        self._control = Control(unit)
        self._poll = Poll(unit, config, link)
        pace(unit, link)

    @property
    def identity(self) -> BatteryIdentity:
        """Which battery this driver was set up for."""
        return self._config.identity

    @property
    def capabilities(self) -> Capabilities:
        """What it can do now.

        NO_DISCHARGE and LIMIT only with a discharge ceiling; nothing of the
        kind while another energy manager controls the battery.
        """
        modes = {Mode.SELF_CONSUMPTION}
        if not self._poll.externally_controlled:
            modes |= _FORCED_MODES if self._can_force else set()
            modes |= _CEILING_MODES if control.MAX_DISCHARGE in self._served else set()
        return Capabilities(
            modes=frozenset(modes),
            max_charge_w=self._config.max_charge_w,
            max_discharge_w=self._config.max_discharge_w,
            min_power_w=control.MIN_FORCED_W,
            # Not known to be volatile, so treated as if they were not.
            flash_settings=control.CEILING_SETTINGS,
            settle=self._link.settle,
            poll_every=self._link.poll_every,
            tells_phases=True,
        )

    async def read(self) -> BatteryReading:
        """Read it. What it lacks, or what stays unanswered now, is None.

        Raises DeviceUnreachableError or DeviceRefusedError where the battery
        itself cannot be read, WrongDeviceError where another serial answers.
        """
        at = self._now()
        poll = self._poll
        error = await poll.read_core(at)
        if not poll.has_battery:
            raise await self._device.failed(error or ModbusError("no battery"))
        if silent(error):
            self._device.doubt()
        requests = poll.core_requests
        if self._device.is_due(at):
            await self._device.confirm(at)
            requests += 1
        if not await poll.read_optional(at, REQUESTS_PER_POLL - requests):
            self._device.doubt()
        return reading(poll.registers(), self._config, at)

    async def read_settings(self) -> Settings:
        """Read the present value of every setting; None for one it never had.

        Raises DeviceUnreachableError where a ceiling that it has is not told:
        without its value the owner's could not be put back.

        The serial is read first where the link has been down: the settings of
        another inverter must not be taken for this one's.
        """
        await self._device.ensure(self._now())
        return await self._read_controls() | await self._read_ceilings()

    async def _read_controls(self) -> dict[str, int | None]:
        """Read what forces the battery; nothing where it was found unreadable."""
        if not self._can_force:
            return {}
        await self._device.update(self._control)
        present = {
            control.EMS_MODE: self._control.ems_mode,
            control.FORCED_COMMAND: self._control.forced_command,
            control.FORCED_POWER: self._control.forced_power_w,
        }
        if None in present.values():
            raise DeviceRefusedError("the inverter does not tell its settings")
        return present

    def writes_for(
        self, command: Command, owner: Settings, now: Settings
    ) -> tuple[Write, ...]:
        """Return the writes that bring a command about, in a safe order."""
        return control.writes_for(
            command,
            owner,
            now,
            max_charge_w=self._config.max_charge_w,
            max_discharge_w=self._config.max_discharge_w,
        )

    def writes_for_release(self, owner: Settings, now: Settings) -> tuple[Write, ...]:
        """Return the writes that give the battery back, in a safe order."""
        return control.writes_for_release(owner, now)

    def owner_settings(self, found: Settings) -> Settings:
        """Return the owner's settings from those found at first contact."""
        return control.owner_settings(found)

    def safe_settings(self, found: Settings) -> Settings:
        """Return settings that are safe where the owner's are lost."""
        return control.safe_settings(
            found,
            max_charge_w=self._config.max_charge_w,
            max_discharge_w=self._config.max_discharge_w,
        )

    def owner_range(self, setting: OwnerSetting) -> OwnerRange | None:
        """Return what an owner's setting can be; None where there is none."""
        told = {key for key, value in self._poll.owner().items() if value is not None}
        return owner_range(setting, self._served | told, self._poll.owner_limits())

    async def read_owner(self) -> Settings:
        """Read what `owner_writes` may write; the serial first, as above."""
        await self._device.ensure(self._now())
        error = await self._poll.read_owner(self._now())
        if error is not None:
            raise await self._device.failed(error)
        return self._poll.owner() | await self._read_ceilings()

    def owner_value(self, setting: OwnerSetting, found: Settings) -> float | None:
        """Return an owner's setting in its unit."""
        return owner_value(setting, found, self._poll.owner_limits())

    def owner_writes(
        self, setting: OwnerSetting, value: OwnerValue, found: Settings
    ) -> tuple[Write, ...]:
        """Return what gives an owner's setting a value, in a safe order."""
        wanted = number_wanted(setting, value)
        return owner_writes(setting, wanted, found, self._poll.owner_limits())

    async def write(self, write: Write) -> None:
        """Write one setting, once the inverter is known to be the right one.

        The serial is read first where the link has been down. An acknowledged
        write is no proof: some communication modules acknowledge and do nothing.
        """
        address = control.ADDRESSES.get(write.setting)
        value = write.value
        if address is None or not isinstance(value, int):
            raise DeviceRefusedError(f"cannot write {write.setting} = {value!r}")
        if not 0 <= value <= control.HIGHEST_VALUE:
            raise DeviceRefusedError(f"{write.setting} = {value} is out of range")
        await self._device.ensure(self._now())
        await self._device.ask(lambda: self._unit.write_register(address, value))
        await quiet_after_write(self._unit, self._link)
        self._poll.expire_owner()

    async def _read_ceilings(self) -> dict[str, int | None]:
        """Read the ceilings, and learn which of them the inverter has."""
        ceilings: dict[str, int | None] = dict.fromkeys(control.CEILING_SETTINGS)
        part = self._poll.ceilings
        error = await part.read(self._now())
        if error is None:
            ceilings[control.MAX_CHARGE] = part.component.max_charge_10w
            ceilings[control.MAX_DISCHARGE] = part.component.max_discharge_10w
        elif not not_served(error):
            raise await self._device.failed(error)
        told = {setting for setting, value in ceilings.items() if value is not None}
        if (self._served & control.CEILING_SETTINGS) - told:
            raise DeviceUnreachableError("the inverter does not tell its ceilings")
        self._served |= told
        return ceilings
