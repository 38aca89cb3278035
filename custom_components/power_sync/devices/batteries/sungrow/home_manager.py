"""An iHomeManager: telemetry of a whole home, and never a write.

It plans for itself and overwrites what others set, so PowerSync only watches.
Its map is its own, at unit 247: powers in steps of 10 W, low word first. It has
no serial number, so one of them is told from another by its type code.
"""

from collections.abc import Callable
import contextlib
from datetime import datetime
from typing import Final

from modbus_connection import ModbusError, ModbusUnit
from modbus_connection.model import (
    Component,
    NumberField,
    Range,
    gauge,
    int32,
    string,
    uint32,
)

from custom_components.power_sync.devices.batteries.blocks import text
from custom_components.power_sync.devices.batteries.brand import (
    BatteryConfig,
    BatteryNotConnectedError,
    BatteryProbe,
    Caveat,
    utc_now,
)
from custom_components.power_sync.devices.batteries.figures import (
    S32_NONE,
    U16_NONE,
    U32_NONE,
    percent,
    positive,
    within,
)
from custom_components.power_sync.devices.batteries.modbus import LinkOptions
from custom_components.power_sync.devices.batteries.modbus_link import (
    device_error,
    pace,
    patience,
    recycle,
)
from custom_components.power_sync.devices.batteries.own_settings import NoOwnerSettings
from custom_components.power_sync.devices.protocols import DeviceRefusedError
from custom_components.power_sync.model.battery import (
    BatteryIdentity,
    BatteryReading,
    Capabilities,
    Command,
    Mode,
    Settings,
    Write,
)

from .codes import BRAND
from .telemetry import PLAUSIBLE_W

HOME_MANAGER: Final = "ihomemanager"
"""The variant that is stored."""

_HOME: tuple[Range, ...] = ((8144, 8178),)


def _power(address: int) -> NumberField[float]:
    return int32(address, scale=10, word_order="little", nan=S32_NONE)


def _tenths32(address: int, scale: float = 0.1) -> NumberField[float]:
    return uint32(address, scale=scale, word_order="little", nan=U32_NONE)


class Plate(Component):
    """What kind of device it is."""

    register_space = "input"
    type_code = gauge(7999, 1, signed=False, nan=U16_NONE)
    protocol = string(8000, 2)


class Software(Component):
    """Its software. Not on older ones."""

    register_space = "input"
    version = string(8317, 15)


class Home(Component):
    """Sizes, powers and counters of the whole home, in one request.

    Grid power is positive while importing, battery power while charging.
    """

    register_space = "input"
    register_ranges = _HOME
    rated_w = _tenths32(8144, 100)
    capacity_kwh = _tenths32(8146)
    max_charge_w = gauge(8150, 100, signed=False, nan=U16_NONE)
    max_discharge_w = gauge(8152, 100, signed=False, nan=U16_NONE)
    grid_w = _power(8156)
    load_w = _power(8158)
    charging_w = _power(8160)
    soc_pct = gauge(8162, 0.1, signed=False, nan=U16_NONE)
    import_kwh = _tenths32(8175)
    export_kwh = _tenths32(8177)


async def probe_home_manager(
    unit: ModbusUnit, link: LinkOptions
) -> BatteryProbe | None:
    """Return the iHomeManager at `unit`, or None where it is something else.

    Raises BatteryNotConnectedError where it knows of no battery.
    """
    plate, home = Plate(unit), Home(unit)
    try:
        async with patience(link):
            await plate.async_update()
            await home.async_update()
    except ModbusError:
        return None
    if not plate.type_code or not text(plate.protocol) or home.grid_w is None:
        return None
    if home.soc_pct is None:
        raise BatteryNotConnectedError("the iHomeManager tells no state of charge")
    software = Software(unit)
    with contextlib.suppress(ModbusError):
        async with patience(link):
            await software.async_update()
    rated_w = home.rated_w or 0.0
    return BatteryProbe(
        config=BatteryConfig(
            identity=BatteryIdentity(
                brand=BRAND,
                serial=f"IHM{int(plate.type_code):04X}",
                model="iHomeManager",
                sw_version=text(software.version),
            ),
            rated_power_w=rated_w,
            capacity_kwh=home.capacity_kwh or None,
            max_charge_w=home.max_charge_w or rated_w,
            max_discharge_w=home.max_discharge_w or rated_w,
            settings=frozenset(),
            variant=HOME_MANAGER,
        ),
        soc_pct=home.soc_pct,
        min_soc_pct=None,
        max_soc_pct=None,
        backup_reserve_pct=None,
        export_limit_w=None,
        caveat=Caveat.TELEMETRY_ONLY,
    )


class HomeManager(NoOwnerSettings):
    """A battery behind an iHomeManager: it can be watched and nothing else."""

    def __init__(
        self,
        unit: ModbusUnit,
        config: BatteryConfig,
        *,
        now: Callable[[], datetime] = utc_now,
        link: LinkOptions,
    ) -> None:
        """Take the unit and what a probe found; nothing is read yet."""
        self._unit = unit
        self._config = config
        self._now = now
        self._link = link
        self._home = Home(unit)
        pace(unit, link)

    @property
    def identity(self) -> BatteryIdentity:
        """Which one this driver was set up for."""
        return self._config.identity

    @property
    def capabilities(self) -> Capabilities:
        """It runs by itself, and that is all."""
        return Capabilities(
            modes=frozenset({Mode.SELF_CONSUMPTION}),
            max_charge_w=self._config.max_charge_w,
            max_discharge_w=self._config.max_discharge_w,
            settle=self._link.settle,
            poll_every=self._link.poll_every,
        )

    async def read(self) -> BatteryReading:
        """Read it. Raises DeviceUnreachableError or DeviceRefusedError."""
        at = self._now()
        try:
            async with patience(self._link):
                await self._home.async_update()
        except ModbusError as err:
            await recycle(self._unit, err)
            raise device_error(err) from err
        return _reading(self._home, self._config, at)

    async def read_settings(self) -> Settings:
        """Return nothing: there is nothing that it may be told."""
        return {}

    def writes_for(
        self, command: Command, owner: Settings, now: Settings
    ) -> tuple[Write, ...]:
        """Return nothing for normal operation, and refuse the rest."""
        if command.mode is not Mode.SELF_CONSUMPTION:
            raise DeviceRefusedError("an iHomeManager controls the battery itself")
        return ()

    def writes_for_release(self, owner: Settings, now: Settings) -> tuple[Write, ...]:
        """Return nothing: nothing was ever taken."""
        return ()

    def owner_settings(self, found: Settings) -> Settings:
        """Return nothing."""
        return {}

    def safe_settings(self, found: Settings) -> Settings:
        """Return nothing."""
        return {}

    async def write(self, write: Write) -> None:
        """Refuse, whatever it is."""
        raise DeviceRefusedError("nothing is ever written to an iHomeManager")


def _reading(home: Home, config: BatteryConfig, at: datetime) -> BatteryReading:
    """Return what the registers say, in the common signs."""
    grid_w, load_w = within(home.grid_w, PLAUSIBLE_W), within(home.load_w, PLAUSIBLE_W)
    charging_w = within(home.charging_w, PLAUSIBLE_W)
    battery_w = None if charging_w is None else -charging_w
    solar_w = None
    if None not in (grid_w, load_w, battery_w):
        # What its inverters deliver together includes the battery, so the sun
        # is what is left of the load. Losses and rounding may take it below 0.
        solar_w = max(0.0, (load_w or 0) - (grid_w or 0) - (battery_w or 0))
    return BatteryReading(
        at=at,
        soc_pct=percent(home.soc_pct),
        battery_power_w=battery_w,
        solar_power_w=solar_w,
        grid_power_w=grid_w,
        load_power_w=positive(load_w),
        capacity_kwh=home.capacity_kwh or config.capacity_kwh,
        max_charge_w=home.max_charge_w or config.max_charge_w,
        max_discharge_w=home.max_discharge_w or config.max_discharge_w,
        import_energy_kwh=home.import_kwh,
        export_energy_kwh=home.export_kwh,
    )
