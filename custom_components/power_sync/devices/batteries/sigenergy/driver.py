"""The driver of a Sigenergy plant and its batteries."""

import asyncio
from collections.abc import Callable
from datetime import datetime
from typing import Final

from modbus_connection import ModbusUnit

from custom_components.power_sync.devices.batteries.brand import (
    BatteryConfig,
    utc_now,
)
from custom_components.power_sync.devices.batteries.confirmed import ConfirmedUnit
from custom_components.power_sync.devices.batteries.modbus import (
    NO_SIBLINGS,
    LinkOptions,
    Siblings,
)
from custom_components.power_sync.devices.batteries.modbus_link import (
    pace,
    quiet_after_write,
)
from custom_components.power_sync.devices.batteries.own_settings import number_wanted
from custom_components.power_sync.devices.protocols import DeviceRefusedError
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
from .owner import OwnerLimits, owner_range, owner_value, owner_writes
from .poll import REQUESTS_PER_POLL, Poll
from .registers import PLANT_UNIT, ExportLimit, Levels, Serial
from .telemetry import POWER_PLANT, reading
from .units import units_of

_LIMIT_WRITES_PER_DAY: Final = 96
_FORCED_MODES: Final = frozenset({Mode.CHARGE, Mode.DISCHARGE, Mode.STANDBY})


class SigenergyBattery:
    """A Sigenergy plant at unit 247 of a link, which it only borrows."""

    def __init__(
        self,
        unit: ModbusUnit,
        config: BatteryConfig,
        *,
        now: Callable[[], datetime] = utc_now,
        link: LinkOptions = LAN,
        siblings: Siblings = NO_SIBLINGS,
    ) -> None:
        """Take the units and what a probe found; nothing is read yet.

        The plant is unit 247 of `siblings`, whichever unit id was typed.
        """
        self._unit = siblings.get(PLANT_UNIT, unit)
        self._config = config
        self._now = now
        self._link = link
        units = units_of(config)
        first = siblings.get(units.inverters[0]) if units.inverters else None
        self._device = ConfirmedUnit(
            self._unit, Serial(first or self._unit), config.identity.serial, link
        )
        self._export_limit = ExportLimit(self._unit)
        self._levels = Levels(self._unit)
        self._poll = Poll(self._unit, siblings, units, link)
        self._control = self._poll.control.component
        for each in (self._unit, *siblings.values()):
            pace(each, link)

    @property
    def identity(self) -> BatteryIdentity:
        """Which plant this driver was set up for, by its first inverter."""
        return self._config.identity

    @property
    def capabilities(self) -> Capabilities:
        """What it can do now: nothing while a virtual power plant controls it.

        No NO_DISCHARGE and no LIMIT: older firmware ignores the discharge limit
        in self-consumption.
        """
        core = self._poll.core.latest
        external = core is not None and core.work_mode == POWER_PLANT
        can_force = self._can_force and not external
        return Capabilities(
            modes=frozenset({Mode.SELF_CONSUMPTION})
            | (_FORCED_MODES if can_force else frozenset()),
            max_charge_w=self._config.max_charge_w,
            max_discharge_w=self._config.max_discharge_w,
            # How they are kept is not documented. They are what every dispatch of
            # the remote EMS writes its power to, so they are counted, but not as
            # few as in known flash memory.
            flash_settings=control.LIMIT_SETTINGS,
            flash_writes_per_day=_LIMIT_WRITES_PER_DAY,
            settle=self._link.settle,
            poll_every=self._link.poll_every,
            tells_phases=True,
            inverters=self._poll.several,
        )

    @property
    def _can_force(self) -> bool:
        return self._config.settings >= control.CONTROL_SETTINGS

    async def read(self) -> BatteryReading:
        """Read it. What it lacks, or what stays unanswered now, is None.

        Raises DeviceUnreachableError or DeviceRefusedError where the plant
        itself cannot be read, WrongDeviceError where another serial answers.
        """
        at = self._now()
        error = await self._poll.read_core(at)
        if error is not None:
            raise await self._device.failed(error)
        requests = 1
        if self._device.is_due(at):
            await self._device.confirm(at)
            requests += 1
        if not await self._poll.read_optional(at, REQUESTS_PER_POLL - requests):
            self._device.doubt()
        return reading(self._poll, self._config, at)

    async def read_settings(self) -> Settings:
        """Read the remote EMS and its limits; nothing where that is not served.

        The serial is read first where the link has been down: the settings of
        another plant must not be taken for this one's.
        """
        await self._device.ensure(self._now())
        if not self._can_force:
            return {}
        await self._device.update(self._control)
        found = {
            control.REMOTE_EMS: self._control.remote_ems,
            control.MODE: self._control.remote_ems_mode,
            control.MAX_CHARGE: self._control.max_charge_w,
            control.MAX_DISCHARGE: self._control.max_discharge_w,
        }
        if None in found.values():
            raise DeviceRefusedError("the plant does not tell its settings")
        return control.in_force(found)

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
        return control.owner_settings(
            found,
            max_charge_w=self._config.max_charge_w,
            max_discharge_w=self._config.max_discharge_w,
        )

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
        return owner_range(setting, self._config.settings | told, self._limits())

    async def read_owner(self) -> Settings:
        """Read what `owner_writes` may write; the serial first, as above."""
        found = await self.read_settings()
        error = await self._poll.read_owner(self._now())
        if error is not None:
            raise await self._device.failed(error)
        limits = {key: found.get(key) for key in control.LIMIT_SETTINGS}
        return self._poll.owner() | limits

    def owner_value(self, setting: OwnerSetting, found: Settings) -> float | None:
        """Return an owner's setting in its unit."""
        return owner_value(setting, found)

    def owner_writes(
        self, setting: OwnerSetting, value: OwnerValue, found: Settings
    ) -> tuple[Write, ...]:
        """Return what gives an owner's setting a value."""
        wanted = number_wanted(setting, value)
        return owner_writes(setting, wanted, found, self._limits())

    async def write(self, write: Write) -> None:
        """Write one setting, once the plant is known to be the right one.

        A value of two words goes out in one request. Some firmware resets the
        backup reserve, and perhaps the export limit, when the remote EMS is
        switched: what they were before is then asserted again.
        """
        words = control.words_of(write)
        await self._device.ensure(self._now())
        before = await self._kept() if write.setting == control.REMOTE_EMS else {}
        await self._send(control.ADDRESSES[write.setting], words)
        if before:
            await asyncio.sleep(self._link.settle.total_seconds())
            now = await self._kept()
            for setting, value in before.items():
                if now.get(setting) != value:
                    await self._send(
                        control.ADDRESSES[setting],
                        control.words_of(Write(setting, value)),
                    )
        self._poll.expire_owner()

    async def _kept(self) -> dict[str, int | None]:
        """Read what a switch of the remote EMS must leave as it is."""
        kept: dict[str, int | None] = {}
        if control.RESERVE in self._config.settings:
            await self._device.update(self._levels)
            kept[control.RESERVE] = self._levels.reserve_10th
        if control.EXPORT_LIMIT in self._config.settings:
            await self._device.update(self._export_limit)
            kept[control.EXPORT_LIMIT] = self._export_limit.export_limit_w
        return {key: value for key, value in kept.items() if value is not None}

    async def _send(self, address: int, words: list[int]) -> None:
        await self._device.ask(lambda: self._unit.write_registers(address, words))
        await quiet_after_write(self._unit, self._link)

    def _limits(self) -> OwnerLimits:
        """Return what bounds the owner's settings: the ratings, as far as known."""
        config, battery = self._config, self._poll.battery.latest
        charge_w = battery.rated_charge_w if battery else None
        discharge_w = battery.rated_discharge_w if battery else None
        return OwnerLimits(
            rated_w=config.rated_power_w,
            charge_w=charge_w or config.max_charge_w,
            discharge_w=discharge_w or config.max_discharge_w,
        )
