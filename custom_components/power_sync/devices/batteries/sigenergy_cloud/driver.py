"""The driver of a Sigenergy system that is reached through the cloud of its app."""

from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from datetime import datetime, timedelta, tzinfo
from typing import Final

from custom_components.power_sync.devices.batteries.brand import BatteryConfig, utc_now
from custom_components.power_sync.devices.batteries.cloud import Login
from custom_components.power_sync.devices.protocols import (
    DeviceRefusedError,
    DeviceUnreachableError,
    WrongDeviceError,
)
from custom_components.power_sync.model.battery import (
    BatteryIdentity,
    BatteryReading,
    Capabilities,
    Command,
    Mode,
    OwnerChoice,
    OwnerSetting,
    OwnerValue,
    Settings,
    Write,
)

from . import owner, planning
from .account import session_of
from .answers import Flow, Levels, OperatingMode, Powers
from .budget import BudgetSpentError, Need
from .client import SigenCloud
from .manual import DURATION, MANUAL, MODES, OFF, wanted
from .manual_control import ManualControl
from .owner import EXTERNAL_MODES
from .telemetry import islanded, load_w

BRAND: Final = "sigenergy_cloud"
POLL_EVERY: Final = timedelta(seconds=60)
"""Nobody says how often the cloud may be asked; its app does it more often."""
LEAST_APART: Final = timedelta(seconds=50)
"""What was read within that time is not asked for again."""
FRESH: Final = timedelta(minutes=3)
BRIDGED: Final = timedelta(minutes=5)
"""So long the last reading is one that others of the account go before, and so long it
stands at all, where the account has asked for enough."""
OWNERS_EVERY: Final = timedelta(minutes=10)
APART: Final = timedelta(minutes=1)
TARIFF_EVERY: Final = timedelta(minutes=5)
SETTLE: Final = timedelta(seconds=2)


class SigenergyCloudBattery:
    """The battery of one station. Asks at most four times a minute.

    `zone` is the clock that its tariff counts by: the cloud tells none.
    """

    def __init__(
        self,
        login: Login | None,
        config: BatteryConfig,
        *,
        now: Callable[[], datetime] = utc_now,
        settle: timedelta = SETTLE,
        zone: tzinfo | None = None,
    ) -> None:
        """Take what a probe found; without a login, it only says its writes."""
        self._cloud = None if login is None else SigenCloud(session_of(login))
        self._config = config
        self._station = config.identity.serial
        self._now = now
        self._settle = settle
        self._manual = ManualControl(self._station, now, settle)
        self._zone = zone
        served = config.settings & planning.BOTH
        if zone is None:
            served -= {planning.TARIFF}
        self._plans_itself = served == planning.BOTH
        self._planning = (
            planning.Planning(self._station, served, now)
            if planning.MODE in served
            else None
        )
        self._modes: frozenset[str] = frozenset()
        """What the account lists, once that was read."""
        self._reading: BatteryReading | None = None
        self._owners_read_at: datetime | None = None
        self._operating_mode = OperatingMode()
        self._powers = Powers()
        self._levels = Levels()

    @property
    def identity(self) -> BatteryIdentity:
        """Which battery this driver was set up for."""
        return self._config.identity

    @property
    def capabilities(self) -> Capabilities:
        """What it can do now; nothing while a VPP or another EMS has the battery."""
        modes = {Mode.SELF_CONSUMPTION}
        external = self._external
        if not external:
            modes |= MODES.keys()
        plans = self._planning is not None and self._planning.plans
        return Capabilities(
            modes=frozenset(modes),
            max_charge_w=self._config.max_charge_w,
            max_discharge_w=self._config.max_discharge_w,
            slot_minutes=30,
            min_interval=TARIFF_EVERY if plans else APART,
            device_expiry=DURATION,
            settle=self._settle,
            poll_every=POLL_EVERY,
            plans_itself=self._plans_itself,
            tariff_zone=None if external else self._zone,
        )

    @property
    def _external(self) -> bool:
        """Whether a VPP or another EMS had it when the operating mode was read last."""
        return self._operating_mode.code in EXTERNAL_MODES

    async def read(self) -> BatteryReading:
        """Read it, unless that was done a moment ago.

        Raises WrongDeviceError where the account has this station no more.
        """
        at, last = self._now(), self._reading
        if last is not None and timedelta(0) <= at - last.at < LEAST_APART:
            return last
        age = BRIDGED if last is None else at - last.at
        need = Need.SPARE if timedelta(0) <= age < FRESH else Need.READING
        try:
            flow = await self._client.flow(self._station, need)
        except DeviceRefusedError:
            await self._check_station()
            raise
        except BudgetSpentError:
            if last is not None and timedelta(0) <= age < BRIDGED:
                return last
            raise
        if flow.soc_pct is None and flow.battery_w is None:
            raise DeviceUnreachableError("the cloud tells nothing of the battery")
        await self._read_owners(at)
        self._reading = self._read(flow, at)
        return self._reading

    def _read(self, flow: Flow, at: datetime) -> BatteryReading:
        return BatteryReading(
            at=at,
            soc_pct=flow.soc_pct,
            battery_power_w=flow.battery_w,
            solar_power_w=flow.solar_w,
            grid_power_w=flow.grid_w,
            load_power_w=load_w(flow),
            capacity_kwh=self._config.capacity_kwh,
            min_soc_pct=self._levels.least_pct,
            max_soc_pct=self._levels.most_pct,
            max_charge_w=self._powers.charge_w,
            max_discharge_w=self._powers.discharge_w,
            islanded=islanded(flow),
            owner=self._owners(),
            extra={
                "operating_mode": self._operating_mode.code,
                "car_power_w": flow.car_w,
            },
        )

    async def _check_station(self) -> None:
        """Raise WrongDeviceError where the account does not list this station."""
        stations = await self._client.stations()
        if self._station not in {each.station_id for each in stations}:
            raise WrongDeviceError("the account has another station")

    async def _read_owners(self, at: datetime) -> None:
        """Read what changes rarely, now and then; what is refused is not known.

        Where the account has asked for enough, another poll does it.
        """
        last = self._owners_read_at
        if last is not None and at - last < OWNERS_EVERY:
            return
        with suppress(BudgetSpentError):
            with suppress(DeviceRefusedError):
                self._operating_mode = await self._client.operating_mode(
                    self._station, Need.SPARE
                )
            with suppress(DeviceRefusedError):
                self._powers = await self._client.powers(self._station)
            with suppress(DeviceRefusedError):
                self._levels = await self._client.levels(self._station)
            if self._planning is not None and not self._modes:
                with suppress(DeviceRefusedError):
                    self._modes = await self._client.modes(self._station, Need.SPARE)
            self._owners_read_at = at

    async def read_settings(self) -> Settings:
        """Read the manual control; None where its power may be from before."""
        manual = {MANUAL: await self._manual.read(self._client)}
        if self._planning is None or not self._plans_itself:
            return manual
        return {**manual, **await self._planning.read(self._client)}

    def _owners(self) -> Settings:
        """Return the owner's settings, as last read."""
        known = self._planning is not None
        return {planning.MODE: self._operating_mode.value} if known else {}

    def owner_range(self, setting: OwnerSetting) -> OwnerChoice | None:
        """Return the operating modes to choose from; none before they were read."""
        return owner.owner_range(setting, self._config.settings, self._modes)

    async def read_owner(self) -> Settings:
        """Read the operating mode, as it is at this moment."""
        if self._planning is None:
            return {}
        self._operating_mode = await self._planning.mode(self._client)
        if self._reading is not None:
            # What is shown is not to lag behind until the next poll.
            self._reading = replace(self._reading, owner=self._owners())
        return self._owners()

    def owner_value(self, setting: OwnerSetting, found: Settings) -> OwnerValue:
        """Return the operating mode by its name."""
        return owner.owner_value(setting, found)

    def owner_writes(
        self, setting: OwnerSetting, value: OwnerValue, found: Settings
    ) -> tuple[Write, ...]:
        """Return what sets the operating mode."""
        if self.owner_range(setting) is None:
            raise DeviceRefusedError(f"this system has no {setting}")
        return owner.owner_writes(value, found)

    def writes_for(
        self, command: Command, owner: Settings, now: Settings
    ) -> tuple[Write, ...]:
        """Return the one write that brings a command about.

        A station that is to plan for itself has its tariff first, then the mode; what
        it is told otherwise begins once both are the owner's again. Raises
        DeviceRefusedError while somebody else has it.
        """
        released = command.mode is Mode.SELF_CONSUMPTION and command.tariff is None
        if self._external and not released:
            raise DeviceRefusedError("another energy manager has this system")
        if command.mode is Mode.SELF_CONSUMPTION:
            if command.tariff is None:
                return self.writes_for_release(owner, now)
            return (
                *self._manual_ended(owner, now),
                *planning.writes_for(command.tariff, owner),
            )
        charges = command.mode is Mode.CHARGE
        config = self._config
        most_w = config.max_charge_w if charges else config.max_discharge_w
        return (
            *planning.writes_back(owner),
            Write(MANUAL, wanted(command, most_w)),
        )

    def writes_for_release(self, owner: Settings, now: Settings) -> tuple[Write, ...]:
        """Return what ends the manual control; the operating mode then acts again.

        A control that somebody has begun meanwhile counts as the owner's, and stays.
        """
        return (*self._manual_ended(owner, now), *planning.writes_back(owner))

    def _manual_ended(self, owner: Settings, now: Settings) -> tuple[Write, ...]:
        kept = (owner.get(MANUAL), OFF)
        return () if now.get(MANUAL) in kept else (Write(MANUAL, OFF),)

    def owner_settings(self, found: Settings) -> Settings:
        """Return no manual control: by its nature, one is temporary."""
        manual = {MANUAL: OFF} if MANUAL in found else {}
        return {**manual, **planning.owners(found)}

    def safe_settings(self, found: Settings) -> Settings:
        """Return no manual control."""
        return self.owner_settings(found)

    async def write(self, write: Write) -> None:
        """Begin or end the manual control, or set what has it plan for itself.

        That it was acknowledged is no proof. Raises DeviceRefusedError.
        """
        if self._planning is not None and write.setting in self._planning.served:
            await self._planning.write(self._client, write)
            return
        if write.setting != MANUAL:
            raise DeviceRefusedError(f"cannot write {write.setting}")
        await self._manual.write(self._client, write.value)

    @property
    def _client(self) -> SigenCloud:
        if self._cloud is None:
            raise DeviceUnreachableError("there is no account to ask with")
        return self._cloud
