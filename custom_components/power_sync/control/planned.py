"""The plan's word for one battery at one moment."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from custom_components.power_sync.model.battery import Command, Mode
from custom_components.power_sync.model.plan import Plan, PlannedBattery, PlannedSlot

from .view import Planned

PLAN_VALID = timedelta(hours=1)
"""A plan that could not be renewed for so long is no longer acted on."""
POWER_TRIFLE_W = 50.0
"""A planned power that moves by less is no new command."""


@dataclass(frozen=True, slots=True)
class Asked:
    """Which battery it is, and its parts of the site's charge and discharge power."""

    battery_id: str = field(repr=False)
    share_charge: float
    share_discharge: float

    def part(self, plan: Plan, slot: PlannedSlot) -> PlannedBattery | None:
        """Return its part in a slot; None where it is not planned.

        Where a plan does not say whose parts are whose, all batteries do the same,
        at their shares of the power.
        """
        if plan.battery_ids:
            return plan.part_of(self.battery_id, slot)
        charges = slot.mode is Mode.CHARGE
        share = self.share_charge if charges else self.share_discharge
        power_kw = None if slot.power_kw is None else slot.power_kw * share
        return PlannedBattery(
            mode=slot.mode,
            power_kw=power_kw,
            battery_kw=slot.battery_kw * share,
            soc_pct=slot.soc_pct,
            reason=slot.reason,
        )


def planned_command(plan: Plan | None, now: datetime, asked: Asked) -> Planned | None:
    """Return what the plan wants of a battery, or None without a word for it now."""
    if plan is None or now - plan.made_at > PLAN_VALID:
        return None
    index = plan.grid.index_at(now)
    if index is None:
        return None
    slot = plan.slots[index]
    part = asked.part(plan, slot)
    if part is None:
        return None

    def mode_in(other: PlannedSlot) -> Mode | None:
        found = asked.part(plan, other)
        return None if found is None else found.mode

    power_w = None if part.power_kw is None else part.power_kw * 1000
    return Planned(
        command=Command(part.mode, power_w, _run_end(plan, index, mode_in)),
        reason=part.reason,
        firm=slot.firm,
    )


def _run_end(
    plan: Plan, index: int, mode_in: Callable[[PlannedSlot], Mode | None]
) -> datetime:
    """Return when the plan next wants another mode."""
    mode = mode_in(plan.slots[index])
    end = index + 1
    while end < len(plan.slots) and mode_in(plan.slots[end]) is mode:
        end += 1
    return plan.grid.slot_start(end)


def as_good_as(one_w: float | None, other_w: float | None) -> bool:
    """Whether a battery that has been told one power need not be told the other."""
    if one_w is None or other_w is None:
        return one_w is other_w
    return abs(one_w - other_w) <= POWER_TRIFLE_W


def next_change(plan: Plan, now: datetime) -> tuple[datetime, PlannedSlot] | None:
    """Return when the plan next wants another mode, and its slot; None if never."""
    index = plan.grid.index_at(now)
    if index is None:
        return None
    when = _run_end(plan, index, lambda slot: slot.mode)
    following = plan.slot_at(when)
    return None if following is None else (when, following)
