"""Force: what the user asked for, to its end."""

from custom_components.power_sync.control.reasons import ControlReason
from custom_components.power_sync.control.view import BatteryView, Intent, Master
from custom_components.power_sync.model.battery import Command, Mode


class ForceRule:
    """Carries the user's charge, discharge or hold out to its end.

    Prices change nothing of it, but that a charge pauses while buying is dearer than
    the user has said.
    """

    master = Master.FORCE

    def decide(self, view: BatteryView) -> Intent | None:
        """Speak until the force ends."""
        force = view.force
        if force is None or view.now >= force.until:
            return None
        if force.mode is Mode.CHARGE and view.too_dear:
            # Paused: what is stored serves the home, and charging goes on below.
            return Intent(
                command=None, reason=ControlReason.TOO_DEAR, until=force.until
            )
        return Intent(
            command=Command(force.mode, force.power_w, force.until),
            reason=ControlReason.USER_REQUEST,
            until=force.until,
        )
