"""The physics of a simulated battery: what it does now, and what is in it then.

Powers are at its AC side, in W; discharging is positive. A power holds until the
cells are full or empty, which is worked out exactly.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, fields, replace
from datetime import datetime
from types import MappingProxyType
from typing import Final

from custom_components.power_sync.model.battery import Mode

EFFICIENCY: Final = 0.95
"""One way, between the AC side and the cells: 90 % there and back."""

CODES: Final[Mapping[int, Mode]] = MappingProxyType(dict(enumerate(Mode)))
"""The modes by the value of the battery's setting."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Size:
    """What the battery can hold and do."""

    capacity_kwh: float
    max_charge_w: float
    max_discharge_w: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Totals:
    """Energies since ever, in kWh."""

    solar: float = 0.0
    load: float = 0.0
    imported: float = 0.0
    exported: float = 0.0
    charged: float = 0.0
    discharged: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class State:
    """The battery at a moment: what is in it, and how it is set."""

    at: datetime
    stored_kwh: float
    mode: Mode = Mode.SELF_CONSUMPTION
    power_w: float = 0.0
    """Of a forced mode, and the ceiling of LIMIT."""
    totals: Totals = field(default_factory=Totals)


def power_w(state: State, size: Size, load_w: float, sun_w: float) -> float:
    """Return what the battery does in this home, discharging positive."""
    needed_w = load_w - sun_w
    match state.mode:
        case Mode.SELF_CONSUMPTION:
            wanted_w = needed_w
        case Mode.CHARGE:
            wanted_w = -state.power_w
        case Mode.DISCHARGE:
            wanted_w = state.power_w
        case Mode.NO_DISCHARGE:
            wanted_w = min(0.0, needed_w)
        case Mode.STANDBY:
            wanted_w = 0.0
        case Mode.LIMIT:
            wanted_w = min(needed_w, state.power_w)
    full, empty = state.stored_kwh >= size.capacity_kwh, state.stored_kwh <= 0
    most_w = 0.0 if empty else size.max_discharge_w
    least_w = 0.0 if full else -size.max_charge_w
    return max(least_w, min(wanted_w, most_w))


def advanced(
    state: State, size: Size, load_w: float, sun_w: float, to: datetime
) -> State:
    """Return the state at `to`, with load and sun as given until then."""
    hours = (to - state.at).total_seconds() / 3600
    while hours > 0:
        watts = power_w(state, size, load_w, sun_w)
        flow_kw = -watts / 1000 * (EFFICIENCY if watts < 0 else 1 / EFFICIENCY)
        end_kwh = size.capacity_kwh if flow_kw > 0 else 0.0
        left = (end_kwh - state.stored_kwh) / flow_kw if flow_kw else hours
        part = min(hours, left)
        stored_kwh = (
            end_kwh
            if left <= hours and flow_kw
            else (state.stored_kwh + flow_kw * part)
        )
        totals = _counted(state.totals, watts, load_w, sun_w, part)
        state = replace(state, stored_kwh=stored_kwh, totals=totals)
        hours -= part
    return replace(state, at=to)


def _counted(
    totals: Totals, battery_w: float, load_w: float, sun_w: float, hours: float
) -> Totals:
    grid_w = load_w - sun_w - battery_w
    powers_w = {
        "solar": sun_w,
        "load": load_w,
        "imported": max(0.0, grid_w),
        "exported": max(0.0, -grid_w),
        "charged": max(0.0, -battery_w),
        "discharged": max(0.0, battery_w),
    }
    added = {
        name: getattr(totals, name) + watts * hours / 1000
        for name, watts in powers_w.items()
    }
    return replace(totals, **added)


def to_memory(state: State) -> dict[str, float | str]:
    """Return what to keep of a state, as JSON has it."""
    totals = {each.name: getattr(state.totals, each.name) for each in fields(Totals)}
    return {
        "stored_kwh": state.stored_kwh,
        "mode": state.mode.value,
        "power_w": state.power_w,
        **totals,
    }


def from_memory(kept: Mapping[str, object], size: Size, at: datetime) -> State:
    """Return the state that was kept, and half full in normal operation without.

    It stood still meanwhile: what the home did then is not known.
    """

    def number(name: str, without: float, most: float = float("inf")) -> float:
        value = kept.get(name)
        if isinstance(value, bool) or not isinstance(value, int | float):
            return without
        return min(max(0.0, float(value)), most)

    known = kept.get("mode") in set(Mode)
    return State(
        at=at,
        stored_kwh=number("stored_kwh", size.capacity_kwh / 2, size.capacity_kwh),
        mode=Mode(str(kept["mode"])) if known else Mode.SELF_CONSUMPTION,
        power_w=number("power_w", 0.0),
        totals=Totals(**{each.name: number(each.name, 0.0) for each in fields(Totals)}),
    )
