"""Finding out whether a Sungrow hybrid with a battery answers, and which."""

from typing import Final

from modbus_connection import ModbusError, ModbusUnit
from modbus_connection.model import Component

from custom_components.power_sync.devices.batteries.blocks import (
    not_served,
    silent,
    text,
)
from custom_components.power_sync.devices.batteries.brand import (
    BatteryConfig,
    BatteryNotConnectedError,
    BatteryProbe,
    Caveat,
    NoBatteryError,
    NotThisBrandError,
    UnsupportedModelError,
    WrongUnitError,
)
from custom_components.power_sync.devices.batteries.modbus import (
    NO_SIBLINGS,
    LinkOptions,
    Siblings,
)
from custom_components.power_sync.devices.batteries.modbus_link import (
    device_error,
    first_contact_error,
    nobody_at_unit,
    pace,
    patience,
)
from custom_components.power_sync.devices.protocols import DeviceError
from custom_components.power_sync.model.battery import (
    BatteryIdentity,
    OwnerSetting,
    limited,
)

from .codes import BRAND, COMMERCIAL_MODELS, MODELS
from .home_manager import probe_home_manager
from .owner import OwnerLimits, found_in, owner_value
from .registers import (
    Battery,
    Bms,
    Capacity,
    Ceilings,
    Control,
    ExportBounds,
    ExportLimit,
    ExportRatio,
    ExportSwitch,
    Firmware,
    Nameplate,
    Ratings,
    Reserve,
    SocLimits,
    WideExportLimit,
)
from .settings import (
    CONTROL_SETTINGS,
    EXPORT_LIMIT,
    EXTERNAL_MODES,
    MAX_CHARGE,
    MAX_DISCHARGE,
    within_ceiling_w,
)

_SILENCES: Final = 2
"""So many optional reads may go unanswered until the rest is left out."""


async def probe(
    unit: ModbusUnit, link: LinkOptions, siblings: Siblings = NO_SIBLINGS
) -> BatteryProbe:
    """Find out what answers at `unit`.

    Only the nameplate and the battery's own registers are needed; everything
    else may be refused or stay silent, as some communication modules hang up on
    registers they do not know.

    Raises DeviceUnreachableError, WrongUnitError, NotThisBrandError,
    UnsupportedModelError, NoBatteryError or BatteryNotConnectedError.
    """
    pace(unit, link)
    try:
        nameplate = await _read_nameplate(unit, link)
    except (NotThisBrandError, WrongUnitError) as err:
        # An iHomeManager has a map of its own, and no nameplate of an inverter.
        manager = None if _nobody(err) else await probe_home_manager(unit, link)
        if manager is None:
            raise
        return manager
    battery = await _read_battery(unit, link, nameplate)
    return await _describe(unit, link, nameplate, battery)


async def _read_nameplate(unit: ModbusUnit, link: LinkOptions) -> Nameplate:
    """Read serial, model and power, as every Sungrow inverter serves them."""
    nameplate = Nameplate(unit)
    try:
        async with patience(link):
            await nameplate.async_update()
    except ModbusError as err:
        raise first_contact_error(unit, err) from err
    serial = text(nameplate.serial) or ""
    if not (serial.isascii() and serial.isalnum()):
        raise NotThisBrandError("what answers has no serial of a Sungrow")
    if not nameplate.type_code or not nameplate.rated_power_w:
        raise NotThisBrandError("what answers has no model of a Sungrow")
    if nameplate.type_code in COMMERCIAL_MODELS:
        raise UnsupportedModelError("a commercial hybrid: its registers differ")
    return nameplate


def _nobody(error: DeviceError) -> bool:
    """Whether a gateway has said that nothing answers for this unit id."""
    return isinstance(error.__cause__, ModbusError) and nobody_at_unit(error.__cause__)


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
        self.refused = False
        """Whether the device said of the last component that it lacks it."""

    async def read[C: Component](self, component: C) -> C:
        """Read a component; its fields stay None where that does not work."""
        self.refused = False
        if self._silences < _SILENCES:
            try:
                async with patience(self._link):
                    await component.async_update()
            except ModbusError as err:
                self._silences += silent(err)
                self.refused = not_served(err)
        return component


async def _describe(
    unit: ModbusUnit, link: LinkOptions, nameplate: Nameplate, battery: Battery
) -> BatteryProbe:
    """Read the rest, the most important first, and put it together."""
    optional = _Optional(link)
    ratings = await optional.read(Ratings(unit))
    ceilings = await optional.read(Ceilings(unit))
    control = await optional.read(Control(unit))
    can_force = not optional.refused
    bms = await optional.read(Bms(unit))
    owner = await _read_owner(unit, optional)
    firmware = await optional.read(Firmware(unit))
    capacity_kwh = bms.capacity_kwh
    if not capacity_kwh:
        capacity_kwh = (await optional.read(Capacity(unit))).capacity_kwh
    rated_w = nameplate.rated_power_w or 0
    battery_w = ratings.battery_power_w or rated_w
    code = nameplate.type_code or 0
    bounds = await optional.read(ExportBounds(unit))
    limits = OwnerLimits(
        rated_w=rated_w,
        battery_w=battery_w,
        export_least_w=bounds.least_w or 0,
        export_most_w=bounds.most_w or rated_w,
    )
    owner |= {
        MAX_CHARGE: ceilings.max_charge_10w,
        MAX_DISCHARGE: ceilings.max_discharge_10w,
    }
    served = {setting for setting, value in owner.items() if value is not None}
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
            settings=(CONTROL_SETTINGS if can_force else frozenset()) | served,
        ),
        soc_pct=battery.soc_pct,
        min_soc_pct=owner_value(OwnerSetting.MIN_SOC_PCT, owner, limits),
        max_soc_pct=owner_value(OwnerSetting.MAX_SOC_PCT, owner, limits),
        backup_reserve_pct=owner_value(OwnerSetting.BACKUP_RESERVE_PCT, owner, limits),
        export_limit_w=limited(owner_value(OwnerSetting.EXPORT_LIMIT_W, owner, limits)),
        caveat=_caveat(control, can_force=can_force),
    )


def _caveat(control: Control, *, can_force: bool) -> Caveat | None:
    """Return what keeps the battery from being controlled in full."""
    if not can_force:
        return Caveat.NO_FORCING
    if control.ems_mode in EXTERNAL_MODES:
        return Caveat.EXTERNAL_CONTROL
    return None


async def _read_owner(unit: ModbusUnit, optional: _Optional) -> dict[str, int | None]:
    """Read the owner's settings; the wide export limit where there is no other."""
    components: list[Component] = [
        SocLimits(unit),
        Reserve(unit),
        ExportSwitch(unit),
        ExportLimit(unit),
        ExportRatio(unit),
    ]
    for component in components:
        await optional.read(component)
    found = found_in(components)
    if found[EXPORT_LIMIT] is None:
        found |= found_in([*components, await optional.read(WideExportLimit(unit))])
    return found
