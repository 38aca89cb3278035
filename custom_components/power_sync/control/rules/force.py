"""Force: what the user asked for, to its end."""

from custom_components.power_sync.control.reasons import ControlReason
from custom_components.power_sync.control.view import BatteryView, Intent, Master
from custom_components.power_sync.model.battery import Command


class ForceRule:
    """Carries the user's charge, discharge or hold out, whatever prices do."""

    master = Master.FORCE

    def decide(self, view: BatteryView) -> Intent | None:
        """Speak until the force ends."""
        force = view.force
        if force is None or view.now >= force.until:
            return None
        return Intent(
            command=Command(force.mode, force.power_w, force.until),
            reason=ControlReason.USER_REQUEST,
            until=force.until,
        )
