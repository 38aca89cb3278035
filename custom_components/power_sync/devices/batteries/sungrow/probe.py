"""Finding out whether a Sungrow hybrid with a battery answers, and which."""

from typing import Final

from modbus_connection import (
    ModbusError,
    ModbusExceptionError,
    ModbusTimeoutError,
    ModbusUnit,
)
from modbus_connection.model import Component

from custom_components.power_sync.devices.batteries.brand import (
    BatteryConfig,
    BatteryNotConnectedError,
    BatteryProbe,
    LinkOptions,
    NoBatteryError,
    NotThisBrandError,
    UnsupportedModelError,
    WrongUnitError,
)
from custom_components.power_sync.devices.protocols import (
    DeviceError,
    DeviceUnreachableError,
)
from custom_components.power_sync.model.battery import BatteryIdentity

from .blocks import not_served, silent
from .codes import COMMERCIAL_MODELS, MODELS
from .link import LAN, device_error, nobody_at_unit, pace, patience
from .registers import (
    Battery,
    Bms,
    Capacity,
    Ceilings,
    ExportLimit,
    ExportSwitch,
    Firmware,
    Nameplate,
    Ratings,
    Reserve,
    SocLimits,
    text,
)
from .settings import (
    CONTROL_SETTINGS,
    MAX_CHARGE,
    MAX_DISCHARGE,
    within_ceiling_w,
)
from .telemetry import export_limit_w, min_soc_pct

BRAND: Final = "sungrow"

_SILENCES: Final = 2
"""So many optional reads may go unanswered until the rest is left out."""


async def probe(unit: ModbusUnit, link: LinkOptions = LAN) -> BatteryProbe:
    """Find out what answers at `unit`.

    Only the nameplate and the battery's own registers are needed; everything
    else may be refused or stay silent, as some communication modules hang up on
    registers they do not know.

    Raises DeviceUnreachableError, WrongUnitError, NotThisBrandError,
    UnsupportedModelError, NoBatteryError or BatteryNotConnectedError.
    """
    pace(unit, link)
    nameplate = await _read_nameplate(unit, link)
    battery = await _read_battery(unit, link, nameplate)
    return await _describe(unit, link, nameplate, battery)


async def _read_nameplate(unit: ModbusUnit, link: LinkOptions) -> Nameplate:
    """Read serial, model and power, as every Sungrow inverter serves them."""
    nameplate = Nameplate(unit)
    try:
        async with patience(link):
            await nameplate.async_update()
    except ModbusError as err:
        raise _first_contact_error(unit, err) from err
    serial = text(nameplate.serial) or ""
    if not (serial.isascii() and serial.isalnum()):
        raise NotThisBrandError("what answers has no serial of a Sungrow")
    if not nameplate.type_code or not nameplate.rated_power_w:
        raise NotThisBrandError("what answers has no model of a Sungrow")
    if nameplate.type_code in COMMERCIAL_MODELS:
        raise UnsupportedModelError("a commercial hybrid: its registers differ")
    return nameplate


def _first_contact_error(unit: ModbusUnit, error: ModbusError) -> DeviceError:
    """Return why nothing was learnt at the first request."""
    if nobody_at_unit(error):
        return WrongUnitError(str(error))
    if isinstance(error, ModbusTimeoutError) and unit.connected:
        return WrongUnitError(str(error))
    if isinstance(error, ModbusExceptionError):
        return NotThisBrandError(str(error))
    return DeviceUnreachableError(str(error))


async def _read_battery(
    unit: ModbusUnit, link: LinkOptions, nameplate: Nameplate
) -> Battery:
    """Read the battery's own registers, which tell a hybrid from the others."""
    battery = Battery(unit)
    try:
        async with patience(link):
            await battery.async_update()
    except ModbusError as err:
        if not not_served(err):
            raise device_error(err) from err
    if battery.soc_pct is None:
        if nameplate.type_code in MODELS:
            raise BatteryNotConnectedError("the inverter tells no state of charge")
        raise NoBatteryError("a solar inverter without battery")
    if not battery.soc_pct and not battery.voltage_v:
        raise BatteryNotConnectedError("neither charge nor voltage at the battery")
    return battery


class _Optional:
    """Reads what may be missing; gives up on all once too much is silent."""

    def __init__(self, link: LinkOptions) -> None:
        """Start with nothing silent."""
        self._link = link
        self._silences = 0

    async def read[C: Component](self, component: C) -> C:
        """Read a component; its fields stay None where that does not work."""
        if self._silences < _SILENCES:
            try:
                async with patience(self._link):
                    await component.async_update()
            except ModbusError as err:
                self._silences += silent(err)
        return component


async def _describe(
    unit: ModbusUnit, link: LinkOptions, nameplate: Nameplate, battery: Battery
) -> BatteryProbe:
    """Read the rest, the most important first, and put it together."""
    optional = _Optional(link)
    ratings = await optional.read(Ratings(unit))
    ceilings = await optional.read(Ceilings(unit))
    bms = await optional.read(Bms(unit))
    soc_limits = await optional.read(SocLimits(unit))
    reserve = await optional.read(Reserve(unit))
    export_switch = await optional.read(ExportSwitch(unit))
    export_limit = await optional.read(ExportLimit(unit))
    firmware = await optional.read(Firmware(unit))
    capacity_kwh = bms.capacity_kwh
    if not capacity_kwh:
        capacity_kwh = (await optional.read(Capacity(unit))).capacity_kwh
    rated_w = nameplate.rated_power_w or 0
    battery_w = ratings.battery_power_w or rated_w
    code = nameplate.type_code or 0
    served = {
        setting
        for setting, ceiling in (
            (MAX_CHARGE, ceilings.max_charge_10w),
            (MAX_DISCHARGE, ceilings.max_discharge_10w),
        )
        if ceiling is not None
    }
    return BatteryProbe(
        config=BatteryConfig(
            identity=BatteryIdentity(
                brand=BRAND,
                serial=text(nameplate.serial) or "",
                model=MODELS.get(code, f"SH (0x{code:03X})"),
                sw_version=text(firmware.version),
            ),
            rated_power_w=rated_w,
            capacity_kwh=capacity_kwh or None,
            max_charge_w=within_ceiling_w(battery_w, ceilings.max_charge_10w),
            max_discharge_w=within_ceiling_w(battery_w, ceilings.max_discharge_10w),
            settings=CONTROL_SETTINGS | served,
        ),
        soc_pct=battery.soc_pct,
        min_soc_pct=min_soc_pct(soc_limits, None),
        max_soc_pct=soc_limits.max_soc_pct,
        backup_reserve_pct=reserve.reserve_pct,
        export_limit_w=export_limit_w(export_limit, export_switch),
    )
