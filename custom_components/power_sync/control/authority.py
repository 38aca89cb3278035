"""The authority: one master per battery, and its lease."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from custom_components.power_sync.model.battery import Command, Mode
from custom_components.power_sync.model.plan import Reason

from .beside import beside_others
from .masks import masked
from .reasons import ControlReason
from .rules import RULES
from .view import BatteryView, HoldStatus, Master, Rule


@dataclass(frozen=True, slots=True, kw_only=True)
class Lease:
    """Who decides for a battery, what, why and until when."""

    master: Master
    command: Command | None
    reason: str
    until: datetime | None
    detail: Reason | None = None
    hold: HoldStatus | None = None

    @property
    def mode(self) -> Mode:
        """The mode the battery is meant to be in."""
        if self.command is None:
            return Mode.SELF_CONSUMPTION
        return self.command.mode


def lease_for(view: BatteryView, rules: Sequence[Rule] = RULES) -> Lease:
    """Return the lease of the highest rule that has something to say."""
    for rule in rules:
        intent = rule.decide(view)
        if intent is not None:
            intent = masked(view, rule.master, intent)
            master, intent = beside_others(view, rule.master, intent)
            return Lease(
                master=master,
                command=intent.command,
                reason=intent.reason,
                until=intent.until,
                detail=intent.detail,
                hold=intent.hold,
            )
    return Lease(
        master=Master.NORMAL, command=None, reason=ControlReason.OWNER, until=None
    )
