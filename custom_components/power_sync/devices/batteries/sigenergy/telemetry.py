"""From registers to a reading in the common signs."""

from collections.abc import Mapping
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
from custom_components.power_sync.devices.batteries.phases import (
    PHASES,
    phase_voltages,
)
from custom_components.power_sync.model.battery import (
    BatteryReading,
    InverterReading,
    OwnerSetting,
    limited,
)

from .owner import owner_value
from .poll import InverterParts, Poll
from .registers import Core

PLAUSIBLE_W: Final = 1_000_000
"""A power beyond this is a bad decode: plants of several inverters stay below."""

POWER_PLANT: Final = 6
"""The work mode under a virtual power plant: another one controls the battery."""

RUNNING_STATES: Final[Mapping[int, str]] = MappingProxyType(
    {0: "standby", 1: "running", 2: "fault", 3: "shutdown", 7: "environment"}
)
FAULT_STATES: Final = frozenset({"fault", "environment"})
WORK_MODES: Final[Mapping[int, str]] = MappingProxyType(
    {
        0: "self_consumption",
        1: "ai",
        2: "time_of_use",
        5: "full_feed_in",
        POWER_PLANT: "power_plant",
        7: "remote_ems",
        9: "custom",
    }
)
PHASES_OF: Final[Mapping[int, int]] = MappingProxyType({0: 1, 1: 3, 2: 3, 3: 2})
"""How many phases there are by output type: L/N, L1/L2/L3, the same and N, L1/L2/N."""
_ON_GRID: Final = 0
_NO_SENSOR: Final = 0

type Extra = dict[str, float | str | None]


def reading(poll: Poll, config: BatteryConfig, at: datetime) -> BatteryReading:
    """Return what a poll has found, in the common signs."""
    core, battery = poll.core.component, poll.battery.latest
    totals, newest = poll.totals.latest, poll.newest.latest
    solar_w, battery_w, grid_w = _solar_w(poll), _turned(core.charging_w), _grid_w(core)
    load_w = plausible(poll.loads.latest.load_w if poll.loads.latest else None)
    if load_w is None:
        load_w = total(solar_w, battery_w, grid_w)
    state = (
        RUNNING_STATES.get(core.running_state)
        if core.running_state is not None
        else None
    )
    return BatteryReading(
        at=at,
        soc_pct=percent(core.soc_pct),
        battery_power_w=battery_w,
        solar_power_w=solar_w,
        grid_power_w=grid_w,
        # Below zero is a source that nobody measures: the load is not known then.
        load_power_w=positive(load_w),
        soh_pct=percent(battery.soh_pct if battery else None),
        temperature_c=newest.cell_temperature_c if newest else None,
        capacity_kwh=(battery.capacity_kwh if battery else None) or config.capacity_kwh,
        min_soc_pct=_floor_pct(poll),
        max_soc_pct=_ceiling_pct(poll),
        max_charge_w=_allowed_w(config.max_charge_w, core.charge_now_w),
        max_discharge_w=_allowed_w(config.max_discharge_w, core.discharge_now_w),
        export_limit_w=limited(owner_value(OwnerSetting.EXPORT_LIMIT_W, poll.owner())),
        islanded=None if core.grid_state is None else core.grid_state != _ON_GRID,
        owner=poll.owner(),
        fault=None if core.running_state is None else state in FAULT_STATES,
        solar_energy_kwh=_solar_kwh(poll),
        import_energy_kwh=totals.import_kwh if totals else None,
        export_energy_kwh=totals.export_kwh if totals else None,
        charge_energy_kwh=totals.charge_kwh if totals else None,
        discharge_energy_kwh=totals.discharge_kwh if totals else None,
        load_energy_kwh=battery.load_kwh if battery else None,
        phase_voltages_v=_phase_voltages_v(poll),
        inverters={str(each.unit_id): _inverter(each) for each in poll.inverters},
        extra=_extra(poll, core),
    )


def _extra(poll: Poll, core: Core) -> Extra:
    """Return what only this brand knows."""
    battery, loads, newest = poll.battery.latest, poll.loads.latest, poll.newest.latest
    third, charger = poll.third_party.latest, poll.charger
    alarms = (core.alarm_1, core.alarm_2, core.alarm_3, core.alarm_4)
    extra: Extra = {
        "running_state": _named(RUNNING_STATES, core.running_state),
        "work_mode": _named(WORK_MODES, core.work_mode),
        "alarms": " ".join(f"{alarm or 0:04X}" for alarm in alarms),
        "phase_a_w": plausible(core.phase_a_w),
        "phase_b_w": plausible(core.phase_b_w),
        "phase_c_w": plausible(core.phase_c_w),
        "plant_w": plausible(core.plant_w),
        "third_party_solar_w": plausible(third.solar_w) if third else None,
        "general_load_w": plausible(loads.general_load_w) if loads else None,
        "chargeable_kwh": battery.chargeable_kwh if battery else None,
        "dischargeable_kwh": battery.dischargeable_kwh if battery else None,
        "load_today_kwh": battery.load_today_kwh if battery else None,
        "solar_today_kwh": newest.solar_today_kwh if newest else None,
    }
    if charger is not None:
        latest = charger.latest
        extra["ac_charger_w"] = plausible(latest.power_w) if latest else None
    return extra


def _inverter(inverter: InverterParts) -> InverterReading:
    """Return an inverter's own share."""
    flows, strings = inverter.flows.latest, inverter.strings.latest
    return InverterReading(
        state=_named(RUNNING_STATES, flows.running_state) if flows else None,
        power_w=plausible(flows.active_w) if flows else None,
        battery_power_w=_turned(flows.charging_w) if flows else None,
        solar_power_w=plausible(strings.solar_w) if strings else None,
        soc_pct=percent(flows.soc_pct) if flows else None,
        soh_pct=percent(flows.soh_pct) if flows else None,
        temperature_c=flows.cell_temperature_c if flows else None,
    )


def _phase_voltages_v(poll: Poll) -> tuple[float | None, ...]:
    """Return the voltages at the first inverter that tells them: the grid is one."""
    for inverter in poll.inverters:
        told = inverter.phases.latest
        if told is None:
            continue
        phases = PHASES_OF.get(told.output_type or 0, PHASES)
        volts = (told.phase_a_v, told.phase_b_v, told.phase_c_v)
        found = phase_voltages(volts, phases)
        if any(volt is not None for volt in found):
            return found
    return ()


def _solar_w(poll: Poll) -> float | None:
    """Return the sun on all roofs, those of other makers included."""
    own_w = plausible(poll.core.component.solar_w)
    third = poll.third_party.latest
    other_w = plausible(third.solar_w) if third else None
    return None if own_w is None else max(0.0, own_w + (other_w or 0))


def _solar_kwh(poll: Poll) -> float | None:
    """Return the energy of all roofs; None until both counters are known."""
    battery, third = poll.battery.latest, poll.third_party.latest
    if battery is None or battery.solar_kwh is None:
        return None
    if third is None and poll.third_party.served:
        # It has the counter and did not tell it: half a sum would seem to fall.
        return None
    return round(battery.solar_kwh + ((third.solar_kwh or 0) if third else 0), 2)


def _grid_w(core: Core) -> float | None:
    """Return the power at the meter; without a sensor there it is not known."""
    return None if core.has_grid_sensor == _NO_SENSOR else plausible(core.grid_w)


def _turned(charging_w: float | None) -> float | None:
    """Return a battery power that is told as charging, + discharging."""
    known_w = plausible(charging_w)
    # 0 is turned into 0 and not into -0.0.
    return None if known_w is None else 0 - known_w


def _floor_pct(poll: Poll) -> float | None:
    """Return the floor of the level: the higher of cut-off and reserve."""
    battery, owner = poll.battery.latest, poll.owner()
    floors = (
        percent(owner_value(OwnerSetting.MIN_SOC_PCT, owner)),
        percent(owner_value(OwnerSetting.BACKUP_RESERVE_PCT, owner)),
        percent(battery.min_soc_pct if battery else None),
    )
    return max((floor for floor in floors if floor is not None), default=None)


def _ceiling_pct(poll: Poll) -> float | None:
    """Return the level at which charging stops."""
    battery = poll.battery.latest
    told = percent(owner_value(OwnerSetting.MAX_SOC_PCT, poll.owner()))
    return (
        told if told is not None else percent(battery.max_soc_pct if battery else None)
    )


def _allowed_w(rated_w: float, now_w: float | None) -> float:
    """Return the most power that the rating and the battery itself allow."""
    return rated_w if now_w is None else min(rated_w, now_w)


def _named(names: Mapping[int, str], code: int | None) -> str | None:
    """Return the name of a code; one that has none as it is."""
    return None if code is None else names.get(code, str(code))


def plausible(power_w: float | None) -> float | None:
    """Return a power that a plant can have."""
    return within(power_w, PLAUSIBLE_W)
