"""Normal: the battery is its owner's."""

from custom_components.power_sync.control.reasons import ControlReason
from custom_components.power_sync.control.view import (
    BatteryView,
    Intent,
    Master,
    PlannedBy,
)

_NOTHING = {
    PlannedBy.POWERSYNC: ControlReason.NO_PLAN,
    PlannedBy.ITSELF: ControlReason.NO_TARIFF,
    PlannedBy.OWNER: ControlReason.LEFT_TO_OWNER,
}
"""Why nobody else has a word, while control is automatic."""


class NormalRule:
    """Gives the battery back when nothing else has a word for it."""

    master = Master.NORMAL

    def decide(self, view: BatteryView) -> Intent | None:
        """Speak always, last."""
        reason = _NOTHING[view.planned_by] if view.automatic else ControlReason.OWNER
        return Intent(command=None, reason=reason)
