"""The driver of a Powerwall, through Tesla's cloud.

Each answer may cost its owner money, so how the site is set is read every quarter of
an hour, and again whenever something is about to be written or has been. What was
written shows late: it is asked for a few times, and never sent twice in a row.
"""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import UTC, date, datetime, timedelta, tzinfo
from typing import Final
from zoneinfo import ZoneInfo

from custom_components.power_sync.devices.batteries.brand import BatteryConfig, utc_now
from custom_components.power_sync.devices.protocols import (
    DeviceError,
    DeviceRefusedError,
    DeviceUnreachableError,
)
from custom_components.power_sync.model.battery import (
    BatteryIdentity,
    BatteryReading,
    Capabilities,
    Command,
    Mode,
    OwnerAllowed,
    OwnerSetting,
    OwnerValue,
    Settings,
    SettingValue,
    Write,
)
from custom_components.power_sync.model.energy_history import (
    EnergyRow,
    Period,
    span_of,
)

from . import history, owner, settings, tariff, telemetry
from .access import Answer, TeslaSiteApi

BRAND: Final = "tesla"
AT_HAND: Final = "at_hand"
"""The variant whose gateway is at hand, and can be told a power."""
LIVE_EVERY: Final = timedelta(minutes=1)
INFO_EVERY: Final = timedelta(minutes=15)
INFO_FRESH: Final = timedelta(seconds=20)
"""What is written follows from what was read no longer ago than that."""
SHOWN_WITHIN_S: Final = (10.0, 20.0, 30.0)
"""When to look again for what was written and does not show yet."""
TARIFF_EVERY: Final = timedelta(minutes=5)
TARIFF_AGAIN: Final = timedelta(seconds=90)
"""So long one that does not show is not sent again: it may show late."""
UNTOLD_MOST: Final = 3
"""So often in a row an answer may lack what the site has: after that it has it not."""
SETTLE: Final = timedelta(seconds=5)
DISPATCHED_FOR: Final = timedelta(minutes=30)
HALF_HOURS: Final = 30
LEAST_W: Final = 1000.0
"""Of a plan that wants less than this, full power would be too far off."""


class TeslaBattery:
    """One energy site. `api` is None for one that only says its writes.

    `zone` is the home's clock, by which its tariff is meant where the site tells no
    zone of its own.
    """

    def __init__(  # noqa: PLR0913 - a clock and what goes by it, by keyword
        self,
        api: TeslaSiteApi | None,
        config: BatteryConfig,
        *,
        now: Callable[[], datetime] = utc_now,
        settle: timedelta = SETTLE,
        sleep: Callable[[float], Awaitable[object]] = asyncio.sleep,
        zone: tzinfo | None = None,
    ) -> None:
        """Take the way to the cloud and what the probe found; nothing is read yet."""
        self._site = api
        self._config = config
        self._now = now
        self._started = now()
        self._settle = settle
        self._sleep = sleep
        self._info: Answer = {}
        self._info_at: datetime | None = None
        self._home_zone = zone
        self._told_zone: tzinfo | None = None
        self._zone_name: str | None = None
        self._unseen: dict[str, SettingValue] = {}
        self._tariff_sent: tuple[SettingValue, datetime] | None = None
        self._tariff_refused = False
        self._untold = 0
        self._dispatched: tuple[str, datetime] | None = None

    @property
    def identity(self) -> BatteryIdentity:
        """Which battery this driver was set up for."""
        return self._config.identity

    @property
    def capabilities(self) -> Capabilities:
        """What it can do. Only a gateway at hand can be told a power."""
        config, served = self._config, self._config.settings
        modes = {Mode.SELF_CONSUMPTION}
        if settings.GRID_CHARGING in served:
            modes.add(Mode.NO_DISCHARGE)
        dispatches = config.variant == AT_HAND
        if dispatches or settings.TARIFF in served:
            modes |= {Mode.CHARGE, Mode.DISCHARGE}
        return Capabilities(
            modes=frozenset(modes),
            max_charge_w=config.max_charge_w,
            max_discharge_w=config.max_discharge_w,
            min_power_w=0.0 if dispatches else LEAST_W,
            sets_power=dispatches,
            slot_minutes=5 if dispatches else HALF_HOURS,
            min_interval=timedelta(minutes=1) if dispatches else TARIFF_EVERY,
            device_expiry=DISPATCHED_FOR if dispatches else None,
            settle=self._settle,
            poll_every=LIVE_EVERY,
            plans_itself=settings.TARIFF in served,
            tariff_zone=self._zone,
        )

    @property
    def _zone(self) -> tzinfo | None:
        """The site's own clock; None where nobody knows it, or before it was read."""
        return (self._told_zone or self._home_zone) if self._info else None

    async def read(self) -> BatteryReading:
        """Read it."""
        at = self._now()
        if self._info_at is None or at - self._info_at >= INFO_EVERY:
            await self._read_info()
        return telemetry.reading_of(await self._api.live_status(), self._info, at)

    async def read_settings(self) -> Settings:
        """Read every setting, unless that was done lately and nothing was written."""
        at = self._now()
        if self._unseen:
            await self._see()
        elif self._info_at is None or at - self._info_at >= INFO_EVERY:
            await self._read_info()
        found = self._present()
        self._check_told(found)
        return found

    def _check_told(self, found: Settings) -> None:
        """Raise where the last answer lacks what this site has: it is no word on it."""
        needed = settings.NEEDED & self._config.settings
        if all(found[name] is not None for name in needed):
            self._untold = 0
            return
        self._untold += 1
        if self._untold <= UNTOLD_MOST:
            self._info_at = None
            raise DeviceUnreachableError("the cloud does not tell how the site is set")

    async def _see(self) -> None:
        """Read until what was written shows, or long enough."""
        await self._read_info()
        for wait_s in SHOWN_WITHIN_S:
            present = self._present()
            if all(present.get(key) == value for key, value in self._unseen.items()):
                break
            await self._sleep(wait_s)
            await self._read_info()
        self._unseen = {}

    def _present(self) -> dict[str, SettingValue]:
        at = self._now()
        found: dict[str, SettingValue] = telemetry.settings_of(self._info)
        found[settings.SLOT] = settings.slot_text(at, self._zone)
        if self._config.variant == AT_HAND:
            found[settings.DISPATCH] = self._dispatch_now(at)
        return found

    def _dispatch_now(self, at: datetime) -> SettingValue:
        """Return what the gateway does as told; None where nobody knows any more."""
        if self._dispatched is None:
            unknown = at - self._started < DISPATCHED_FOR
            return None if unknown else settings.OFF
        value, until = self._dispatched
        return value if at < until else settings.OFF

    async def _read_info(self) -> None:
        info = await self._api.site_info()
        name = telemetry.zone_of(info)
        if name != self._zone_name and name is not None:
            try:
                # The zone's file is read from the disk.
                self._told_zone = await asyncio.to_thread(ZoneInfo, name)
            except KeyError, OSError, ValueError:
                raise DeviceUnreachableError(
                    "the site's time zone is unknown"
                ) from None
            self._zone_name = name
        self._info, self._info_at = info, self._now()

    async def energy_history(self, period: Period, last: date) -> list[EnergyRow]:
        """Return what the site's calendar tells, in the site's own days."""
        if self._info_at is None:
            await self._read_info()
        start, end = span_of(period, last, self._zone or UTC)
        query = {
            "period": period.value,
            "start_date": start.isoformat(),
            "end_date": (end - timedelta(seconds=1)).isoformat(),
        }
        if self._zone_name is not None:
            query["time_zone"] = self._zone_name
        return history.rows_of(await self._api.history(query), start, end)

    def writes_for(
        self, command: Command, owner: Settings, now: Settings
    ) -> tuple[Write, ...]:
        """Return the writes that bring a command about."""
        if command.mode is Mode.SELF_CONSUMPTION and command.tariff is None:
            return self.writes_for_release(owner, now)
        charges = command.mode is Mode.CHARGE
        config = self._config
        most_w = config.max_charge_w if charges else config.max_discharge_w
        return settings.writes_for(command, owner, now, most_w)

    def writes_for_release(self, owner: Settings, now: Settings) -> tuple[Write, ...]:
        """Return what gives the battery back, the flow stopped first."""
        return settings.writes_for_release(owner, now)

    def owner_settings(self, found: Settings) -> Settings:
        """Return the owner's settings; a tariff that forces is never theirs."""
        return settings.owner_settings(found, self._flat())

    def safe_settings(self, found: Settings) -> Settings:
        """Return self-powered, nothing from the grid, nothing of the battery to it."""
        return settings.safe_settings(found, self._flat())

    def _flat(self) -> str:
        return tariff.value_of(tariff.flat_tariff(telemetry.currency_of(self._info)))

    def owner_range(self, setting: OwnerSetting) -> OwnerAllowed | None:
        """Return what reserve, mode, rules and Storm Watch can be."""
        return owner.owner_range(setting, self._config.settings)

    async def read_owner(self) -> Settings:
        """Read reserve, mode, rules and Storm Watch."""
        return owner.owners(await self.read_settings())

    def owner_value(self, setting: OwnerSetting, found: Settings) -> OwnerValue:
        """Return an owner's setting; the reserve in percent."""
        return owner.owner_value(setting, found)

    def owner_writes(
        self, setting: OwnerSetting, value: OwnerValue, found: Settings
    ) -> tuple[Write, ...]:
        """Return what sets it; no reserve between 80 and 100 % can be."""
        if self.owner_range(setting) is None:
            raise DeviceRefusedError(f"a Powerwall has no {setting} = {value}")
        return owner.owner_writes(setting, value, found)

    async def write(self, write: Write) -> None:
        """Write one setting. That it was acknowledged is no proof."""
        await self._check_fresh()
        try:
            await self._write(write.setting, write.value)
        except DeviceError:
            # Nobody knows whether it was done.
            self._info_at = None
            raise
        self._unseen[write.setting] = write.value

    async def _write(self, setting: str, value: SettingValue) -> None:
        match setting, value:
            case settings.MODE, str() as mode:
                self._check_mode(mode)
                await self._api.set_mode(mode)
            case settings.RESERVE, int() as percent if settings.can_set_reserve(
                percent
            ):
                await self._api.set_reserve(percent)
            case settings.GRID_CHARGING, bool() as allowed:
                await self._api.set_grid_charging(allowed=allowed)
            case settings.EXPORT_RULE, str() as rule:
                await self._api.set_export_rule(rule)
            case settings.TARIFF, str() as text:
                await self._set_tariff(text)
            case settings.STORM, bool() as enabled:
                await self._api.set_storm_mode(enabled=enabled)
            case settings.DISPATCH, str() as text:
                await self._dispatch(text)
            case _:
                raise DeviceRefusedError(f"cannot write {setting}")

    def _check_mode(self, mode: str) -> None:
        """Raise where the mode would heed a tariff that could not be taken away."""
        held = self._present()[settings.TARIFF]
        if mode == settings.BY_TARIFF and self._tariff_refused and tariff.forces(held):
            raise DeviceRefusedError("a tariff that forces is still there")

    async def _check_fresh(self) -> None:
        """Raise where something was changed since what is written was worked out."""
        at, before = self._now(), self._present()
        if self._unseen or (self._info_at and at - self._info_at < INFO_FRESH):
            return
        await self._read_info()
        after = self._present()
        if before | {settings.SLOT: after[settings.SLOT]} != after:
            raise DeviceUnreachableError("something was changed in the meantime")

    async def _set_tariff(self, value: str) -> None:
        """Upload a tariff, but not the same one twice in a row."""
        at = self._now()
        if self._tariff_sent is not None:
            sent, when = self._tariff_sent
            if sent == value and at - when < TARIFF_AGAIN:
                return
        # Should this fail, nobody knows which one is there.
        self._tariff_sent = None
        content = tariff.content_of(value, telemetry.currency_of(self._info))
        try:
            await self._api.set_tariff(content)
        except DeviceRefusedError:
            self._tariff_refused = True
            raise
        self._tariff_refused = False
        self._tariff_sent = value, at

    async def _dispatch(self, value: str) -> None:
        if value == settings.OFF:
            await self._api.resume()
            self._dispatched = value, self._now()
            return
        await self._api.dispatch(settings.dispatched_w(value), DISPATCHED_FOR)
        self._dispatched = value, self._now() + DISPATCHED_FOR

    @property
    def _api(self) -> TeslaSiteApi:
        if self._site is None:
            raise DeviceUnreachableError("there is nobody to ask")
        return self._site
