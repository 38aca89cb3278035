"""The batteries of a home as the planner needs them. Pure."""

from collections.abc import Mapping

from .control.controlled import Controlled
from .control.controller import Controller
from .control.view import PlannedBy
from .model.battery import BatteryReading, Mode
from .planner.inputs import FleetMember


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
        capabilities = controller.batteries[battery_id].executor.driver.capabilities
        members.append(
            FleetMember(
                battery_id=battery_id,
                capacity_kwh=capacity_kwh * (reading.soh_pct or 100.0) / 100.0,
                soc_pct=reading.soc_pct,
                max_charge_w=capabilities.max_charge_w,
                max_discharge_w=capabilities.max_discharge_w,
                floor_pct=reading.min_soc_pct or 0.0,
                max_soc_pct=(
                    100.0 if reading.max_soc_pct is None else reading.max_soc_pct
                ),
                modes=_plannable(controller.batteries[battery_id]),
                min_power_w=capabilities.min_power_w,
                slot_minutes=capabilities.slot_minutes,
            )
        )
    return tuple(members)


def _plannable(battery: Controlled) -> frozenset[Mode]:
    """Return the modes to plan with: a new limit every few slots wears flash out.

    What another one plans follows the home, as far as is known.
    """
    capabilities = battery.executor.driver.capabilities
    if battery.planned_by is not PlannedBy.POWERSYNC:
        return frozenset({Mode.SELF_CONSUMPTION})
    if capabilities.flash_settings:
        return capabilities.modes - {Mode.LIMIT}
    return capabilities.modes
