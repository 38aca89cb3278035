"""The plan's word for one battery at one moment."""

from datetime import datetime, timedelta

from custom_components.power_sync.model.battery import Command, Mode
from custom_components.power_sync.model.plan import Plan, PlannedSlot

from .view import Planned

PLAN_VALID = timedelta(hours=1)
"""A plan that could not be renewed for so long is no longer acted on."""
POWER_TRIFLE_W = 50.0
"""A planned power that moves by less is no new command."""


def planned_command(
    plan: Plan | None, now: datetime, share_charge: float, share_discharge: float
) -> Planned | None:
    """Return what the plan wants of a battery, or None without a plan for now.

    The shares are the battery's parts of the site's charge and discharge power.
    """
    if plan is None or now - plan.made_at > PLAN_VALID:
        return None
    index = plan.grid.index_at(now)
    if index is None:
        return None
    slot = plan.slots[index]
    share = share_charge if slot.mode is Mode.CHARGE else share_discharge
    power_w = None if slot.power_kw is None else slot.power_kw * 1000 * share
    return Planned(
        command=Command(slot.mode, power_w, _run_end(plan, index)),
        reason=slot.reason,
        firm=slot.firm,
    )


def _run_end(plan: Plan, index: int) -> datetime:
    """Return when the plan next wants another mode."""
    mode = plan.slots[index].mode
    end = index + 1
    while end < len(plan.slots) and plan.slots[end].mode is mode:
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
    when = _run_end(plan, index)
    following = plan.slot_at(when)
    return None if following is None else (when, following)
