"""The batteries of a home as the planner needs them. Pure."""

from collections.abc import Mapping
from datetime import timedelta
from math import ceil, inf

from .control.controlled import Controlled
from .control.controller import Controller
from .control.owner_rules import able, forbidden
from .control.view import PlannedBy
from .model.battery import BatteryReading, Mode
from .model.mains import Mains
from .planner.inputs import FleetMember

MINUTE = timedelta(minutes=1)


def fleet_of(
    controller: Controller,
    readings: Mapping[str, BatteryReading],
    capacities_kwh: Mapping[str, float | None],
) -> tuple[FleetMember, ...]:
    """Return the batteries whose level and capacity are known.

    `capacities_kwh` is what was stored of each when it was set up, for those
    that do not say it themselves.
    """
    members = []
    for battery_id, reading in readings.items():
        capacity_kwh = reading.capacity_kwh or capacities_kwh.get(battery_id)
        if capacity_kwh is None or reading.soc_pct is None:
            continue
        battery = controller.batteries[battery_id]
        capabilities = able(battery)
        fused_w = _fused_w(battery, controller.limits.mains)
        members.append(
            FleetMember(
                battery_id=battery_id,
                capacity_kwh=capacity_kwh * (reading.soh_pct or 100.0) / 100.0,
                soc_pct=reading.soc_pct,
                max_charge_w=min(capabilities.max_charge_w, fused_w),
                max_discharge_w=min(capabilities.max_discharge_w, fused_w),
                floor_pct=reading.min_soc_pct or 0.0,
                max_soc_pct=(
                    100.0 if reading.max_soc_pct is None else reading.max_soc_pct
                ),
                modes=_plannable(battery),
                min_power_w=capabilities.min_power_w,
                slot_minutes=capabilities.slot_minutes,
                min_dwell_minutes=ceil(capabilities.min_interval / MINUTE),
            )
        )
    return tuple(members)


def _fused_w(battery: Controlled, mains: Mains) -> float:
    """Return the most that the fuses of a battery's phases let through, in W."""
    limit_w = mains.phase_limit_w
    return (
        inf if limit_w is None else limit_w * len(battery.connection.on(mains.phases))
    )


def _plannable(battery: Controlled) -> frozenset[Mode]:
    """Return the modes to plan with: a new limit every few slots wears flash out.

    None that breaks a rule of the owner's.

    What another one plans follows the home, as far as is known.
    """
    capabilities = battery.executor.driver.capabilities
    if battery.planned_by is not PlannedBy.POWERSYNC:
        return frozenset({Mode.SELF_CONSUMPTION})
    modes = capabilities.modes - forbidden(battery)
    return modes - {Mode.LIMIT} if capabilities.flash_settings else modes
