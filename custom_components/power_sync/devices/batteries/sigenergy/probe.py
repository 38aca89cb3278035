"""Finding out whether a Sigenergy plant with a battery answers, and its devices."""

import contextlib
from dataclasses import dataclass, field, replace
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
    WrongUnitError,
)
from custom_components.power_sync.devices.batteries.modbus import (
    NO_SIBLINGS,
    LinkOptions,
    Siblings,
)
from custom_components.power_sync.devices.batteries.modbus_link import (
    first_contact_error,
    pace,
    patience,
)
from custom_components.power_sync.model.battery import (
    BatteryIdentity,
    OwnerSetting,
    limited,
)

from .owner import owner_value
from .registers import (
    PLANT_UNIT,
    AcCharger,
    Battery,
    Control,
    Core,
    ExportLimit,
    Levels,
    Plate,
)
from .settings import (
    CONTROL_SETTINGS,
    EXPORT_LIMIT,
    MAX_SOC,
    MIN_SOC,
    RESERVE,
    within_limit_w,
)
from .telemetry import POWER_PLANT
from .units import SEARCHED, Units

BRAND: Final = "sigenergy"

_SEARCH_S: Final = 2.0
"""How long a unit id may stay silent until it is taken for nobody's."""
_SILENCES: Final = 2
"""So many silent ids in a row end the search once an inverter was found."""
_HIGHEST_CODE: Final = 20
"""Codes of modes and states are small; a larger one is another brand's register."""
_FULL_PCT: Final = 100


@dataclass(slots=True)
class _Found:
    """What the search for devices has found."""

    plates: dict[int, Plate] = field(default_factory=dict)
    charger: int | None = None


async def probe(
    unit: ModbusUnit, link: LinkOptions, siblings: Siblings = NO_SIBLINGS
) -> BatteryProbe:
    """Find out what answers at the plant's unit id and at those of its devices.

    An id that was typed and is not among those that are searched comes first.
    Raises DeviceUnreachableError, WrongUnitError where no inverter
    was found, NotThisBrandError, NoBatteryError or BatteryNotConnectedError.
    """
    plant = siblings.get(PLANT_UNIT, unit)
    for each in (plant, unit, *siblings.values()):
        pace(each, link)
    core = await _read_core(plant, link)
    battery = await _optional(Battery(plant), link)
    if not battery.capacity_kwh and not core.soc_pct:
        raise NoBatteryError("a plant without a battery")
    if core.soc_pct is None:
        raise BatteryNotConnectedError("the plant tells no state of charge")
    candidates = {
        unit_id: each for unit_id, each in siblings.items() if unit_id != PLANT_UNIT
    }
    found = await _search(candidates, replace(link, patience_s=_SEARCH_S))
    if not found.plates:
        raise WrongUnitError("no inverter of the plant was found")
    return await _describe(plant, link, core, battery, found)


async def _read_core(plant: ModbusUnit, link: LinkOptions) -> Core:
    """Read what every plant tells, and see whether it can be one."""
    core = Core(plant)
    try:
        async with patience(link):
            await core.async_update()
    except ModbusError as err:
        raise first_contact_error(plant, err) from err
    codes = (core.work_mode, core.has_grid_sensor, core.grid_state, core.running_state)
    if any(code is None or code > _HIGHEST_CODE for code in codes):
        raise NotThisBrandError("what answers has no states of a Sigenergy plant")
    if core.soc_pct is not None and core.soc_pct > _FULL_PCT:
        raise NotThisBrandError("what answers has no level of a Sigenergy plant")
    return core


async def _optional[C: Component](component: C, link: LinkOptions) -> C:
    """Read a component; its fields stay None where it is refused or silent."""
    with contextlib.suppress(ModbusError):
        async with patience(link):
            await component.async_update()
    return component


async def _search(candidates: Siblings, link: LinkOptions) -> _Found:
    """Find inverters and a charger, by ids that were typed and then in order."""
    found = _Found()
    silences = 0
    order = sorted(candidates, key=lambda unit_id: (unit_id in SEARCHED, unit_id))
    for unit_id in order:
        plate = Plate(candidates[unit_id])
        try:
            async with patience(link):
                await plate.async_update()
        except ModbusError as err:
            silences = silences + 1 if silent(err) else 0
            if not_served(err) and found.charger is None:
                # An AC charger usually has the first id, and no plate.
                charger = await _optional(AcCharger(candidates[unit_id]), link)
                found.charger = unit_id if charger.state is not None else None
            if found.plates and silences >= _SILENCES:
                break
            continue
        silences = 0
        serial = text(plate.serial) or ""
        if serial.isascii() and serial.isalnum():
            found.plates[unit_id] = plate
    return found


async def _describe(
    plant: ModbusUnit, link: LinkOptions, core: Core, battery: Battery, found: _Found
) -> BatteryProbe:
    """Read the settings, and put everything together."""
    control = await _optional(Control(plant), link)
    limit = await _optional(ExportLimit(plant), link)
    levels = await _optional(Levels(plant), link)
    first = next(iter(found.plates.values()))
    rated_w = core.max_active_w or sum(p.rated_w or 0 for p in found.plates.values())
    owner = {
        EXPORT_LIMIT: limit.export_limit_w,
        RESERVE: levels.reserve_10th,
        MAX_SOC: levels.max_soc_10th,
        MIN_SOC: levels.min_soc_10th,
    }
    parts = (control.remote_ems, control.remote_ems_mode)
    limits = (control.max_charge_w, control.max_discharge_w)
    can_force = None not in (*parts, *limits)
    charge_w, discharge_w = (
        within_limit_w(rating or rated_w, None if control.remote_ems else owners)
        for rating, owners in zip(
            (battery.rated_charge_w, battery.rated_discharge_w), limits, strict=True
        )
    )
    return BatteryProbe(
        config=BatteryConfig(
            identity=BatteryIdentity(
                brand=BRAND,
                serial=text(first.serial) or "",
                model=text(first.model) or "plant",
                sw_version=text(first.firmware),
            ),
            rated_power_w=rated_w,
            capacity_kwh=battery.capacity_kwh or None,
            max_charge_w=charge_w,
            max_discharge_w=discharge_w,
            settings=(CONTROL_SETTINGS if can_force else frozenset())
            | {setting for setting, value in owner.items() if value is not None},
            variant=Units(tuple(found.plates), found.charger).stored(),
        ),
        soc_pct=core.soc_pct,
        min_soc_pct=owner_value(OwnerSetting.MIN_SOC_PCT, owner),
        max_soc_pct=owner_value(OwnerSetting.MAX_SOC_PCT, owner),
        backup_reserve_pct=owner_value(OwnerSetting.BACKUP_RESERVE_PCT, owner),
        export_limit_w=limited(owner_value(OwnerSetting.EXPORT_LIMIT_W, owner)),
        caveat=_caveat(core, can_force=can_force),
    )


def _caveat(core: Core, *, can_force: bool) -> Caveat | None:
    """Return what keeps the battery from being controlled in full."""
    if not can_force:
        return Caveat.NO_FORCING
    return Caveat.EXTERNAL_CONTROL if core.work_mode == POWER_PLANT else None
