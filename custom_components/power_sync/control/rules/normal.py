"""Normal: the battery is its owner's."""

from custom_components.power_sync.control.reasons import ControlReason
from custom_components.power_sync.control.view import BatteryView, Intent, Master


class NormalRule:
    """Gives the battery back when nothing else has a word for it."""

    master = Master.NORMAL

    def decide(self, view: BatteryView) -> Intent | None:
        """Speak always, last."""
        reason = ControlReason.NO_PLAN if view.automatic else ControlReason.OWNER
        return Intent(command=None, reason=reason)
