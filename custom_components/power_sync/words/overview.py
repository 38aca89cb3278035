"""The plan at a glance: when the battery buys, when it sells, and what that saves."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from custom_components.power_sync.model.battery import Mode
from custom_components.power_sync.model.plan import Plan, PlannedSlot

GAP = timedelta(minutes=30)
"""Windows that are no further apart are told as one."""
SOME_KWH = 0.05
"""A window in which less is moved is not worth telling."""

_SOME_KW = 1e-6

type _Moved = Callable[[PlannedSlot], float]
type _Price = Callable[[PlannedSlot], float]


@dataclass(frozen=True, slots=True, kw_only=True)
class Window:
    """A stretch in which the battery buys or sells.

    `energy_kwh` is what it takes from the grid or gives to it at the meter, and
    `price_per_kwh` the mean price of that. `firm` is False where any of these prices
    is only forecast.
    """

    start: datetime
    end: datetime
    energy_kwh: float
    price_per_kwh: float
    firm: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Overview:
    """What a plan comes to from a moment on; the saving is that of the whole plan."""

    charging: tuple[Window, ...]
    exporting: tuple[Window, ...]
    saving: float
    until: datetime


def overview(plan: Plan, now: datetime) -> Overview:
    """Return what the plan buys for the battery and sells from it from `now` on."""
    return Overview(
        charging=tuple(_windows(plan, now, _bought_kw, lambda s: s.import_per_kwh)),
        exporting=tuple(_windows(plan, now, _sold_kw, lambda s: s.export_per_kwh)),
        saving=plan.saving,
        until=plan.grid.end,
    )


def _bought_kw(slot: PlannedSlot) -> float:
    # Only a forced battery buys or sells; in other modes this is rounding.
    buys = slot.mode is Mode.CHARGE
    return max(0.0, min(-slot.battery_kw, slot.grid_kw)) if buys else 0.0


def _sold_kw(slot: PlannedSlot) -> float:
    sells = slot.mode is Mode.DISCHARGE
    return max(0.0, min(slot.battery_kw, -slot.grid_kw)) if sells else 0.0


def _windows(
    plan: Plan, now: datetime, moved: _Moved, price: _Price
) -> Iterator[Window]:
    """Yield the windows in which more than `SOME_KWH` is moved."""
    hours, gap = plan.grid.step_h, GAP // plan.grid.step
    moving = [
        index
        for index, slot in enumerate(plan.slots)
        if moved(slot) > _SOME_KW and plan.grid.slot_start(index + 1) > now
    ]
    runs: list[list[int]] = []
    for index in moving:
        if runs and index - runs[-1][-1] - 1 <= gap:
            runs[-1].append(index)
        else:
            runs.append([index])
    for run in runs:
        slots = [plan.slots[index] for index in run]
        energy_kwh = sum(moved(slot) for slot in slots) * hours
        if energy_kwh < SOME_KWH:
            continue
        money = sum(moved(slot) * price(slot) for slot in slots) * hours
        yield Window(
            start=plan.grid.slot_start(run[0]),
            end=plan.grid.slot_start(run[-1] + 1),
            energy_kwh=energy_kwh,
            price_per_kwh=money / energy_kwh,
            firm=all(slot.firm for slot in slots),
        )
