"""Who decides for a home now, and what comes next. Pure."""

from datetime import datetime

from .control.controlled import Controlled
from .control.controller import Controller
from .control.health import Trouble
from .control.planned import PLAN_VALID, next_change
from .control.reasons import ControlReason
from .control.view import Master
from .model.battery import Mode
from .model.plan import Plan, ReasonKey

REASONS = sorted(
    (
        *(key.value for key in ReasonKey),
        *(trouble.value for trouble in Trouble),
        *(reason.value for reason in ControlReason),
    )
)
"""All that control may give as the reason of what a battery does."""

_RANK = {master: rank for rank, master in enumerate(Master)}


def deciding(controller: Controller) -> Controlled | None:
    """Return the battery that speaks for the home, or None where there is none.

    Where batteries differ, it is the first of those whose master ranks highest: a
    forced battery speaks before one that follows the plan.
    """
    return min(
        controller.batteries.values(),
        key=lambda battery: _RANK[battery.lease.master],
        default=None,
    )


def fresh(plan: Plan | None, now: datetime) -> Plan | None:
    """Return the plan, or None where it is too old for control to act on."""
    if plan is None or now - plan.made_at > PLAN_VALID:
        return None
    return plan


def next_action(controller: Controller, now: datetime) -> tuple[datetime, Mode] | None:
    """Return when the home will be told something else, and what.

    None where nothing is known to change: without automatic control only what
    the user forces has an end.
    """
    battery = deciding(controller)
    plan = fresh(controller.plan, now) if controller.automatic else None
    until = None if battery is None else battery.lease.until
    if battery is not None and battery.lease.master is Master.FORCE and until:
        slot = None if plan is None else plan.slot_at(until)
        return until, Mode.SELF_CONSUMPTION if slot is None else slot.mode
    if battery is not None and battery.lease.master is Master.SPIKE:
        # Nobody knows when a spike ends.
        return None
    change = None if plan is None else next_change(plan, now)
    return None if change is None else (change[0], change[1].mode)
