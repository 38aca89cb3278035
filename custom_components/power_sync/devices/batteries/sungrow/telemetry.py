"""From registers to a reading in the common signs."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from types import MappingProxyType
from typing import Final

from custom_components.power_sync.devices.batteries.brand import BatteryConfig
from custom_components.power_sync.devices.batteries.figures import (
    percent,
    positive,
    total,
    within,
)
from custom_components.power_sync.devices.batteries.phases import phase_voltages
from custom_components.power_sync.model.battery import (
    BatteryReading,
    OwnerSetting,
    Settings,
    limited,
)

from .codes import FAULT_STATES, ISLANDED_STATES, RUNNING_STATES, T_MODELS
from .owner import OwnerLimits, owner_value
from .registers import (
    CHARGING_BIT,
    DISCHARGING_BIT,
    SWITCH_ON,
    AcLimit,
    Battery,
    BatteryPower,
    Bms,
    Flows,
    Meter,
    MeterPhases,
    Phases,
    RsAcLimit,
    Solar,
    Status,
    Totals,
)

PLAUSIBLE_W: Final = 100_000
"""A 32-bit power beyond this is a bad decode, not a home."""

EXTERNAL_EMS: Final = "external_ems"
"""The running state under another energy manager."""

PHASES_OF: Final[Mapping[int | None, int]] = MappingProxyType({0: 1, 1: 3})
"""How many phases there are by output type: single, and three with neutral."""

PHASES_DIFFER_W: Final = 100.0
PHASES_DIFFER: Final = 0.05
"""What phases come to may differ so much from the power of all, read beside them."""

_WHOLE_PERCENT: Final = 100
"""A state of health up to this many tenths is really in whole percent."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Registers:
    """What is known of each group of registers; None stands for nothing."""

    battery: Battery
    status: Status | None
    flows: Flows | None
    totals: Totals | None
    solar: Solar | None
    power: BatteryPower | None
    meter: Meter | None
    meter_phases: MeterPhases | None
    bms: Bms | None
    phases: Phases | None
    ac_limit: AcLimit | RsAcLimit | None
    owner: Settings
    """The owner's settings, raw."""
    limits: OwnerLimits


def reading(regs: Registers, config: BatteryConfig, at: datetime) -> BatteryReading:
    """Return what the registers say, in the common signs."""
    solar_w = positive(_plausible(regs.solar.power_w if regs.solar else None))
    battery_w = _battery_w(regs, has_legacy=config.identity.model not in T_MODELS)
    grid_w = _grid_w(regs)
    load_w = _plausible(regs.flows.load_w if regs.flows else None)
    if load_w is None:
        load_w = total(solar_w, battery_w, grid_w)
    state = running_state(regs.status)
    totals = regs.totals
    bms = regs.bms
    return BatteryReading(
        at=at,
        soc_pct=percent(regs.battery.soc_pct),
        battery_power_w=battery_w,
        solar_power_w=solar_w,
        grid_power_w=grid_w,
        # A load below zero is another solar inverter behind the meter: how
        # much the home draws is not known then.
        load_power_w=positive(load_w),
        soh_pct=_soh_pct(regs.battery.soh_raw),
        temperature_c=regs.battery.temperature_c,
        capacity_kwh=(bms.capacity_kwh if bms else None) or config.capacity_kwh,
        min_soc_pct=_floor_pct(regs),
        max_soc_pct=percent(
            owner_value(OwnerSetting.MAX_SOC_PCT, regs.owner, regs.limits)
        ),
        max_charge_w=_allowed_w(
            config.max_charge_w, bms.max_charge_a if bms else None, regs.battery
        ),
        max_discharge_w=_allowed_w(
            config.max_discharge_w, bms.max_discharge_a if bms else None, regs.battery
        ),
        export_limit_w=limited(
            owner_value(OwnerSetting.EXPORT_LIMIT_W, regs.owner, regs.limits)
        ),
        islanded=None if state is None else state in ISLANDED_STATES,
        owner=regs.owner,
        fault=None if state is None else state in FAULT_STATES,
        solar_energy_kwh=totals.solar_kwh if totals else None,
        import_energy_kwh=totals.import_kwh if totals else None,
        export_energy_kwh=totals.export_kwh if totals else None,
        charge_energy_kwh=totals.charge_kwh if totals else None,
        discharge_energy_kwh=totals.discharge_kwh if totals else None,
        load_energy_kwh=_load_kwh(totals),
        phase_voltages_v=_phase_voltages_v(regs.phases),
        grid_phases_w=_grid_phases_w(regs.meter_phases, grid_w),
        extra={
            "running_state": state or _hex(regs.status),
            "ac_limit_pct": _ac_limit_pct(regs.ac_limit),
            "battery_voltage_v": regs.battery.voltage_v,
            "load_register_w": regs.flows.load_w if regs.flows else None,
        },
    )


def _phase_voltages_v(told: Phases | None) -> tuple[float | None, ...]:
    """Return the voltages of the phases; without neutral there are none to tell."""
    phases = None if told is None else PHASES_OF.get(told.output_type)
    if told is None or phases is None:
        return ()
    return phase_voltages((told.phase_a_v, told.phase_b_v, told.phase_c_v), phases)


def _grid_phases_w(told: MeterPhases | None, grid_w: float | None) -> tuple[float, ...]:
    """Return the power of each phase at the meter, + importing.

    Only where they come to the power of all: a meter of one phase may tell zeros.
    """
    if told is None or grid_w is None:
        return ()
    phases = (told.phase_a_w, told.phase_b_w, told.phase_c_w)
    known = tuple(watts for watts in phases if watts is not None)
    differs_w = abs(sum(known) - grid_w)
    fits = differs_w <= max(PHASES_DIFFER_W, PHASES_DIFFER * abs(grid_w))
    return known if fits and len(known) == len(phases) else ()


def _floor_pct(regs: Registers) -> float | None:
    """Return the floor of the state of charge: the higher of limit and reserve."""
    floors = (
        percent(owner_value(setting, regs.owner, regs.limits))
        for setting in (OwnerSetting.MIN_SOC_PCT, OwnerSetting.BACKUP_RESERVE_PCT)
    )
    return max((floor for floor in floors if floor is not None), default=None)


def _battery_w(regs: Registers, *, has_legacy: bool) -> float | None:
    """Return the battery power, + discharging.

    The signed register is taken where there is one. Whether the older one is
    signed depends on model and firmware, so its magnitude gets its sign from
    the power flow bits; its own sign counts where neither bit is set.
    """
    signed_w = _plausible(regs.power.power_w if regs.power else None)
    if signed_w is not None:
        return signed_w
    legacy_w = regs.battery.legacy_power_w
    flow = regs.status.power_flow if regs.status else None
    if legacy_w is None or flow is None or not has_legacy:
        return None
    if flow & CHARGING_BIT:
        return -abs(legacy_w)
    if flow & DISCHARGING_BIT:
        return abs(legacy_w)
    return legacy_w


def _grid_w(regs: Registers) -> float | None:
    """Return the grid power, + importing; from the meter, else from export."""
    meter_w = _plausible(regs.meter.power_w if regs.meter else None)
    if meter_w is not None:
        return meter_w
    export_w = _plausible(regs.flows.export_w if regs.flows else None)
    return None if export_w is None else -export_w


def _ac_limit_pct(limit: AcLimit | RsAcLimit | None) -> float | None:
    """Return the limit of the AC port in percent of the rating, where it is on."""
    if limit is None or limit.switch != SWITCH_ON or limit.ratio_10th is None:
        return None
    return percent(limit.ratio_10th / 10)


def _load_kwh(totals: Totals | None) -> float | None:
    """Return what the home has used, as what came in less what went out."""
    if totals is None:
        return None
    came_kwh = total(totals.solar_kwh, totals.import_kwh, totals.discharge_kwh)
    went_kwh = total(totals.export_kwh, totals.charge_kwh)
    if came_kwh is None or went_kwh is None or came_kwh < went_kwh:
        return None
    return round(came_kwh - went_kwh, 1)


def _allowed_w(
    rated_w: float, current_a: float | None, battery: Battery
) -> float | None:
    """Return the most power that the rating and the battery's own limit allow."""
    if current_a is None or not battery.voltage_v:
        return rated_w
    return min(rated_w, round(current_a * battery.voltage_v, 1))


def _soh_pct(raw: int | None) -> float | None:
    """Return the state of health; some gateways give it in whole percent."""
    if raw is None:
        return None
    return percent(raw if raw <= _WHOLE_PERCENT else raw / 10)


def running_state(status: Status | None) -> str | None:
    """Return the running state by name; None where it is not known."""
    if status is None or status.running_state is None:
        return None
    return RUNNING_STATES.get(status.running_state)


def _hex(status: Status | None) -> str | None:
    """Return a running state that has no name as its code."""
    if status is None or status.running_state is None:
        return None
    return f"0x{status.running_state:04X}"


def _plausible(power_w: float | None) -> float | None:
    """Return a power that a home can have."""
    return within(power_w, PLAUSIBLE_W)
